//! The policy over one or more sessions: dial, adopt rotations, reconnect, queue, deadlines.
//!
//! ```text
//! host ── submit, cancel, dialed, received, closed, tick ──▶ Client ──▶ poll_action, poll_event
//!                                                               └─────▶ Sink (replies, failures)
//! ```
//!
//! A host calls one input, then takes actions until there is none, moves the bytes they hold in
//! the order taken, and calls [`Client::tick`] when [`Client::deadline`] is reached.

mod commands;
mod connect;
mod fetch;
mod kind;
mod profile;
mod queue;
mod random;
mod recover;
mod rotate;
mod shelf;

use std::{collections::VecDeque, sync::Arc, time::Duration};

pub use commands::Admission;
pub use kind::MaterialKind;
pub use profile::Profile;
pub use shelf::Materials;

use crate::{
    config::Address,
    error::{Code, Error},
    event::{Event, EventKind},
    material::Look,
    pending::Batches,
    session::Session,
    sink::{Link, Sink},
    time::Now,
};
use queue::Queue;
use random::Random;
use recover::SecretTry;

/// What a host does for its client.
#[non_exhaustive]
pub enum Action {
    /// Connect: resolve the name, keep alive, no delay. Answer with `dialed` or `dial_failed`.
    Dial {
        /// Names the connection from now on.
        link: Link,
        /// Where to.
        address: Address,
        /// 0 for the first; a host with several addresses starts with another one each time.
        attempt: u32,
    },
    /// Send the bytes, in the order of actions taken.
    Write {
        /// On which connection.
        link: Link,
        /// What to send.
        bytes: Vec<u8>,
    },
    /// Get content of a material from whoever provides it. Answer with [`Client::supply`], once; the
    /// same material is not asked for again before. The provider must not use this client.
    Need {
        /// Which material.
        material: MaterialKind,
        /// Names the question.
        id: u64,
    },
    /// End the connection, or the attempt to make one. No answer.
    Hangup {
        /// Which connection.
        link: Link,
        /// Send what was taken before; otherwise drop it.
        flush: bool,
    },
}

/// Shows sizes only: what is written may hold secrets.
impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dial { link, address, attempt } => {
                write!(f, "Dial {{ link: {link}, address: {address}, attempt: {attempt} }}")
            }
            Self::Write { link, bytes } => {
                write!(f, "Write {{ link: {link}, bytes: {} }}", bytes.len())
            }
            Self::Need { material, id } => {
                write!(f, "Need {{ material: {}, id: {id} }}", material.name())
            }
            Self::Hangup { link, flush } => {
                write!(f, "Hangup {{ link: {link}, flush: {flush} }}")
            }
        }
    }
}

/// How callers use the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Many callers at once: commands that change the connection's state or block are refused.
    Shared,
    /// One caller at a time, who ticks only while calling.
    Exclusive,
}

/// Counters since the client was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Replies given to callers, error replies included.
    pub replies: u64,
    /// Commands that failed without a reply.
    pub failures: u64,
    /// Sessions that became ready.
    pub connects: u64,
    /// Sessions that took over from one that was lost.
    pub reconnects: u64,
    /// Sessions that took over from a live one.
    pub replacements: u64,
}

/// One client. Not thread-safe by itself: the host calls one method at a time.
pub struct Client {
    profile: Arc<Profile>,
    sharing: Sharing,
    sessions: Vec<Session>,
    /// Takes commands.
    active: Option<Link>,
    /// Being prepared, or waiting for the active one to finish its commands.
    next: Option<Link>,
    queue: Queue,
    batches: Batches,
    actions: VecDeque<Action>,
    events: VecDeque<Event>,
    /// Events nobody asked for in time.
    pub(crate) events_dropped: u64,
    next_link: Link,
    last_ticket: u64,
    attempts: u32,
    dial_at: Option<Duration>,
    /// While failing: callers before this get the failure at once.
    retry_at: Option<Duration>,
    /// Sessions in a row that ended as soon as they were ready.
    brief: u32,
    wanted: bool,
    ever_ready: bool,
    /// Generation of the client certificate a server took last; 0 for none.
    accepted_identity: u64,
    /// Connections in a row that ended right after the server asked for a client certificate.
    silent_losses: u32,
    lost: bool,
    last_error: Option<Error>,
    failing: Option<Error>,
    /// When each material was last read again because of a failure.
    reread_at: [Option<Duration>; 4],
    secret_try: SecretTry,
    /// Generation of the secret that was refused before the fallback was tried.
    refused_secret: u64,
    seen: profile::Seen,
    /// Questions to the host that are not answered.
    asked: Vec<(MaterialKind, u64)>,
    awaiting: Option<fetch::Awaiting>,
    /// When a server that takes no writes was left last.
    readonly_at: Option<Duration>,
    /// No command ends before this.
    earliest: Option<Duration>,
    /// When the next anchor of the trust in force ends, on both clocks: the wall clock decides.
    anchor_end: Option<(i64, Duration)>,
    random: Random,
    counters: Counters,
    closed: bool,
}

