//! One connection: TLS, HELLO with AUTH, SELECT and names, then commands until it ends.

mod peer;
mod replies;
mod setup;
mod subscriptions;
mod unsent;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use crate::{
    command,
    config::Config,
    credentials::Proof,
    error::{Code, Error, Result},
    pending::{Batches, Kind, Pending},
    pubsub::{Change, Subscriptions},
    resp::{Limits, Scanner},
    sink::Link,
    time::Now,
    tls::TlsStream,
};

use peer::Peer;
pub(crate) use replies::{Delivery, Told};
use unsent::Unsent;
pub(crate) use unsent::{AT_ONCE, FIRST};

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Dialing,
    Securing,
    Authenticating,
    Subscribing,
    Ready,
}

impl Phase {
    /// As status and errors name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dialing => "dialing",
            Self::Securing => "securing",
            Self::Authenticating => "authenticating",
            Self::Subscribing => "subscribing",
            Self::Ready => "ready",
        }
    }
}

/// What a session carries once it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Commands,
    Subscriptions,
    /// The host's own bytes.
    Raw,
    /// The same without authentication.
    RawFromTheStart,
}

/// One connection.
pub(crate) struct Session {
    pub(crate) link: Link,
    purpose: Purpose,
    pub(crate) phase: Phase,
    /// What the server accepted, or is to accept when the session is new.
    pub(crate) proof: Option<Proof>,
    /// Sent on the live session, not answered yet.
    pub(crate) proving: Option<Proof>,
    pub(crate) trust_generation: u64,
    pub(crate) identity_generation: u64,
    pub(crate) crl_generation: u64,
    pub(crate) peer: Peer,
    /// Since when the server is no longer trusted, and why.
    pub(crate) distrusted: Option<(Duration, Error)>,
    /// The host's buffers are full.
    pub(crate) blocked: bool,
    pub(crate) in_flight: VecDeque<Pending>,
    /// When dialing, TLS or authentication must be done.
    pub(crate) deadline: Duration,
    pub(crate) ready_at: Duration,
    /// When to prove a new secret again after a refusal.
    pub(crate) reauth_at: Option<Duration>,
    pub(crate) reauth_failures: u32,
    /// Still trusted, but to be replaced behind the traffic.
    pub(crate) stale: bool,
    pub(crate) server_version: String,
    /// What the server calls this connection; 0 if it did not say.
    client_id: i64,
    /// The command that blocks was asked to end.
    pub(crate) unblocked: bool,
    /// What it is subscribed to, confirmed or not.
    pub(crate) subscribed: Subscriptions,
    /// Changes to it that no caller asked this session for, not confirmed yet, oldest first.
    renewing: VecDeque<Change>,
    /// Messages that the session before may have told.
    pub(crate) held: Option<Vec<Vec<u8>>>,
    /// Asked for its last word.
    pub(crate) fenced: bool,
    tls: Option<TlsStream>,
    outgoing: Vec<u8>,
    unsent: VecDeque<Unsent>,
    /// What could not be encrypted ends the session at the next tick.
    pub(crate) broken: Option<Error>,
    plain: Vec<u8>,
    /// Turns in a row in which `plain` was larger than needed.
    spared: u32,
    scanner: Scanner,
    received: u64,
    last_byte: Duration,
    /// When a sign of life was asked for.
    asked_alive: Option<Duration>,
    legacy: bool,
    /// The server was seen to refuse those without a password.
    probed: bool,
}

impl Session {
    pub(crate) fn new(link: Link, purpose: Purpose, config: &Config, now: Now) -> Self {
        let limits = Limits { bytes: config.max_reply_bytes, ..Limits::default() };
        Self {
            link,
            purpose,
            phase: Phase::Dialing,
            proof: None,
            proving: None,
            trust_generation: 0,
            identity_generation: 0,
            crl_generation: 0,
            peer: Peer::default(),
            distrusted: None,
            blocked: false,
            in_flight: VecDeque::new(),
            deadline: now.monotonic + config.connect_timeout,
            ready_at: now.monotonic,
            reauth_at: None,
            reauth_failures: 0,
            stale: false,
            server_version: String::new(),
            client_id: 0,
            unblocked: false,
            subscribed: Subscriptions::default(),
            renewing: VecDeque::new(),
            held: None,
            fenced: false,
            tls: None,
            outgoing: Vec::new(),
            unsent: VecDeque::new(),
            broken: None,
            plain: Vec::new(),
            spared: 0,
            scanner: Scanner::new(limits),
            received: 0,
            last_byte: now.monotonic,
            asked_alive: None,
            legacy: false,
            probed: false,
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
            None => self.open(config, now).map(|_| ()),
        }
    }

