//! Trust, identity and credentials alike: content that is replaced while the program runs.
//!
//! A [`Material`] holds generations. The first load is generation 1 and takes the same path as
//! every later one. Content that cannot be used never replaces content that can: the last good
//! generation stays, and the refusal is logged. One material is shared by many clients, and each
//! of their ticks may poll it; files are looked at once per interval, whoever asks.

mod files;
mod watch;

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sha2::{Digest, Sha256};

use crate::{
    config::Source,
    error::{Code, Error, Result},
    event::{Event, EventKind, EventLog},
    secret::Secret,
    time::Now,
};

#[cfg(feature = "files")]
pub use files::OsFiles;
pub use files::{FileSystem, MAX_BYTES, NoFiles, Stamp};
use watch::Watch;

/// How hard to look at a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// If the interval is over.
    WhenDue,
    /// Now: a stat each, and the content if it changed.
    Now,
    /// Now, and the content whether or not it seems changed.
    Reread,
}

/// Content of a certain kind, with generations.
pub struct Material<T> {
    kind: Kind<T>,
    files: Arc<dyn FileSystem>,
    interval: Duration,
    /// Changes with every new generation and every logged event, so that clients can ask cheaply.
    revision: AtomicU64,
    state: Mutex<State<T>>,
}

/// What a material is: how its content is read, and how failures to read it are coded.
pub struct Kind<T> {
    /// `trust`, `identity` or `credentials`.
    pub name: &'static str,
    /// Code for content that cannot be fetched.
    pub unreadable: Code,
    /// Content, in the order of the source, to a value.
    pub parse: fn(&[Secret], Now) -> Result<T>,
    /// What to tell about a value in events: fingerprints, never secrets.
    pub describe: fn(&T) -> Vec<(&'static str, String)>,
}

/// One accepted content.
#[derive(Debug)]
pub struct Generation<T> {
    /// 1 for the first load.
    pub number: u64,
    /// When it was accepted; wall clock, since the Unix epoch.
    pub since: Duration,
    /// The content.
    pub value: T,
}

struct State<T> {
    source: Source,
    watch: Watch,
    current: Option<Arc<Generation<T>>>,
    good: Option<[u8; 32]>,
    bad: Option<[u8; 32]>,
    last_error: Option<Error>,
    log: EventLog,
}

impl<T> Material<T> {
    /// A material that loads at its first poll.
    pub fn new(
        kind: Kind<T>,
        source: Source,
        files: Arc<dyn FileSystem>,
        interval: Duration,
    ) -> Self {
        let watch = Watch::new(match &source {
            Source::Files(paths) => paths.clone(),
            _ => Vec::new(),
        });
        let state = State {
            source,
            watch,
            current: None,
            good: None,
            bad: None,
            last_error: None,
            log: EventLog::default(),
        };
        Self { kind, files, interval, revision: AtomicU64::new(0), state: Mutex::new(state) }
    }

    /// Looks at the source.
    pub fn poll(&self, now: Now, look: Look) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let due = look != Look::WhenDue || state.watch.is_due(now.monotonic);
        let content = match &state.source {
            Source::Files(paths) => state
                .watch
                .poll(&*self.files, now.monotonic, self.interval, look)
                .map(|content| content.map_err(|why| self.unreadable(paths, &why))),
            Source::Bytes(content) => {
                (due && state.good.is_none() && state.bad.is_none()).then(|| Ok(content.clone()))
            }
            Source::System => (due && (state.good.is_none() || look == Look::Reread))
                .then(|| self.files.system_roots().map_err(|why| self.unreadable(&[], &why))),
        };
        if let Some(content) = content {
            self.take(state, content, now);
        }
    }

    /// Takes content from the host, as if the source had changed to it.
    ///
    /// # Errors
    /// What makes the content unusable; the last good generation and the source stay.
    pub fn supply(&self, content: Vec<Secret>, now: Now) -> Result<()> {
        let mut guard = self.lock();
        let state = &mut *guard;
        let digest = digest(&content);
        if state.good != Some(digest) {
            match (self.kind.parse)(&content, now) {
                Ok(value) => self.accept(state, digest, value, now),
                Err(error) => {
                    self.refuse(state, error.clone(), now);
                    return Err(error);
                }
            }
        }
        (state.bad, state.last_error) = (None, None);
        state.source = Source::Bytes(content);
        state.watch = Watch::new(Vec::new());
        Ok(())
    }

