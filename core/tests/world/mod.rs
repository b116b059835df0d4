//! A world in memory around one client: a server, a network without delay, files, and time that
//! moves when told to. Whatever the client says to its host is searched for secrets.
#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::panic, reason = "a panic is a failed test")]

pub(crate) mod certs;
pub(crate) mod channels;
pub(crate) mod disk;
pub(crate) mod lists;
mod log;
mod network;
pub(crate) mod server;
mod transactions;

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use redlatch_core::{
    Client, Code, Error, Event, EventKind, Link, LongCommand, MaterialKind, Materials, Now,
    Profile, Record, Role, document,
};

use certs::Ca;
use disk::Disk;
#[allow(unused_imports, reason = "each test program uses a part")]
pub(crate) use log::{Log, Outcome, Part, config, later, pack, seconds, start};
use server::{Conn, Server};

/// What becomes of attempts to connect.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Dialing {
    Accept,
    Fail(Code),
    Ignore,
}

pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) server: Server,
    pub(crate) disk: Arc<Disk>,
    pub(crate) materials: Materials,
    pub(crate) now: Now,
    pub(crate) log: Log,
    pub(crate) dialing: Dialing,
    /// Largest piece in which bytes reach the client.
    pub(crate) chunk: usize,
    pub(crate) dials: Vec<(Duration, Link)>,
    pub(crate) hangups: Vec<(Link, bool)>,
    /// Bytes the client sent: when, where, how many.
    pub(crate) sent: Vec<(Duration, Link, usize)>,
    pub(crate) events: Vec<Event>,
    pub(crate) conns: BTreeMap<Link, Conn>,
    /// Must never be heard.
    pub(crate) secrets: Vec<String>,
    /// Questions nobody has answered.
    pub(crate) needs: Vec<(MaterialKind, u64)>,
    /// What a server says before it ends a connection is lost.
    pub(crate) drops_last_words: bool,
    /// How often time was told at a deadline.
    pub(crate) ticks: u64,
    ticket: u64,
}

