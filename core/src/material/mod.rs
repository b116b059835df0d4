//! Trust, identity and credentials alike: content that is replaced while the program runs.
//!
//! A [`Material`] holds generations. The first load is generation 1 and takes the same path as
//! every later one. Content that cannot be used never replaces content that can: the last good
//! generation stays, and the refusal is logged. One material is shared by many clients, and each
//! of their ticks may poll it; files are looked at once per interval, whoever asks.

mod ends;
mod fetch;
mod files;
mod intake;
mod kind;
mod process;
mod volume;
mod watch;

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    config::Source,
    error::{Code, Error, Result},
    event::{Event, EventLog},
    secret::Secret,
    time::Now,
};

pub use ends::End;
use ends::Warnings;
use fetch::Fetch;
#[cfg(feature = "files")]
pub use files::OsFiles;
pub use files::{FileSystem, MAX_BYTES, NoFiles, Stamp};
use intake::digest;
pub use kind::{Kind, Pace, Parse};
pub use process::{Process, Progress};
pub(crate) use volume::Volumes;
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
    pace: Pace,
    /// Changes with every new generation and every logged event, so that clients can ask cheaply.
    revision: AtomicU64,
    /// When the next poll is due, in nanoseconds: every input of every client asks.
    next: AtomicU64,
    state: Mutex<State<T>>,
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
    fetch: Fetch,
    warnings: Warnings,
    current: Option<Arc<Generation<T>>>,
    good: Option<[u8; 32]>,
    bad: Option<[u8; 32]>,
    last_error: Option<Error>,
    rejections: u64,
    log: EventLog,
}

impl<T> Material<T> {
    /// A material that loads at its first poll.
    pub fn new(kind: Kind<T>, source: Source, files: Arc<dyn FileSystem>, pace: Pace) -> Self {
        let paths = match &source {
            Source::Files(paths) => paths.clone(),
            _ => Vec::new(),
        };
        let state = State {
            source,
            watch: Watch::new(paths, kind.folders),
            fetch: Fetch::new(pace.provider),
            warnings: Warnings::default(),
            current: None,
            good: None,
            bad: None,
            last_error: None,
            rejections: 0,
            log: EventLog::default(),
        };
        let next = AtomicU64::new(state.next_poll());
        Self { kind, files, pace, revision: AtomicU64::new(0), next, state: Mutex::new(state) }
    }

    /// Looks at the source. A number means that the host has to be asked for the content; the
    /// answer goes to [`Material::answer`] under this number.
    #[must_use]
    pub fn poll(&self, now: Now, look: Look) -> Option<u64> {
        self.poll_in(&mut Volumes::default(), now, look)
    }

    pub(crate) fn poll_in(&self, volumes: &mut Volumes, now: Now, look: Look) -> Option<u64> {
        let mut guard = self.lock();
        let state = &mut *guard;
        let ask = self.look(state, volumes, now, look);
        for event in state.warnings.due(self.kind.name, now) {
            state.log.push(event);
            self.revision.fetch_add(1, Ordering::AcqRel);
        }
        ask
    }

    fn look(
        &self,
        state: &mut State<T>,
        volumes: &mut Volumes,
        now: Now,
        look: Look,
    ) -> Option<u64> {
        let due = look != Look::WhenDue || state.watch.is_due(now.monotonic);
        let content = match &state.source {
            Source::Files(_) => state
                .watch
                .poll(&*self.files, volumes, now.monotonic, self.pace.files, look)
                .map(|content| {
                    content.map_err(|lost| {
                        self.unreadable(&lost.why).with("path", lost.path.display())
                    })
                }),
            Source::Bytes(content) => {
                (due && state.good.is_none() && state.bad.is_none()).then(|| Ok(content.clone()))
            }
            Source::System => (due && (state.good.is_none() || look == Look::Reread))
                .then(|| self.files.system_roots().map_err(|why| self.unreadable(&why))),
            Source::Host => {
                return state.fetch.is_due(now, look).then(|| state.fetch.ask_host());
            }
            Source::Command(words) => {
                if state.fetch.is_due(now, look) {
                    match self.files.start(words) {
                        Ok(process) => {
                            let until = now.monotonic.saturating_add(self.pace.command);
                            state.fetch.start(process, until);
                        }
                        Err(why) => self.printed(state, Err(why), now),
                    }
                }
                if let Some(printed) = state.fetch.progress(now.monotonic) {
                    self.printed(state, printed, now);
                }
                None
            }
        };
        if let Some(content) = content {
            self.take(state, content, now);
        }
        None
    }

