//! Replies as they came, to be turned into values where they are wanted.

use std::time::Duration;

use redlatch_core::{
    Code, Error, Record, Result, Sink,
    resp::{Reply, Value},
};

/// The replies to one record, in the order of its commands. A server's error is a reply too.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Replies {
    bytes: Vec<u8>,
    /// Where each but the last one ends.
    ends: Vec<usize>,
    count: u32,
}

impl Replies {
    /// Each reply, in order.
    pub fn iter(&self) -> impl Iterator<Item = Reply<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ends = self.ends.iter().copied().chain((self.count > 0).then_some(self.bytes.len()));
        starts.zip(ends).map(|(start, end)| Reply::new(&self.bytes[start..end]))
    }

    /// The one reply to one command; a server's error is an error.
    ///
    /// # Errors
    /// What the server answered, its text kept.
    pub fn into_value(self) -> Result<Value> {
        let Some(reply) = self.iter().next() else {
            return Err(Error::with_detail(Code::InternalBug, "a record got no reply"));
        };
        match reply.error_text() {
            Some(text) => Err(Error::from_server_text(&text)),
            None => Ok(reply.to_value()),
        }
    }

    /// What the last one, to EXEC, gave, where the others say that commands were queued; an error
    /// among those is why the transaction was discarded.
    ///
    /// # Errors
    /// `server.exec_abort` with the reasons, `client.watch_changed`, and what the server answered.
    pub fn executed(&self) -> Result<Vec<Value>> {
        let replies: Vec<_> = self.iter().collect();
        let Some((exec, queued)) = replies.split_last() else { return Ok(Vec::new()) };
        let refusals: Vec<_> = queued
            .iter()
            .enumerate()
            .filter_map(|(at, reply)| Some((at, reply.error_text()?)))
            // MULTI comes first.
            .map(|(at, text)| match at.checked_sub(1) {
                Some(index) => format!("command {index}: {text}"),
                None => text.into_owned(),
            })
            .collect();
        if !refusals.is_empty() {
            let text = format!("EXECABORT {}", refusals.join("; "));
            return Err(Error::from_server_text(&text));
        }
        if let Some(text) = exec.error_text() {
            return Err(Error::from_server_text(&text));
        }
        match exec.to_value() {
            Value::Array(values) => Ok(values),
            // Somebody else changed a watched key.
            _ => Err(Error::new(Code::ClientWatchChanged)),
        }
    }

    /// How many replies there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn push(&mut self, reply: Reply<'_>) {
        if self.count > 0 {
            self.ends.push(self.bytes.len());
        }
        self.bytes.extend_from_slice(reply.bytes());
        self.count += 1;
    }
}

/// Shows the size only: replies hold what callers stored.
impl std::fmt::Debug for Replies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Replies({} in {} bytes)", self.count, self.bytes.len())
    }
}

/// The sink of a blocking call of one record.
#[derive(Debug)]
pub(crate) struct Collected {
    replies: Replies,
    commands: u32,
    error: Option<Error>,
}

impl Collected {
    pub(crate) fn of(commands: u32) -> Self {
        Self { replies: Replies::default(), commands, error: None }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.error.is_some() || self.replies.count >= self.commands
    }

    pub(crate) fn into_result(self) -> Result<Replies> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.replies),
        }
    }
}

impl Sink for Collected {
    fn reply(&mut self, _ticket: u64, reply: Reply<'_>) {
        self.replies.push(reply);
    }

    fn fail(&mut self, _ticket: u64, error: &Error) {
        self.error = Some(error.clone());
    }
}

/// Takes what nobody waits for.
pub(crate) struct Nobody;

impl Sink for Nobody {
    fn reply(&mut self, _ticket: u64, _reply: Reply<'_>) {}

    fn fail(&mut self, _ticket: u64, _error: &Error) {}
}

/// The longest wait of a call, in milliseconds: 0 is the client's own, `u32::MAX` none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limit(pub(crate) u32);

impl Limit {
    /// `Duration::MAX` is no limit.
    pub(crate) fn of(timeout: Duration) -> Self {
        if timeout == Duration::MAX {
            return Self(u32::MAX);
        }
        Self(u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX - 1).clamp(1, u32::MAX - 1))
    }
}

/// A record of packed commands.
pub(crate) fn record(record: Record, commands: u32, length: usize) -> Result<Record> {
    match u32::try_from(length) {
        Ok(length) => Ok(Record { commands, length, ..record }),
        Err(_) => Err(Error::with_detail(Code::ClientMisuse, "packed commands exceed 4 GiB")
            .with("bytes", length)),
    }
}