    /// The transport is up and known: what comes next. `true` if that is the host's part already.
    fn open(&mut self, config: &Arc<Config>, now: Now) -> Result<bool> {
        if self.purpose == Purpose::RawFromTheStart {
            self.phase = Phase::Ready;
            self.ready_at = now.monotonic;
            return Ok(true);
        }
        self.authenticate(config, now).map(|()| false)
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
        if self.unsent.is_empty() {
            return self.encrypt(packed);
        }
        self.unsent.push_back(Unsent::Own(packed.to_vec().into()));
        Ok(())
    }

    fn encrypt(&mut self, packed: &[u8]) -> Result<()> {
        match &mut self.tls {
            Some(tls) => tls.write(packed),
            None => {
                self.outgoing.extend_from_slice(packed);
                Ok(())
            }
        }
    }

    /// Notes a command as in flight. Silence counts from the first one on.
    pub(crate) fn expect(&mut self, mut pending: Pending, now: Now) {
        if self.in_flight.is_empty() {
            self.last_byte = now.monotonic;
        }
        pending.sent_at = now.monotonic;
        self.in_flight.push_back(pending);
    }

    /// The RESP version in use: old servers do not know the one that is asked for.
    pub(crate) fn protocol(&self, config: &Config) -> u8 {
        if self.legacy { 2 } else { config.protocol }
    }

    pub(crate) fn is_raw(&self) -> bool {
        matches!(self.purpose, Purpose::Raw | Purpose::RawFromTheStart)
    }

    pub(crate) fn is_subscriber(&self) -> bool {
        self.purpose == Purpose::Subscriptions
    }

    pub(crate) fn logs_in(&self) -> bool {
        self.purpose != Purpose::RawFromTheStart
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// Whether nobody waits for bytes: no reply is due, and nothing is on its way out.
    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.is_empty() && self.unsent.is_empty()
    }

    /// Whether somebody waits for it, or did: its own commands hold up nobody for long.
    pub(crate) fn serves(&self) -> bool {
        !self.unsent.is_empty() || self.in_flight.iter().any(|it| it.kind == Kind::User)
    }

    /// How long ago the peer was last heard.
    pub(crate) fn quiet_for(&self, now: Now) -> Duration {
        now.monotonic.saturating_sub(self.last_byte)
    }

    /// When silence ends the session, if commands are in flight.
    pub(crate) fn silence_ends(&self, config: &Config) -> Option<Duration> {
        let liveness = config.liveness.filter(|_| self.is_ready())?;
        if self.is_idle() {
            // Who only listens would never notice that nobody speaks any more.
            return self.is_subscriber().then(|| self.last_byte + liveness * LISTENED);
        }
        // A command that may block on the server owes no byte before its own end.
        let blocking = self.in_flight.front().is_some_and(|pending| pending.blocking);
        // However late the question was asked, the peer has as long to answer it.
        (!blocking).then(|| self.asked_alive.unwrap_or(self.last_byte) + liveness)
    }

    /// Asks for a sign of life, if it may; the second time gives up.
    pub(crate) fn silence(&mut self, config: &Config, may_ask: bool, now: Now) -> Result<()> {
        if self.silence_ends(config).is_none_or(|end| end > now.monotonic) {
            return Ok(());
        }
        if self.asked_alive.is_some() && !self.is_idle() {
            return Err(Error::with_detail(
                Code::NetTimeout,
                format!("no byte for {:.1} s", (now.monotonic - self.last_byte).as_secs_f64()),
            ));
        }
        self.asked_alive = Some(now.monotonic);
        match may_ask {
            true => self.command(Kind::Alive, &[b"PING"], now),
            false => Ok(()),
        }
    }

    /// Why the phase that did not end in time failed.
    pub(crate) fn timed_out(&self) -> Error {
        if let Some(answer) = self.answer_in_clear() {
            return answer;
        }
        match self.phase {
            Phase::Dialing => Error::new(Code::NetTimeout),
            Phase::Securing if self.tls.as_ref().is_none_or(|tls| tls.received() == 0) => {
                Error::with_detail(
                    Code::TlsTimeout,
                    "connected, but not one byte arrived: this is probably a plaintext port",
                )
            }
            Phase::Securing => Error::new(Code::TlsTimeout),
            Phase::Subscribing => {
                Error::with_detail(Code::NetTimeout, "the server did not confirm all subscriptions")
            }
            Phase::Authenticating | Phase::Ready => {
                Error::with_detail(Code::NetTimeout, "the server did not answer to authentication")
            }
        }
    }

