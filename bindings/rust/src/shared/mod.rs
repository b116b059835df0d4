//! Blocking calls from any thread: a connection for each call under way, idle ones reused, latest
//! first.

mod held;
mod lent;
mod subscriber;

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    io::Write,
    mem,
    os::unix::net::UnixStream,
    process,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use redlatch_core::{
    Code, Counters, Error, Event, EventKind, Profile, Result,
    resp::{Value, encode_command},
    status,
};

use crate::{
    client::Client,
    dial::explain,
    driver::Driver,
    health::{Probe, judge_failure},
    provider::{Providers, forbid_within},
    replies::{Nobody, Replies},
};
use lent::{Lent, lend};
use subscriber::Line;

pub use held::Held;
pub use subscriber::{Message, Subscriber};

/// A client that any number of threads share; each call under way has a connection of its own, up to
/// `max_connections`.
///
/// While it is idle nothing happens, unless a thread waits for an event: that one looks after idle
/// connections meanwhile. After a fork the child makes connections of its own.
///
/// ```
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// let pool = redlatch::Client::open(&url)?.shared();
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| pool.call(["INCR", "visits"], None));
///     }
/// });
/// # assert_eq!(pool.call(["GET", "visits"], None)?.as_str(), Some("4"));
/// # Ok::<(), redlatch::Error>(())
/// ```
pub struct Shared {
    profile: Arc<Profile>,
    providers: Providers,
    closed: AtomicBool,
    inside: Mutex<Inside>,
    /// Something happened.
    told: Condvar,
    /// An idle connection was looked after.
    freed: Condvar,
}

#[derive(Default)]
struct Inside {
    idle: Vec<Slot>,
    /// What ends the waits of connections in use.
    busy: Vec<Arc<UnixStream>>,
    /// How many of these are only looked after.
    looked_after: usize,
    subscribers: Vec<Weak<Line>>,
    /// What all connections have counted.
    counters: Counters,
    events: VecDeque<Event>,
    /// Generations announced: each connection follows the materials, callers hear it once.
    announced: HashSet<String>,
    /// The last status of the last connection that was closed.
    last: Option<String>,
    /// It is closed, and no idle connection has anything to tell any more.
    over: bool,
    /// The process that made the connections.
    process: u32,
}

struct Slot {
    driver: Driver,
    ticket: u64,
    /// What the pool knows of it.
    counters: Counters,
    waker: Arc<UnixStream>,
}

impl Shared {
    pub(crate) fn new(profile: Arc<Profile>, providers: Providers) -> Self {
        Self {
            profile,
            providers,
            closed: AtomicBool::new(false),
            inside: Mutex::new(Inside { process: process::id(), ..Inside::default() }),
            told: Condvar::new(),
            freed: Condvar::new(),
        }
    }

    /// Runs one command within this time; none means the setting `timeout`, zero no limit. A server's
    /// error is an error.
    ///
    /// # Errors
    /// Any code of the families `trust` to `client`.
    pub fn call<A: AsRef<[u8]>>(
        &self,
        arguments: impl IntoIterator<Item = A, IntoIter: ExactSizeIterator>,
        timeout: Option<Duration>,
    ) -> Result<Value> {
        let mut packed = Vec::new();
        encode_command(&mut packed, arguments);
        self.call_packed(packed, 1, timeout)?.into_value()
    }

    /// Runs packed commands in one flight; `commands` is how many there are.
    ///
    /// # Errors
    /// As [`Shared::call`], but a server's error is among the replies.
    pub fn call_packed(
        &self,
        packed: Vec<u8>,
        commands: u32,
        timeout: Option<Duration>,
    ) -> Result<Replies> {
        if commands == 0 && packed.is_empty() {
            return Ok(Replies::default());
        }
        lend(self)?.run(packed, commands, timeout)
    }

    /// A connection for one caller, who may WATCH on it.
    ///
    /// # Errors
    /// `client.queue_full`, `client.closed`.
    pub fn hold(self: &Arc<Self>) -> Result<Held> {
        let mut lent = lend(self.clone())?;
        lent.slot()?.driver.hold();
        Ok(Held::new(lent))
    }

    /// Subscriptions, on a connection of their own.
    ///
    /// # Errors
    /// `client.closed`, and what the system says if there is no room for another pair of sockets.
    pub fn subscriber(self: &Arc<Self>) -> Result<Subscriber> {
        let line = Arc::new(Line::new(self.profile.clone(), self.providers.clone())?);
        let mut inside = self.lock();
        self.forbid_closed()?;
        inside.subscribers.retain(|line| line.strong_count() > 0);
        inside.subscribers.push(Arc::downgrade(&line));
        drop(inside);
        Ok(Subscriber::new(self.clone(), line))
    }

    /// A status document: that of the connection used last, of those that no call is using, with the
    /// counters of all.
    pub fn status(&self) -> String {
        let inside = self.lock();
        let last = match (inside.idle.last(), &inside.last) {
            (Some(slot), _) => slot.driver.status(),
            (None, Some(last)) => last.clone(),
            (None, None) => {
                let mut driver = self.driver();
                if self.is_closed() {
                    driver.close(&mut Nobody);
                }
                driver.status()
            }
        };
        status::of_many(&last, inside.counters, inside.idle.len() + inside.busy.len())
    }

    /// How the client is, as the JSON document of [`judge`](redlatch_core::health::judge).
    pub fn health(&self, probe: Probe) -> String {
        match lend(self) {
            Ok(mut lent) => lent.health(probe),
            Err(error) => judge_failure(&self.status(), &error, probe),
        }
    }

