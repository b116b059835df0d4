//! The blocking client: one connection for each thread that is busy, idle ones reused, latest first.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyList, PyTuple},
};
use redlatch::{
    Code, Driver, Error, EventKind, Interrupt, Providers,
    core::{Counters, Record, document, status},
    gate, interrupted,
};

use crate::{
    codec::Codec,
    collected::Collected,
    error::raised,
    fork::{detached, fork_count},
    pack::{packed, packed_all},
    profile::Profile,
    provider::{providers, raised_within},
    signals::interruptible,
    value::Strings,
    wire::duration,
};

/// Blocking calls from any thread.
#[pyclass(frozen, module = "redlatch._native")]
pub(crate) struct Client {
    profile: Py<Profile>,
    providers: Providers,
    pub(crate) codec: Option<&'static Codec>,
    strings: Strings,
    shelf: Mutex<Shelf>,
    /// Connections at once.
    most: usize,
    freed: Condvar,
    /// How long a call waits for a connection while all are in use.
    patience: Duration,
}

#[derive(Default)]
struct Shelf {
    idle: Vec<Slot>,
    busy: usize,
    /// Calls that wait for a connection.
    waiting: usize,
    /// What all connections have counted, also those that are gone.
    counters: Counters,
    events: VecDeque<String>,
    /// Generations announced: each connection follows the materials, callers hear it once.
    announced: HashSet<String>,
    closed: bool,
    /// Forks of this process before the connections were made.
    forks: u32,
}

pub(crate) struct Slot {
    pub(crate) driver: Driver,
    ticket: u64,
    /// What the shelf knows of it.
    counters: Counters,
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (profile, ask=None, decode=false, errors="strict", encoding="utf-8", patience=None))]
    fn new(
        profile: Py<Profile>,
        ask: Option<Py<PyAny>>,
        decode: bool,
        errors: &str,
        encoding: &str,
        patience: Option<f64>,
    ) -> Self {
        let codec = Codec::of(encoding, errors);
        let strings = Strings::of(decode, codec);
        let shelf = Mutex::new(Shelf { forks: fork_count(), ..Shelf::default() });
        let most = profile.get().current().config().max_connections;
        let patience = patience.map_or(Duration::ZERO, duration);
        let freed = Condvar::new();
        Self { profile, providers: providers(ask), codec, strings, shelf, most, freed, patience }
    }

    /// Runs one command. An error reply is raised.
    #[pyo3(signature = (args, timeout=None, raw=false))]
    fn execute<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.run(py, packed(args, self.codec)?, 1, timeout, raw)?.single(py)
    }

    /// Runs commands in one flight; error replies stand in the list as exceptions.
    #[pyo3(signature = (commands, timeout=None, raw=false))]
    fn execute_many<'py>(
        &self,
        py: Python<'py>,
        commands: &Bound<'py, PyList>,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let (payload, count) = packed_all(commands, self.codec)?;
        if count == 0 {
            return Ok(PyList::empty(py));
        }
        self.run(py, payload, count, timeout, raw)?.list(py)
    }

    /// What happened since the last call, as JSON documents.
    fn events(&self) -> Vec<String> {
        self.lock().events.drain(..).collect()
    }

    /// Status of the connection used last, with what all have counted, as a JSON document.
    fn status(&self) -> String {
        let shelf = self.lock();
        let last = match shelf.idle.last() {
            Some(slot) => slot.driver.status(),
            None => self.driver().status(),
        };
        status::of_many(&last, shelf.counters, shelf.idle.len() + shelf.busy)
    }

    /// Looks at all watched files now and asks providers again; other connections follow at their
    /// next use.
    fn reload(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || {
            if let Ok(mut slot) = self.take(&mut || false) {
                slot.driver.reload(&mut Collected::default());
                self.put_back(slot);
            }
        });
        raised_within().map_or(Ok(()), Err)
    }

    /// Closes idle connections now and busy ones when their call ends.
    fn close(&self, py: Python<'_>) {
        detached(py, || {
            let idle = {
                let mut shelf = self.lock();
                shelf.closed = true;
                std::mem::take(&mut shelf.idle)
            };
            for slot in idle {
                self.end(slot);
            }
        });
    }

    /// Takes calls again after `close`.
    fn reopen(&self) {
        self.lock().closed = false;
    }
}

impl Client {
    fn run(
        &self,
        py: Python<'_>,
        payload: Vec<u8>,
        commands: u32,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Collected> {
        self.run_on(py, payload, commands, timeout, raw, |call, interrupt| {
            let mut slot = self.take(interrupt)?;
            let outcome = call(&mut slot, interrupt);
            self.put_back(slot);
            Ok(outcome)
        })
    }

    /// Runs packed commands on the connection that `with` lends.
    pub(crate) fn run_on(
        &self,
        py: Python<'_>,
        payload: Vec<u8>,
        commands: u32,
        timeout: Option<f64>,
        raw: bool,
        with: impl FnOnce(Call<'_>, Interrupt<'_>) -> redlatch::Result<Outcome> + Send,
    ) -> PyResult<Collected> {
        let timeout_ms = milliseconds(timeout)?;
        let strings = if raw { Strings::Raw } else { self.strings };
        let outcome = interruptible(py, |interrupt| {
            let mut payload = Some(payload);
            let mut call = |slot: &mut Slot, interrupt: Interrupt<'_>| {
                slot.ticket += 1;
                let payload = payload.take().unwrap_or_default();
                let length = payload.len() as u32;
                let record = Record { ticket: slot.ticket, commands, length, timeout_ms, flags: 0 };
                let mut collected = Collected::of(commands, strings);
                let done = |collected: &Collected| collected.left == 0;
                let finished =
                    slot.driver.call(&[record], payload, &mut collected, done, interrupt);
                (collected, finished)
            };
            with(&mut call, interrupt)
        })?;
        match outcome.map_err(|error| raised(py, &error))? {
            (collected, true) => Ok(collected),
            (_, false) => Err(raised(py, &interrupted())),
        }
    }

