//! A session that one caller holds on to: keys watched, a transaction begun, a command that blocks.

use std::time::Duration;

use super::lane::Lane;
use crate::{
    command::{self, Pinned},
    error::{Code, Error},
    pending::Pending,
    resp::Reply,
    sink::{Link, Sink},
    time::Now,
};

impl Lane {
    /// Follows what a command that was taken does to its session.
    pub(super) fn pin(&mut self, pending: &Pending) {
        let Some(packed) = self.batches.bytes(pending) else { return };
        let after = self.pinned.after(packed);
        if after.is_pinned() {
            (self.pinned, self.unpinned_by) = (after, None);
        } else if self.pinned.is_pinned() {
            // Until it is sent it needs the session that was watching.
            self.unpinned_by = Some(pending.ticket);
        }
    }

    /// Whether whatever is sent on a session becomes part of a caller's transaction.
    pub(super) fn in_transaction(&self, link: Link) -> bool {
        self.active == Some(link) && self.pinned.is_in_transaction()
    }

    /// Goes on with what a transaction held up, once it has ended.
    pub(super) fn after_transaction(&mut self, now: Now, sink: &mut dyn Sink) {
        if self.proves_later && !self.pinned.is_in_transaction() {
            self.proves_later = false;
            if let Some(link) = self.active {
                self.renew_secret(link, now, sink);
            }
        }
    }

    /// The session is gone: what depends on it can only begin anew.
    pub(super) fn lose_watch(&mut self, sink: &mut dyn Sink) -> bool {
        let lost = std::mem::take(&mut self.pinned).is_pinned();
        if lost {
            // A transaction that was not sent yet has heard of it by its own failure.
            self.lost_watch = self.unpinned_by.take().is_none();
            self.fail_queue(&Error::new(Code::ClientWatchLost), sink);
        }
        lost
    }

    /// The caller is done with the session, whatever state it left behind.
    pub(super) fn unpin(&mut self, now: Now, sink: &mut dyn Sink) {
        self.enforce_grace(now, sink);
        (self.held, self.lost_watch) = (false, false);
        self.keeping.clear();
        if !std::mem::take(&mut self.kept).is_empty() {
            // Nobody else wants another database, or somebody's name.
            self.pinned = Pinned::default();
            self.drop_sessions(Code::ClientCancelled, now, sink);
            return;
        }
        let pinned = std::mem::take(&mut self.pinned);
        let Some(active) = self.active.filter(|_| pinned.is_pinned()) else { return };
        let undone = self.session(active).map(|it| it.unpin(pinned.is_in_transaction(), now));
        if let Some(Err(error)) = undone {
            self.session_failed(active, error, now, sink);
        }
        self.finish_handover(now, sink);
        self.collect();
    }

    /// A command got its reply: what it set holds for sessions to come, unless it was refused.
    pub(super) fn keep(&mut self, ticket: u64, refused: bool) {
        if let Some((key, packed)) = self.keeping.remove(&ticket).filter(|_| !refused) {
            self.kept.insert(key, packed);
        }
    }

    /// Sets on a new session what the caller had set on the one before.
    pub(super) fn set_again(&mut self, link: Link, now: Now, sink: &mut dyn Sink) {
        let kept: Vec<_> = self.kept.values().cloned().collect();
        let Some(session) = self.session(link) else { return };
        let set = kept.iter().try_for_each(|packed| session.set_again(packed, now));
        if let Err(error) = set {
            self.session_failed(link, error, now, sink);
        }
    }

    /// A command that blocks the active session must not keep it from being replaced.
    pub(super) fn unblock(&mut self, active: Link, next: Link, now: Now, sink: &mut dyn Sink) {
        let at = |link| self.sessions.iter().position(|session| session.link == link);
        let (Some(old), Some(new)) = (at(active), at(next)) else { return };
        let Ok([old, new]) = self.sessions.get_disjoint_mut([old, new]) else { return };
        if let Err(error) = new.unblock(old, now) {
            self.session_failed(next, error, now, sink);
        }
    }

    /// What was to end had not reached the server when it was asked to. It may never do so: the
    /// longer it has been under way, the longer is the pause.
    pub(super) fn missed(&mut self, now: Now) {
        let active = self.active.and_then(|active| self.session(active));
        let quiet = active.map_or(Duration::ZERO, |session| session.quiet_for(now));
        let pause = (quiet / 8).clamp(UNBLOCK_PAUSE, UNBLOCK_LAST);
        self.unblock_at = Some(now.monotonic + pause);
    }

    /// Asks once more.
    pub(super) fn unblock_again(&mut self, now: Now, sink: &mut dyn Sink) {
        if self.unblock_at.is_none_or(|at| at > now.monotonic) {
            return;
        }
        self.unblock_at = None;
        if let Some(session) = self.active.and_then(|active| self.session(active)) {
            session.unblocked = false;
            self.finish_handover(now, sink);
        }
    }

    /// Goes on blocking elsewhere for the time that is left.
    pub(super) fn block_again(&mut self, pending: Pending, now: Now, sink: &mut dyn Sink) {
        let limit = pending.blocks_for.unwrap_or_default();
        let left = (pending.sent_at + limit).saturating_sub(now.monotonic);
        if pending.cancelled {
            self.batches.release(&pending);
        } else if limit.is_zero() {
            self.queue.put_back(vec![pending]);
        } else if let Some(packed) = self
            .batches
            .bytes(&pending)
            .filter(|_| !left.is_zero())
            .and_then(|packed| command::blocking_for(packed, left))
        {
            let mut pending = self.batches.replace(pending, packed);
            pending.blocks_for = Some(left);
            self.queue.put_back(vec![pending]);
        } else {
            self.batches.release(&pending);
            self.counters.replies += 1;
            sink.reply(pending.ticket, Reply::new(b"_\r\n"));
        }
    }
}

/// What is under way for longer than this is rare.
const UNBLOCK_PAUSE: Duration = Duration::from_millis(20);
const UNBLOCK_LAST: Duration = Duration::from_secs(10);
