//! Bytes from the peer to replies for callers.

use std::sync::Arc;

use super::{Phase, Session, setup::refusal};
use crate::{
    config::Config,
    error::{Code, Error, Result},
    pending::{Batches, Kind, Pending},
    pubsub::{Heard, Overlap, Subscriptions, heard},
    resp::{Reply, Token},
    sink::{CutOff, LaneId, Sink},
    time::Now,
    tls::{Checks, TlsStream},
};

/// Where replies go, and what the client is told besides.
pub(crate) struct Delivery<'a> {
    pub(crate) lane: LaneId,
    pub(crate) config: &'a Arc<Config>,
    /// What is in force, for a handshake that ends now.
    pub(crate) checks: Option<Checks>,
    pub(crate) batches: &'a mut Batches,
    pub(crate) sink: &'a mut dyn Sink,
    /// The session became ready.
    pub(crate) became_ready: bool,
    /// For a session of subscriptions.
    pub(crate) told: Option<Told<'a>>,
    /// Whether somebody wants to know of replies in `kept`: ticket, and whether it was refused.
    pub(crate) keeps: bool,
    pub(crate) kept: Vec<(u64, bool)>,
    /// Subscriptions the server refused.
    pub(crate) refused: Vec<u64>,
    /// Subscriptions that began or ended.
    pub(crate) confirmed: Vec<u64>,
    /// A command that blocked was ended without a result, by us.
    pub(crate) unblocked: Option<Pending>,
    /// The server was asked to end a command that it had not got yet.
    pub(crate) missed: bool,
    /// The server turned out to take no writes.
    pub(crate) readonly: bool,
    /// A new secret was proven, or refused (why).
    pub(crate) reauth: Option<Result<()>>,
    pub(crate) replies: u64,
}

/// What a session of subscriptions needs to know of its lane.
pub(crate) struct Told<'a> {
    pub(crate) wanted: &'a mut Subscriptions,
    /// What a session tells while another one is on its way.
    pub(crate) overlap: &'a mut Overlap,
    /// Whether another one is on its way.
    pub(crate) notes: bool,
}

