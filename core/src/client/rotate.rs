//! Adopting new trust and new secrets under live traffic.

use std::time::Duration;

use super::{Action, MaterialKind, Role, lane::Lane};
use crate::{
    config::Recycle,
    error::{Code, Result},
    event::{Event, EventKind},
    session::Phase,
    sink::{Link, MAIN, Sink},
    time::Now,
    trust::TrustGeneration,
};

impl Lane {
    /// Takes up what the materials have new. Costs three atomic loads if there is nothing.
    pub(super) fn adopt(&mut self, now: Now, sink: &mut dyn Sink) {
        let anchor_ended = self.anchor_end.is_some_and(|(end, _)| end < now.unix_seconds());
        let timer_ended = self.anchor_end.is_some_and(|(_, at)| at <= now.monotonic);
        let changed = self.profile.changed(&mut self.seen);
        if self.closed || !(changed || anchor_ended || timer_ended) {
            return;
        }
        let profile = self.profile.clone();
        let events = profile.events(&mut self.seen);
        if self.id == MAIN {
            self.events.extend(events);
        }
        let trust = profile.trust().and_then(|trust| trust.current().ok());
        let trust_number = trust.as_ref().map_or(0, |trust| trust.number);
        let [secret, identity, crl] =
            [MaterialKind::Credentials, MaterialKind::Identity, MaterialKind::Crl]
                .map(|kind| profile.generation(kind));
        let trust_changed = trust_number != self.seen.trust || crl != self.seen.crl || anchor_ended;
        let secret_changed = secret != self.seen.credentials;
        let identity_changed = identity != self.seen.identity;
        (self.seen.trust, self.seen.crl) = (trust_number, crl);
        (self.seen.identity, self.seen.credentials) = (identity, secret);
        self.anchor_end = trust.as_ref().and_then(|trust| anchor_end(trust, now));
        let links: Vec<_> = self.sessions.iter().map(|session| session.link).collect();
        for link in links {
            if trust_changed {
                self.verify_again(link, now, sink);
            }
            if secret_changed || trust_changed {
                self.renew_secret(link, now, sink);
            }
        }
        if profile.config().recycle == Recycle::Always && (trust_changed || identity_changed) {
            for session in self.sessions.iter_mut().filter(|session| session.phase == Phase::Ready)
            {
                session.stale |= session.identity_generation != identity || trust_changed;
            }
        }
        if trust_changed || identity_changed {
            self.drop_idle(now, sink);
            self.schedule_replacement(now);
        }
        // What failed for want of this may work now.
        if (trust_changed || secret_changed || identity_changed)
            && self.active.is_none()
            && self.next.is_none()
            && (self.failing.take().is_some() || self.dial_at.is_some())
        {
            self.dial_at = Some(now.monotonic);
            self.retry_at = None;
        }
    }

    /// Checks a session's chain against the trust in force.
    fn verify_again(&mut self, link: Link, now: Now, sink: &mut dyn Sink) {
        let profile = self.profile.clone();
        let Some(checks) = profile.checks() else { return };
        let Some(session) = self.session(link) else { return };
        let error = match session.phase {
            // Verified once the handshake is over.
            Phase::Dialing | Phase::Securing => return,
            Phase::Authenticating | Phase::Subscribing => session.verify_peer(&checks, now).err(),
            Phase::Ready => match session.verify_peer(&checks, now) {
                Ok(()) => {
                    session.distrusted = None;
                    return;
                }
                // Nothing could take over: better a server that was trusted than none.
                Err(error) if error.code() == Code::TrustExpired => return,
                Err(_) if session.distrusted.is_some() => return,
                Err(_) if profile.config().recycle == Recycle::Never => return,
                Err(error) => {
                    session.distrusted = Some((now.monotonic, error.clone()));
                    self.event(
                        Event::new(now.wall, EventKind::Distrusted)
                            .with("link", link)
                            .with_error(&error),
                    );
                    return;
                }
            },
        };
        if let Some(error) = error {
            self.session_failed(link, error, now, sink);
        }
    }

    /// A caller who comes back after a pause gets a new connection instead of a distrusted one:
    /// nobody ticks in between, so the grace may be long over.
    fn drop_idle(&mut self, now: Now, sink: &mut dyn Sink) {
        if self.role != Role::Exclusive || self.pinned.is_pinned() {
            return;
        }
        let idle = self.sessions.iter().find_map(|session| {
            let (_, error) = session.distrusted.as_ref()?;
            let quiet = session.is_idle() && session.quiet_for(now) >= PAUSE;
            quiet.then(|| (session.link, error.clone()))
        });
        if let Some((link, error)) = idle {
            self.session_failed(link, error, now, sink);
        }
    }

