//! Subscriptions of a blocking client: one connection that hears messages.

use std::{
    collections::VecDeque,
    os::fd::AsRawFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use pyo3::{prelude::*, types::PyTuple};
use redlatch::{
    Code, Driver, Duplex, Error, Providers,
    core::{
        LaneId, MAIN, Record, Role, Sink, document,
        resp::{Reply, Token},
    },
};

use crate::{
    codec::Codec,
    error::raised,
    fork::{detached, fork_count},
    pack::packed,
    profile::Profile,
    provider::providers,
    value::{Strings, value},
    wire::{duration, waiting},
};

/// Subscriptions and what is heard by them. One thread may wait while another one subscribes.
#[pyclass(frozen, weakref, module = "redlatch._native")]
pub(crate) struct Listener {
    profile: Py<Profile>,
    providers: Providers,
    codec: Option<&'static Codec>,
    strings: Strings,
    line: Mutex<Arc<Line>>,
}

/// The connection.
struct Line {
    duplex: Duplex<Inbox>,
    /// The next ticket.
    next: AtomicU64,
    /// Forks of this process before it was made.
    forks: u32,
}

/// What was heard, in wire order, in wire form.
#[derive(Default)]
struct Inbox {
    heard: VecDeque<Vec<u8>>,
    /// Commands without an outcome, by ticket; who waits for one looks here.
    open: Vec<u64>,
    failed: Vec<(u64, Error)>,
    /// Confirmations of what was subscribed to before a fork: no news to anybody.
    muted: usize,
    /// It was closed: all there is to hear from then on.
    over: bool,
}

impl Inbox {
    fn take(&mut self) -> Option<Result<Vec<u8>, Error>> {
        let failed = |inbox: &mut Self| inbox.failed.pop().map(|(_, error)| Err(error));
        let over = self.over.then(|| Err(Error::new(Code::ClientClosed)));
        self.heard.pop_front().map(Ok).or_else(|| failed(self)).or(over)
    }
}

impl Sink for Inbox {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        self.open.retain(|open| *open != ticket);
        if let Some(text) = reply.error_text() {
            self.failed.push((ticket, Error::from_server_text(&text)));
        } else if !is_confirmation(reply) {
            // The answer to a PING has its place in line.
            self.heard.push_back(reply.bytes().to_vec());
        }
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        self.open.retain(|open| *open != ticket);
        self.failed.push((ticket, error.clone()));
    }

    fn push(&mut self, _: LaneId, message: Reply<'_>) {
        if self.muted > 0 && is_confirmation(message) {
            self.muted -= 1;
            return;
        }
        self.heard.push_back(message.bytes().to_vec());
    }
}

#[pymethods]
impl Listener {
    #[new]
    #[pyo3(signature = (profile, ask=None, decode=false, errors="strict", encoding="utf-8"))]
    fn new(
        profile: Py<Profile>,
        ask: Option<Py<PyAny>>,
        decode: bool,
        errors: &str,
        encoding: &str,
    ) -> PyResult<Self> {
        let codec = Codec::of(encoding, errors);
        let strings = Strings::of(decode, codec);
        let providers = providers(ask);
        let line = Mutex::new(Arc::new(Line::new(&profile, &providers)?));
        Ok(Self { profile, providers, codec, strings, line })
    }

    /// Hands in SUBSCRIBE, UNSUBSCRIBE, their kin, or PING, and waits until the server has confirmed
    /// it, unless another thread listens: that one hears of it. Raises why it failed.
    fn send(&self, py: Python<'_>, args: &Bound<'_, PyTuple>) -> PyResult<()> {
        let packed = packed(args, self.codec)?;
        let line = self.line(py)?;
        let ticket = line.next.fetch_add(1, Ordering::Relaxed);
        let ended = waiting(py, |interrupt| {
            line.submit(ticket, packed);
            line.duplex.try_wait(|inbox| !inbox.open.contains(&ticket), None, interrupt)
        })?;
        if ended.is_none() {
            return Ok(());
        }
        let failed = detached(py, || {
            line.duplex.try_with(|_, inbox| {
                let at = inbox.failed.iter().position(|(failed, _)| *failed == ticket);
                at.map(|at| inbox.failed.remove(at).1)
            })
        });
        failed.flatten().map_or(Ok(()), |error| Err(raised(py, &error)))
    }

