//! What came out of one call, in a form that is read without further calls.

use std::{collections::BTreeMap, time::Duration};

use redlatch::{
    Error, Event, Result,
    core::{
        Action, Admission, Client, CutOff, LaneId, Link, MaterialKind, Now, Sink,
        config::Address,
        document,
        resp::{Reply, Tally},
    },
};

use crate::{
    Bytes,
    guard::{misuse, or, quiet},
    reply,
};

/// Bytes of the header of a view.
pub const REDLATCH_HEADER: usize = 32;
/// Bytes of the header of a record.
pub const REDLATCH_RECORD: usize = 24;

/// Outcome: a reply to the command with ticket `id`. The body holds tokens.
pub const REDLATCH_REPLY: u8 = 1;
/// Outcome: the command with ticket `id` gets no reply. The body is the error as JSON; an empty one
/// means the error of the failure before.
pub const REDLATCH_FAILURE: u8 = 2;
/// Outcome: an event, as JSON.
pub const REDLATCH_EVENT: u8 = 3;
/// Outcome: the call was refused, or failed inside. The body is the error as JSON.
pub const REDLATCH_FAULT: u8 = 4;
/// Outcome: the text that was asked for.
pub const REDLATCH_TEXT: u8 = 5;
/// Action: connect to the host in the body and name the connection `id`. `code` is the port, `extra`
/// the attempt, counted from 0; the body starts with the longest wait in milliseconds, `u64`.
pub const REDLATCH_DIAL: u8 = 6;
/// Action: connect to the Unix socket in the body; all else as for `DIAL`.
pub const REDLATCH_DIAL_UNIX: u8 = 7;
/// Action: send bytes on connection `id`. The body is their address and their number, `u64` each;
/// they live as long as the view.
pub const REDLATCH_WRITE: u8 = 8;
/// Action: end connection `id`, or the attempt to make it. Flag 1: first send what was taken.
pub const REDLATCH_HANGUP: u8 = 9;
/// Action: get content of the material in `code` from whoever provides it, and answer question `id`
/// by `redlatch_client_supply`. The same material is not asked for again before.
pub const REDLATCH_NEED: u8 = 10;
/// Outcome: lane `id` was opened.
pub const REDLATCH_LANE: u8 = 11;
/// Outcome: a message to the subscriptions of lane `id`, or that one began or ended. The body holds
/// tokens.
pub const REDLATCH_PUSH: u8 = 12;
/// Outcome: the wire of lane `id` is up.
pub const REDLATCH_OPENED: u8 = 13;
/// Outcome: bytes came in on the wire of lane `id`. The body holds them.
pub const REDLATCH_BYTES: u8 = 14;
/// Outcome: the wire of lane `id` has ended, or could not be made. The body is the error as JSON.
pub const REDLATCH_ENDED: u8 = 15;
/// Outcome: a long reply is cut off. At least `extra` bytes are still to come on connection `id` before
/// there is anything to be told, and the host need not wake for fewer. If the reply is one string that
/// somebody waits for, the body is the address of what has come of it, of how many bytes, how many it has
/// as a whole, and its ticket, `u64` each: it is the next reply with this ticket, if there is one. The
/// bytes can be read until the next call with this client.
pub const REDLATCH_AWAITS: u8 = 16;

/// Material: the trusted CAs. Content: one or more bundles, in any text form.
pub const REDLATCH_TRUST: u16 = 1;
/// Material: the client's certificate. Content: its chain, its key, and what opens the key, if
/// anything.
pub const REDLATCH_IDENTITY: u16 = 2;
/// Material: username and secret. Content: the secret alone, or a JSON object with `username`,
/// `password`, and `expires_in` (seconds) or `expires_at` (since the Unix epoch).
pub const REDLATCH_CREDENTIALS: u16 = 3;
/// Material: certificate revocation lists.
pub const REDLATCH_CRL: u16 = 4;

