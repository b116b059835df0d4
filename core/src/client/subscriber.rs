//! A lane of subscriptions: they outlive its sessions.

use std::collections::BTreeSet;

use super::{
    commands::{Place, misuse},
    lane::Lane,
};
use crate::{
    command,
    error::Result,
    event::{Event, EventKind},
    pending::Pending,
    pubsub::{Overlap, Request, Subscriptions, request},
    session::Session,
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
            // Those that others have ended, too: their commands may come to nothing.
            let mut all = self.wanted.clone();
            self.changes.values().filter(|it| it.begins).for_each(|it| all.apply(it));
            let spelled_out = all.spell_out(change.clone());
            if spelled_out != change {
                *pending = self.batches.replace(pending.clone(), spelled_out.packed());
            }
            pending.confirmed_by(spelled_out.confirmations());
            self.changes.insert(pending.ticket, spelled_out);
        }
        Ok(Place::Here)
    }

    /// What the callers will be subscribed to when all they asked for is done.
    pub(super) fn subscriptions(&self) -> Subscriptions {
        let mut all = self.wanted.clone();
        self.changes.values().for_each(|change| all.apply(change));
        all
    }

    /// The server did what a command asked for, whether or not its caller still waits.
    pub(super) fn confirm(&mut self, link: Link, ticket: u64) {
        let Some(change) = self.changes.remove(&ticket) else { return };
        self.wanted.apply(&change);
        if let Some(session) = self.session(link) {
            session.subscribed.apply(&change);
        }
    }

    /// A command will not be sent, or was refused: it changes nothing.
    pub(super) fn forget(&mut self, ticket: u64) {
        self.changes.remove(&ticket);
    }

    /// The same of those that were under way on a session that is lost and will not be sent again.
    pub(super) fn forget_lost(&mut self) {
        if !self.changes.is_empty() {
            let waiting: BTreeSet<_> = self.queue.iter().map(|pending| pending.ticket).collect();
            self.changes.retain(|ticket, _| waiting.contains(ticket));
        }
    }

    /// Before a session takes over, what was changed while it was made is changed on it. `true`
    /// while that is not confirmed.
    pub(super) fn catches_up(&mut self, next: Link, now: Now, sink: &mut dyn Sink) -> bool {
        let at = |it: &Session| it.link == next && it.is_subscriber();
        let Some(session) = self.sessions.iter_mut().find(|it| at(it)) else { return false };
        let was_renewing = session.is_renewing();
        match session.catch_up(&self.wanted, now) {
            Ok(false) => return false,
            Ok(true) if was_renewing => {}
            // What it says until then has to be heard, too.
            Ok(true) => self.sessions.iter_mut().for_each(|session| session.fenced = false),
            Err(error) => self.session_failed(next, error, now, sink),
        }
        true
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
        self.catches_up(link, now, sink);
        self.tell_gap(now);
        let Some(session) = self.session(link).filter(|session| session.held.is_some()) else {
            self.overlap = Overlap::default();
            return;
        };
        if let Err(error) = session.fence(now) {
            self.session_failed(link, error, now, sink);
        }
    }

    /// From now on nothing is lost any more.
    pub(super) fn tell_gap(&mut self, now: Now) {
        let Some(link) = self.active.filter(|_| self.gap) else { return };
        if self.session(link).is_some_and(|session| !session.is_renewing()) {
            self.gap = false;
            let event = Event::new(now.wall, EventKind::Gap).with("link", link);
            self.event(event.with("subscriptions", self.wanted.len()));
        }
    }
}