    /// The next thing heard: a list, as redis-py's parsers build it. None after so many seconds
    /// without one (none means no limit). Raises what ended it, or what another thread's command
    /// came to.
    #[pyo3(signature = (timeout=None))]
    fn receive<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let line = self.line(py)?;
        let until = timeout.map(|seconds| Instant::now() + duration(seconds));
        let mut found = None;
        waiting(py, |interrupt| {
            let hear = |inbox: &mut Inbox| {
                found = inbox.take();
                found.is_some()
            };
            line.duplex.wait(hear, until, interrupt)
        })?;
        match found {
            None => Ok(None),
            Some(Err(error)) => Err(raised(py, &error)),
            Some(Ok(bytes)) => {
                let heard = value(py, Reply::new(&bytes), self.strings)?;
                match heard.is_instance_of::<pyo3::exceptions::PyBaseException>() {
                    true => Err(PyErr::from_value(heard)),
                    false => Ok(Some(heard)),
                }
            }
        }
    }

    /// The socket's number, for pollers; -1 if there is none.
    fn fileno(&self, py: Python<'_>) -> PyResult<i32> {
        let line = self.line(py)?;
        Ok(detached(py, || {
            line.duplex.with(|driver, _| driver.socket().map_or(-1, |socket| socket.as_raw_fd()))
        }))
    }

    /// What happened since the last call, as JSON documents.
    fn events(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let line = self.line(py)?;
        let events = detached(py, || line.duplex.with(|driver, _| driver.events()));
        Ok(events.iter().map(document::event).collect())
    }

    /// Status, as a JSON document.
    fn status(&self, py: Python<'_>) -> PyResult<String> {
        let line = self.line(py)?;
        Ok(detached(py, || line.duplex.with(|driver, _| driver.status())))
    }

    /// Says goodbye and ends: who waits hears `client.closed`.
    fn close(&self, py: Python<'_>) {
        let line = self.lock().clone();
        if line.forks == fork_count() {
            detached(py, || {
                line.duplex.input(|client, now, inbox| {
                    client.close(now, inbox);
                    inbox.over = true;
                });
            });
        }
    }
}

impl Listener {
    /// The connection; in a child that was forked a new one, subscribed to the same.
    fn line(&self, py: Python<'_>) -> PyResult<Arc<Line>> {
        let mut line = self.lock();
        if line.forks != fork_count() {
            self.profile.get().forked();
            let fresh = Arc::new(Line::new(&self.profile, &self.providers)?);
            let old = std::mem::replace(&mut *line, fresh.clone());
            // Who waits for the lock has the interpreter, which is asked for below.
            drop(line);
            // A thread of the parent may have held it; then nobody knows what was wanted.
            let wanted = old.duplex.try_with(|driver, _| driver.client().subscriptions(MAIN));
            // It must not say goodbye to the parent's server.
            std::mem::forget(old);
            detached(py, || {
                for packed in wanted.unwrap_or_default() {
                    let names = Reply::new(&packed).tokens().count().saturating_sub(2);
                    fresh.duplex.input(move |_, _, inbox| inbox.muted += names);
                    fresh.submit(fresh.next.fetch_add(1, Ordering::Relaxed), packed);
                }
            });
            return Ok(fresh);
        }
        Ok(line.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Line>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn new(profile: &Py<Profile>, providers: &Providers) -> PyResult<Self> {
        let profile = profile.get().current();
        let driver = Driver::for_role(profile, providers.clone(), Role::Subscriber);
        let duplex = Duplex::new(driver, Inbox::default())?;
        Ok(Self { duplex, next: AtomicU64::new(1), forks: fork_count() })
    }

    fn submit(&self, ticket: u64, packed: Vec<u8>) {
        self.duplex.input(move |client, now, inbox| {
            inbox.open.push(ticket);
            let length = packed.len() as u32;
            let record = Record { ticket, commands: 1, length, ..Record::default() };
            client.submit(now, [record], packed, inbox);
        });
    }
}

/// Whether it is told besides, as part of what is heard.
fn is_confirmation(reply: Reply<'_>) -> bool {
    matches!(reply.tokens().nth(1), Some(Token::Bulk(word)) if word.ends_with(b"subscribe"))
}
