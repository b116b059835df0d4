//! A long text that is handed in part by part: the server works on its start while the rest is copied,
//! which for a SET of 1 MiB is a tenth of the time.

use super::{Role, lane::Lane};
use crate::{
    command,
    pending::Record,
    session::{AT_ONCE, FIRST},
    sink::Sink,
    time::Now,
};

/// Packed commands around a long text, which is one argument of one of them.
#[derive(Clone, Copy, Debug)]
pub struct LongCommand<'a> {
    /// What comes before the text, its length included.
    pub before: &'a [u8],
    /// The text.
    pub text: &'a [u8],
    /// What comes behind it, from the end of its line on.
    pub behind: &'a [u8],
}

impl LongCommand<'_> {
    /// All of it.
    pub fn packed(&self) -> Vec<u8> {
        [self.before, self.text, self.behind].concat()
    }
}

/// A command on its way whose text is still with the host.
pub(super) struct Lent {
    ticket: u64,
    batch: u64,
    /// Bytes of the text that have not come.
    left: usize,
    behind: Vec<u8>,
}

impl Lane {
    /// Sends the start of a long command, if it is the only one and that may leave at once. How many
    /// bytes of the text it took.
    pub(super) fn submit_start(
        &mut self,
        now: Now,
        records: &[Record],
        command: LongCommand<'_>,
        sink: &mut dyn Sink,
    ) -> Option<usize> {
        let (&[record], LongCommand { before, text, behind }) = (records, command) else {
            return None;
        };
        let taken = FIRST.checked_sub(before.len()).filter(|_| text.len() >= PART)?;
        self.adopt(now, sink);
        self.enforce_grace(now, sink);
        let link = self.direct_link().filter(|_| self.role == Role::Shared)?;
        let pending = self.pending(&record, now);
        let whole = before.len() + text.len() + behind.len();
        let as_usual = self.closed || self.held || self.lost_watch || !self.has_room(&pending);
        if as_usual
            || (record.length as usize, record.commands) != (whole, 1)
            || record.ticket <= self.last_ticket
            || !command::is_plain(before, text.len(), behind)
        {
            return None;
        }
        let mut payload = Vec::with_capacity(whole);
        payload.extend_from_slice(before);
        payload.extend_from_slice(&text[..taken]);
        let batch = self.batches.open(payload);
        let pending = self.batches.add(batch, 0, pending);
        self.batches.seal(batch);
        self.last_ticket = record.ticket;
        self.note_deadline(pending.deadline);
        self.queue.push(pending);
        self.counters.commands += 1;
        self.lent = Some(Lent {
            ticket: record.ticket,
            batch,
            left: text.len() - taken,
            behind: behind.to_vec(),
        });
        self.flush(link, now, sink);
        self.collect();
        Some(taken)
    }

    /// Takes what follows of the text, as much as the server is to get next. Of one that nobody needs any
    /// more it takes all.
    pub(super) fn append(&mut self, ticket: u64, text: &[u8]) -> usize {
        let Some(mut lent) = self.lent.take_if(|lent| lent.ticket == ticket) else {
            return text.len();
        };
        let part = &text[..text.len().min(lent.left).min(PART)];
        if !self.batches.append(lent.batch, part) {
            return text.len();
        }
        lent.left -= part.len();
        if lent.left == 0 {
            self.batches.append(lent.batch, &lent.behind);
        } else {
            self.lent = Some(lent);
        }
        part.len()
    }
}

/// For less, another call costs as much as the copy.
const PART: usize = 2 * AT_ONCE;
