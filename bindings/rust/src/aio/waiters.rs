//! Who waits for which ticket.

use std::collections::VecDeque;

use redlatch_core::{Code, Error, Result, Sink, resp::Reply};
use tokio::sync::oneshot;

use crate::replies::Replies;

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
}

impl Waiters {
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn add(&mut self, waiter: Waiter) {
        if self.places.is_empty() {
            self.first = waiter.ticket;
        }
        self.places.push_back(Some(waiter));
    }

    pub(super) fn remove(&mut self, ticket: u64) -> Option<Waiter> {
        let waiter = self.place(ticket)?.take();
        while let Some(None) = self.places.front() {
            self.places.pop_front();
            self.first += 1;
        }
        waiter
    }

    /// Tells everybody that nothing comes any more.
    pub(super) fn fail_all(&mut self) {
        for waiter in self.places.drain(..).flatten() {
            waiter.fail(Error::new(Code::ClientClosed).maybe_executed());
        }
    }

    fn place(&mut self, ticket: u64) -> Option<&mut Option<Waiter>> {
        self.places.get_mut(usize::try_from(ticket.checked_sub(self.first)?).ok()?)
    }
}

impl Sink for Waiters {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        let Some(Some(waiter)) = self.place(ticket) else { return };
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
}
