//! From nothing to a ready session, and back after a loss.

use std::time::Duration;

use super::{Action, Client, Sharing};
use crate::{
    credentials::Proof,
    error::{Code, Error, Result},
    event::{Event, EventKind},
    material::Look,
    session::{Delivery, Link, Session, is_repeatable},
    sink::Sink,
    time::Now,
};

impl Client {
    /// The connection asked for is up.
    pub fn dialed(&mut self, now: Now, link: Link, sink: &mut dyn Sink) {
        if let Err(error) = self.start(link, now) {
            self.session_failed(link, error, now, sink);
        }
        self.collect();
    }

    /// The connection asked for could not be made. `error` is one of the `net` family.
    pub fn dial_failed(&mut self, now: Now, link: Link, error: Error, sink: &mut dyn Sink) {
        let error = error.with("address", &self.profile.config().address);
        self.session_failed(link, error, now, sink);
        self.collect();
    }

    /// Bytes came in.
    pub fn received(&mut self, now: Now, link: Link, bytes: &[u8], sink: &mut dyn Sink) {
        self.enforce_grace(now, sink);
        let config = self.profile.config();
        let Some(session) = self.sessions.iter_mut().find(|session| session.link == link) else {
            return;
        };
        let mut delivery = Delivery {
            config,
            batches: &mut self.batches,
            sink,
            became_ready: false,
            reauth: None,
            replies: 0,
        };
        let outcome = session.receive(bytes, now, &mut delivery);
        let Delivery { became_ready, reauth, replies, .. } = delivery;
        let peer_closed = session.is_peer_closed();
        self.counters.replies += replies;
        if became_ready {
            self.became_ready(link, now, sink);
        }
        if let Some(outcome) = reauth {
            self.reauthenticated(link, outcome, now);
        }
        match outcome {
            Err(error) => self.session_failed(link, error, now, sink),
            Ok(()) if peer_closed => self.closed(now, link, None, sink),
            Ok(()) => {}
        }
        self.finish_handover(now, sink);
        self.collect();
    }

    /// The peer or the network ended the connection.
    pub fn closed(&mut self, now: Now, link: Link, error: Option<Error>, sink: &mut dyn Sink) {
        let Some(session) = self.session(link) else { return };
        let ended = session.ended();
        let error = match error {
            // A reset says less than the phase in which it came.
            Some(error) if error.code() != Code::NetClosed => error,
            _ => ended,
        };
        self.session_failed(link, error, now, sink);
        self.collect();
    }

    /// The host's buffers for this connection are full.
    pub fn blocked(&mut self, link: Link) {
        if let Some(session) = self.session(link) {
            session.blocked = true;
        }
    }

    /// The host can take bytes for this connection again.
    pub fn writable(&mut self, now: Now, link: Link, sink: &mut dyn Sink) {
        if let Some(session) = self.session(link) {
            session.blocked = false;
        }
        if self.active == Some(link) && !self.is_handing_over() {
            self.flush(link, now, sink, false);
        }
        self.collect();
    }

