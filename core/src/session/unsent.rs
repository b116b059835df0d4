//! Large payloads leave in pieces, each encrypted when the host has taken the one before: the server
//! works on the first while the next is made, and a piece of 63 KiB stays in the processor's cache.
//! Of a SET of 1 MiB the one large buffer and its page faults took half of the time.

use zeroize::Zeroizing;

use super::Session;
use crate::{
    error::Result,
    pending::{Batches, Held},
};

/// What follows in the stream when the host has taken what is encrypted.
pub(super) enum Unsent {
    /// Packed commands, noted as in flight, and how much of them leaves next.
    Payload(Held, usize),
    /// A command of the session itself that must not overtake them.
    Own(Zeroizing<Vec<u8>>),
}

impl Session {
    /// Whether commands may be handed out to it.
    pub(crate) fn takes_more(&self) -> bool {
        // What blocks may have to be issued again elsewhere, before what follows it.
        let blocks = self.in_flight.back().is_some_and(|pending| pending.blocks_for.is_some());
        !self.blocked && self.unsent.is_empty() && !blocks
    }

    /// Sends what is held when it is its turn.
    pub(crate) fn send_later(&mut self, held: Held) {
        self.unsent.push_back(Unsent::Payload(held, FIRST));
    }

    /// Encrypts the next piece, if there is one and the host takes it; of one that the host still has,
    /// nothing.
    pub(crate) fn send_piece(&mut self, batches: &mut Batches) -> bool {
        if self.blocked || self.unsent.is_empty() {
            return false;
        }
        if let Err(error) = self.encrypt_piece(batches) {
            self.drop_unsent(batches);
            self.broken = Some(error);
        }
        true
    }

    fn encrypt_piece(&mut self, batches: &mut Batches) -> Result<()> {
        match self.unsent.pop_front() {
            Some(Unsent::Payload(mut held, next)) => {
                let left = batches.held(&held);
                let piece = left.len().min(next);
                let sent = self.encrypt(&left[..piece]);
                held.advance(piece);
                if held.is_done() || sent.is_err() {
                    batches.drop_held(held);
                } else {
                    self.unsent.push_front(Unsent::Payload(held, AT_ONCE));
                }
                sent
            }
            Some(Unsent::Own(packed)) => self.encrypt(&packed),
            None => Ok(()),
        }
    }

    pub(super) fn drop_unsent(&mut self, batches: &mut Batches) {
        for unsent in self.unsent.drain(..) {
            if let Unsent::Payload(held, _) = unsent {
                batches.drop_held(held);
            }
        }
    }
}

/// The server gets to work on half of it.
pub(crate) const FIRST: usize = 32 * 1024;
/// With what TLS adds it fits into one segment, of 64 KiB at most, also within a machine: of one that is a
/// little longer the rest is a segment of its own, and the server waits for it.
pub(crate) const AT_ONCE: usize = 63 * 1024;