/// Holds what came out of a call. Use one for each thread that makes calls.
#[derive(Default)]
pub struct Batch {
    records: Vec<u8>,
    /// What `WRITE` records point to.
    writes: Vec<Vec<u8>>,
    /// What `&` tokens point to, and memory for the next.
    texts: Vec<Vec<u8>>,
    spare: Vec<u8>,
    /// Times in a row that it was not needed.
    unused: u32,
    /// Addresses in `&` tokens whose memory is not held yet.
    loose: Vec<(usize, usize)>,
    failure: Option<Error>,
    /// Of the client's wires, during a call.
    pub(crate) tallies: BTreeMap<LaneId, Tally>,
    holds_secret: bool,
    /// Times in a row that most of a large memory was not needed.
    unneeded: u32,
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A batch to make calls with.
///
/// Ownership: to be freed by `redlatch_batch_free`. NULL: never returned. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_batch_new() -> Option<Box<Batch>> {
    or(None, || Some(Box::default()))
}

/// Frees a batch and all views of it. NULL is fine.
///
/// Ownership: takes the batch; call it once. NULL: fine. Threads: any that may use the batch.
/// Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_batch_free(batch: Option<Box<Batch>>) {
    quiet(|| drop(batch));
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.holds_secret) {
            self.records.fill(0);
        }
        // Fresh memory for each large reply would cost a page fault for every page.
        let capacity = self.records.capacity();
        let needed = capacity <= SMALL || self.records.len() > capacity / 4;
        self.unneeded = if needed { 0 } else { self.unneeded + 1 };
        self.records.clear();
        if capacity > LARGE || self.unneeded > PATIENCE {
            self.records.shrink_to(SMALL);
            self.unneeded = 0;
        }
        self.records.resize(REDLATCH_HEADER, 0);
        self.writes.clear();
        self.loose.clear();
        match self.texts.pop() {
            Some(used) if used.capacity() <= LARGE => (self.spare, self.unused) = (used, 0),
            _ if self.unused > PATIENCE => self.spare = Vec::new(),
            _ => self.unused += 1,
        }
        self.texts.clear();
        self.failure = None;
        self.head(Duration::ZERO, None, Admission::Go);
    }

    pub(crate) fn view(&self) -> Bytes {
        Bytes::from(self.bytes())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.records
    }

    /// Takes what else the client has to say, and closes the batch.
    pub(crate) fn finish(&mut self, client: &mut Client, now: Now, admission: Admission) {
        assert!(self.loose.is_empty(), "a text whose memory nobody holds");
        while let Some(event) = client.poll_event() {
            self.event(&event);
        }
        self.head(now.monotonic, client.deadline(), admission);
        while let Some(action) = client.poll_action() {
            let patience = client.profile().config().connect_timeout.as_millis() as u64;
            let is_long =
                matches!(&action, Action::Write { bytes, .. } if bytes.len() >= LONG_WRITE);
            self.action(action, patience);
            if is_long {
                // The server works on it while the next one is made.
                self.records[28..32].copy_from_slice(&1_u32.to_le_bytes());
                break;
            }
        }
    }

    /// What was handed in is of no use; all else goes on.
    pub(crate) fn refused(&mut self, error: &Error) {
        let code = error.code().number();
        self.record(REDLATCH_FAULT, 0, code, 0, 0, document::error(error).as_bytes());
    }

    pub(crate) fn lane(&mut self, lane: LaneId, is_wire: bool) {
        self.record(REDLATCH_LANE, 0, 0, 0, lane.into(), &[]);
        if is_wire {
            self.tallies.insert(lane, Tally::default());
        }
    }

    /// Counts what the host sends on a wire.
    pub(crate) fn sent(&mut self, lane: LaneId, bytes: &[u8]) {
        if let Some(tally) = self.tallies.get_mut(&lane) {
            tally.sent(bytes);
        }
    }

    pub(crate) fn forget(&mut self, lane: LaneId) {
        self.tallies.remove(&lane);
    }

    /// Holds nothing but an error.
    pub(crate) fn fault(&mut self, error: &Error) {
        self.clear();
        let code = error.code().number();
        self.record(REDLATCH_FAULT, 0, code, 0, 0, document::error(error).as_bytes());
        self.head(Duration::ZERO, None, Admission::Go);
    }

    /// As [`Batch::text`], among other outcomes, and wiped at the next use.
    pub(crate) fn secret(&mut self, text: &[u8]) {
        // A growing vector would leave a copy behind.
        self.records.reserve(REDLATCH_RECORD + text.len() + SMALL);
        self.holds_secret = true;
        self.record(REDLATCH_TEXT, 0, 0, 0, 0, text);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.record(REDLATCH_TEXT, 0, 0, 0, 0, text.as_bytes());
        self.head(Duration::ZERO, None, Admission::Go);
    }

    /// Writes the header; records from here on are actions.
    fn head(&mut self, now: Duration, deadline: Option<Duration>, admission: Admission) {
        let actions = self.records.len() as u64;
        let deadline = deadline.map_or(u64::MAX, |deadline| deadline.as_nanos() as u64);
        let admission: u32 = match admission {
            Admission::Go => 0,
            Admission::Wait => 1,
            Admission::Full => 2,
        };
        self.records[0..8].copy_from_slice(&(now.as_nanos() as u64).to_le_bytes());
        self.records[8..16].copy_from_slice(&deadline.to_le_bytes());
        self.records[16..24].copy_from_slice(&actions.to_le_bytes());
        self.records[24..28].copy_from_slice(&admission.to_le_bytes());
    }

    fn event(&mut self, event: &Event) {
        self.record(REDLATCH_EVENT, 0, 0, 0, 0, document::event(event).as_bytes());
    }

    fn action(&mut self, action: Action, patience: u64) {
        match action {
            Action::Dial { link, address, attempt } => {
                let mut body = patience.to_le_bytes().to_vec();
                let (kind, port) = match &address {
                    Address::Tcp { host, port } => {
                        body.extend_from_slice(host.as_bytes());
                        (REDLATCH_DIAL, *port)
                    }
                    Address::Unix(path) => {
                        body.extend_from_slice(path.as_os_str().as_encoded_bytes());
                        (REDLATCH_DIAL_UNIX, 0)
                    }
                };
                self.record(kind, 0, port, attempt, link, &body);
            }
            Action::Write { link, bytes } => {
                let mut body = [0; 16];
                body[..8].copy_from_slice(&(bytes.as_ptr() as u64).to_le_bytes());
                body[8..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
                self.writes.push(bytes);
                self.record(REDLATCH_WRITE, 0, 0, 0, link, &body);
            }
            Action::Hangup { link, flush } => {
                self.record(REDLATCH_HANGUP, u8::from(flush), 0, 0, link, &[]);
            }
            Action::Need { material, id } => {
                self.record(REDLATCH_NEED, 0, number(material), 0, id, &[]);
            }
            // What this interface does not know, it must not promise to do.
            _ => {}
        }
    }

    #[inline]
    fn tokens(&mut self, kind: u8, id: u64, reply: Reply<'_>, longest: usize) {
        let start = self.records.len();
        self.records.extend_from_slice(&header(kind, 0, 0, 0, id, 0));
        reply::push(&mut self.records, reply, longest, &mut self.loose);
        let length = self.records.len() - start - REDLATCH_RECORD;
        self.records[start + 16..start + REDLATCH_RECORD]
            .copy_from_slice(&(length as u64).to_le_bytes());
    }

    fn record(&mut self, kind: u8, flags: u8, code: u16, extra: u32, id: u64, body: &[u8]) {
        self.records.reserve(REDLATCH_RECORD + body.len());
        self.records.extend_from_slice(&header(kind, flags, code, extra, id, body.len()));
        self.records.extend_from_slice(body);
    }
}

