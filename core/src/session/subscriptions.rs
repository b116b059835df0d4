//! Subscriptions on one session: confirmed, refused, and made again on the one that follows.

use super::{Phase, Session, replies::Delivery};
use crate::{
    error::Result,
    pending::{Kind as Whose, Pending},
    pubsub::{Change, Kind, Request, Subscriptions, request},
    resp::Reply,
    time::Now,
};

impl Session {
    /// Subscribes to all that is wanted before anybody uses the session. `false` if that is nothing.
    pub(super) fn renew(&mut self, now: Now, delivery: &mut Delivery<'_>) -> Result<bool> {
        let Some(told) = &delivery.told else { return Ok(false) };
        let renews = self.catch_up(told.wanted, now)?;
        if renews {
            self.phase = Phase::Subscribing;
        }
        Ok(renews)
    }

    /// Makes its subscriptions those that are wanted. Whether they are not so far.
    pub(crate) fn catch_up(&mut self, wanted: &Subscriptions, now: Now) -> Result<bool> {
        for change in wanted.changes_from(&self.subscribed) {
            let ticket = self.in_flight.back().map_or(0, |pending| pending.ticket);
            let mut pending = Pending::internal(Whose::Renewal, ticket);
            pending.confirmed_by(change.confirmations());
            self.expect(pending, now);
            self.send(&change.packed())?;
            self.subscribed.apply(&change);
            self.renewing.push_back(change);
        }
        Ok(self.is_renewing())
    }

    /// Whether subscriptions of those before are not confirmed yet.
    pub(crate) fn is_renewing(&self) -> bool {
        !self.renewing.is_empty()
    }

    /// Asks for an answer behind everything the server has to say so far.
    pub(crate) fn fence(&mut self, now: Now) -> Result<()> {
        self.command(Whose::Fence, &[b"PING"], now)
    }

    /// All that the session before had to say has been heard: what this one has heard besides.
    pub(super) fn tell_held(&mut self, delivery: &mut Delivery<'_>) {
        let (Some(told), Some(held)) = (&mut delivery.told, self.held.take()) else { return };
        for message in std::mem::take(told.overlap).unheard(held) {
            let message = Reply::new(&message);
            if told.notes {
                told.overlap.note(message);
            }
            delivery.sink.push(delivery.lane, message);
        }
    }

    /// The server says that a subscription began or ended.
    pub(super) fn changed(
        &mut self,
        kind: Kind,
        begins: bool,
        reply: Reply<'_>,
        now: Now,
        delivery: &mut Delivery<'_>,
    ) -> Result<()> {
        let Some(pending) = self.in_flight.front_mut() else {
            delivery.sink.push(delivery.lane, reply);
            return Ok(());
        };
        let asked = match pending.kind {
            Whose::Renewal => true,
            Whose::User => {
                let packed = delivery.batches.bytes(pending).unwrap_or_default();
                matches!(request(packed), Some(Request::Change(change))
                    if (change.kind, change.begins) == (kind, begins))
            }
            _ => false,
        };
        // A shard that moves to another node ends its subscriptions unasked.
        if !asked || pending.kind == Whose::User {
            delivery.sink.push(delivery.lane, reply);
        }
        if !asked {
            return Ok(());
        }
        pending.left = pending.left.saturating_sub(1);
        if pending.left > 0 {
            return Ok(());
        }
        let Some(pending) = self.in_flight.pop_front() else { return Ok(()) };
        if pending.kind == Whose::User {
            if !pending.cancelled {
                delivery.sink.reply(pending.ticket, reply);
                delivery.replies += 1;
            }
            delivery.confirmed.push(pending.ticket);
            delivery.batches.release(&pending);
            return Ok(());
        }
        self.renewed(now, delivery)
    }

    /// The server refused a subscription that the session before had.
    pub(super) fn not_renewed(
        &mut self,
        reply: Reply<'_>,
        now: Now,
        delivery: &mut Delivery<'_>,
    ) -> Result<()> {
        if let (Some(told), Some(change)) = (&mut delivery.told, self.renewing.front()) {
            told.wanted.forget(change);
            self.subscribed.forget(change);
        }
        delivery.sink.push(delivery.lane, reply);
        self.renewed(now, delivery)
    }

    fn renewed(&mut self, now: Now, delivery: &mut Delivery<'_>) -> Result<()> {
        if let (Some(change), Some(held)) = (self.renewing.pop_front(), &mut self.held) {
            // What was heard before it was changed, another session tells.
            let mut changed = Subscriptions::default();
            changed.apply(&Change { begins: true, ..change });
            held.retain(|message| changed.cover(Reply::new(message)) != Some(true));
        }
        // More may be wanted by now, or less.
        if self.phase == Phase::Subscribing && !self.is_renewing() && !self.renew(now, delivery)? {
            self.phase = Phase::Ready;
            self.ready_at = now.monotonic;
            delivery.became_ready = true;
        }
        Ok(())
    }
}