    /// The generation in force.
    ///
    /// # Errors
    /// Why there is none yet.
    pub fn current(&self) -> Result<Arc<Generation<T>>> {
        let state = self.lock();
        match (&state.current, &state.last_error) {
            (Some(generation), _) => Ok(generation.clone()),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Err(Error::with_detail(self.kind.unreadable, "not loaded yet")),
        }
    }

    /// Why the latest content was refused; none if it is in force.
    pub fn last_error(&self) -> Option<Error> {
        self.lock().last_error.clone()
    }

    /// Changes with every generation and logged event.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// When the next poll is due; none if the source cannot change by itself.
    pub fn next_poll(&self) -> Option<Duration> {
        let state = self.lock();
        let watched = match &state.source {
            Source::Files(_) => true,
            Source::Bytes(_) | Source::System => state.good.is_none() && state.bad.is_none(),
        };
        watched.then(|| state.watch.next())
    }

    /// What was logged since `cursor`, which moves to the end.
    pub(crate) fn events(&self, cursor: &mut u64) -> Vec<Event> {
        self.lock().log.read(cursor)
    }

    fn take(&self, state: &mut State<T>, content: Result<Vec<Secret>>, now: Now) {
        let found = content.as_ref().ok().map(|content| digest(content));
        if found.is_some() && found == state.good {
            // Also the repair of a bad file: what is in force is what is published.
            (state.bad, state.last_error) = (None, None);
            state.watch.settled(now.monotonic, self.interval);
            return;
        }
        if found.is_some() && found == state.bad {
            state.watch.settled(now.monotonic, self.interval);
            return;
        }
        match (found, content.and_then(|content| (self.kind.parse)(&content, now))) {
            (Some(digest), Ok(value)) => {
                self.accept(state, digest, value, now);
                state.watch.settled(now.monotonic, self.interval);
            }
            (_, Ok(_)) => {}
            (found, Err(error)) => {
                // Half-written files are read again before anybody is alarmed.
                let early = state.current.is_some() && state.watch.is_first_failure();
                state.watch.retry(now.monotonic, self.interval);
                state.bad = None;
                if !early {
                    // What the clock decides may become good as it stands.
                    let dated = matches!(error.code(), Code::TrustExpired | Code::IdentityExpired);
                    state.bad = found.filter(|_| !dated);
                    self.refuse(state, error, now);
                }
            }
        }
    }

    fn accept(&self, state: &mut State<T>, digest: [u8; 32], value: T, now: Now) {
        let number = state.current.as_ref().map_or(1, |current| current.number + 1);
        let mut event = Event::new(now.wall, EventKind::Rotation)
            .with("material", self.kind.name)
            .with("generation", number);
        event.fields.extend((self.kind.describe)(&value));
        state.log.push(event);
        state.current = Some(Arc::new(Generation { number, since: now.wall, value }));
        (state.good, state.bad, state.last_error) = (Some(digest), None, None);
        self.revision.fetch_add(1, Ordering::AcqRel);
    }

    fn refuse(&self, state: &mut State<T>, error: Error, now: Now) {
        // The same refusal again is not news.
        let known = state.last_error.replace(error.clone());
        if known.is_some_and(|it| (it.code(), it.detail()) == (error.code(), error.detail())) {
            return;
        }
        let kept = state.current.as_ref().map_or(0, |current| current.number);
        state.log.push(
            Event::new(now.wall, EventKind::Rejected)
                .with("material", self.kind.name)
                .with("kept_generation", kept)
                .with_error(&error),
        );
        self.revision.fetch_add(1, Ordering::AcqRel);
    }

    fn unreadable(&self, paths: &[PathBuf], why: &str) -> Error {
        let error = Error::with_detail(self.kind.unreadable, why);
        match paths.first() {
            Some(path) => error.with("path", path.display()),
            None => error,
        }
    }

    /// A panic while the lock was held cannot leave a half-written state: fields change last.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Material<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Material").field("kind", &self.kind.name).finish_non_exhaustive()
    }
}

fn digest(content: &[Secret]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in content {
        hash.update((part.expose().len() as u64).to_le_bytes());
        hash.update(part.expose());
    }
    hash.finalize().into()
}