impl Sink for Batch {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        self.tokens(REDLATCH_REPLY, ticket, reply, LONG_TEXT);
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        let code = error.code().number();
        // One lost connection fails many commands.
        if self.failure.as_ref() == Some(error) {
            self.record(REDLATCH_FAILURE, 0, code, 0, ticket, &[]);
        } else {
            self.record(REDLATCH_FAILURE, 0, code, 0, ticket, document::error(error).as_bytes());
            self.failure = Some(error.clone());
        }
    }

    fn keep(&mut self, buffer: &mut Vec<u8>, used: usize) -> bool {
        if self.loose.is_empty() {
            return false;
        }
        let held = buffer[..used].as_ptr_range();
        let (from, to) = (held.start as usize, held.end as usize);
        self.loose.retain(|(text, length)| *text < from || *text + length > to);
        let mut other = std::mem::take(&mut self.spare);
        other.clear();
        other.extend_from_slice(&buffer[used..]);
        self.texts.push(std::mem::replace(buffer, other));
        true
    }

    fn awaits(&mut self, link: Link, bytes: usize, text: Option<CutOff<'_>>) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let numbers = |it: CutOff<'_>| {
            [it.part.as_ptr() as u64, it.part.len() as u64, it.whole as u64, it.ticket]
        };
        let body: Vec<u8> = text.into_iter().flat_map(numbers).flat_map(u64::to_le_bytes).collect();
        self.record(REDLATCH_AWAITS, 0, 0, bytes, link, &body);
    }

    fn push(&mut self, lane: LaneId, message: Reply<'_>) {
        // It may have waited in memory of its own.
        self.tokens(REDLATCH_PUSH, lane.into(), message, usize::MAX);
    }

    fn opened(&mut self, lane: LaneId) {
        self.record(REDLATCH_OPENED, 0, 0, 0, lane.into(), &[]);
    }

    fn bytes(&mut self, lane: LaneId, bytes: &[u8]) {
        if let Some(tally) = self.tallies.get_mut(&lane) {
            tally.received(bytes);
        }
        self.record(REDLATCH_BYTES, 0, 0, 0, lane.into(), bytes);
    }

    fn ended(&mut self, lane: LaneId, error: &Error) {
        let code = error.code().number();
        self.record(REDLATCH_ENDED, 0, code, 0, lane.into(), document::error(error).as_bytes());
    }
}