    /// What happened since the last time, oldest first. The latest 1024 are kept.
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.drain(..).collect()
    }

    /// The next event; none if none came in time, or the pool was closed. No time means no limit.
    pub fn next_event(&self, timeout: Option<Duration>) -> Option<Event> {
        let until = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            let mut inside = self.lock();
            if let Some(event) = inside.events.pop_front() {
                return Some(event);
            }
            let left = until.map_or(LOOK_AROUND, |it| it.saturating_duration_since(Instant::now()));
            if left.is_zero() || inside.over {
                return None;
            }
            let waited = self.told.wait_timeout(inside, left.min(LOOK_AROUND));
            let (inside, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let idle = if inside.events.is_empty() { inside.idle.len() } else { 0 };
            drop(inside);
            self.look_around(idle);
        }
    }

    /// Looks at all watched files now, and asks providers again. Connections follow at their next
    /// use. Once closed, does nothing.
    ///
    /// # Errors
    /// `client.queue_full`, `client.misuse` within a provider of this client.
    pub fn reload(&self) -> Result<()> {
        forbid_within(&self.profile)?;
        if !self.is_closed() {
            lend(self)?.slot()?.driver.reload(&mut Nobody);
        }
        Ok(())
    }

    /// Ends calls under way and subscriptions with `client.closed`, and says goodbye to the server.
    /// Closing again does nothing.
    pub fn close(&self) {
        let (idle, busy, subscribers) = {
            let mut inside = self.lock();
            self.closed.store(true, Ordering::Relaxed);
            let lists = (mem::take(&mut inside.idle), inside.busy.clone());
            (lists.0, lists.1, mem::take(&mut inside.subscribers))
        };
        for waker in busy {
            // A waker that is full wakes, too.
            let _ = (&*waker).write(&[0]);
        }
        for line in subscribers.iter().filter_map(Weak::upgrade) {
            line.close();
        }
        for slot in idle {
            self.take_leave(slot);
        }
        self.lock().over = true;
        self.told.notify_all();
    }

    /// The settings and materials.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Takes events of something that belongs to this client.
    fn hear(&self, events: Vec<Event>) {
        if !events.is_empty() {
            let mut inside = self.lock();
            events.into_iter().for_each(|event| inside.hear(event));
            self.told.notify_all();
        }
    }

    /// Does what is due on idle connections, those used longest ago first.
    fn look_around(&self, idle: usize) {
        for _ in 0..idle {
            let mut inside = self.lock();
            if inside.idle.is_empty() || self.is_closed() {
                return;
            }
            let slot = inside.idle.remove(0);
            inside.busy.push(slot.waker.clone());
            inside.looked_after += 1;
            drop(inside);
            let mut lent = Lent::new(self, slot);
            if let Ok(slot) = lent.slot() {
                slot.driver.freshen(&mut Nobody);
            }
            drop(lent);
            {
                let mut inside = self.lock();
                inside.looked_after = inside.looked_after.saturating_sub(1);
            }
            self.freed.notify_all();
        }
    }

    fn slot(&self) -> Result<Slot> {
        let (waker, woken) = UnixStream::pair().map_err(|error| explain(&error))?;
        waker.set_nonblocking(true).map_err(|error| explain(&error))?;
        let mut driver = self.driver();
        driver.wake_by(woken);
        Ok(Slot { driver, ticket: 0, counters: Counters::default(), waker: Arc::new(waker) })
    }

    fn driver(&self) -> Driver {
        Driver::new(self.profile.clone(), self.providers.clone())
    }

    /// Says goodbye on a connection, and keeps what it has to tell.
    fn take_leave(&self, mut slot: Slot) {
        slot.driver.close(&mut Nobody);
        let events = slot.driver.events();
        let status = slot.driver.status();
        let mut inside = self.lock();
        inside.count(&mut slot);
        inside.last = Some(status);
        drop(inside);
        self.hear(events);
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn forbid_closed(&self) -> Result<()> {
        if self.is_closed() { Err(Error::new(Code::ClientClosed)) } else { Ok(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let here = process::id();
        if mem::replace(&mut inside.process, here) != here {
            // After a fork the connections belong to the parent: close without a word.
            inside.idle.drain(..).for_each(|slot| slot.driver.abandon());
            inside.busy.clear();
            inside.looked_after = 0;
        }
        inside
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({})", self.profile.config().address)
    }
}

impl Client {
    /// A blocking client that threads share.
    pub fn shared(&self) -> Shared {
        Shared::new(self.profile().clone(), self.providers().clone())
    }
}

impl Inside {
    fn count(&mut self, slot: &mut Slot) {
        let counters = slot.driver.client().counters();
        self.counters = self.counters + counters.since(slot.counters);
        slot.counters = counters;
    }

    fn hear(&mut self, event: Event) {
        if matches!(event.kind, EventKind::Rotation | EventKind::Rejected) {
            let (material, generation) = (event.field("material"), event.field("generation"));
            let name = event.kind.name();
            let shared = format!("{name} {material:?} {generation:?} {:?}", event.at);
            if !self.announced.insert(shared) {
                return;
            }
        }
        if self.events.len() == EVENTS_KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

const EVENTS_KEPT: usize = 1024;
/// How often who waits for events looks after idle connections.
const LOOK_AROUND: Duration = Duration::from_millis(200);