    /// The server asked for a client certificate and has said nothing since.
    pub(crate) fn refused_silently(&self) -> Option<Error> {
        self.tls.as_ref().filter(|_| !self.is_ready()).and_then(TlsStream::refused_silently)
    }

    /// Why the connection ended, as far as can be told from the phase it ended in.
    /// `suspects`: silence may mean that the server refuses the client's certificate.
    pub(crate) fn ended(&self, suspects: bool) -> Error {
        if let Some(answer) = self.answer_in_clear() {
            return answer;
        }
        match self.phase {
            Phase::Securing if self.tls.as_ref().is_some_and(|tls| tls.received() == 0) => {
                Error::with_detail(
                    Code::NetClosed,
                    "closed before TLS began: maxclients may be reached, or the port is not for clients",
                )
            }
            Phase::Securing | Phase::Authenticating => {
                self.refused_silently().filter(|_| suspects).unwrap_or_else(|| {
                    let during = match self.phase {
                        Phase::Securing => "closed during the TLS handshake",
                        _ => "closed during authentication",
                    };
                    Error::with_detail(Code::NetClosed, during)
                })
            }
            _ => Error::new(Code::NetClosed),
        }
    }

    /// Has the command that blocks another session end, as if its time were up.
    pub(crate) fn unblock(&mut self, other: &mut Self, now: Now) -> Result<()> {
        let blocks = other.in_flight.front().is_some_and(|pending| pending.blocks_for.is_some());
        let sent = other.unsent.is_empty() && !other.blocked;
        if !blocks || !sent || other.client_id == 0 || std::mem::replace(&mut other.unblocked, true)
        {
            return Ok(());
        }
        let id = other.client_id.to_string();
        self.command(Kind::Unblock, &[b"CLIENT", b"UNBLOCK", id.as_bytes()], now)
    }

    /// Sends a command that was run on the session before.
    pub(crate) fn set_again(&mut self, packed: &[u8], now: Now) -> Result<()> {
        let ticket = self.in_flight.back().map_or(0, |pending| pending.ticket);
        // A database that is not there any more must not be mistaken for another.
        self.expect(Pending::internal(Kind::Select, ticket), now);
        self.send(packed)
    }

    /// Undoes WATCH, or a transaction that was begun.
    pub(crate) fn unpin(&mut self, in_transaction: bool, now: Now) -> Result<()> {
        let name = if in_transaction { b"DISCARD" } else { b"UNWATCH" };
        self.command(Kind::Courtesy, &[name], now)
    }

    /// Says goodbye to a peer that is still there.
    pub(crate) fn close(&mut self) {
        if let Some(tls) = self.tls.as_mut().filter(|tls| tls.is_ready()) {
            tls.close();
        }
    }

    /// What the peer of a TLS handshake said without TLS, as far as it got.
    fn answer_in_clear(&self) -> Option<Error> {
        self.tls.as_ref()?.answer_in_clear()
    }

    pub(crate) fn tls(&self) -> Option<&TlsStream> {
        self.tls.as_ref()
    }

    /// Gives up the commands in flight, oldest first, without those of the session itself.
    pub(crate) fn abandon(&mut self, batches: &mut Batches) -> Vec<Pending> {
        self.drop_unsent(batches);
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
    fn command(&mut self, kind: Kind, args: &[&[u8]], now: Now) -> Result<()> {
        let mut packed = zeroize::Zeroizing::new(Vec::with_capacity(64));
        crate::resp::encode_command(&mut packed, args.iter().copied());
        // Its neighbour's ticket keeps the line sorted.
        let ticket = self.in_flight.back().map_or(0, |pending| pending.ticket);
        self.expect(Pending::internal(kind, ticket), now);
        self.send(&packed)
    }
}

/// Whether a lost command may be sent again: only if it cannot have changed anything.
pub(crate) fn is_repeatable(pending: &Pending, batches: &Batches) -> bool {
    pending.left == pending.commands
        && (pending.idempotent || batches.bytes(pending).is_some_and(command::is_read_only))
}

/// How many times as long as an answer may take nothing may be heard where nothing is due.
const LISTENED: u32 = 3;
