//! Who waits for which ticket.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use redlatch_core::{Code, Error, LaneId, Result, Sink, resp::Reply};
use tokio::sync::oneshot;

use super::mailbox::Mailbox;
use crate::{pubsub::Message, replies::Replies};

pub(super) struct Waiter {
    ticket: u64,
    left: u32,
    replies: Replies,
    sender: oneshot::Sender<Result<Replies>>,
}

impl Waiter {
    pub(super) fn new(
        ticket: u64,
        commands: u32,
        sender: oneshot::Sender<Result<Replies>>,
    ) -> Self {
        Self { ticket, left: commands, replies: Replies::default(), sender }
    }

    pub(super) fn fail(self, error: Error) {
        // Nobody listens where the caller gave up.
        let _ = self.sender.send(Err(error));
    }
}

/// Callers by ticket. Tickets are handed out one after the other and mostly end in that order.
#[derive(Default)]
pub(super) struct Waiters {
    /// Ticket of the first place.
    first: u64,
    places: VecDeque<Option<Waiter>>,
    /// Waiters in `places`.
    open: usize,
    /// Those who wait so long that many after them are done: a command that blocks, say.
    late: HashMap<u64, Waiter>,
    /// Where messages of subscriptions go.
    pub(super) listeners: HashMap<LaneId, Arc<Mailbox<Message>>>,
}

impl Waiters {
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.late.is_empty()
    }

    pub(super) fn add(&mut self, waiter: Waiter) {
        if self.places.len() > LONG && self.places.len() > self.open * 4 {
            // The line must not grow behind somebody who waits for ever.
            let late = self.places.drain(..).flatten().map(|waiter| (waiter.ticket, waiter));
            self.late.extend(late);
            self.open = 0;
        }
        if self.places.is_empty() {
            self.first = waiter.ticket;
        }
        self.places.push_back(Some(waiter));
        self.open += 1;
    }

    pub(super) fn remove(&mut self, ticket: u64) -> Option<Waiter> {
        if let Some(late) = self.late.remove(&ticket) {
            return Some(late);
        }
        let waiter = self.place(ticket)?.take();
        self.open -= usize::from(waiter.is_some());
        while let Some(None) = self.places.front() {
            self.places.pop_front();
            self.first += 1;
        }
        waiter
    }

    /// Tells everybody that nothing comes any more.
    pub(super) fn fail_all(&mut self) {
        self.open = 0;
        let late = self.late.drain().map(|(_, waiter)| waiter);
        for waiter in self.places.drain(..).flatten().chain(late) {
            waiter.fail(Error::new(Code::ClientClosed).maybe_executed());
        }
        self.end_listeners();
    }

    /// No message comes any more.
    pub(super) fn end_listeners(&mut self) {
        for (_, listener) in self.listeners.drain() {
            listener.end();
        }
    }

    fn place(&mut self, ticket: u64) -> Option<&mut Option<Waiter>> {
        self.places.get_mut(usize::try_from(ticket.checked_sub(self.first)?).ok()?)
    }
}

impl Sink for Waiters {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        let waiter = match self.late.get_mut(&ticket) {
            Some(late) => late,
            None => match self.place(ticket) {
                Some(Some(waiter)) => waiter,
                _ => return,
            },
        };
        waiter.replies.push(reply);
        waiter.left = waiter.left.saturating_sub(1);
        if waiter.left == 0
            && let Some(Waiter { replies, sender, .. }) = self.remove(ticket)
        {
            let _ = sender.send(Ok(replies));
        }
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        if let Some(waiter) = self.remove(ticket) {
            waiter.fail(error.clone());
        }
    }

    fn push(&mut self, lane: LaneId, told: Reply<'_>) {
        if let Some(listener) = self.listeners.get(&lane)
            && let Some(message) = Message::read(told)
        {
            listener.push(message);
        }
    }
}

/// A line of this length may have gaps.
const LONG: usize = 1024;
