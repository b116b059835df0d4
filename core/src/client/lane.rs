//! One line of commands, with the session that carries it and the one that is to take over.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use super::{
    Action, Counters, MaterialKind, Profile, Role, fetch, long::Lent, profile, queue::Queue,
    random::Random, recover::SecretTry,
};
use crate::{
    command::Pinned,
    error::{Code, Error},
    event::{Event, EventKind},
    material::Look,
    pending::{Batches, Record},
    pubsub::{Change, Overlap, Subscriptions},
    session::{Purpose, Session},
    sink::{LaneId, Link, MAIN, Sink},
    time::Now,
};

/// One line of commands and its sessions: at most one that takes commands, and one to follow.
pub(super) struct Lane {
    pub(super) profile: Arc<Profile>,
    pub(super) role: Role,
    pub(super) id: LaneId,
    pub(super) sessions: Vec<Session>,
    /// Takes commands.
    pub(super) active: Option<Link>,
    /// Being prepared, or waiting for the active one to finish its commands.
    pub(super) next: Option<Link>,
    pub(super) queue: Queue,
    /// When commands were handed out last.
    pub(super) flushed: Now,
    pub(super) batches: Batches,
    pub(super) actions: VecDeque<Action>,
    pub(super) events: VecDeque<Event>,
    /// A command whose text is still with the host.
    pub(super) lent: Option<Lent>,
    /// Commands for a lane of their own.
    pub(super) diverted: Vec<(Record, Vec<u8>)>,
    /// One caller keeps it to themselves, and may WATCH.
    pub(super) held: bool,
    /// What the caller's commands have done to the active session.
    pub(super) pinned: Pinned,
    /// The command that ends it, once it is sent.
    pub(super) unpinned_by: Option<u64>,
    /// What the caller who holds the lane has set for its session, by what it is.
    pub(super) kept: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The same of commands without a reply, by ticket.
    pub(super) keeping: BTreeMap<u64, (Vec<u8>, Vec<u8>)>,
    /// When to ask again that a command that blocks is ended.
    pub(super) unblock_at: Option<Duration>,
    /// A new secret is to be proven once the transaction that is open has ended.
    pub(super) proves_later: bool,
    /// A session that watched keys is gone, and the caller does not know.
    pub(super) lost_watch: bool,
    /// What a lane of subscriptions is to hear, as far as a server has confirmed it.
    pub(super) wanted: Subscriptions,
    /// What commands will change of it that wait or are under way, by ticket.
    pub(super) changes: BTreeMap<u64, Change>,
    /// What was told while another session is on its way.
    pub(super) overlap: Overlap,
    /// A session of subscriptions was lost, and none has taken over.
    pub(super) gap: bool,
    pub(super) next_link: Arc<AtomicU64>,
    pub(super) last_ticket: u64,
    pub(super) attempts: u32,
    pub(super) dial_at: Option<Duration>,
    /// While failing: callers before this get the failure at once.
    pub(super) retry_at: Option<Duration>,
    /// Sessions in a row that ended as soon as they were ready.
    pub(super) brief: u32,
    /// Somebody asked for a session, commands or not.
    pub(super) connects: bool,
    pub(super) ever_ready: bool,
    /// Generation of the client certificate a server took last; 0 for none.
    pub(super) accepted_identity: u64,
    /// Connections in a row that ended right after the server asked for a client certificate.
    pub(super) silent_losses: u32,
    pub(super) lost: bool,
    pub(super) last_error: Option<Error>,
    pub(super) failing: Option<Error>,
    /// When each material was last read again because of a failure.
    pub(super) reread_at: [Option<Duration>; 4],
    pub(super) secret_try: SecretTry,
    /// Generation of the secret that was refused before the fallback was tried.
    pub(super) refused_secret: u64,
    pub(super) seen: profile::Seen,
    /// Questions to the host that are not answered.
    pub(super) asked: Vec<(MaterialKind, u64)>,
    pub(super) awaiting: Option<fetch::Awaiting>,
    /// When a server that takes no writes was left last.
    pub(super) readonly_at: Option<Duration>,
    /// No command ends before this.
    pub(super) earliest: Option<Duration>,
    /// When the next anchor of the trust in force ends, on both clocks: the wall clock decides.
    pub(super) anchor_end: Option<(i64, Duration)>,
    pub(super) random: Random,
    pub(super) counters: Counters,
    pub(super) closed: bool,
}

