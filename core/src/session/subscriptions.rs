//! Subscriptions on one session: confirmed, refused, and made again on the one that follows.

use super::{Phase, Session, replies::Delivery};
use crate::{
    error::Result,
    pending::{Kind as Whose, Pending},
    pubsub::{Kind, Request, request},
    resp::Reply,
    time::Now,
};

impl Session {
    /// Subscribes to all that is wanted before anybody uses the session. `false` if that is nothing.
    pub(super) fn renew(&mut self, now: Now, delivery: &mut Delivery<'_>) -> Result<bool> {
        let Some(told) = &delivery.told else { return Ok(false) };
        for change in told.wanted.all_but(told.open.values()) {
            let ticket = self.in_flight.back().map_or(0, |pending| pending.ticket);
            let left = change.confirmations();
            let mut pending = Pending::internal(Whose::Renewal, ticket);
            pending.confirmed_by(left);
            self.expect(pending, now);
            self.send(&change.packed())?;
            self.renewing.push_back(change);
        }
        if self.renewing.is_empty() {
            return Ok(false);
        }
        self.phase = Phase::Subscribing;
        Ok(true)
    }

    /// Asks for an answer behind everything the server has to say so far.
    pub(crate) fn fence(&mut self, now: Now) -> Result<()> {
        self.command(Whose::Fence, &[b"PING"], now)
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
        } else {
            self.renewed(now, delivery);
        }
        Ok(())
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
        }
        delivery.sink.push(delivery.lane, reply);
        self.renewed(now, delivery);
        Ok(())
    }

    fn renewed(&mut self, now: Now, delivery: &mut Delivery<'_>) {
        self.renewing.pop_front();
        if self.renewing.is_empty() && self.phase == Phase::Subscribing {
            self.phase = Phase::Ready;
            self.ready_at = now.monotonic;
            delivery.became_ready = true;
        }
    }
}
