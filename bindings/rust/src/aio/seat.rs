//! A session beside the shared one, which somebody keeps to themselves.

use std::sync::Arc;

use redlatch_core::LaneId;

use super::{
    inbox::{Inbox, Request},
    mailbox::Mailbox,
};
use crate::pubsub::Message;

/// Holds a lane; it is given back when this is dropped, whoever has it by then: the caller who asked
/// for it may have gone before the answer.
pub(super) struct Seat {
    pub(super) inbox: Arc<Inbox>,
    pub(super) lane: LaneId,
    pub(super) purpose: Purpose,
}

/// What a seat is for.
pub(super) enum Purpose {
    /// WATCH, and whatever else nobody else may notice.
    Exclusive,
    /// Subscriptions, and where their messages go.
    Subscriptions(Arc<Mailbox<Message>>),
}

impl Drop for Seat {
    fn drop(&mut self) {
        let subscribed = matches!(self.purpose, Purpose::Subscriptions(_));
        // If nobody takes it any more, there is no lane either.
        let _ = self.inbox.ask(Request::Leave { lane: self.lane, subscribed });
    }
}
