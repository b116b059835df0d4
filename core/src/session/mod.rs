//! One connection: TLS, HELLO with AUTH, SELECT and names, then commands until it ends.

mod replies;
mod setup;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use rustls_pki_types::CertificateDer;

use crate::{
    command,
    config::Config,
    credentials::Proof,
    error::{Code, Error, Result},
    pending::{Batches, Kind, Pending},
    resp::{Limits, Scanner},
    time::Now,
    tls::TlsStream,
};

pub(crate) use replies::Delivery;

/// Names a connection; never used twice by one client.
pub type Link = u64;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Dialing,
    Securing,
    Authenticating,
    Ready,
}

/// Peer certificate chain, kept to verify it again when trust changes.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// Wall clock of the handshake: leaves may rotate weekly while sessions live on.
    pub(crate) verified_at: Duration,
    /// SHA-256 of the anchor that ends the chain.
    pub(crate) anchor: String,
}

/// One connection.
pub(crate) struct Session {
    pub(crate) link: Link,
    pub(crate) phase: Phase,
    pub(crate) proof: Option<Proof>,
    pub(crate) trust_generation: u64,
    pub(crate) identity_generation: u64,
    pub(crate) peer: Peer,
    /// Since when the server is no longer trusted, and why.
    pub(crate) distrusted: Option<(Duration, Error)>,
    /// The host's buffers are full.
    pub(crate) blocked: bool,
    pub(crate) in_flight: VecDeque<Pending>,
    /// When dialing, TLS or authentication must be done.
    pub(crate) deadline: Duration,
    /// When to prove a new secret again after a refusal.
    pub(crate) reauth_at: Option<Duration>,
    pub(crate) reauth_failures: u32,
    pub(crate) server_version: String,
    tls: Option<TlsStream>,
    outgoing: Vec<u8>,
    plain: Vec<u8>,
    scanner: Scanner,
    received: u64,
    last_byte: Duration,
    asked_alive: bool,
    legacy: bool,
}

impl Session {
    pub(crate) fn new(link: Link, config: &Config, now: Now) -> Self {
        let limits = Limits { bytes: config.max_reply_bytes, ..Limits::default() };
        Self {
            link,
            phase: Phase::Dialing,
            proof: None,
            trust_generation: 0,
            identity_generation: 0,
            peer: Peer::default(),
            distrusted: None,
            blocked: false,
            in_flight: VecDeque::new(),
            deadline: now.monotonic + config.connect_timeout,
            reauth_at: None,
            reauth_failures: 0,
            server_version: String::new(),
            tls: None,
            outgoing: Vec::new(),
            plain: Vec::new(),
            scanner: Scanner::new(limits),
            received: 0,
            last_byte: now.monotonic,
            asked_alive: false,
            legacy: false,
        }
    }

    /// The connection is up: start TLS, or authenticate at once without it.
    pub(crate) fn start(
        &mut self,
        tls: Option<TlsStream>,
        config: &Arc<Config>,
        now: Now,
    ) -> Result<()> {
        self.deadline = now.monotonic + config.handshake_timeout;
        match tls {
            Some(mut stream) => {
                self.phase = Phase::Securing;
                stream.start()?;
                self.tls = Some(stream);
                Ok(())
            }
            None => self.authenticate(config),
        }
    }

    /// Bytes for the peer, taken once.
    pub(crate) fn take_output(&mut self) -> Option<Vec<u8>> {
        let outgoing = match &mut self.tls {
            Some(tls) => &mut tls.outgoing,
            None => &mut self.outgoing,
        };
        (!outgoing.is_empty()).then(|| std::mem::take(outgoing))
    }

    /// Sends packed commands that are already noted as in flight.
    pub(crate) fn send(&mut self, packed: &[u8]) -> Result<()> {
        match &mut self.tls {
            Some(tls) => tls.write(packed),
            None => {
                self.outgoing.extend_from_slice(packed);
                Ok(())
            }
        }
    }

