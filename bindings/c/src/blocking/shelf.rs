//! Connections: one for each call under way, idle ones reused, latest first.

use std::{
    collections::{HashSet, VecDeque},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redlatch::{
    Code, Driver, Error, Event, EventKind, Probe, Profile, Providers, Result,
    core::{Counters, Record, Sink, document, resp::Reply, status},
};

use super::Value;
use crate::guard::misuse;

pub(super) struct Shelf {
    profile: Arc<Profile>,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    idle: Vec<Slot>,
    busy: usize,
    /// What all connections have counted.
    counters: Counters,
    events: VecDeque<String>,
    /// Generations announced: each connection follows the materials, callers hear it once.
    announced: HashSet<String>,
}

struct Slot {
    driver: Driver,
    ticket: u64,
    /// What the shelf knows of it.
    counters: Counters,
}

/// A connection in use. It comes back when this is dropped, unless its call panicked.
struct Lent<'a> {
    shelf: &'a Shelf,
    slot: Option<Slot>,
}

impl Shelf {
    pub(super) fn new(profile: Arc<Profile>) -> Self {
        Self { profile, inside: Mutex::default() }
    }

    /// Runs packed commands.
    pub(super) fn run(&self, payload: Vec<u8>, commands: u32, timeout_ms: u32) -> Result<Replies> {
        let length = u32::try_from(payload.len())
            .map_err(|_| misuse("the commands exceed 4 GiB").with("bytes", payload.len()))?;
        let mut replies = Replies { values: Vec::new(), commands, error: None };
        self.with(|Slot { driver, ticket, .. }| {
            *ticket += 1;
            let record = Record { ticket: *ticket, commands, length, timeout_ms, flags: 0 };
            driver.call(&[record], payload, &mut replies, Replies::is_done, &mut || true);
        })?;
        Ok(replies)
    }

    pub(super) fn status(&self) -> String {
        let inside = self.lock();
        let last = match inside.idle.last() {
            Some(slot) => slot.driver.status(),
            None => self.driver().status(),
        };
        status::of_many(&last, inside.counters, inside.idle.len() + inside.busy)
    }

    pub(super) fn health(&self, probe: Probe) -> Result<String> {
        let mut health = String::new();
        self.with(|Slot { driver, ticket, .. }| {
            *ticket += 1;
            health = driver.health(*ticket, probe);
        })?;
        Ok(health)
    }

    pub(super) fn events(&self) -> Vec<String> {
        self.lock().events.drain(..).collect()
    }

    pub(super) fn reload(&self) -> Result<()> {
        self.with(|slot| slot.driver.reload(&mut Nobody))
    }

    pub(super) fn close(&self) {
        for mut slot in mem::take(&mut self.lock().idle) {
            slot.driver.close(&mut Nobody);
        }
    }

    fn with(&self, work: impl FnOnce(&mut Slot)) -> Result<()> {
        let mut lent = self.lend()?;
        if let Some(slot) = &mut lent.slot {
            work(slot);
        }
        Ok(())
    }

    fn lend(&self) -> Result<Lent<'_>> {
        let most = self.profile.config().max_connections;
        let mut inside = self.lock();
        if inside.busy >= most {
            let all = Error::with_detail(Code::ClientQueueFull, "all connections are in use");
            return Err(all.with("max_connections", most));
        }
        inside.busy += 1;
        let idle = inside.idle.pop();
        drop(inside);
        let mut lent = Lent { shelf: self, slot: idle };
        lent.slot.get_or_insert_with(|| Slot {
            driver: self.driver(),
            ticket: 0,
            counters: Counters::default(),
        });
        Ok(lent)
    }

    fn driver(&self) -> Driver {
        Driver::new(self.profile.clone(), Providers::default())
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let slot = self.slot.take().filter(|_| !std::thread::panicking());
        let news = slot.map(|mut slot| (slot.driver.events(), slot));
        let mut inside = self.shelf.lock();
        inside.busy -= 1;
        if let Some((events, mut slot)) = news {
            let counters = slot.driver.client().counters();
            inside.counters = inside.counters + counters.since(slot.counters);
            slot.counters = counters;
            inside.idle.push(slot);
            events.into_iter().for_each(|event| inside.hear(&event));
        }
    }
}

impl Inside {
    fn hear(&mut self, event: &Event) {
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
        self.events.push_back(document::event(event));
    }
}

/// What a call waits for.
pub(super) struct Replies {
    values: Vec<Value>,
    commands: u32,
    error: Option<Error>,
}

impl Replies {
    /// The replies in order; errors of the server are among them.
    pub(super) fn into_all(self) -> Result<Vec<Value>> {
        self.error.map_or(Ok(self.values), Err)
    }

    /// The only one; an error of the server is an error.
    pub(super) fn into_single(self) -> Result<Value> {
        match self.into_all()?.pop() {
            Some(value) => value.into_result(),
            None => Err(Error::with_detail(Code::InternalBug, "a record got no reply")),
        }
    }

    fn is_done(&self) -> bool {
        self.error.is_some() || self.values.len() >= self.commands as usize
    }
}

impl Sink for Replies {
    fn reply(&mut self, _ticket: u64, reply: Reply<'_>) {
        self.values.push(reply.to_value().into());
    }

    fn fail(&mut self, _ticket: u64, error: &Error) {
        self.error = Some(error.clone());
    }
}

/// Takes what nobody waits for.
struct Nobody;

impl Sink for Nobody {
    fn reply(&mut self, _ticket: u64, _reply: Reply<'_>) {}

    fn fail(&mut self, _ticket: u64, _error: &Error) {}
}

const EVENTS_KEPT: usize = 1024;
