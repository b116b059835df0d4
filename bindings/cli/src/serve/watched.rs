//! The one client that is kept alive, and what was seen of it last.

use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use redlatch::core::{Sink, document, resp::Reply};
use redlatch::{Driver, Error, Probe, Profile, Providers};

pub(crate) struct Watched {
    probe: Probe,
    /// How often somebody looks.
    interval: Duration,
    driver: Mutex<Driven>,
    /// Apart, so that nobody who looks at it waits for the server.
    seen: Mutex<Seen>,
}

struct Driven {
    driver: Driver,
    ticket: u64,
}

#[derive(Clone)]
struct Seen {
    status: String,
    health: String,
    at: Instant,
}

impl Watched {
    pub(super) fn new(profile: Arc<Profile>, probe: Probe, interval: Duration) -> Self {
        let driver = Driver::new(profile, Providers::default());
        let status = driver.status();
        let seen = Seen { status, health: String::new(), at: Instant::now() };
        Self {
            probe,
            interval,
            driver: Mutex::new(Driven { driver, ticket: 0 }),
            seen: Mutex::new(seen),
        }
    }

    /// Health as of now. Visitors who come together share one look at the server.
    pub(super) fn health(&self) -> String {
        let mut driven = lock(&self.driver);
        let seen = lock(&self.seen).clone();
        if !seen.health.is_empty() && seen.at.elapsed() < FRESH {
            return seen.health;
        }
        let Driven { driver, ticket } = &mut *driven;
        *ticket += 1;
        let health = driver.health(*ticket, self.probe);
        for event in driver.events() {
            // Nothing is left to be done when whoever listened is gone.
            let _ = writeln!(io::stderr(), "{}", document::event(&event));
        }
        let status = driver.status();
        *lock(&self.seen) = Seen { status, health: health.clone(), at: Instant::now() };
        health
    }

    /// The status at the last look.
    pub(super) fn status(&self) -> String {
        lock(&self.seen).status.clone()
    }

    /// Whether somebody looked lately: a look that never ends would have to be mended by a restart.
    pub(super) fn is_live(&self) -> bool {
        let patience = self.interval + self.probe.limit + PATIENCE;
        lock(&self.seen).at.elapsed() < patience
    }

    /// Says goodbye to the server.
    pub(super) fn close(&self) {
        lock(&self.driver).driver.close(&mut Nobody);
    }
}

/// Looks at the server from time to time, so that rotations are followed and metrics tell what is.
pub(super) struct Keeper {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: JoinHandle<()>,
}

impl Keeper {
    pub(super) fn start(watched: Arc<Watched>) -> io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let told = stop.clone();
        let keep = move || {
            let (stop, changed) = &*told;
            let mut stopped = lock(stop);
            while !*stopped {
                drop(stopped);
                watched.health();
                stopped = lock(stop);
                let waited =
                    changed.wait_timeout_while(stopped, watched.interval, |stopped| !*stopped);
                stopped = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        };
        let thread = std::thread::Builder::new().name("keeper".to_owned()).spawn(keep)?;
        Ok(Self { stop, thread })
    }

    pub(super) fn stop(self) {
        let (stop, changed) = &*self.stop;
        *lock(stop) = true;
        changed.notify_all();
        // One that panicked has said so.
        let _ = self.thread.join();
    }
}

struct Nobody;

impl Sink for Nobody {
    fn reply(&mut self, _ticket: u64, _reply: Reply<'_>) {}

    fn fail(&mut self, _ticket: u64, _error: &Error) {}
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Probes that come closer together than this get the same answer.
const FRESH: Duration = Duration::from_millis(500);
/// How much later than it should a look may end: names are resolved without a limit.
const PATIENCE: Duration = Duration::from_secs(60);