impl World {
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        Self::used_as(Role::Shared, settings)
    }

    pub(crate) fn used_as(role: Role, settings: &[(&str, &str)]) -> Self {
        let disk = Arc::new(Disk::default());
        let materials = Materials::new(disk.clone());
        let profile = Arc::new(Profile::new(config(settings), &materials).unwrap());
        let secret = settings.iter().filter(|(name, _)| *name == "password");
        Self {
            client: Client::new(profile, role, 7, start()),
            server: Server::default(),
            disk,
            materials,
            now: start(),
            log: Log::default(),
            dialing: Dialing::Accept,
            chunk: usize::MAX,
            dials: Vec::new(),
            hangups: Vec::new(),
            sent: Vec::new(),
            events: Vec::new(),
            conns: BTreeMap::new(),
            secrets: secret.map(|(_, text)| (*text).to_owned()).collect(),
            needs: Vec::new(),
            drops_last_words: false,
            ticks: 0,
            ticket: 0,
        }
    }

    /// TLS with a server of `ca`, whose certificate is in `/ca.pem`.
    pub(crate) fn secure(ca: &Ca, more: &[(&str, &str)]) -> Self {
        Self::secure_as(Role::Shared, ca, more)
    }

    pub(crate) fn secure_as(role: Role, ca: &Ca, more: &[(&str, &str)]) -> Self {
        let settings = [&[("host", "redis.test"), ("ca_file", "/ca.pem")], more].concat();
        let mut world = Self::used_as(role, &settings);
        world.disk.write("/ca.pem", &ca.pem);
        world.server.present(&ca.leaf());
        world
    }

    /// The client is gone, and another one of these settings is there, of the same process.
    pub(crate) fn succeed(&mut self, ca_file: &str, more: &[(&str, &str)]) {
        self.client.close(self.now, &mut self.log);
        self.run();
        self.conns.clear();
        let settings = [&[("host", "redis.test"), ("ca_file", ca_file)], more].concat();
        let profile = Arc::new(Profile::new(config(&settings), &self.materials).unwrap());
        self.client = Client::new(profile, Role::Shared, 7, self.now);
        self.ticket = 0;
        self.log = Log::default();
    }

    /// A password on both sides.
    pub(crate) fn password(&mut self, secret: &str) {
        self.secrets.push(secret.to_owned());
        self.server.passwords = vec![secret.to_owned()];
    }

    pub(crate) fn submit(&mut self, words: &[&str]) -> u64 {
        self.submit_with(words, Record { commands: 1, ..Record::default() })
    }

    pub(crate) fn submit_with(&mut self, words: &[&str], record: Record) -> u64 {
        self.submit_packed(pack(words), record)
    }

    pub(crate) fn submit_packed(&mut self, packed: Vec<u8>, record: Record) -> u64 {
        self.ticket += 1;
        let record = Record { ticket: self.ticket, length: packed.len() as u32, ..record };
        self.client.submit(self.now, [record], packed, &mut self.log);
        self.ticket
    }

    /// A command whose last word is handed in part by part: its ticket, and how much was taken of it.
    pub(crate) fn submit_start(&mut self, words: &[&str]) -> (u64, usize) {
        let packed = pack(words);
        let text = words[words.len() - 1].as_bytes();
        let at = packed.len() - text.len() - 2;
        let command =
            LongCommand { before: &packed[..at], text, behind: &packed[packed.len() - 2..] };
        self.ticket += 1;
        let length = packed.len() as u32;
        let record = Record { ticket: self.ticket, commands: 1, length, ..Record::default() };
        let (_, taken) = self.client.submit_long(self.now, &[record], command, &mut self.log);
        (self.ticket, taken)
    }

    pub(crate) fn cancel(&mut self, ticket: u64) {
        self.client.cancel(self.now, ticket, &mut self.log);
    }

    /// Tickets for `count` records that a test hands in itself.
    pub(crate) fn tickets(&mut self, count: u64) -> std::ops::RangeInclusive<u64> {
        self.ticket += count;
        self.ticket + 1 - count..=self.ticket
    }

    /// Hands a command in and lets the world run.
    pub(crate) fn call(&mut self, words: &[&str]) -> Outcome {
        let ticket = self.submit(words);
        self.run();
        self.outcome(ticket).unwrap_or_else(|| panic!("{words:?} has no outcome yet"))
    }

    pub(crate) fn outcome(&self, ticket: u64) -> Option<Outcome> {
        let mut found = self.log.outcomes.iter().filter(|(known, _)| *known == ticket);
        let outcome = found.next().map(|(_, outcome)| outcome.clone());
        assert!(found.next().is_none(), "{ticket} has two outcomes");
        outcome
    }

    pub(crate) fn failure(&self, ticket: u64) -> Error {
        match self.outcome(ticket) {
            Some(Outcome::Failed(error)) => error,
            other => panic!("{ticket}: {other:?}"),
        }
    }

    /// Lets time pass, from deadline to deadline.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.run();
        let end = self.now.monotonic + by;
        let mut still = 0;
        while let Some(deadline) = self.client.deadline().filter(|at| *at <= end) {
            still = if deadline > self.now.monotonic { 0 } else { still + 1 };
            assert!(still < 50, "a deadline that has passed stays");
            self.pass(deadline.saturating_sub(self.now.monotonic));
            self.client.tick(self.now, &mut self.log);
            self.ticks += 1;
            self.run();
        }
        self.pass(end.saturating_sub(self.now.monotonic));
        self.run();
    }

    /// Time passes and nobody ticks.
    pub(crate) fn pass(&mut self, by: Duration) {
        self.now.monotonic += by;
        self.now.wall += by;
        self.server.wall.store(self.now.wall.as_secs(), Ordering::Relaxed);
    }

    /// The connection the client uses.
    pub(crate) fn link(&self) -> Link {
        *self.conns.keys().next_back().unwrap()
    }

    pub(crate) fn count(&self, kind: EventKind) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }

    pub(crate) fn last(&self, kind: EventKind) -> &Event {
        self.events.iter().rev().find(|event| event.kind == kind).unwrap()
    }

    /// Names of the commands the server got by a connection.
    pub(crate) fn heard(&self, link: Link) -> Vec<&str> {
        let log = self.server.log.iter().filter(|(from, _)| *from == link);
        log.map(|(_, words)| words[0].as_str()).collect()
    }

    pub(crate) fn status(&self) -> serde_json::Value {
        serde_json::from_str(&self.client.status(self.now)).unwrap()
    }

    fn listen(&mut self) {
        while let Some(event) = self.client.poll_event() {
            self.overhear(&format!("{event:?} {}", document::event(&event)));
            self.events.push(event);
        }
        self.overhear(&self.client.status(self.now));
        self.overhear(&format!("{:?} {:?}", self.client.profile(), self.client.counters()));
    }

    fn overhear(&self, said: &str) {
        for secret in &self.secrets {
            assert!(!said.contains(secret.as_str()), "a secret was said: {said}");
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            for (_, outcome) in &self.log.outcomes {
                if let Outcome::Failed(error) = outcome {
                    self.overhear(&format!("{error} {error:?} {}", document::error(error)));
                }
            }
        }
    }
}
