//! From nothing to a ready session.

use std::sync::atomic::Ordering;

use super::{Action, Role, lane::Lane, recover::SecretTry};
use crate::{
    command::Pinned,
    credentials::Proof,
    error::{Code, Error, Result},
    event::{Event, EventKind},
    material::Look,
    session::{Delivery, Phase, Session, Told},
    sink::{Link, Sink},
    time::Now,
};

impl Lane {
    /// The connection asked for is up.
    pub(super) fn dialed(&mut self, now: Now, link: Link, sink: &mut dyn Sink) {
        if let Err(error) = self.start(link, now) {
            self.session_failed(link, error, now, sink);
        }
        // Without TLS raw bytes need nothing more.
        if self.session(link).is_some_and(|session| session.is_ready()) {
            self.became_ready(link, now, sink);
        }
        self.collect();
    }

    /// The connection asked for could not be made. `error` is one of the `net` family.
    pub(super) fn dial_failed(&mut self, now: Now, link: Link, error: Error, sink: &mut dyn Sink) {
        let error = error.with("address", &self.profile.config().address);
        self.session_failed(link, error, now, sink);
        self.collect();
    }

    /// Bytes came in.
    pub(super) fn received(&mut self, now: Now, link: Link, bytes: &[u8], sink: &mut dyn Sink) {
        self.adopt(now, sink);
        self.enforce_grace(now, sink);
        let profile = self.profile.clone();
        let Some(session) = self.sessions.iter_mut().find(|session| session.link == link) else {
            self.collect();
            return;
        };
        let checks = match session.phase {
            Phase::Securing => profile.checks(),
            _ => None,
        };
        let told = session.is_subscriber().then(|| Told {
            wanted: &mut self.wanted,
            notes: self.next.is_some_and(|next| next != link),
            overlap: &mut self.overlap,
        });
        let mut delivery = Delivery {
            lane: self.id,
            told,
            keeps: !self.keeping.is_empty(),
            kept: Vec::new(),
            refused: Vec::new(),
            confirmed: Vec::new(),
            config: profile.config(),
            checks,
            batches: &mut self.batches,
            sink,
            became_ready: false,
            unblocked: None,
            missed: false,
            readonly: false,
            reauth: None,
            replies: 0,
        };
        let outcome = session.receive(bytes, now, &mut delivery);
        let Delivery { became_ready, unblocked, readonly, reauth, replies, .. } = delivery;
        let missed = delivery.missed;
        let (refused, confirmed, kept) = (delivery.refused, delivery.confirmed, delivery.kept);
        let peer_closed = session.is_peer_closed();
        self.counters.replies += replies;
        kept.into_iter().for_each(|(ticket, refused)| self.keep(ticket, refused));
        refused.into_iter().for_each(|ticket| self.forget(ticket));
        confirmed.into_iter().for_each(|ticket| self.confirm(link, ticket));
        if became_ready {
            self.became_ready(link, now, sink);
        }
        self.tell_gap(now);
        if let Some(outcome) = reauth {
            self.reauthenticated(link, outcome, now, sink);
        }
        if let Some(pending) = unblocked {
            self.block_again(pending, now, sink);
        }
        if missed {
            self.missed(now);
        }
        if readonly {
            self.leave_replica(link, now);
        }
        match outcome {
            Err(error) => self.session_failed(link, error, now, sink),
            Ok(()) if peer_closed => self.closed(now, link, None, sink),
            Ok(()) => {}
        }
        self.finish_handover(now, sink);
        self.after_transaction(now, sink);
        self.collect();
    }

    /// The peer or the network ended the connection.
    pub(super) fn closed(
        &mut self,
        now: Now,
        link: Link,
        error: Option<Error>,
        sink: &mut dyn Sink,
    ) {
        let (accepted, losses) = (self.accepted_identity, self.silent_losses);
        let Some(session) = self.session(link) else { return };
        let silent = session.refused_silently().is_some();
        // One loss in a handshake happens; two in a row are no chance. A certificate that was taken
        // before is not what a server is silent about.
        let known = accepted > 0 && accepted == session.identity_generation;
        let ended = session.ended(losses > 0 && !known);
        self.silent_losses = if silent { losses.saturating_add(1) } else { 0 };
        let error = match error {
            // A reset says less than the phase in which it came.
            Some(error) if error.code() != Code::NetClosed => error,
            _ => ended,
        };
        self.session_failed(link, error, now, sink);
        self.collect();
    }

    /// The host's buffers for this connection are full.
    pub(super) fn blocked(&mut self, link: Link) {
        if let Some(session) = self.session(link) {
            session.blocked = true;
        }
    }

    /// The host can take bytes for this connection again.
    pub(super) fn writable(&mut self, now: Now, link: Link, sink: &mut dyn Sink) {
        self.enforce_grace(now, sink);
        if let Some(session) = self.session(link) {
            session.blocked = false;
        }
        if self.active == Some(link) && !self.is_handing_over() {
            self.flush(link, now, sink);
        }
        self.collect();
    }