    /// Somebody wants a session: dial unless that is under way or was just tried.
    pub(super) fn demand(&mut self, now: Now, sink: &mut dyn Sink) {
        if let Some(link) = self.active {
            if !self.is_handing_over() {
                self.flush(link, now, sink, false);
            }
            return;
        }
        if self.next.is_some() {
            return;
        }
        match &self.failing {
            // A caller who comes back may have mended it; callers in a loop must not storm.
            Some(error)
                if self.dial_at.is_some_and(|at| at > now.monotonic)
                    && self.sharing == Sharing::Shared =>
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
        self.profile.poll(now, Look::Now);
        self.adopt(now, sink);
        if self.next.is_some() {
            return;
        }
        let link = self.next_link;
        self.next_link += 1;
        self.sessions.push(Session::new(link, self.profile.config(), now));
        self.next = Some(link);
        let address = self.profile.config().address.clone();
        self.actions.push_back(Action::Dial { link, address, attempt: self.attempts });
    }

    fn start(&mut self, link: Link, now: Now) -> Result<()> {
        let profile = self.profile.clone();
        let fallback = self.tried_fallback;
        let Some(session) = self.session(link) else { return Ok(()) };
        session.proof = match profile.credentials() {
            Some(credentials) => Some(match fallback {
                true => fallback_proof(credentials.fallback(0), credentials.proof()?),
                false => credentials.proof()?,
            }),
            None => None,
        };
        let tls = match (profile.connector(), profile.trust()) {
            (Some(connector), Some(trust)) => {
                let trust = trust.current()?;
                let identity = match profile.identity() {
                    Some(identity) => Some(identity.current()?),
                    None => None,
                };
                session.trust_generation = trust.number;
                session.identity_generation = identity.as_ref().map_or(0, |found| found.number);
                Some(connector.connect(&trust, identity.as_ref(), now)?)
            }
            _ => None,
        };
        session.start(tls, profile.config(), now)
    }

    fn became_ready(&mut self, link: Link, now: Now, sink: &mut dyn Sink) {
        self.attempts = 0;
        self.dial_at = None;
        self.last_error = None;
        self.failing = None;
        self.tried_fallback = false;
        self.counters.connects += 1;
        let profile = self.profile.clone();
        if let Some(session) = self.session(link) {
            let mut event = Event::new(now.wall, EventKind::Connected)
                .with("link", link)
                .with("address", &profile.config().address);
            if let Some(tls) = session.tls() {
                event = event
                    .with("tls", tls.version().unwrap_or_default())
                    .with("cipher", tls.cipher().unwrap_or_default())
                    .with("resumed", tls.is_resumed())
                    .with("trust_generation", session.trust_generation);
            }
            if let (Some(credentials), Some(proof)) = (profile.credentials(), &session.proof) {
                credentials.accept(proof.generation);
            }
            self.event(event);
        }
        // Trust or secret may have changed while the session was being made.
        self.verify_again(link, now);
        self.renew_secret(link, now, sink);
        match self.active {
            Some(_) => self.finish_handover(now, sink),
            None => {
                if self.lost {
                    self.counters.reconnects += 1;
                }
                (self.active, self.next) = (Some(link), None);
                self.ever_ready = true;
                self.lost = false;
                self.schedule_replacement(now);
                self.flush(link, now, sink, false);
            }
        }
    }

    /// A connection ended or could not be made.
    pub(super) fn session_failed(
        &mut self,
        link: Link,
        error: Error,
        now: Now,
        sink: &mut dyn Sink,
    ) {
        let Some(at) = self.sessions.iter().position(|session| session.link == link) else {
            return;
        };
        let mut session = self.sessions.remove(at);
        if let Some(bytes) = session.take_output() {
            // The alert that tells the peer why.
            self.actions.push_back(Action::Write { link, bytes });
        }
        self.actions.push_back(Action::Hangup { link, flush: false });
        if self.next == Some(link) {
            self.next = None;
            let proof = session.proof.as_ref().map(|proof| proof.generation);
            self.attempt_failed(error, proof, now, sink);
            return;
        }
        if self.active == Some(link) {
            self.active = None;
        }
        self.event(
            Event::new(now.wall, EventKind::Disconnected).with("link", link).with_error(&error),
        );
        self.give_back(&mut session, &error, sink);
        self.lost = true;
        self.last_error = Some(error);
        match self.next.filter(|next| self.sessions.iter().any(|s| s.link == *next && s.is_ready()))
        {
            Some(next) => self.promote(next, now, sink),
            None if self.next.is_none() && self.is_needed() => self.dial(now, sink),
            None => {}
        }
    }

    /// Commands of a lost session wait again if that is safe, and fail otherwise.
    fn give_back(&mut self, session: &mut Session, error: &Error, sink: &mut dyn Sink) {
        let lost = session.abandon(&mut self.batches);
        let (again, over): (Vec<_>, Vec<_>) =
            lost.into_iter().partition(|pending| is_repeatable(pending, &self.batches));
        let interrupted = Error::with_detail(Code::ClientInterrupted, error.to_string())
            .with("cause", error.code())
            .maybe_executed();
        for pending in over {
            self.fail(&pending, &interrupted, sink);
        }
        for pending in again.into_iter().rev() {
            self.queue.push_front(pending);
        }
    }

    /// An attempt to connect failed: mend it at once if that is possible, else wait or give up.
    fn attempt_failed(&mut self, error: Error, proof: Option<u64>, now: Now, sink: &mut dyn Sink) {
        if self.can_mend(&error, proof, now) {
            self.last_error = Some(error);
            self.adopt(now, sink);
            self.dial(now, sink);
            return;
        }
        self.tried_fallback = false;
        self.attempts = self.attempts.saturating_add(1);
        let config = self.profile.config();
        let most = config.backoff_min.saturating_mul(1 << self.attempts.min(20) >> 1);
        let delay = self.random.up_to(most.min(config.backoff_max));
        self.last_error = Some(error.clone());
        // A silent port that never spoke TLS is a wrong port, not a passing fault.
        let silent = error.code() == Code::TlsTimeout && !self.ever_ready;
        if self.active.is_none() && (!error.code().retry().is_transient() || silent) {
            if self.failing.replace(error.clone()).is_none() {
                self.event(Event::new(now.wall, EventKind::Failing).with_error(&error));
            }
            self.fail_queue(&error, sink);
            // Slowly in the background; a rotation or a caller comes first.
            let pause = delay.max(config_pause(self.attempts));
            self.dial_at = self.is_needed().then_some(now.monotonic + pause);
            return;
        }
        self.event(
            Event::new(now.wall, EventKind::Reconnecting)
                .with("attempt", self.attempts)
                .with("delay_ms", delay.as_millis())
                .with_error(&error),
        );
        self.dial_at = Some(now.monotonic + delay);
    }

    /// Whether something new can be tried without delay: a bundle or secret that was just
    /// replaced, or the secret accepted before (file and server never change together).
    fn can_mend(&mut self, error: &Error, proof: Option<u64>, now: Now) -> bool {
        let recently = self.mended_at.is_some_and(|at| now.monotonic < at + MEND_INTERVAL);
        match error.code() {
            Code::TlsUntrusted | Code::TlsExpired | Code::TlsBadCertificate if !recently => {
                self.mended_at = Some(now.monotonic);
                let Some(trust) = self.profile.trust() else { return false };
                let before = trust.current().map_or(0, |generation| generation.number);
                trust.poll(now, Look::Reread);
                trust.current().is_ok_and(|generation| generation.number != before)
            }
            Code::AuthRejected => {
                let Some(credentials) = self.profile.credentials() else { return false };
                let tried = proof.unwrap_or_default();
                if !std::mem::replace(&mut self.tried_fallback, true)
                    && credentials.fallback(tried).is_some()
                {
                    return true;
                }
                self.tried_fallback = false;
                if recently {
                    return false;
                }
                self.mended_at = Some(now.monotonic);
                let before = credentials.proof().map_or(0, |proof| proof.generation);
                credentials.material.poll(now, Look::Reread);
                credentials.proof().is_ok_and(|proof| proof.generation != before)
            }
            _ => false,
        }
    }

    fn is_needed(&self) -> bool {
        self.wanted
            || !self.queue.is_empty()
            || (self.ever_ready && self.sharing == Sharing::Shared)
    }
}

fn fallback_proof(accepted: Option<Proof>, current: Proof) -> Proof {
    accepted.unwrap_or(current)
}

/// Doubles up to half a minute.
fn config_pause(attempts: u32) -> Duration {
    Duration::from_millis(250 << attempts.min(7)).min(Duration::from_secs(30))
}

/// A source is read again because of a failure at most this often.
const MEND_INTERVAL: Duration = Duration::from_secs(1);