    /// The host's answer to a question, or what makes it fail.
    ///
    /// # Errors
    /// What makes the content unusable; the last good generation stays.
    pub fn answer(&self, number: u64, content: Result<Vec<Secret>>, now: Now) -> Result<()> {
        let mut guard = self.lock();
        let state = &mut *guard;
        if !state.source.is_fetched() {
            return Err(Error::with_detail(
                Code::ClientMisuse,
                "nobody was asked for this material",
            )
            .with("material", self.kind.name));
        }
        state.fetch.answered(number);
        self.fetched(state, content, now)
    }

    /// Whoever was asked will not answer.
    pub(crate) fn abandon(&self, number: u64) {
        self.lock().fetch.abandoned(number);
    }

    /// Whether somebody was asked and has not answered yet.
    pub fn is_fetching(&self) -> bool {
        self.lock().fetch.is_running()
    }

    /// Spreads refreshes of many processes.
    pub(crate) fn stir(&self, seed: u64) {
        self.lock().fetch.stir(seed);
    }

    /// Takes content from the host, as if the source had changed to it.
    ///
    /// # Errors
    /// What makes the content unusable; the last good generation and the source stay.
    pub fn supply(&self, content: Vec<Secret>, now: Now) -> Result<()> {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.source.is_fetched() {
            return self.fetched(state, Ok(content), now);
        }
        let digest = digest(&content);
        if state.good != Some(digest) {
            match self.given(&content, now) {
                Ok(value) => self.accept(state, digest, value, now),
                Err(error) => {
                    self.refuse(state, error.clone(), now);
                    return Err(error);
                }
            }
        }
        (state.bad, state.last_error) = (None, None);
        state.source = Source::Bytes(content);
        state.watch = Watch::new(Vec::new(), false);
        Ok(())
    }

    /// The host failed to get content it was not asked for; the failure itself.
    pub(crate) fn fail(&self, error: Error, now: Now) -> Error {
        self.refuse(&mut self.lock(), error.clone(), now);
        error
    }

    /// Whether somebody has to be asked for the content.
    pub(crate) fn is_fetched(&self) -> bool {
        self.lock().source.is_fetched()
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
            (None, None) if state.fetch.is_running() => {
                Err(self.unreadable("the provider has not answered yet"))
            }
            (None, None) => Err(self.unreadable("not loaded yet")),
        }
    }

    /// Why the latest content was refused; none if it is in force.
    pub fn last_error(&self) -> Option<Error> {
        self.lock().last_error.clone()
    }

    /// How often content was refused, the same content once.
    pub fn rejections(&self) -> u64 {
        self.lock().rejections
    }

    /// Changes with every generation and logged event.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// When the next poll is due; none if the source cannot change by itself.
    pub fn next_poll(&self) -> Option<Duration> {
        match self.next.load(Ordering::Acquire) {
            NEVER => None,
            next => Some(Duration::from_nanos(next)),
        }
    }

    /// What was logged since `cursor`, which moves to the end.
    pub(crate) fn events(&self, cursor: &mut u64) -> Vec<Event> {
        self.lock().log.read(cursor)
    }

    fn unreadable(&self, why: &str) -> Error {
        Error::with_detail(self.kind.unreadable, why)
    }

    /// A panic while the lock was held cannot leave a half-written state: fields change last.
    fn lock(&self) -> Locked<'_, T> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Locked { state, next: &self.next }
    }
}

/// Access to the state of a material, which is followed by a new time of the next poll.
struct Locked<'a, T> {
    state: MutexGuard<'a, State<T>>,
    next: &'a AtomicU64,
}

impl<T> Drop for Locked<'_, T> {
    fn drop(&mut self) {
        self.next.store(self.state.next_poll(), Ordering::Release);
    }
}

impl<T> Deref for Locked<'_, T> {
    type Target = State<T>;

    fn deref(&self) -> &State<T> {
        &self.state
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut State<T> {
        &mut self.state
    }
}

impl<T> State<T> {
    fn next_poll(&self) -> u64 {
        let source = match &self.source {
            Source::Files(_) => Some(self.watch.next()),
            Source::Host | Source::Command(_) => self.fetch.next(),
            Source::Bytes(_) | Source::System => {
                (self.good.is_none() && self.bad.is_none()).then(|| self.watch.next())
            }
        };
        let next = [source, self.warnings.next()].into_iter().flatten().min();
        next.map_or(NEVER, |next| u64::try_from(next.as_nanos()).unwrap_or(NEVER))
    }
}

const NEVER: u64 = u64::MAX;

impl<T> fmt::Debug for Material<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Material").field("kind", &self.kind.name).finish_non_exhaustive()
    }
}