    /// The idle connection used last, or a new one.
    pub(crate) fn take(&self, interrupt: Interrupt<'_>) -> redlatch::Result<Slot> {
        let mut shelf = self.lock();
        let mut until = None;
        while shelf.busy >= self.most {
            let now = Instant::now();
            let left = until.get_or_insert(now + self.patience).saturating_duration_since(now);
            if left.is_zero() {
                let all = Error::with_detail(Code::ClientQueueFull, "all connections are in use");
                return Err(all.with("max_connections", self.most));
            }
            shelf.waiting += 1;
            gate::without(|| {
                let waited = self.freed.wait_timeout(shelf, left.min(SIGNAL_CHECK));
                waited.unwrap_or_else(PoisonError::into_inner).0.waiting -= 1;
            });
            if !gate::without(&mut *interrupt) {
                return Err(interrupted());
            }
            shelf = self.lock();
        }
        shelf.busy += 1;
        Ok(shelf.idle.pop().unwrap_or_else(|| Slot {
            driver: self.driver(),
            ticket: 0,
            counters: Counters::default(),
        }))
    }

    fn driver(&self) -> Driver {
        Driver::new(self.profile.get().current(), self.providers.clone())
    }

    pub(crate) fn put_back(&self, mut slot: Slot) {
        self.hear(&mut slot);
        let mut shelf = self.lock();
        self.free_one(&mut shelf);
        shelf.count(&mut slot);
        if shelf.closed {
            drop(shelf);
            self.end(slot);
        } else {
            shelf.idle.push(slot);
        }
    }

    /// A connection that was taken does not come back.
    pub(crate) fn forget_one(&self) {
        self.free_one(&mut self.lock());
    }

    fn free_one(&self, shelf: &mut Shelf) {
        shelf.busy = shelf.busy.saturating_sub(1);
        // Each notification is a system call, even if nobody waits.
        if shelf.waiting > 0 {
            self.freed.notify_one();
        }
    }

    /// Says goodbye on a connection, and keeps what it has to tell.
    fn end(&self, mut slot: Slot) {
        slot.driver.close(&mut Collected::default());
        self.hear(&mut slot);
        self.lock().count(&mut slot);
    }

    fn hear(&self, slot: &mut Slot) {
        let events = slot.driver.events();
        if events.is_empty() {
            return;
        }
        let mut shelf = self.lock();
        for event in events {
            let generation = match event.kind {
                EventKind::Rotation | EventKind::Rejected => Some(format!(
                    "{} {:?} {:?} {:?}",
                    event.kind.name(),
                    event.field("material"),
                    event.field("generation"),
                    event.at
                )),
                _ => None,
            };
            if generation.is_none_or(|generation| shelf.announced.insert(generation)) {
                if shelf.events.len() == EVENTS_KEPT {
                    shelf.events.pop_front();
                }
                shelf.events.push_back(document::event(&event));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let forks = fork_count();
        if std::mem::replace(&mut shelf.forks, forks) != forks {
            // After a fork the connections belong to the parent: close without a word.
            shelf.idle.drain(..).for_each(|slot| slot.driver.abandon());
            (shelf.busy, shelf.waiting) = (0, 0);
            self.profile.get().forked();
        }
        shelf
    }
}

impl Shelf {
    /// Takes what a connection has counted since the last time.
    fn count(&mut self, slot: &mut Slot) {
        let counters = slot.driver.client().counters();
        self.counters = self.counters + counters.since(slot.counters);
        slot.counters = counters;
    }
}

/// Replies, and whether the call was not interrupted.
pub(crate) type Outcome = (Collected, bool);

/// Runs the commands at hand on a connection.
pub(crate) type Call<'a> = &'a mut dyn FnMut(&mut Slot, Interrupt<'_>) -> Outcome;

/// Seconds to the form of a record; none means the client's own limit.
pub(crate) fn milliseconds(timeout: Option<f64>) -> PyResult<u32> {
    match timeout {
        None => Ok(0),
        Some(seconds) if seconds < 0.0 || seconds.is_nan() => {
            Err(PyValueError::new_err("a timeout is a number of seconds, or None"))
        }
        Some(seconds) if seconds.is_infinite() => Ok(u32::MAX),
        Some(seconds) => Ok((seconds * 1000.0).clamp(1.0, f64::from(u32::MAX - 1)) as u32),
    }
}

const EVENTS_KEPT: usize = 1024;
/// How soon who waits for a connection notices a signal.
pub(crate) const SIGNAL_CHECK: Duration = Duration::from_millis(100);