    /// Somebody wants a session: dial unless that is under way or was just tried.
    pub(super) fn demand(&mut self, now: Now, sink: &mut dyn Sink) {
        if let Some(link) = self.active {
            if !self.is_handing_over() {
                self.flush(link, now, sink);
            }
            return;
        }
        if self.next.is_some() || self.awaiting.is_some() {
            return;
        }
        match &self.failing {
            // A caller who comes back may have mended it; callers in a loop must not storm.
            Some(error)
                if self.retry_at.is_some_and(|at| at > now.monotonic)
                    && self.role == Role::Shared =>
            {
                let error = error.clone();
                self.fail_queue(&error, sink);
            }
            Some(_) => self.dial(now, sink),
            None => {
                if self.dial_at.is_none_or(|at| at <= now.monotonic) {
                    self.dial(now, sink);
                }
            }
        }
    }

    pub(super) fn connect_if_due(&mut self, now: Now, sink: &mut dyn Sink) {
        if self.dial_at.is_some_and(|at| at <= now.monotonic) {
            self.dial_at = None;
            if self.next.is_none() && (self.active.is_none() || self.needs_replacement()) {
                self.dial(now, sink);
            }
        }
    }

    pub(super) fn dial(&mut self, now: Now, sink: &mut dyn Sink) {
        self.dial_at = None;
        if self.awaiting.is_some() {
            return;
        }
        self.poll_materials(now, Look::Now);
        self.adopt(now, sink);
        // What was adopted just now is what this attempt uses.
        self.dial_at = None;
        if self.next.is_some() || self.awaiting.is_some() || !self.has_materials(now, sink) {
            return;
        }
        let link = self.next_link.fetch_add(1, Ordering::Relaxed);
        let mut session = Session::new(link, self.purpose(), self.profile.config(), now);
        // Until it takes over, another one tells what there is to hear.
        session.held = (self.role == Role::Subscriber && self.active.is_some()).then(Vec::new);
        self.sessions.push(session);
        self.next = Some(link);
        let address = self.profile.config().address.clone();
        self.actions.push_back(Action::Dial { link, address, attempt: self.attempts });
    }

    fn start(&mut self, link: Link, now: Now) -> Result<()> {
        let profile = self.profile.clone();
        let fallback = self.secret_try == SecretTry::Fallback;
        let Some(session) = self.session(link).filter(|it| it.phase == Phase::Dialing) else {
            return Ok(());
        };
        session.proof = match profile.credentials() {
            // The host proves itself.
            _ if !session.logs_in() => None,
            Some(credentials) => Some(match fallback {
                true => fallback_proof(credentials.fallback(0), credentials.proof(now)?),
                false => credentials.proof(now)?,
            }),
            None => None,
        };
        let tls = match profile.connector() {
            Some(connector) => {
                let generations = profile.generations()?;
                session.trust_generation = generations.trust.number;
                session.identity_generation =
                    generations.identity.as_ref().map_or(0, |found| found.number);
                session.crl_generation = generations.crl.as_ref().map_or(0, |found| found.number);
                Some(connector.connect(&generations, now)?)
            }
            None => None,
        };
        session.start(tls, profile.config(), now)
    }

    fn became_ready(&mut self, link: Link, now: Now, sink: &mut dyn Sink) {
        self.attempts = 0;
        (self.dial_at, self.retry_at) = (None, None);
        self.last_error = None;
        self.failing = None;
        self.secret_try = SecretTry::Current;
        self.counters.connects += 1;
        let profile = self.profile.clone();
        if let Some(session) = self.session(link) {
            let mut event = Event::new(now.wall, EventKind::Connected)
                .with("link", link)
                .with("address", &profile.config().address);
            event = event.with("protocol", session.protocol(profile.config()));
            if let Some(tls) = session.tls() {
                event = event
                    .with("tls", tls.version().unwrap_or_default())
                    .with("cipher", tls.cipher().unwrap_or_default())
                    .with("resumed", tls.is_resumed())
                    .with("trust_generation", session.trust_generation)
                    .with("identity_generation", session.identity_generation)
                    .with("anchor_sha256", &session.peer.verdict.anchor);
                if let Some(leaf) = &session.peer.leaf {
                    event = event.with("peer_sha256", leaf.sha256_hex());
                }
            }
            if let Some(proof) = &session.proof {
                event = event.with("credentials_generation", proof.generation);
            }
            if let (Some(credentials), Some(proof)) = (profile.credentials(), &session.proof) {
                credentials.accept(proof.clone());
            }
            self.accepted_identity = session.identity_generation;
            self.silent_losses = 0;
            self.event(event);
        }
        // The secret may have changed while the session was being made.
        self.renew_secret(link, now, sink);
        if self.session(link).is_none() {
            return;
        }
        match self.active {
            Some(_) => self.finish_handover(now, sink),
            None => {
                if self.lost {
                    self.counters.reconnects += 1;
                }
                (self.active, self.next) = (Some(link), None);
                if self.queue.is_empty() {
                    // Whoever wanted to watch has given up.
                    self.pinned = Pinned::default();
                }
                self.ever_ready = true;
                if self.is_raw() {
                    sink.opened(self.id);
                }
                self.lost = false;
                self.take_over(link, now, sink);
                self.set_again(link, now, sink);
                self.schedule_replacement(now);
                self.flush(link, now, sink);
            }
        }
    }
}

fn fallback_proof(accepted: Option<Proof>, current: Proof) -> Proof {
    accepted.unwrap_or(current)
}
