//! A lane of subscriptions: they outlive its sessions.

use super::{
    commands::{Place, misuse},
    lane::Lane,
};
use crate::{
    command,
    error::Result,
    event::{Event, EventKind},
    pending::Pending,
    pubsub::{Overlap, Request, request},
    resp::Reply,
    sink::{Link, Sink},
    time::Now,
};

impl Lane {
    /// Notes what a command that was handed in begins or ends.
    pub(super) fn change(&mut self, pending: &mut Pending) -> Result<Place> {
        let packed = self.batches.bytes(pending).unwrap_or_default();
        let Some(request) = request(packed).filter(|_| pending.commands == 1) else {
            let error = misuse("a lane of subscriptions takes only those, and PING");
            return Err(error.with("command", command::name(packed)));
        };
        if let Request::Change(change) = request {
            let spelled_out = self.wanted.spell_out(change.clone());
            if spelled_out != change {
                *pending = self.batches.replace(pending.clone(), spelled_out.packed());
            }
            pending.confirmed_by(spelled_out.confirmations());
            let changed = self.wanted.apply(spelled_out);
            if changed.begins {
                self.changes.insert(pending.ticket, changed);
            }
        }
        Ok(Place::Here)
    }

    /// A command failed: its subscriptions are not made on the next session either.
    pub(super) fn forget(&mut self, ticket: u64) {
        if let Some(change) = self.changes.remove(&ticket) {
            self.wanted.forget(&change);
        }
    }

    /// Before a session of subscriptions is left, what it was sent until now is heard. `true` while
    /// that is not sure.
    pub(super) fn awaits_last_word(&mut self, active: Link, now: Now, sink: &mut dyn Sink) -> bool {
        let Some(session) = self.session(active) else { return false };
        if !session.is_subscriber() || std::mem::replace(&mut session.fenced, true) {
            return false;
        }
        if let Err(error) = session.fence(now) {
            self.session_failed(active, error, now, sink);
        }
        true
    }

    /// A session took over. What the one before has told may still be on its way to it.
    pub(super) fn take_over(&mut self, link: Link, now: Now, sink: &mut dyn Sink) {
        if std::mem::take(&mut self.gap) {
            let event = Event::new(now.wall, EventKind::Gap).with("link", link);
            self.event(event.with("subscriptions", self.wanted.len()));
        }
        let Some(session) = self.session(link).filter(|session| session.held.is_some()) else {
            self.overlap = Overlap::default();
            return;
        };
        if let Err(error) = session.fence(now) {
            self.session_failed(link, error, now, sink);
        }
    }

    /// Tells what a session has heard that the one before has not told.
    pub(super) fn tell_held(&mut self, link: Link, sink: &mut dyn Sink) {
        let Some(held) = self.session(link).and_then(|session| session.held.take()) else { return };
        for message in std::mem::take(&mut self.overlap).unheard(held) {
            sink.push(self.id, Reply::new(&message));
        }
    }
}