impl Lane {
    /// A lane that connects when it is first used.
    pub(super) fn new(
        profile: Arc<Profile>,
        role: Role,
        id: LaneId,
        next_link: Arc<AtomicU64>,
        seed: u64,
        now: Now,
    ) -> Self {
        let mut events = VecDeque::new();
        let config = profile.config();
        if id == MAIN {
            for warning in &config.warnings {
                events.push_back(Event::new(now.wall, EventKind::Warning).with("text", warning));
            }
            for danger in &config.dangers {
                events.push_back(Event::new(now.wall, EventKind::Danger).with("setting", danger));
            }
        }
        Self {
            seen: profile.follow(seed),
            asked: Vec::new(),
            awaiting: None,
            readonly_at: None,
            profile,
            role,
            id,
            sessions: Vec::new(),
            active: None,
            next: None,
            queue: Queue::default(),
            flushed: now,
            batches: Batches::default(),
            lent: None,
            actions: VecDeque::new(),
            events,
            diverted: Vec::new(),
            held: false,
            pinned: Pinned::default(),
            unpinned_by: None,
            kept: BTreeMap::new(),
            keeping: BTreeMap::new(),
            unblock_at: None,
            proves_later: false,
            lost_watch: false,
            wanted: Subscriptions::default(),
            changes: BTreeMap::new(),
            overlap: Overlap::default(),
            gap: false,
            next_link,
            last_ticket: 0,
            attempts: 0,
            dial_at: None,
            retry_at: None,
            brief: 0,
            connects: false,
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

    /// When to call [`Lane::tick`], on the monotonic clock.
    pub(super) fn deadline(&self) -> Option<Duration> {
        if self.closed {
            return None;
        }
        // Another client of the same files may have looked whenever it was time.
        if self.profile.is_news(&self.seen) {
            return Some(Duration::ZERO);
        }
        let config = self.profile.config();
        // Every input asks for it, and an iterator over all of them took twice as long.
        let mut first = Duration::MAX;
        let mut due = |at: Option<Duration>| first = at.map_or(first, |at| first.min(at));
        for session in &self.sessions {
            if !session.is_ready() {
                due(Some(session.deadline));
            }
            if session.broken.is_some() {
                due(Some(Duration::ZERO));
            }
            due(session.distrusted.as_ref().map(|(at, _)| *at + config.distrust_grace));
            due(session.silence_ends(config));
            due(session.reauth_at);
        }
        due(self.earliest);
        due(self.dial_at);
        due(self.profile.next_poll());
        due(self.anchor_end.map(|(_, at)| at));
        due(self.awaiting.as_ref().map(|awaiting| awaiting.look_at));
        due(self.unblock_at);
        (first != Duration::MAX).then_some(first)
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Now, sink: &mut dyn Sink) {
        if self.closed {
            return;
        }
        self.poll_materials(now, Look::WhenDue);
        self.adopt(now, sink);
        self.resume(now, sink);
        self.watch_sessions(now, sink);
        self.expire(now, sink);
        self.unblock_again(now, sink);
        self.connect_if_due(now, sink);
        // A dial looks at the files: without a grace, what it found dropped is over by now.
        self.enforce_grace(now, sink);
        self.collect();
    }

    /// Connects now and stays connected, commands or not.
    pub(super) fn connect(&mut self, now: Now, sink: &mut dyn Sink) {
        if !self.closed {
            self.connects = true;
            self.demand(now, sink);
            self.collect();
        }
    }

    /// Fails what is waiting, says goodbye to the server, and takes nothing more.
    pub(super) fn close(&mut self, now: Now, sink: &mut dyn Sink) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.abandon_questions();
        for mut session in std::mem::take(&mut self.sessions) {
            for pending in session.abandon(&mut self.batches) {
                self.fail(&pending, &Error::new(Code::ClientClosed).maybe_executed(), sink);
            }
            session.close();
            let says = session.is_ready() && session.distrusted.is_none();
            if let Some(bytes) = session.take_output().filter(|_| says) {
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

    /// Takes up what another lane, or the host, has changed in the materials.
    pub(super) fn notice(&mut self, now: Now, sink: &mut dyn Sink) {
        if !self.closed {
            self.adopt(now, sink);
            self.resume(now, sink);
            self.connect_if_due(now, sink);
            self.enforce_grace(now, sink);
            self.collect();
        }
    }

    /// Ends the sessions without a word; the next command makes a new one.
    pub(super) fn drop_sessions(&mut self, why: Code, now: Now, sink: &mut dyn Sink) {
        let links: Vec<_> = self.sessions.iter().map(|session| session.link).collect();
        for link in links {
            self.session_failed(link, Error::new(why), now, sink);
        }
        self.collect();
    }

    /// Looks at all watched files now, whatever the interval says, and asks providers again.
    pub(super) fn reload(&mut self, now: Now, sink: &mut dyn Sink) {
        if self.closed {
            return;
        }
        self.poll_materials(now, Look::Reread);
        self.adopt(now, sink);
        self.resume(now, sink);
        self.collect();
    }

    /// What the client was made of.
    pub(super) fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Counters since the client was made.
    pub(super) fn counters(&self) -> Counters {
        self.counters
    }

    /// Whether a session is ready for commands.
    pub(super) fn is_ready(&self) -> bool {
        self.active.is_some()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    /// The sessions, and whether each takes commands.
    pub(super) fn sessions(&self) -> impl Iterator<Item = (&Session, bool)> {
        self.sessions.iter().map(|session| (session, self.active == Some(session.link)))
    }

    pub(super) fn has(&self, link: Link) -> bool {
        self.sessions.iter().any(|session| session.link == link)
    }

    /// What the lane's sessions carry.
    pub(super) fn purpose(&self) -> Purpose {
        match self.role {
            Role::Shared | Role::Exclusive => Purpose::Commands,
            Role::Subscriber => Purpose::Subscriptions,
            Role::Raw { login: true } => Purpose::Raw,
            Role::Raw { login: false } => Purpose::RawFromTheStart,
        }
    }

    /// Whether nobody waits for anything from it.
    pub(super) fn is_unused(&self) -> bool {
        self.queue.is_empty() && !self.sessions.iter().any(Session::serves)
    }

    pub(super) fn failure(&self) -> Option<&Error> {
        self.failing.as_ref().or(self.last_error.as_ref())
    }

    /// The material an attempt to connect waits for.
    pub(super) fn awaited(&self) -> Option<&'static str> {
        self.awaiting.as_ref().map(|awaiting| awaiting.kind.name())
    }

    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.queue.len(), self.batches.records)
    }

    pub(super) fn session(&mut self, link: Link) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.link == link)
    }

    /// Turns what sessions have to say into actions.
    pub(super) fn collect(&mut self) {
        for session in &mut self.sessions {
            if let Some(bytes) = session.take_output() {
                self.actions.push_back(Action::Write { link: session.link, bytes });
            }
        }
    }

    pub(super) fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }
}