    pub(super) fn needs_replacement(&self) -> bool {
        self.sessions
            .iter()
            .filter(|session| Some(session.link) == self.active)
            .any(|session| session.stale || session.distrusted.is_some())
    }

    /// The server behind this connection takes no writes any more: by name, another one does.
    pub(super) fn leave_replica(&mut self, link: Link, now: Now) {
        let recent = self.readonly_at.is_some_and(|at| now.monotonic < at + READONLY_PAUSE);
        if let Some(session) = self.session(link).filter(|_| !recent) {
            session.stale = true;
            self.readonly_at = Some(now.monotonic);
            if self.needs_replacement() && self.next.is_none() && self.dial_at.is_none() {
                self.dial_at = Some(now.monotonic);
            }
        }
    }

    /// Spreads the replacements of many clients over the first part of the grace.
    pub(super) fn schedule_replacement(&mut self, now: Now) {
        // Nobody else can continue what a host has begun.
        let due = self.needs_replacement() && !self.is_raw();
        if due && self.next.is_none() && self.dial_at.is_none() {
            let most = (self.profile.config().distrust_grace / 3).min(REPLACE_WITHIN);
            self.dial_at = Some(now.monotonic + self.random.up_to(most));
        }
    }

    /// Whether commands wait for the active session to finish before the next one takes over.
    pub(super) fn is_handing_over(&self) -> bool {
        self.active.is_some() && self.next_is_ready() && !self.pinned.is_pinned()
    }

    fn next_is_ready(&self) -> bool {
        let Some(next) = self.next else { return false };
        self.sessions.iter().any(|session| session.link == next && session.is_ready())
    }

    /// Lets the next session take over once the active one owes no reply, so that one caller's
    /// commands are executed in the order in which they were handed in.
    pub(super) fn finish_handover(&mut self, now: Now, sink: &mut dyn Sink) {
        let Some(next) = self.next.filter(|_| self.next_is_ready()) else { return };
        let Some(active) = self.active else {
            self.promote(next, now, sink);
            return;
        };
        if self.pinned.is_pinned()
            || self.catches_up(next, now, sink)
            || self.awaits_last_word(active, now, sink)
        {
            return;
        }
        let Some(at) = self.sessions.iter().position(|s| s.link == active && s.is_idle()) else {
            self.unblock(active, next, now, sink);
            return;
        };
        let mut old = self.sessions.remove(at);
        let reason = if old.distrusted.is_some() { "distrusted" } else { "recycled" };
        old.close();
        if let Some(bytes) = old.take_output() {
            self.actions.push_back(Action::Write { link: active, bytes });
        }
        self.actions.push_back(Action::Hangup { link: active, flush: true });
        self.counters.replacements += 1;
        let replaced = Event::new(now.wall, EventKind::Replaced);
        self.event(replaced.with("link", active).with("by", next).with("reason", reason));
        (self.active, self.next) = (Some(next), None);
        self.take_over(next, now, sink);
        self.set_again(next, now, sink);
        self.schedule_replacement(now);
        self.flush(next, now, sink);
    }

    /// The next session takes over from one that is gone.
    pub(super) fn promote(&mut self, next: Link, now: Now, sink: &mut dyn Sink) {
        (self.active, self.next) = (Some(next), None);
        self.lost = false;
        self.last_error = None;
        self.counters.reconnects += 1;
        self.take_over(next, now, sink);
        self.set_again(next, now, sink);
        self.schedule_replacement(now);
        self.flush(next, now, sink);
    }

    /// Ends sessions that stayed distrusted for the whole grace: no byte passes after it.
    pub(super) fn enforce_grace(&mut self, now: Now, sink: &mut dyn Sink) {
        let grace = self.profile.config().distrust_grace;
        while let Some((link, error)) = self.sessions.iter().find_map(|session| {
            let (since, error) = session.distrusted.as_ref()?;
            (*since + grace <= now.monotonic).then(|| (session.link, error.clone()))
        }) {
            self.session_failed(link, error, now, sink);
        }
    }

