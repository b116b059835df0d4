//! A connection made exactly as a client makes it, and commands on it.

use std::{sync::Arc, time::Duration};

use super::{Heard, Host, Transport, host::listen, network::Reached};
use crate::{
    client::{Action, Client, Profile, Role},
    error::{Code, Error, Result},
    resp::{Limits, Reply, Scanner, Value, encode_command},
    sink::{LaneId, Link, MAIN, Sink},
};

/// One session with the server.
pub(super) struct Visit<'p> {
    profile: &'p Arc<Profile>,
    client: Client,
    link: Option<(Link, Box<dyn Transport>)>,
    ears: Ears,
    scanner: Scanner,
}

/// What the client tells of its session.
#[derive(Default)]
struct Ears {
    opened: bool,
    ended: Option<Error>,
    bytes: Vec<u8>,
}

impl Sink for Ears {
    fn reply(&mut self, _ticket: u64, _reply: Reply<'_>) {}

    fn fail(&mut self, _ticket: u64, _error: &Error) {}

    fn opened(&mut self, _lane: LaneId) {
        self.opened = true;
    }

    fn bytes(&mut self, _lane: LaneId, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn ended(&mut self, _lane: LaneId, error: &Error) {
        self.ended = Some(error.clone());
    }
}

impl<'p> Visit<'p> {
    /// Connects, and logs in if there is something to log in with.
    ///
    /// # Errors
    /// What a client would fail with.
    pub(super) fn open(
        profile: &'p Arc<Profile>,
        reached: &Reached,
        host: &mut dyn Host,
    ) -> Result<Self> {
        Self::open_as(profile, true, reached, host)
    }

    /// The same; without `login` nothing is sent once the connection is secure.
    pub(super) fn open_as(
        profile: &'p Arc<Profile>,
        login: bool,
        reached: &Reached,
        host: &mut dyn Host,
    ) -> Result<Self> {
        let mut visit = Self {
            profile,
            client: Client::new(profile.clone(), Role::Raw { login }, 0, host.now()),
            link: None,
            ears: Ears::default(),
            scanner: Scanner::new(Limits::default()),
        };
        for attempt in 1.. {
            visit.client.connect_to(host.now(), MAIN, &mut visit.ears);
            let outcome = visit.run(reached, host, |ears| ears.opened);
            match outcome {
                // A server that refuses a client's certificate may say so by silence alone, which
                // a client believes at the second time.
                Err(error) if error.code() == Code::NetClosed && attempt < ATTEMPTS => {
                    visit.ears.ended = None;
                }
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        Ok(visit)
    }

    /// Runs one command; an error reply is a value.
    ///
    /// # Errors
    /// That the connection was lost, or the server does not answer.
    pub(super) fn ask(&mut self, command: &[&str], host: &mut dyn Host) -> Result<Value> {
        let mut packed = Vec::new();
        encode_command(&mut packed, command.iter().copied());
        self.client.send(host.now(), MAIN, &packed, &mut self.ears)?;
        loop {
            if let Some(end) = self.scanner.scan(&self.ears.bytes)? {
                let reply = Reply::new(&self.ears.bytes[..end]);
                let value = (!reply.is_push()).then(|| reply.to_value());
                self.ears.bytes.drain(..end);
                match value {
                    Some(value) => return Ok(value),
                    None => continue,
                }
            }
            let before = self.ears.bytes.len();
            self.move_bytes(host, |ears| ears.bytes.len() > before)?;
        }
    }

    /// Whether the handshake resumed a session of before.
    pub(super) fn is_resumed(&self) -> bool {
        let mut sessions = self.client.sessions();
        sessions.any(|(session, _)| session.tls().is_some_and(|tls| tls.is_resumed()))
    }

    /// Says goodbye.
    pub(super) fn leave(mut self, host: &mut dyn Host) {
        self.client.close(host.now(), &mut self.ears);
        while let Some(action) = self.client.poll_action() {
            if let (Action::Write { bytes, .. }, Some((_, transport))) = (action, &mut self.link) {
                // It closes the connection in any case.
                let _ = transport.send(&bytes);
            }
        }
    }

    fn run(
        &mut self,
        reached: &Reached,
        host: &mut dyn Host,
        done: impl Fn(&Ears) -> bool,
    ) -> Result<()> {
        loop {
            self.act(Some(reached), host)?;
            if let Some(error) = &self.ears.ended {
                return Err(error.clone());
            }
            if done(&self.ears) {
                return Ok(());
            }
            self.wait(host)?;
        }
    }

    fn move_bytes(&mut self, host: &mut dyn Host, done: impl Fn(&Ears) -> bool) -> Result<()> {
        let until = host.now().monotonic + self.profile.config().timeout.unwrap_or(LONGEST);
        loop {
            self.act(None, host)?;
            if let Some(error) = &self.ears.ended {
                return Err(error.clone());
            }
            if done(&self.ears) {
                return Ok(());
            }
            if host.now().monotonic >= until {
                return Err(Error::new(Code::ClientTimeout));
            }
            self.wait(host)?;
        }
    }

    fn act(&mut self, reached: Option<&Reached>, host: &mut dyn Host) -> Result<()> {
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::Dial { link, .. } => {
                    let limit = self.profile.config().connect_timeout;
                    let connected = match reached {
                        Some(reached) => host.connect(&reached.target, limit),
                        None => Err(Error::new(Code::NetClosed)),
                    };
                    match connected {
                        Ok(transport) => {
                            self.link = Some((link, transport));
                            self.client.dialed(host.now(), link, &mut self.ears);
                        }
                        Err(error) if error.code() == Code::ClientCancelled => return Err(error),
                        Err(error) => {
                            self.client.dial_failed(host.now(), link, error, &mut self.ears);
                        }
                    }
                }
                Action::Write { link, bytes } => {
                    let Some((known, transport)) = &mut self.link else { continue };
                    if *known == link
                        && let Err(error) = transport.send(&bytes)
                    {
                        self.client.closed(host.now(), link, Some(error), &mut self.ears);
                    }
                }
                Action::Hangup { link, .. } => {
                    self.link.take_if(|(known, _)| *known == link);
                }
                Action::Need { material, id } => {
                    let given = host.provide(material);
                    // A refusal is the error of the session that needs it.
                    let _ =
                        self.client.supply(host.now(), material, Some(id), given, &mut self.ears);
                }
            }
        }
        Ok(())
    }

    /// Takes what has come, or lets the time pass until something is due.
    fn wait(&mut self, host: &mut dyn Host) -> Result<()> {
        let now = host.now().monotonic;
        let due = self.client.deadline().unwrap_or(now + LONGEST).saturating_sub(now);
        let limit = due.clamp(SHORTEST, LONGEST);
        match &mut self.link {
            None => host.pause(limit)?,
            Some((link, transport)) => {
                let (link, mut bytes) = (*link, Vec::new());
                match listen(&mut **transport, &mut bytes, limit, host) {
                    Ok(Heard::Bytes) => {
                        self.client.received(host.now(), link, &bytes, &mut self.ears);
                    }
                    Ok(Heard::Nothing) => {}
                    Ok(Heard::End) => self.client.closed(host.now(), link, None, &mut self.ears),
                    Err(error) if error.code() == Code::ClientCancelled => return Err(error),
                    Err(error) => {
                        self.client.closed(host.now(), link, Some(error), &mut self.ears);
                    }
                }
            }
        }
        self.client.tick(host.now(), &mut self.ears);
        Ok(())
    }
}

const ATTEMPTS: u32 = 3;
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(60);
