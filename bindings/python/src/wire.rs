//! A connection that carries bytes of the caller's own, with the interface of a socket.

use std::{
    os::fd::AsRawFd,
    time::{Duration, Instant},
};

use pyo3::{
    exceptions::PyTimeoutError,
    prelude::*,
    types::{PyByteArray, PyBytes},
};
use redlatch::{
    Code, Driver, Duplex, Ended, Error,
    core::{LaneId, MAIN, Role, Sink, document, resp::Reply},
    interrupted,
};

use crate::{
    error::raised,
    fork::{detached, fork_count},
    profile::Profile,
    provider::providers,
    signals::interruptible,
};

/// One connection of the caller's own bytes. One thread may read while another one writes.
#[pyclass(frozen, module = "redlatch._native")]
pub(crate) struct Wire {
    duplex: Duplex<Inbox>,
    /// Forks of this process before the connection was made.
    forks: u32,
}

/// What came in.
#[derive(Default)]
struct Inbox {
    bytes: Vec<u8>,
    taken: usize,
    is_open: bool,
    ended: Option<Error>,
}

impl Sink for Inbox {
    fn reply(&mut self, _: u64, _: Reply<'_>) {}

    fn fail(&mut self, _: u64, _: &Error) {}

    fn opened(&mut self, _: LaneId) {
        self.is_open = true;
    }

    fn bytes(&mut self, _: LaneId, bytes: &[u8]) {
        if self.taken == self.bytes.len() {
            self.bytes.clear();
            self.taken = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    fn ended(&mut self, _: LaneId, error: &Error) {
        self.is_open = false;
        self.ended = Some(error.clone());
    }
}

impl Inbox {
    fn waiting(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    fn take(&mut self, most: usize) -> &[u8] {
        let from = self.taken;
        self.taken += self.waiting().len().min(most);
        &self.bytes[from..self.taken]
    }
}

#[pymethods]
impl Wire {
    /// With `login` the connection is authenticated, and its database selected, before it is handed
    /// over.
    #[new]
    #[pyo3(signature = (profile, ask=None, login=true))]
    fn new(profile: &Bound<'_, Profile>, ask: Option<Py<PyAny>>, login: bool) -> PyResult<Self> {
        let role = Role::Raw { login };
        let driver = Driver::for_role(profile.get().current(), providers(ask), role);
        Ok(Self { duplex: Duplex::new(driver, Inbox::default())?, forks: fork_count() })
    }

    /// Connects, with everything that is part of it. Raises why it cannot.
    fn connect(&self, py: Python<'_>) -> PyResult<()> {
        self.own(py)?;
        self.wait(py, None, |duplex, until, interrupt| {
            duplex.with(|driver, inbox| {
                *inbox = Inbox::default();
                driver.input(inbox, |client, now, inbox| client.connect(now, inbox));
            });
            duplex.wait(|inbox| inbox.is_open || inbox.ended.is_some(), until, interrupt)
        })?;
        let ended = detached(py, || self.duplex.with(|_, inbox| inbox.ended.clone()));
        ended.map_or(Ok(()), |error| Err(raised(py, &error)))
    }

    /// Sends all of the bytes.
    fn send(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        self.own(py)?;
        let bytes = match data.cast::<PyBytes>() {
            Ok(bytes) => bytes.as_bytes().to_vec(),
            Err(_) => PyByteArray::from(data)?.to_vec(),
        };
        detached(py, || {
            self.duplex.input(move |client, now, inbox| {
                if let Err(error) = client.send(now, MAIN, &bytes, inbox)
                    && inbox.ended.is_none()
                {
                    inbox.ended = Some(error);
                }
            });
        });
        // Of what another thread does with the bytes, that thread hears.
        match detached(py, || self.duplex.try_with(|_, inbox| inbox.failure())).flatten() {
            Some(error) => Err(raised(py, &error)),
            None => Ok(()),
        }
    }

    /// At least one byte, and at most so many; none once the connection has ended. Raises
    /// `TimeoutError` after so many seconds (none means no limit).
    #[pyo3(signature = (most, timeout=None))]
    fn receive<'py>(
        &self,
        py: Python<'py>,
        most: usize,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.ready(py, timeout)?;
        let taken = detached(py, || self.duplex.with(|_, inbox| inbox.take(most).to_vec()));
        Ok(PyBytes::new(py, &taken))
    }

    /// Whether bytes, or the end, can be read within so many seconds.
    #[pyo3(signature = (timeout=0.0))]
    fn is_readable(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        self.own(py)?;
        let ended = self.wait(py, timeout, |duplex, until, interrupt| {
            duplex.wait(Inbox::is_readable, until, interrupt)
        })?;
        Ok(ended == Ended::Done)
    }

    /// The socket's number, for pollers; -1 if there is none. What has been decrypted already does
    /// not show there: see `is_readable`.
    fn fileno(&self, py: Python<'_>) -> i32 {
        if !self.is_own() {
            return -1;
        }
        detached(py, || {
            self.duplex.with(|driver, _| driver.socket().map_or(-1, |it| it.as_raw_fd()))
        })
    }

    /// Whether a pool had better not hand it out again: its server is no longer trusted, or a newer
    /// secret is in force.
    fn is_stale(&self, py: Python<'_>) -> bool {
        if !self.is_own() {
            return true;
        }
        detached(py, || {
            self.duplex.with(|driver, inbox| {
                driver.look_around(inbox);
                driver.client().is_stale(MAIN)
            })
        })
    }

    /// Says goodbye and ends.
    fn close(&self, py: Python<'_>) {
        if self.is_own() {
            detached(py, || self.duplex.input(|client, now, inbox| client.close(now, inbox)));
        }
    }

    /// What happened since the last call, as JSON documents.
    fn events(&self, py: Python<'_>) -> Vec<String> {
        if !self.is_own() {
            return Vec::new();
        }
        let events = detached(py, || self.duplex.with(|driver, _| driver.events()));
        events.iter().map(document::event).collect()
    }

    /// Status, as a JSON document.
    fn status(&self, py: Python<'_>) -> PyResult<String> {
        self.own(py)?;
        Ok(detached(py, || self.duplex.with(|driver, _| driver.status())))
    }
}

impl Wire {
    /// Waits for something to read.
    fn ready(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        self.own(py)?;
        let ended = self.wait(py, timeout, |duplex, until, interrupt| {
            duplex.wait(Inbox::is_readable, until, interrupt)
        })?;
        if ended == Ended::Late {
            return Err(PyTimeoutError::new_err("timed out"));
        }
        let failed = detached(py, || self.duplex.with(|_, inbox| inbox.failure()));
        failed.map_or(Ok(()), |error| Err(raised(py, &error)))
    }

    fn wait(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        wait: impl FnOnce(&Duplex<Inbox>, Option<Instant>, redlatch::Interrupt<'_>) -> Ended + Send,
    ) -> PyResult<Ended> {
        let until = timeout.map(|seconds| Instant::now() + duration(seconds));
        waiting(py, |interrupt| wait(&self.duplex, until, interrupt))
    }

    /// A connection made before a fork belongs to the parent. Even a look at it could move bytes:
    /// what other threads of the parent had left to do is done first.
    fn is_own(&self) -> bool {
        self.forks == fork_count()
    }

    fn own(&self, py: Python<'_>) -> PyResult<()> {
        match self.is_own() {
            true => Ok(()),
            false => Err(raised(py, &belongs_to_parent())),
        }
    }
}

impl Inbox {
    fn is_readable(&mut self) -> bool {
        !self.waiting().is_empty() || self.ended.is_some()
    }

    /// Why nothing can be read; a connection that was closed properly just ends.
    fn failure(&self) -> Option<Error> {
        let over = self.waiting().is_empty().then_some(self.ended.as_ref()).flatten();
        over.filter(|error| error.code() != Code::NetClosed).cloned()
    }
}

/// A wait that a signal may end.
pub(crate) fn waiting<T: Into<Option<Ended>> + Copy + Send>(
    py: Python<'_>,
    wait: impl FnOnce(redlatch::Interrupt<'_>) -> T + Send,
) -> PyResult<T> {
    let ended = interruptible(py, wait)?;
    match ended.into() {
        Some(Ended::Interrupted) => Err(raised(py, &interrupted())),
        _ => Ok(ended),
    }
}

pub(crate) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX).min(LONGEST)
}

pub(crate) fn belongs_to_parent() -> Error {
    Error::with_detail(Code::ClientMisuse, "the connection belongs to the process that forked")
}

/// About thirty years.
const LONGEST: Duration = Duration::from_secs(1_000_000_000);