impl Client {
    /// A client that connects when it is first used. `seed` spreads retries of many clients.
    pub fn new(profile: Arc<Profile>, sharing: Sharing, seed: u64, now: Now) -> Self {
        let mut events = VecDeque::new();
        for warning in &profile.config().warnings {
            events.push_back(Event::new(now.wall, EventKind::Warning).with("text", warning));
        }
        for danger in &profile.config().dangers {
            events.push_back(Event::new(now.wall, EventKind::Danger).with("setting", danger));
        }
        Self {
            seen: profile.follow(seed),
            asked: Vec::new(),
            awaiting: None,
            readonly_at: None,
            profile,
            sharing,
            sessions: Vec::new(),
            active: None,
            next: None,
            queue: Queue::default(),
            batches: Batches::default(),
            actions: VecDeque::new(),
            events,
            events_dropped: 0,
            next_link: 1,
            last_ticket: 0,
            attempts: 0,
            dial_at: None,
            retry_at: None,
            brief: 0,
            wanted: false,
            ever_ready: false,
            accepted_identity: 0,
            silent_losses: 0,
            lost: false,
            last_error: None,
            failing: None,
            reread_at: [None; 4],
            secret_try: SecretTry::Current,
            refused_secret: 0,
            earliest: None,
            anchor_end: None,
            random: Random::new(seed),
            counters: Counters::default(),
            closed: false,
        }
    }

    /// What the host has to do next, if anything.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// What happened since the last call, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Client::tick`], on the monotonic clock.
    pub fn deadline(&self) -> Option<Duration> {
        if self.closed {
            return None;
        }
        let config = self.profile.config();
        let sessions = self.sessions.iter().flat_map(|session| {
            let setup = (!session.is_ready()).then_some(session.deadline);
            let grace = session.distrusted.as_ref().map(|(at, _)| *at + config.distrust_grace);
            [setup, grace, session.silence_ends(config), session.reauth_at]
        });
        let anchor_end = self.anchor_end.map(|(_, at)| at);
        let awaited = self.awaiting.as_ref().map(|awaiting| awaiting.look_at);
        sessions
            .chain([self.earliest, self.dial_at, self.profile.next_poll(), anchor_end, awaited])
            .flatten()
            .min()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Now, sink: &mut dyn Sink) {
        if self.closed {
            return;
        }
        self.poll_materials(now, Look::WhenDue);
        self.adopt(now, sink);
        self.resume(now, sink);
        self.watch_sessions(now, sink);
        self.expire(now, sink);
        self.connect_if_due(now, sink);
        // A dial looks at the files: without a grace, what it found dropped is over by now.
        self.enforce_grace(now, sink);
        self.collect();
    }

    /// Connects now and stays connected, commands or not.
    pub fn connect(&mut self, now: Now, sink: &mut dyn Sink) {
        if !self.closed {
            self.wanted = true;
            self.demand(now, sink);
            self.collect();
        }
    }

    /// Fails what is waiting, says goodbye to the server, and takes nothing more.
    pub fn close(&mut self, now: Now, sink: &mut dyn Sink) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.abandon_questions();
        for mut session in std::mem::take(&mut self.sessions) {
            for pending in session.abandon(&mut self.batches) {
                self.fail(&pending, &Error::new(Code::ClientClosed).maybe_executed(), sink);
            }
            session.close();
            if let Some(bytes) = session.take_output().filter(|_| session.is_ready()) {
                self.actions.push_back(Action::Write { link: session.link, bytes });
            }
            self.actions.push_back(Action::Hangup { link: session.link, flush: true });
        }
        for pending in self.queue.take() {
            self.fail(&pending, &Error::new(Code::ClientClosed), sink);
        }
        (self.active, self.next, self.dial_at, self.earliest) = (None, None, None, None);
        self.event(Event::new(now.wall, EventKind::Disconnected).with("reason", "closed"));
    }

    /// Looks at all watched files now, whatever the interval says, and asks providers again.
    pub fn reload(&mut self, now: Now, sink: &mut dyn Sink) {
        if self.closed {
            return;
        }
        self.poll_materials(now, Look::Reread);
        self.adopt(now, sink);
        self.resume(now, sink);
        self.collect();
    }

    /// What the client was made of.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Counters since the client was made.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Whether a session is ready for commands.
    pub fn is_ready(&self) -> bool {
        self.active.is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    pub(crate) fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    pub(crate) fn active_link(&self) -> Option<Link> {
        self.active
    }

    pub(crate) fn failure(&self) -> Option<&Error> {
        self.failing.as_ref().or(self.last_error.as_ref())
    }

    /// The material an attempt to connect waits for.
    pub(crate) fn awaited(&self) -> Option<&'static str> {
        self.awaiting.as_ref().map(|awaiting| awaiting.kind.name())
    }

    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.queue.len(), self.batches.records)
    }

    fn session(&mut self, link: Link) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.link == link)
    }

    /// Turns what sessions have to say into actions.
    fn collect(&mut self) {
        for session in &mut self.sessions {
            if let Some(bytes) = session.take_output() {
                self.actions.push_back(Action::Write { link: session.link, bytes });
            }
        }
    }

    fn event(&mut self, event: Event) {
        if self.events.len() == EVENTS_KEPT {
            self.events.pop_front();
            self.events_dropped += 1;
        }
        self.events.push_back(event);
    }
}

/// A host that never asks must not make the client grow.
const EVENTS_KEPT: usize = 1024;
