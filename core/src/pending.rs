//! Commands on their way: their packed bytes, kept until the last reply, and their places in line.

use std::{collections::VecDeque, time::Duration};

/// What a host hands in with a packed command or a unit of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Names the record in replies; grows with each record of a client.
    pub ticket: u64,
    /// Packed commands in the record; each gets a reply.
    pub commands: u32,
    /// Bytes of the record in the payload.
    pub length: u32,
    /// Longest wait in milliseconds; 0 means the client's `timeout`, `u32::MAX` none.
    pub timeout_ms: u32,
    /// See [`Record::IDEMPOTENT`].
    pub flags: u32,
}

impl Record {
    /// The caller allows the record to be sent again after a lost connection.
    pub const IDEMPOTENT: u32 = 1;
    /// Bytes of a record in the packed form that crosses language boundaries.
    pub const PACKED: usize = 24;

    /// Reads records packed as little-endian fields in the order of the struct.
    pub fn unpack(bytes: &[u8]) -> impl Iterator<Item = Self> + '_ {
        let word = |chunk: &[u8], at: usize| {
            let mut bytes = [0; 4];
            bytes.copy_from_slice(&chunk[at..at + 4]);
            u32::from_le_bytes(bytes)
        };
        bytes.chunks_exact(Self::PACKED).map(move |chunk| Self {
            ticket: u64::from(word(chunk, 0)) | u64::from(word(chunk, 4)) << 32,
            commands: word(chunk, 8),
            length: word(chunk, 12),
            timeout_ms: word(chunk, 16),
            flags: word(chunk, 20),
        })
    }
}

/// Whose command it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    /// Asks whether the server lets everybody in.
    Probe,
    Hello,
    Auth,
    Select,
    /// The answer does not matter.
    Courtesy,
    /// Has a command that blocks another session end.
    Unblock,
    Ready,
    Reauth,
    Alive,
    /// Its answer comes behind everything the server had to say before.
    Fence,
    /// Subscribes to what the session before was subscribed to.
    Renewal,
}

/// One record in line or in flight.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) ticket: u64,
    /// None: no limit.
    pub(crate) deadline: Option<Duration>,
    pub(crate) kind: Kind,
    pub(crate) commands: u32,
    /// Replies still due.
    pub(crate) left: u32,
    pub(crate) cancelled: bool,
    pub(crate) idempotent: bool,
    /// The caller set a limit for it.
    timed: bool,
    /// It was under way before, on a connection that was lost.
    pub(crate) sent: bool,
    pub(crate) blocking: bool,
    /// How long it blocks at most, if it can be issued again with what is left; zero: for ever.
    pub(crate) blocks_for: Option<Duration>,
    /// When it was sent.
    pub(crate) sent_at: Duration,
    batch: u64,
    start: usize,
    pub(crate) length: usize,
}

impl Pending {
    pub(crate) fn user(record: &Record, deadline: Option<Duration>) -> Self {
        Self {
            deadline,
            commands: record.commands,
            left: record.commands,
            idempotent: record.flags & Record::IDEMPOTENT != 0,
            timed: record.timeout_ms != 0,
            length: record.length as usize,
            ..Self::internal(Kind::User, record.ticket)
        }
    }

    /// It blocks on the server, which counts on top of the client's own limit.
    pub(crate) fn block(&mut self, limit: Option<Duration>) {
        (self.blocking, self.blocks_for) = (true, limit);
        if !self.timed {
            self.deadline = match limit {
                Some(limit) if !limit.is_zero() => self.deadline.map(|end| end + limit),
                _ => None,
            };
        }
    }

    /// It is done after so many confirmations, whatever it counts as.
    pub(crate) fn confirmed_by(&mut self, count: u32) {
        (self.commands, self.left) = (count, count);
    }

    pub(crate) fn internal(kind: Kind, ticket: u64) -> Self {
        Self {
            ticket,
            deadline: None,
            kind,
            commands: 1,
            left: 1,
            cancelled: false,
            idempotent: false,
            timed: false,
            sent: false,
            blocking: false,
            blocks_for: None,
            sent_at: Duration::ZERO,
            batch: 0,
            start: 0,
            length: 0,
        }
    }
}

/// Payloads as the host handed them in; each is freed when its last record is done.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    first: u64,
    batches: VecDeque<Batch>,
    /// Bytes of records not done yet.
    pub(crate) bytes: usize,
    /// Records not done yet.
    pub(crate) records: usize,
}