    /// Time-driven duties of each session.
    pub(super) fn watch_sessions(&mut self, now: Now, sink: &mut dyn Sink) {
        self.enforce_grace(now, sink);
        let config = self.profile.config().clone();
        let in_transaction = self.active.filter(|link| self.in_transaction(*link));
        let mut failed = Vec::new();
        let mut renew = Vec::new();
        for session in &mut self.sessions {
            if !session.is_ready() {
                if session.deadline <= now.monotonic {
                    failed.push((session.link, session.timed_out()));
                }
                continue;
            }
            if let Some(error) = session.broken.take() {
                failed.push((session.link, error));
            } else if let Err(error) =
                session.silence(&config, in_transaction != Some(session.link), now)
            {
                failed.push((session.link, error));
            } else if session.reauth_at.is_some_and(|at| at <= now.monotonic) {
                renew.push(session.link);
            }
        }
        for (link, error) in failed {
            self.session_failed(link, error, now, sink);
        }
        for link in renew {
            self.renew_secret(link, now, sink);
        }
    }

    /// Proves the secret in force on a live session that was authenticated with another one. A
    /// server that is no longer trusted is not told.
    pub(super) fn renew_secret(&mut self, link: Link, now: Now, sink: &mut dyn Sink) {
        let profile = self.profile.clone();
        let Some(credentials) = profile.credentials() else { return };
        let Ok(proof) = credentials.proof(now) else {
            // At its end; the same one may be given again with a later end.
            if let Some(session) = self.session(link) {
                session.reauth_at = session.reauth_at.map(|_| now.monotonic + REAUTH_LAST);
            }
            return;
        };
        let in_transaction = self.in_transaction(link);
        let refused = self.refused_secret == proof.generation;
        let Some(session) = self.session(link) else { return };
        session.reauth_at = None;
        let known = session.proof.as_ref().map_or(0, |known| known.generation);
        if !session.is_ready()
            || session.distrusted.is_some()
            || session.proving.is_some()
            || known == proof.generation
        {
            return;
        }
        if session.is_raw() {
            session.stale |= session.proof.is_some();
            return;
        }
        if session.is_subscriber() && session.protocol(profile.config()) == 2 {
            // RESP2 takes no AUTH where subscriptions are.
            let again = session.ready_at + REAUTH_LAST;
            if refused && now.monotonic < again {
                // The server was just asked, and took the one before.
                session.reauth_at = Some(again);
                return;
            }
            session.stale = true;
            self.schedule_replacement(now);
            return;
        }
        if in_transaction {
            // It would be a part of it.
            self.proves_later = true;
            return;
        }
        if let Err(error) = session.reauthenticate(proof, now) {
            self.session_failed(link, error, now, sink);
        }
    }

    pub(super) fn reauthenticated(
        &mut self,
        link: Link,
        outcome: Result<()>,
        now: Now,
        sink: &mut dyn Sink,
    ) {
        let profile = self.profile.clone();
        let Some(credentials) = profile.credentials() else { return };
        let Some(session) = self.session(link) else { return };
        let Some(proof) = session.proving.take() else { return };
        let event = match &outcome {
            Ok(()) => {
                session.reauth_failures = 0;
                session.proof = Some(proof.clone());
                Event::new(now.wall, EventKind::Reauthenticated)
            }
            Err(error) => {
                // The old secret stays good for this session; the server may follow later.
                let wait = REAUTH_FIRST * 2_u32.pow(session.reauth_failures.min(6));
                session.reauth_failures = session.reauth_failures.saturating_add(1);
                session.reauth_at = Some(now.monotonic + wait.min(REAUTH_LAST));
                Event::new(now.wall, EventKind::ReauthFailed).with_error(error)
            }
        };
        if outcome.is_err() {
            self.counters.auth_failures += 1;
        }
        self.event(event.with("link", link).with("generation", proof.generation));
        let tried = proof.generation;
        if outcome.is_ok() {
            credentials.accept(proof);
        }
        // Replaced again while the server judged it.
        if credentials.proof(now).is_ok_and(|current| current.generation != tried) {
            self.renew_secret(link, now, sink);
        }
    }
}

/// When the next anchor ends: its last second, and the monotonic time right after it.
fn anchor_end(trust: &TrustGeneration, now: Now) -> Option<(i64, Duration)> {
    let end = trust.value.next_end(now)?;
    let left = u64::try_from(end.saturating_sub(now.unix_seconds())).unwrap_or_default() + 1;
    Some((end, now.monotonic.saturating_add(Duration::from_secs(left))))
}

/// Longer than this between two commands is no busy caller.
const PAUSE: Duration = Duration::from_secs(1);
/// Somebody who writes to a replica on purpose must not get a new connection for each reply.
const READONLY_PAUSE: Duration = Duration::from_secs(10);
const REPLACE_WITHIN: Duration = Duration::from_secs(5);
const REAUTH_FIRST: Duration = Duration::from_millis(250);
const REAUTH_LAST: Duration = Duration::from_secs(15);
