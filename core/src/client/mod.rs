//! The policy over one or more sessions: dial, adopt rotations, reconnect, queue, deadlines.
//!
//! ```text
//! host ── submit, cancel, dialed, received, closed, tick ──▶ Client ──▶ poll_action, poll_event
//!                                                            │  └─────▶ Sink (replies, failures)
//!                                                            ▼
//!                              Lane: a queue, a session, and the one that is to take over
//! ```
//!
//! A host calls one input, then takes actions until there is none, moves the bytes they hold in
//! the order taken, and calls [`Client::tick`] when [`Client::deadline`] is reached.
//!
//! Every client has a main lane. Others are opened beside it for what cannot share a session:
//! commands that block, WATCH, subscriptions, and bytes of the host's own.

mod action;
mod commands;
mod connect;
mod counters;
mod fetch;
mod kind;
mod lane;
mod long;
mod pinned;
mod presented;
mod profile;
mod queue;
mod random;
mod raw;
mod recover;
mod rotate;
mod shelf;
mod side;
mod subscriber;

use std::{collections::VecDeque, sync::Arc, time::Duration};

pub use action::Action;
pub use commands::Admission;
pub use counters::Counters;
pub use kind::MaterialKind;
pub use long::LongCommand;
pub use presented::{Presented, Trusted, judge};
pub use profile::Profile;
pub use shelf::Materials;

use crate::{
    error::{Code, Error, Result},
    event::Event,
    pending::Record,
    pubsub::{Change, Subscriptions},
    secret::Secret,
    session::Session,
    sink::{LaneId, Link, MAIN, Sink},
    time::Now,
};
use lane::Lane;
use side::Side;

/// What a lane is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Commands of many callers at once. What blocks gets a session of its own; what changes the
    /// session's state is refused.
    Shared,
    /// Commands of one caller at a time, who may block and WATCH.
    Exclusive,
    /// Subscriptions. They survive the loss of a session, and a planned change of it without the
    /// loss of a message.
    Subscriber,
    /// Bytes of the host's own, over a session made the way all are. One session: it is not made
    /// again by itself, and is over when trust in it is.
    Raw {
        /// Whether the session is authenticated, and its database selected, before it is handed
        /// over; otherwise that is up to the host.
        login: bool,
    },
}

/// One client. Not thread-safe by itself: the host calls one method at a time.
pub struct Client {
    main: Lane,
    side: Side,
    actions: VecDeque<Action>,
    events: VecDeque<Event>,
    events_dropped: u64,
    /// What all lanes know of the materials.
    noticed: profile::Seen,
}

impl Client {
    /// A client that connects when it is first used. `seed` spreads retries of many clients.
    pub fn new(profile: Arc<Profile>, role: Role, seed: u64, now: Now) -> Self {
        let side = Side::new(seed);
        let mut client = Self {
            main: Lane::new(profile, role, MAIN, side.links(), seed, now),
            side,
            actions: VecDeque::new(),
            events: VecDeque::new(),
            events_dropped: 0,
            noticed: profile::Seen::default(),
        };
        client.collect();
        client
    }

    /// Hands in packed commands: `payload` holds what `records` describe, one after the other.
    /// Tickets must grow from record to record, over all lanes.
    pub fn submit(
        &mut self,
        now: Now,
        records: impl IntoIterator<Item = Record>,
        payload: Vec<u8>,
        sink: &mut dyn Sink,
    ) -> Admission {
        let admission = self.main.submit(now, records, payload, sink);
        self.divert(now, sink);
        self.spread(now, sink);
        admission
    }

    /// [`Client::submit`] of commands with a long text. The client may take only the start of it, for the
    /// server to work on, and tells how many bytes: [`Client::append`] hands in the rest.
    pub fn submit_long(
        &mut self,
        now: Now,
        records: &[Record],
        command: LongCommand<'_>,
        sink: &mut dyn Sink,
    ) -> (Admission, usize) {
        match self.main.submit_start(now, records, command, sink) {
            Some(taken) => {
                self.spread(now, sink);
                (Admission::Go, taken)
            }
            None => {
                let admission = self.submit(now, records.iter().copied(), command.packed(), sink);
                (admission, command.text.len())
            }
        }
    }

