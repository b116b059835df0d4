//! A connection of its own beside the shared one of an event loop's client.

use pyo3::{
    intern,
    prelude::*,
    types::{PyByteArray, PyBytes, PyList, PyTuple},
};
use redlatch::{
    Code, Error,
    clock::now,
    core::{LaneId, Role},
};

use crate::{
    aio::LoopClient,
    error::raised,
    pack::{packed, packed_all},
};

/// One of: a connection that one caller holds (`held`), subscriptions (`listening`), or bytes of the
/// caller's own, after login (`wire`) or from the start (`bare wire`).
///
/// What a lane hears goes to `hear(kind, value)`: `heard` and a message or confirmation; `opened`,
/// `bytes` and `ended` with an exception. It must not call the client.
#[pyclass(frozen, module = "redlatch._native")]
pub(crate) struct LoopLane {
    client: Py<LoopClient>,
    event_loop: Py<PyAny>,
    lane: LaneId,
    is_lent: bool,
}

#[pymethods]
impl LoopLane {
    #[new]
    #[pyo3(signature = (client, purpose, hear=None))]
    fn new(
        client: Bound<'_, LoopClient>,
        purpose: &str,
        hear: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let py = client.py();
        let role = match purpose {
            "held" => None,
            "listening" => Some(Role::Subscriber),
            "wire" => Some(Role::Raw { login: true }),
            "bare wire" => Some(Role::Raw { login: false }),
            _ => {
                let error = Error::with_detail(Code::ClientMisuse, "a lane of no known purpose");
                return Err(raised(py, &error));
            }
        };
        let mut this = client.borrow_mut();
        this.forbid_within(py)?;
        let opened = match role {
            None => this.client.lend(now()),
            Some(role) => this.client.open(now(), role),
        };
        let lane = opened.map_err(|error| raised(py, &error))?;
        if let Some(hear) = hear {
            this.listen(lane, hear);
        }
        let connects = matches!(role, Some(Role::Raw { .. }));
        this.input(&client, |core, sink| {
            if connects {
                core.connect_to(now(), lane, sink);
            }
        })?;
        let event_loop = this.event_loop.clone_ref(py);
        Ok(Self { lane, is_lent: role.is_none(), event_loop, client: client.clone().unbind() })
    }

    /// Hands in one command; the future gets its reply, or the error reply as exception.
    #[pyo3(signature = (args, timeout=None, raw=false))]
    fn execute<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let client = self.client.bind(py);
        let payload = packed(args, client.borrow().codec)?;
        client.borrow_mut().submit_to(client, self.lane, payload, None, timeout, raw)
    }

    /// Hands in commands in one piece; the future gets the list of replies.
    #[pyo3(signature = (commands, timeout=None, raw=false))]
    fn execute_many<'py>(
        &self,
        py: Python<'py>,
        commands: &Bound<'py, PyList>,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let client = self.client.bind(py);
        let (payload, count) = packed_all(commands, client.borrow().codec)?;
        client.borrow_mut().submit_to(client, self.lane, payload, Some(count), timeout, raw)
    }

    /// Gives up a command whose future the caller no longer awaits.
    fn cancel(&self, py: Python<'_>, future: &Bound<'_, PyAny>) -> PyResult<()> {
        LoopClient::cancel(self.client.bind(py), future)
    }

    /// Sends bytes of the caller's own.
    fn send(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let bytes = match data.cast::<PyBytes>() {
            Ok(bytes) => bytes.as_bytes().to_vec(),
            Err(_) => PyByteArray::from(data)?.to_vec(),
        };
        let client = self.client.bind(py);
        let mut sent = Ok(());
        client.borrow_mut().input(client, |core, sink| {
            sent = core.send(now(), self.lane, &bytes, sink);
        })?;
        sent.map_err(|error| raised(py, &error))
    }

    /// Whether it had better not be used again: its server is no longer trusted, or a newer secret is
    /// in force.
    fn is_stale(&self, py: Python<'_>) -> bool {
        // Whoever asks while the client is at work asks again.
        self.client.bind(py).try_borrow().is_ok_and(|client| client.client.is_stale(self.lane))
    }

    /// Gives the connection back, or closes it.
    fn close(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, lane) = (slf.py(), slf.get());
        let client = lane.client.bind(py);
        let Ok(mut this) = client.try_borrow_mut() else {
            // A finalizer runs whenever memory is collected, also while the client is at work.
            let close = slf.getattr(intern!(py, "close"))?;
            lane.event_loop.call_method1(py, intern!(py, "call_soon"), (close,))?;
            return Ok(());
        };
        this.input(client, |core, sink| match lane.is_lent {
            true => core.take_back(now(), lane.lane, sink),
            false => core.shut(now(), lane.lane, sink),
        })?;
        this.stop_listening(lane.lane);
        Ok(())
    }
}