fn number(material: MaterialKind) -> u16 {
    match material {
        MaterialKind::Trust => REDLATCH_TRUST,
        MaterialKind::Identity => REDLATCH_IDENTITY,
        MaterialKind::Credentials => REDLATCH_CREDENTIALS,
        MaterialKind::Crl => REDLATCH_CRL,
    }
}

/// The material of a number.
pub(crate) fn material(code: u16) -> Result<MaterialKind> {
    let found = MaterialKind::ALL.into_iter().find(|kind| number(*kind) == code);
    found.ok_or_else(|| misuse("no material has this number"))
}

#[inline]
fn header(
    kind: u8,
    flags: u8,
    code: u16,
    extra: u32,
    id: u64,
    length: usize,
) -> [u8; REDLATCH_RECORD] {
    let mut header = [0; REDLATCH_RECORD];
    header[0] = kind;
    header[1] = flags;
    header[2..4].copy_from_slice(&code.to_le_bytes());
    header[4..8].copy_from_slice(&extra.to_le_bytes());
    header[8..16].copy_from_slice(&id.to_le_bytes());
    header[16..24].copy_from_slice(&(length as u64).to_le_bytes());
    header
}

/// So much is worth a call of its own.
const LONG_WRITE: usize = 1 << 15;
/// From here on a copy takes longer than to follow an address.
const LONG_TEXT: usize = 1 << 14;
/// Up to here memory is kept, beyond `LARGE` it is let go at once, and in between when it was not
/// needed for a while.
const SMALL: usize = 1 << 16;
const LARGE: usize = 1 << 24;
const PATIENCE: u32 = 64;