    /// Hands in what follows of a long text, and tells how many bytes of it were taken: all of it if the
    /// command has ended.
    pub fn append(&mut self, ticket: u64, text: &[u8]) -> usize {
        self.main.append(ticket, text)
    }

    /// Opens a lane beside the main one.
    ///
    /// # Errors
    /// `client.queue_full` beyond `max_connections`, `client.closed` after `close`.
    pub fn open(&mut self, now: Now, role: Role) -> Result<LaneId> {
        if self.main.is_closed() {
            return Err(Error::new(Code::ClientClosed));
        }
        let opened = self.side.open(self.main.profile(), role, now);
        self.collect();
        opened
    }

    /// [`Client::connect`] for a lane that was opened.
    pub fn connect_to(&mut self, now: Now, lane: LaneId, sink: &mut dyn Sink) {
        match lane {
            MAIN => self.main.connect(now, sink),
            _ => drop(self.side.to(lane, |lane| lane.connect(now, sink))),
        }
        self.spread(now, sink);
    }

    /// The packed commands that subscribe another client to what a lane is subscribed to.
    pub fn subscriptions(&self, lane: LaneId) -> Vec<Vec<u8>> {
        let lane = if lane == MAIN { Some(&self.main) } else { self.side.lane(lane) };
        let all = lane
            .map(|lane| lane.subscriptions().changes_from(&Subscriptions::default()))
            .unwrap_or_default();
        all.iter().map(Change::packed).collect()
    }

    /// Sends bytes in a lane of raw bytes.
    ///
    /// # Errors
    /// `net.closed` if its session is not up; otherwise why it ended just now.
    pub fn send(
        &mut self,
        now: Now,
        lane: LaneId,
        bytes: &[u8],
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let sent = match lane {
            MAIN => self.main.send(now, bytes, sink),
            _ => self
                .side
                .to(lane, |lane| lane.send(now, bytes, sink))
                .unwrap_or_else(|| Err(Error::new(Code::ClientClosed))),
        };
        self.spread(now, sink);
        sent
    }

    /// Says in a lane of raw bytes that none will follow: TLS tells the peer, and the host closes its
    /// half of the connection. What the peer still has to say comes.
    pub fn finish(&mut self, now: Now, lane: LaneId, sink: &mut dyn Sink) {
        match lane {
            MAIN => self.main.finish(now, sink),
            _ => drop(self.side.to(lane, |lane| lane.finish(now, sink))),
        }
        self.collect();
    }

    /// Whether the session of a lane had better be left at the next occasion: its server is no longer
    /// trusted, or it was authenticated with what is no longer in force.
    pub fn is_stale(&self, lane: LaneId) -> bool {
        match lane {
            MAIN => self.main.needs_replacement(),
            _ => self.side.lane(lane).is_none_or(Lane::needs_replacement),
        }
    }

    /// Closes a lane: what waits in it fails with `client.closed`.
    pub fn shut(&mut self, now: Now, lane: LaneId, sink: &mut dyn Sink) {
        self.side.shut(lane, now, sink);
        self.collect();
    }

