//! After a loss, or an attempt that failed: what is sent again, what fails, and when to try again.

use std::time::Duration;

use super::{Action, MaterialKind, Role, fetch::Awaiting, lane::Lane};
use crate::{
    command,
    error::{Code, Error},
    event::{Event, EventKind},
    session::{Session, is_repeatable},
    sink::{Link, Sink},
    time::Now,
};

impl Lane {
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
        // The alert that tells the peer why; not one byte for a peer that is no longer trusted.
        if let Some(bytes) = session.take_output().filter(|_| session.distrusted.is_none()) {
            self.actions.push_back(Action::Write { link, bytes });
        }
        self.actions.push_back(Action::Hangup { link, flush: false });
        if self.next == Some(link) {
            self.next = None;
            self.attempt_failed(error, &session, now, sink);
            return;
        }
        let mut lost_watch = false;
        if self.active == Some(link) {
            // Nor is there anything left to replace.
            (self.active, self.dial_at) = (None, None);
            lost_watch = self.lose_watch(sink);
        }
        self.event(
            Event::new(now.wall, EventKind::Disconnected).with("link", link).with_error(&error),
        );
        if lost_watch {
            // A read that was watched is worth nothing on another connection.
            for pending in session.abandon(&mut self.batches) {
                let error = Error::new(Code::ClientWatchLost);
                let packed = self.batches.bytes(&pending).unwrap_or_default();
                // What was written outside of the transaction is not undone with it.
                match command::may_write(packed) {
                    true => self.fail(&pending, &error.maybe_executed(), sink),
                    false => self.fail(&pending, &error, sink),
                }
            }
        }
        self.give_back(&mut session, &error, sink);
        if self.is_raw() {
            self.end_raw(&error, sink);
            return;
        }
        self.lost = true;
        self.gap |= !self.wanted.is_empty();
        let lived = now.monotonic.saturating_sub(session.ready_at);
        self.brief = if lived < BRIEF { self.brief.saturating_add(1) } else { 0 };
        self.last_error = Some(error.clone());
        match self.next.filter(|next| self.sessions.iter().any(|s| s.link == *next && s.is_ready()))
        {
            Some(next) => self.promote(next, now, sink),
            None if self.next.is_some() || !self.is_needed() => {}
            None if self.brief > 1 => {
                // A server that ends every session at once is not asked for one without a pause.
                let delay = self.backoff(self.brief - 1);
                self.reconnecting(self.brief, delay, &error, now);
            }
            None => self.dial(now, sink),
        }
    }

    /// Commands of a lost session wait again if that is safe, and fail otherwise.
    fn give_back(&mut self, session: &mut Session, error: &Error, sink: &mut dyn Sink) {
        // Its reply is what cannot be read: asked again it would end the next session too.
        let culprit = session
            .in_flight
            .front()
            .map(|pending| pending.ticket)
            .filter(|_| matches!(error.code(), Code::ProtocolLimit | Code::ProtocolMalformed));
        let interrupted = Error::with_detail(Code::ClientInterrupted, error.to_string())
            .with("cause", error.code())
            .maybe_executed();
        let mut again = Vec::new();
        for mut pending in session.abandon(&mut self.batches) {
            if culprit == Some(pending.ticket) {
                self.fail(&pending, &error.clone().maybe_executed(), sink);
            } else if self.role == Role::Subscriber {
                // Every name is confirmed anew.
                pending.left = pending.commands;
                again.push(pending);
            } else if is_repeatable(&pending, &self.batches) {
                pending.sent = true;
                again.push(pending);
            } else {
                self.fail(&pending, &interrupted, sink);
            }
        }
        self.queue.put_back(again);
        self.forget_lost();
    }

    /// An attempt to connect failed: mend it at once if that is possible, else wait or give up.
    fn attempt_failed(&mut self, error: Error, tried: &Session, now: Now, sink: &mut dyn Sink) {
        if error.code().is_login_refusal() {
            self.counters.auth_failures += 1;
        }
        match self.mend(&error, tried, now) {
            Mend::Again => {
                self.last_error = Some(error);
                self.adopt(now, sink);
                self.dial(now, sink);
            }
            Mend::Await(kind, generation) => {
                self.last_error = Some(error.clone());
                let refused = Some((error, generation));
                self.awaiting = Some(Awaiting { kind, refused, look_at: now.monotonic });
            }
            Mend::Not => {
                // A silent port that never spoke TLS is a wrong port, not a passing fault.
                let silent = error.code() == Code::TlsTimeout && !self.ever_ready;
                let passing = error.code().retry().is_transient() && !silent;
                self.give_up(error, passing, now, sink);
            }
        }
    }

    /// Waits for the next attempt; what cannot pass by itself fails those who wait.
    pub(super) fn give_up(&mut self, error: Error, passing: bool, now: Now, sink: &mut dyn Sink) {
        self.secret_try = SecretTry::Current;
        if self.is_raw() {
            self.end_raw(&error, sink);
            return;
        }
        self.attempts = self.attempts.saturating_add(1);
        let delay = self.backoff(self.attempts);
        self.last_error = Some(error.clone());
        if self.active.is_none() && !passing {
            if self.failing.replace(error.clone()).is_none() {
                self.event(Event::new(now.wall, EventKind::Failing).with_error(&error));
            }
            self.fail_queue(&error, sink);
            // Slowly in the background; a rotation or a caller comes first.
            let pause = now.monotonic + delay.max(slow_pause(self.attempts));
            self.retry_at = Some(pause);
            self.dial_at = self.is_needed().then_some(pause);
            return;
        }
        // The latest attempt tells what callers wait for.
        (self.failing, self.retry_at) = (None, None);
        self.reconnecting(self.attempts, delay, &error, now);
    }

    fn reconnecting(&mut self, attempt: u32, delay: Duration, error: &Error, now: Now) {
        self.event(
            Event::new(now.wall, EventKind::Reconnecting)
                .with("attempt", attempt)
                .with("delay_ms", delay.as_millis())
                .with_error(error),
        );
        self.dial_at = Some(now.monotonic + delay);
    }

    /// Full jitter below a limit that doubles with each failure in a row.
    fn backoff(&mut self, failures: u32) -> Duration {
        let config = self.profile.config();
        let most = config.backoff_min.saturating_mul(1 << failures.min(20) >> 1);
        self.random.up_to(most.min(config.backoff_max))
    }

    /// Whether something new can be tried without delay: material that was just replaced, a full
    /// handshake in place of a resumed one, or the secret accepted before (file and server never
    /// change together).
    fn mend(&mut self, error: &Error, tried: &Session, now: Now) -> Mend {
        match error.code() {
            Code::TlsUntrusted
            | Code::TlsExpired
            | Code::TlsBadCertificate
            | Code::TlsRevoked
            | Code::TrustExpired => {
                if tried.tls().is_some_and(|tls| tls.is_resumed()) {
                    self.profile.connector().inspect(|connector| connector.forget());
                    return Mend::Again;
                }
                match self.look_again(MaterialKind::Crl, tried.crl_generation, now) {
                    Mend::Not => self.look_again(MaterialKind::Trust, tried.trust_generation, now),
                    mend => mend,
                }
            }
            Code::TlsClientCertRequired | Code::TlsClientCertRejected => {
                self.look_again(MaterialKind::Identity, tried.identity_generation, now)
            }
            Code::AuthRejected => self.mend_secret(tried, now),
            _ => Mend::Not,
        }
    }

    /// The secret in force was refused, or the one accepted before, or again the one in force: the
    /// server may have taken it up between the two attempts.
    fn mend_secret(&mut self, tried: &Session, now: Now) -> Mend {
        let profile = self.profile.clone();
        let Some(credentials) = profile.credentials() else { return Mend::Not };
        if self.secret_try == SecretTry::Current {
            self.refused_secret = tried.proof.as_ref().map_or(0, |proof| proof.generation);
            if credentials.fallback(self.refused_secret).is_some() {
                self.secret_try = SecretTry::Fallback;
                return Mend::Again;
            }
        }
        let before = std::mem::replace(&mut self.secret_try, SecretTry::Current);
        match self.look_again(MaterialKind::Credentials, self.refused_secret, now) {
            Mend::Not if before == SecretTry::Fallback => {
                self.secret_try = SecretTry::Again;
                Mend::Again
            }
            mend => mend,
        }
    }

    /// Reads a material again because of a failure with its generation `tried`.
    fn look_again(&mut self, kind: MaterialKind, tried: u64, now: Now) -> Mend {
        if self.may_reread(kind, now)
            && let Some(number) = self.profile.look(kind, now)
        {
            self.ask(kind, number);
        }
        match self.profile.generation(kind) {
            _ if self.profile.is_fetching(kind) => Mend::Await(kind, tried),
            0 => Mend::Not,
            found if found == tried => Mend::Not,
            _ => Mend::Again,
        }
    }

    /// Whether a material may be read again because of a failure: not for each of a storm.
    fn may_reread(&mut self, material: MaterialKind, now: Now) -> bool {
        let last = &mut self.reread_at[material as usize];
        let may = last.is_none_or(|at| now.monotonic >= at + REREAD_INTERVAL);
        if may {
            *last = Some(now.monotonic);
        }
        may
    }

    fn is_needed(&self) -> bool {
        self.connects
            || !self.wanted.is_empty()
            || !self.queue.is_empty()
            || (self.ever_ready && self.role == Role::Shared)
    }
}

/// Which secret the next attempt proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecretTry {
    /// The one in force.
    Current,
    /// The one the server accepted last.
    Fallback,
    /// The one in force, once more.
    Again,
}

/// What can be done about a failed attempt at once.
enum Mend {
    Again,
    /// The material is being fetched; this generation of it was refused.
    Await(MaterialKind, u64),
    Not,
}

/// Doubles up to half a minute.
fn slow_pause(attempts: u32) -> Duration {
    Duration::from_millis(250 << attempts.min(7)).min(Duration::from_secs(30))
}

const REREAD_INTERVAL: Duration = Duration::from_secs(1);
/// A session that lived no longer than this served nobody.
const BRIEF: Duration = Duration::from_secs(1);