    /// Notes a command as in flight. Silence counts from the first one on.
    pub(crate) fn expect(&mut self, pending: Pending, now: Now) {
        if self.in_flight.is_empty() {
            self.last_byte = now.monotonic;
        }
        self.in_flight.push_back(pending);
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// Whether a host may still wait for bytes: no reply is due.
    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// How long ago the peer was last heard.
    pub(crate) fn quiet_for(&self, now: Now) -> Duration {
        now.monotonic.saturating_sub(self.last_byte)
    }

    /// When silence ends the session, if commands are in flight.
    pub(crate) fn silence_ends(&self, config: &Config) -> Option<Duration> {
        let liveness = config.liveness.filter(|_| self.is_ready() && !self.is_idle())?;
        // A command that may block on the server owes no byte before its own end.
        let blocking = self.in_flight.front().is_some_and(|pending| pending.blocking);
        (!blocking).then(|| self.last_byte + liveness * if self.asked_alive { 2 } else { 1 })
    }

    /// Asks for a sign of life; the second time gives up.
    pub(crate) fn silence(&mut self, config: &Config, now: Now) -> Result<()> {
        if self.silence_ends(config).is_none_or(|end| end > now.monotonic) {
            return Ok(());
        }
        if self.asked_alive {
            return Err(Error::with_detail(
                Code::NetTimeout,
                format!("no byte for {:.1} s", (now.monotonic - self.last_byte).as_secs_f64()),
            ));
        }
        self.asked_alive = true;
        self.command(Kind::Alive, &[b"PING"])
    }

    /// Why the phase that did not end in time failed.
    pub(crate) fn timed_out(&self) -> Error {
        match self.phase {
            Phase::Dialing => Error::new(Code::NetTimeout),
            Phase::Securing if self.tls.as_ref().is_none_or(|tls| tls.received() == 0) => {
                Error::with_detail(
                    Code::TlsTimeout,
                    "connected, but not one byte arrived: this is probably a plaintext port",
                )
            }
            Phase::Securing => Error::new(Code::TlsTimeout),
            Phase::Authenticating | Phase::Ready => {
                Error::with_detail(Code::NetTimeout, "the server did not answer to authentication")
            }
        }
    }

    /// Why the connection ended, as far as can be told from the phase it ended in.
    pub(crate) fn ended(&self) -> Error {
        match self.phase {
            Phase::Securing if self.tls.as_ref().is_some_and(|tls| tls.received() == 0) => {
                Error::with_detail(
                    Code::NetClosed,
                    "closed before TLS began: maxclients may be reached, or the port is not for clients",
                )
            }
            Phase::Securing => {
                Error::with_detail(Code::NetClosed, "closed during the TLS handshake")
            }
            Phase::Authenticating => {
                Error::with_detail(Code::NetClosed, "closed during authentication")
            }
            _ => Error::new(Code::NetClosed),
        }
    }

    /// Says goodbye to a peer that is still there.
    pub(crate) fn close(&mut self) {
        if let Some(tls) = self.tls.as_mut().filter(|tls| tls.is_ready()) {
            tls.close();
        }
    }

    pub(crate) fn tls(&self) -> Option<&TlsStream> {
        self.tls.as_ref()
    }

    /// Gives up the commands in flight, oldest first, without those of the session itself.
    pub(crate) fn abandon(&mut self, batches: &mut Batches) -> Vec<Pending> {
        let mut lost = Vec::new();
        for pending in self.in_flight.drain(..) {
            match pending.kind {
                Kind::User if !pending.cancelled => lost.push(pending),
                Kind::User => batches.release(&pending),
                _ => {}
            }
        }
        lost
    }

    /// Sends a command of the session itself.
    fn command(&mut self, kind: Kind, args: &[&[u8]]) -> Result<()> {
        let mut packed = zeroize::Zeroizing::new(Vec::with_capacity(64));
        crate::resp::encode_command(&mut packed, args.iter().copied());
        // Its neighbour's ticket keeps the line sorted.
        let ticket = self.in_flight.back().map_or(0, |pending| pending.ticket);
        self.in_flight.push_back(Pending::internal(kind, ticket));
        self.send(&packed)
    }
}

/// Whether a lost command may be sent again: only if it cannot have changed anything.
pub(crate) fn is_repeatable(pending: &Pending, batches: &Batches) -> bool {
    pending.left == pending.commands
        && (pending.idempotent || batches.bytes(pending).is_some_and(command::is_read_only))
}