    /// A lane for one caller who will WATCH, with a session kept from before if there is one.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub fn lend(&mut self, now: Now) -> Result<LaneId> {
        if self.main.is_closed() {
            return Err(Error::new(Code::ClientClosed));
        }
        let lent = self.side.lend(self.main.profile(), now);
        self.collect();
        lent
    }

    /// One caller keeps the main lane to themselves, and may WATCH, until [`Client::take_back`].
    pub fn hold(&mut self) {
        self.main.held = true;
    }

    /// The caller is done with a lane that was lent, or with the main one: what is still watched or
    /// queued in a transaction is undone.
    pub fn take_back(&mut self, now: Now, lane: LaneId, sink: &mut dyn Sink) {
        match lane {
            MAIN => self.main.unpin(now, sink),
            _ => self.side.take_back(lane, now, sink),
        }
        self.collect();
    }

    /// [`Client::submit`] to a lane that was opened.
    pub fn submit_to(
        &mut self,
        now: Now,
        lane: LaneId,
        records: impl IntoIterator<Item = Record>,
        payload: Vec<u8>,
        sink: &mut dyn Sink,
    ) -> Admission {
        if lane == MAIN {
            return self.submit(now, records, payload, sink);
        }
        let mut records: Vec<_> = records.into_iter().collect();
        let admission =
            self.side.to(lane, |lane| lane.submit(now, records.drain(..), payload, sink));
        for record in records {
            sink.fail(record.ticket, &Error::new(Code::ClientClosed));
        }
        self.spread(now, sink);
        admission.unwrap_or(Admission::Go)
    }

    /// Gives up a command. Its reply, if one comes, is dropped; the caller hears no more of it. One
    /// that blocks loses its session, so that it takes nothing from the server.
    pub fn cancel(&mut self, now: Now, ticket: u64, sink: &mut dyn Sink) {
        if !self.main.cancel(now, ticket, sink) {
            self.side.cancel(now, ticket, sink);
        }
        self.spread(now, sink);
    }

    /// The connection asked for is up.
    pub fn dialed(&mut self, now: Now, link: Link, sink: &mut dyn Sink) {
        self.on(link, |lane| lane.dialed(now, link, sink));
        self.spread(now, sink);
    }

    /// The connection asked for could not be made. `error` is one of the `net` family.
    pub fn dial_failed(&mut self, now: Now, link: Link, error: Error, sink: &mut dyn Sink) {
        self.on(link, |lane| lane.dial_failed(now, link, error, sink));
        self.spread(now, sink);
    }

    /// Bytes came in.
    pub fn received(&mut self, now: Now, link: Link, bytes: &[u8], sink: &mut dyn Sink) {
        self.on(link, |lane| lane.received(now, link, bytes, sink));
        self.spread(now, sink);
    }

    /// The peer or the network ended the connection.
    pub fn closed(&mut self, now: Now, link: Link, error: Option<Error>, sink: &mut dyn Sink) {
        self.on(link, |lane| lane.closed(now, link, error, sink));
        self.spread(now, sink);
    }

    /// The host's buffers for this connection are full.
    pub fn blocked(&mut self, link: Link) {
        self.on(link, |lane| lane.blocked(link));
        self.collect();
    }

    /// The host can take bytes for this connection again.
    pub fn writable(&mut self, now: Now, link: Link, sink: &mut dyn Sink) {
        self.on(link, |lane| lane.writable(now, link, sink));
        self.spread(now, sink);
    }

    /// What the host has to do next, if anything.
    pub fn poll_action(&mut self) -> Option<Action> {
        if self.actions.is_empty() && (self.main.send_more() || self.side.send_more()) {
            self.collect();
        }
        self.actions.pop_front()
    }

    /// What happened since the last call, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Client::tick`], on the monotonic clock.
    pub fn deadline(&self) -> Option<Duration> {
        [self.main.deadline(), self.side.deadline()].into_iter().flatten().min()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Now, sink: &mut dyn Sink) {
        self.main.tick(now, sink);
        self.side.tick(now, sink);
        self.spread(now, sink);
    }

    /// Connects now and stays connected, commands or not.
    pub fn connect(&mut self, now: Now, sink: &mut dyn Sink) {
        self.main.connect(now, sink);
        self.spread(now, sink);
    }

    /// Fails what is waiting, says goodbye to the server, and takes nothing more.
    pub fn close(&mut self, now: Now, sink: &mut dyn Sink) {
        self.side.close(now, sink);
        self.main.close(now, sink);
        self.actions.retain(|action| !matches!(action, Action::Need { .. }));
        self.collect();
    }

    /// Looks at all watched files now, whatever the interval says, and asks providers again.
    pub fn reload(&mut self, now: Now, sink: &mut dyn Sink) {
        self.main.reload(now, sink);
        self.side.for_each(|lane| lane.notice(now, sink));
        self.collect();
    }

    /// Takes content from the host: the answer to [`Action::Need`], whose `id` it is, or unasked.
    /// An error says why there is none; what was good stays.
    ///
    /// # Errors
    /// What makes the content unusable: an error of the families trust, identity or auth.
    /// `client.misuse` if this client has no such material, `client.closed` after `close`.
    pub fn supply(
        &mut self,
        now: Now,
        material: MaterialKind,
        id: Option<u64>,
        content: Result<Vec<Secret>>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        if self.main.is_closed() {
            return Err(Error::new(Code::ClientClosed));
        }
        let outcome = self.main.profile().take(material, id, content, now);
        let mut answered = |lane: &mut Lane| {
            lane.answered(material, id);
            lane.notice(now, sink);
        };
        answered(&mut self.main);
        self.side.for_each(answered);
        self.collect();
        outcome
    }

    /// Username and secret in force, for a host that logs in by itself; none if the settings have
    /// none. Whoever provides them may be asked first ([`Action::Need`]).
    ///
    /// # Errors
    /// `auth.unavailable`, also while somebody is being asked.
    pub fn credentials(&mut self, now: Now) -> Result<Option<(Option<String>, Secret)>> {
        let known = self.main.credentials(now);
        self.collect();
        known
    }

    /// What the client was made of.
    pub fn profile(&self) -> &Arc<Profile> {
        self.main.profile()
    }

    /// Counters since the client was made.
    pub fn counters(&self) -> Counters {
        self.side.lanes().fold(self.main.counters() + self.side.past, |sum, it| sum + it.counters())
    }

    /// Whether a session is ready for commands.
    pub fn is_ready(&self) -> bool {
        self.lanes().any(Lane::is_ready)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.main.is_closed()
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.lanes().any(Lane::is_failing)
    }

    /// All sessions, and whether each takes commands.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = (&Session, bool)> {
        self.lanes().flat_map(Lane::sessions)
    }

    pub(crate) fn failure(&self) -> Option<&Error> {
        self.lanes().find_map(Lane::failure)
    }

    /// The material an attempt to connect waits for.
    pub(crate) fn awaited(&self) -> Option<&'static str> {
        self.lanes().find_map(Lane::awaited)
    }

    /// Commands that wait, and those not done yet.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        self.lanes().map(Lane::waiting).fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
    }

    /// Events nobody asked for in time.
    pub(crate) fn events_dropped(&self) -> u64 {
        self.events_dropped
    }

    fn lanes(&self) -> impl Iterator<Item = &Lane> {
        std::iter::once(&self.main).chain(self.side.lanes())
    }

    /// One input to the lane of a connection.
    fn on(&mut self, link: Link, input: impl FnOnce(&mut Lane)) {
        match self.main.has(link) {
            true => input(&mut self.main),
            false => self.side.on(link, input),
        }
    }

    /// What one lane has read of the materials is news to all of them: one that is quiet looks for
    /// itself only when nobody else did.
    fn spread(&mut self, now: Now, sink: &mut dyn Sink) {
        let lonely = self.side.lanes().next().is_none();
        while !lonely && self.main.profile().changed(&mut self.noticed) {
            self.main.notice(now, sink);
            self.side.for_each(|lane| lane.notice(now, sink));
        }
        self.collect();
    }

    /// Gives commands that would hold up everybody a lane of their own.
    fn divert(&mut self, now: Now, sink: &mut dyn Sink) {
        for (record, payload) in std::mem::take(&mut self.main.diverted) {
            self.side.run_alone(self.main.profile(), record, payload, now, sink);
        }
    }

    /// Takes what the lanes have for the host.
    fn collect(&mut self) {
        self.actions.append(&mut self.main.actions);
        self.events.append(&mut self.main.events);
        self.side.collect(&mut self.actions, &mut self.events, &mut self.main.asked);
        while self.events.len() > EVENTS_KEPT {
            self.events.pop_front();
            self.events_dropped += 1;
        }
    }
}

/// A host that never asks must not make the client grow.
const EVENTS_KEPT: usize = 1024;