impl Session {
    /// Takes bytes from the transport. An error ends the session.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        now: Now,
        delivery: &mut Delivery<'_>,
    ) -> Result<()> {
        self.last_byte = now.monotonic;
        self.asked_alive = None;
        self.received += bytes.len() as u64;
        match &mut self.tls {
            None => self.plain.extend_from_slice(bytes),
            Some(tls) => {
                let outcome = tls.receive(bytes, &mut self.plain, now);
                let ready = tls.is_ready();
                if self.phase == Phase::Securing && ready && outcome.is_ok() {
                    self.meet_peer(delivery.checks.as_ref(), now)?;
                    delivery.became_ready |= self.open(delivery.config, now)?;
                }
                // Replies before a broken record are whole and count.
                self.deliver(now, delivery)?;
                return outcome;
            }
        }
        self.deliver(now, delivery)
    }

    /// Whether the peer said that nothing follows.
    pub(crate) fn is_peer_closed(&self) -> bool {
        self.tls.as_ref().is_some_and(super::TlsStream::is_peer_closed)
    }

    fn deliver(&mut self, now: Now, delivery: &mut Delivery<'_>) -> Result<()> {
        let mut plain = std::mem::take(&mut self.plain);
        let mut start = 0;
        let outcome = loop {
            if self.is_raw() && self.is_ready() {
                if start < plain.len() {
                    delivery.sink.bytes(delivery.lane, &plain[start..]);
                }
                start = plain.len();
                break Ok(());
            }
            match self.scanner.scan(&plain[start..]) {
                Ok(Some(length)) => {
                    let reply = Reply::new(&plain[start..start + length]);
                    start += length;
                    if let Err(error) = self.dispatch(reply, now, delivery) {
                        break Err(error);
                    }
                }
                Ok(None) => {
                    let (due, text) = self.scanner.cut_off(&plain[start..]);
                    if due >= WORTH_WAITING {
                        // Some of it is not decrypted yet.
                        let has = self.tls.as_ref().map_or(0, TlsStream::undecrypted);
                        let wanted = |it: &&Pending| it.kind == Kind::User && !it.cancelled;
                        let text = self.in_flight.front().filter(wanted).zip(text).map(
                            |(pending, (part, whole))| CutOff {
                                ticket: pending.ticket,
                                part,
                                whole,
                            },
                        );
                        delivery.sink.awaits(self.link, due.saturating_sub(has), text);
                    }
                    break Ok(());
                }
                Err(error) => break Err(error),
            }
        };
        let kept = start > 0 && delivery.sink.keep(&mut plain, start);
        self.plain = plain;
        if kept {
            return outcome;
        }
        if start == self.plain.len() {
            self.plain.clear();
            self.spare(start);
        } else if start > 0 {
            self.plain.drain(..start);
        }
        outcome
    }

    /// One large reply must not hold its memory for ever; of many in a row each would fault its
    /// pages in again, which takes longer than to decrypt them.
    fn spare(&mut self, used: usize) {
        let room = self.plain.capacity();
        if room <= KEPT_BUFFER || used > room / 4 {
            self.spared = 0;
        } else {
            self.spared += 1;
        }
        if self.spared > SPARED_AT_MOST || room > LARGEST_KEPT_BUFFER {
            self.plain.shrink_to(KEPT_BUFFER);
        }
    }

    fn dispatch(&mut self, reply: Reply<'_>, now: Now, delivery: &mut Delivery<'_>) -> Result<()> {
        if let Some(told) = delivery.told.as_mut() {
            match heard(reply) {
                Heard::Message => {
                    match &mut self.held {
                        Some(held) => held.push(reply.bytes().to_vec()),
                        None => {
                            if told.notes {
                                told.overlap.note(reply);
                            }
                            delivery.sink.push(delivery.lane, reply);
                        }
                    }
                    return Ok(());
                }
                Heard::Change { kind, begins } => {
                    return self.changed(kind, begins, reply, now, delivery);
                }
                Heard::Reply => {}
            }
        } else if reply.is_push() {
            delivery.sink.push(delivery.lane, reply);
            return Ok(());
        }
        let Some(pending) = self.in_flight.front_mut() else {
            return Err(match reply.error_text() {
                // A server that ends a connection tells why first.
                Some(text) => Error::from_server_text(&text),
                None => Error::with_detail(Code::ProtocolMalformed, "a reply nobody asked for"),
            });
        };
        match pending.kind {
            Kind::User => {
                if self.unblocked && pending.blocks_for.is_some() && is_nil(reply) {
                    // It was we who ended it.
                    delivery.unblocked = self.in_flight.pop_front();
                    return Ok(());
                }
                // Behind this name another server is the primary now.
                delivery.readonly |= is_readonly(reply);
                if !pending.cancelled {
                    delivery.sink.reply(pending.ticket, reply);
                    delivery.replies += 1;
                }
                if delivery.keeps {
                    delivery.kept.push((pending.ticket, reply.error_text().is_some()));
                }
                // One error answers for all names of a subscription.
                let refused = delivery.told.is_some() && reply.error_text().is_some();
                if refused {
                    delivery.refused.push(pending.ticket);
                }
                pending.left -= 1;
                if pending.left == 0 || refused {
                    delivery.batches.release(pending);
                    self.in_flight.pop_front();
                }
                Ok(())
            }
            kind => {
                self.in_flight.pop_front();
                self.internal(kind, reply, now, delivery)
            }
        }
    }

    fn internal(
        &mut self,
        kind: Kind,
        reply: Reply<'_>,
        now: Now,
        delivery: &mut Delivery<'_>,
    ) -> Result<()> {
        match kind {
            Kind::Reauth => {
                delivery.reauth = Some(match reply.error_text() {
                    Some(text) => Err(refusal(&text, self.proving.as_ref())),
                    None => Ok(()),
                });
            }
            Kind::Fence => self.tell_held(delivery),
            Kind::Unblock => {
                delivery.missed = reply.tokens().next() == Some(Token::Int(0));
            }
            Kind::Renewal => return self.not_renewed(reply, now, delivery),
            _ => {
                let ready = self.take_setup(kind, reply, delivery.config, now)?;
                delivery.became_ready |= ready && !self.renew(now, delivery)?;
            }
        }
        Ok(())
    }

    /// Finds a command in flight by its ticket.
    pub(crate) fn find(&mut self, ticket: u64) -> Option<&mut Pending> {
        let from = self.in_flight.partition_point(|pending| pending.ticket < ticket);
        self.in_flight
            .range_mut(from..)
            .take_while(|pending| pending.ticket == ticket)
            .find(|pending| pending.kind == Kind::User && !pending.cancelled)
    }
}

fn is_nil(reply: Reply<'_>) -> bool {
    reply.tokens().next() == Some(Token::Nil)
}

fn is_readonly(reply: Reply<'_>) -> bool {
    reply.error_text().is_some_and(|text| Code::of_server_text(&text) == Code::ServerReadonly)
}

/// To wake a host takes about as long as to decrypt so many bytes.
const WORTH_WAITING: usize = 16 << 10;
const KEPT_BUFFER: usize = 256 * 1024;
const LARGEST_KEPT_BUFFER: usize = 4 << 20;
/// After so many turns without use.
const SPARED_AT_MOST: u32 = 64;