/// Bytes of a payload, which stays as long as this.
#[derive(Debug)]
pub(crate) struct Held {
    batch: u64,
    start: usize,
    end: usize,
}

impl Held {
    /// The first bytes are not needed any more.
    pub(crate) fn advance(&mut self, by: usize) {
        self.start += by;
    }

    /// Whether none is needed any more.
    pub(crate) fn is_done(&self) -> bool {
        self.start == self.end
    }
}

#[derive(Debug)]
struct Batch {
    payload: Vec<u8>,
    live: usize,
}

impl Batches {
    /// Takes a payload; its records follow by [`Batches::add`], then [`Batches::seal`].
    pub(crate) fn open(&mut self, payload: Vec<u8>) -> u64 {
        // Held until it is sealed: its first records may be done before its last is added.
        self.batches.push_back(Batch { payload, live: 1 });
        self.first + self.batches.len() as u64 - 1
    }

    pub(crate) fn add(&mut self, batch: u64, start: usize, pending: Pending) -> Pending {
        if let Some(batch) = self.batch(batch) {
            batch.live += 1;
        }
        self.bytes += pending.length;
        self.records += 1;
        Pending { batch, start, ..pending }
    }

    /// No more records follow.
    pub(crate) fn seal(&mut self, batch: u64) {
        self.let_go(batch);
    }

    /// The packed commands of a record that is not done.
    pub(crate) fn bytes(&self, pending: &Pending) -> Option<&[u8]> {
        let batch = self.batches.get(pending.batch.checked_sub(self.first)? as usize)?;
        batch.payload.get(pending.start..pending.start.checked_add(pending.length)?)
    }

    /// Puts other packed commands in the place of a record's own.
    pub(crate) fn replace(&mut self, pending: Pending, packed: Vec<u8>) -> Pending {
        self.release(&pending);
        let length = packed.len();
        let batch = self.open(packed);
        let replaced = self.add(batch, 0, Pending { length, ..pending });
        self.seal(batch);
        replaced
    }

    /// The packed commands of records that stand side by side in one payload.
    pub(crate) fn span(&self, first: &Pending, last: &Pending) -> Option<&[u8]> {
        let batch = self.batches.get(first.batch.checked_sub(self.first)? as usize)?;
        batch.payload.get(first.start..last.start + last.length)
    }

    /// The same, for longer than the records are under way.
    pub(crate) fn hold(&mut self, first: &Pending, last: &Pending) -> Held {
        if let Some(batch) = self.batch(first.batch) {
            batch.live += 1;
        }
        Held { batch: first.batch, start: first.start, end: last.start + last.length }
    }

    /// What is held, as far as it is there.
    pub(crate) fn held(&self, held: &Held) -> &[u8] {
        let at = held.batch.checked_sub(self.first).map(|at| at as usize);
        let payload = at.and_then(|at| self.batches.get(at)).map(|batch| &batch.payload[..]);
        let part = payload.and_then(|it| it.get(held.start..held.end.min(it.len())));
        part.unwrap_or_default()
    }

    /// Adds to a payload whose records were longer than it. Whether anybody needs it still.
    pub(crate) fn append(&mut self, batch: u64, bytes: &[u8]) -> bool {
        let Some(batch) = self.batch(batch).filter(|batch| batch.live > 0) else { return false };
        batch.payload.extend_from_slice(bytes);
        true
    }

    /// It is sent, or never will be.
    pub(crate) fn drop_held(&mut self, held: Held) {
        self.let_go(held.batch);
    }

    /// How many bytes records have that stand side by side in one payload.
    pub(crate) fn extent(first: &Pending, last: &Pending) -> usize {
        last.start + last.length - first.start
    }

    /// Whether `next` stands right behind `last`.
    pub(crate) fn adjoins(last: &Pending, next: &Pending) -> bool {
        last.batch == next.batch && last.start + last.length == next.start
    }

    /// The record is done.
    pub(crate) fn release(&mut self, pending: &Pending) {
        self.bytes -= pending.length;
        self.records -= 1;
        self.let_go(pending.batch);
    }

    fn let_go(&mut self, batch: u64) {
        let Some(held) = self.batch(batch) else { return };
        held.live -= 1;
        if held.live == 0 {
            // A large payload must not wait for older ones to end.
            held.payload = Vec::new();
        }
        while self.batches.front().is_some_and(|batch| batch.live == 0) {
            self.batches.pop_front();
            self.first += 1;
        }
    }

    fn batch(&mut self, batch: u64) -> Option<&mut Batch> {
        self.batches.get_mut(batch.checked_sub(self.first)? as usize)
    }
}
