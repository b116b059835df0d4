//! The asyncio client: one shared connection on the event loop's own transport, no thread.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pyo3::{
    intern,
    prelude::*,
    types::{PyBytes, PyList, PyTuple},
};
use redlatch::{
    Code, Error,
    clock::now,
    core::{
        Action, Client, LaneId, Link, MaterialKind, Record, Role, Sink, config::Address, document,
    },
    seed,
};

use crate::{
    client::milliseconds,
    codec::Codec,
    error::raised,
    pack::{pack, pack_all},
    profile::Profile,
    provider::{answer, within},
    value::Strings,
    waiters::{Futures, Waiter, Waiters},
};

/// Whether a transport asked for a pause while it was being written to.
pub(crate) type Paused = Arc<AtomicBool>;

/// A client of one event loop. Every method runs on that loop's thread.
#[pyclass(module = "redlatch._native")]
pub(crate) struct LoopClient {
    pub(crate) client: Client,
    pub(crate) codec: Option<&'static Codec>,
    strings: Strings,
    pub(crate) event_loop: Py<PyAny>,
    create_future: Py<PyAny>,
    /// Called with link, host (none: a Unix path stands in `port`), port or path, attempt.
    dial: Py<PyAny>,
    /// Called with material and number of a question. It `is_within` a provider of this client, or
    /// not.
    #[pyo3(get)]
    ask: Py<PyAny>,
    /// Questions without an answer.
    asking: usize,
    pub(crate) transports: Vec<(Link, Py<PyAny>, Paused)>,
    waiters: Waiters,
    records: Vec<Record>,
    payload: Vec<u8>,
    flush_scheduled: bool,
    last_batch: usize,
    timer: Option<(Duration, Py<PyAny>)>,
}

#[pymethods]
impl LoopClient {
    #[new]
    #[pyo3(signature = (event_loop, profile, dial, ask, decode=false, errors="strict", encoding="utf-8"))]
    #[expect(clippy::too_many_arguments, reason = "they are Python's, by name")]
    fn new(
        py: Python<'_>,
        event_loop: Py<PyAny>,
        profile: &Bound<'_, Profile>,
        dial: Py<PyAny>,
        ask: Py<PyAny>,
        decode: bool,
        errors: &str,
        encoding: &str,
    ) -> PyResult<Self> {
        let codec = Codec::of(encoding, errors);
        Ok(Self {
            client: Client::new(profile.get().current(), Role::Shared, seed(), now()),
            codec,
            strings: Strings::of(decode, codec),
            create_future: event_loop.getattr(py, "create_future")?,
            event_loop,
            dial,
            ask,
            asking: 0,
            transports: Vec::new(),
            waiters: Waiters::new(),
            records: Vec::new(),
            payload: Vec::new(),
            flush_scheduled: false,
            last_batch: 0,
            timer: None,
        })
    }

    /// Hands in one command; the future gets its reply, or the error reply as exception.
    #[pyo3(signature = (args, timeout=None, raw=false))]
    fn execute<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut this = slf.borrow_mut();
        this.forbid_within(slf.py())?;
        let (start, codec) = (this.payload.len(), this.codec);
        pack(&mut this.payload, args, codec)?;
        this.enlist(slf, start, 1, timeout, raw)
    }

    /// Hands in commands in one piece; the future gets the list of replies, error replies as
    /// exceptions in it.
    #[pyo3(signature = (commands, timeout=None, raw=false))]
    fn execute_many<'py>(
        slf: &Bound<'py, Self>,
        commands: &Bound<'py, PyList>,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut this = slf.borrow_mut();
        this.forbid_within(slf.py())?;
        let (start, codec) = (this.payload.len(), this.codec);
        let count = pack_all(&mut this.payload, commands, codec)?;
        let future = this.enlist(slf, start, count, timeout, raw)?;
        if let Some(Some(waiter)) = this.waiters.line.back_mut() {
            waiter.many = Some((count, Vec::with_capacity(count as usize)));
        }
        Ok(future)
    }

    /// Gives up a command whose future the caller no longer awaits.
    pub(crate) fn cancel(slf: &Bound<'_, Self>, future: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut this = slf.borrow_mut();
        let Some(ticket) = this.waiters.ticket_of(future) else { return Ok(()) };
        this.waiters.take(ticket);
        this.input(slf, |client, sink| client.cancel(now(), ticket, sink))
    }

    /// Sends what was handed in during this turn of the loop.
    fn flush(slf: &Bound<'_, Self>) -> PyResult<()> {
        let mut this = slf.borrow_mut();
        this.flush_scheduled = false;
        this.submit(slf)
    }

    /// The deadline of the core was reached.
    fn tick(slf: &Bound<'_, Self>) -> PyResult<()> {
        let mut this = slf.borrow_mut();
        this.timer = None;
        this.input(slf, |client, sink| client.tick(now(), sink))
    }

    /// The dial asked for failed. `kind` names the code.
    fn dial_failed(slf: &Bound<'_, Self>, link: Link, kind: &str, text: &str) -> PyResult<()> {
        let code = Code::ALL.iter().find(|code| code.name() == kind).copied();
        let error = Error::with_detail(code.unwrap_or(Code::NetUnreachable), text);
        slf.borrow_mut().input(slf, |client, sink| client.dial_failed(now(), link, error, sink))
    }

    /// The answer to a question: a list of bytes, or the text that says why there is none.
    fn answer(
        slf: &Bound<'_, Self>,
        material: &str,
        id: u64,
        given: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let kind = MaterialKind::parse(material).map_err(|error| raised(slf.py(), &error))?;
        let content = answer(kind, given);
        let mut this = slf.borrow_mut();
        this.asking = this.asking.saturating_sub(1);
        this.input(slf, |client, sink| {
            // A refusal is an event, and the error of commands that need what was refused.
            let _ = client.supply(now(), kind, Some(id), content, sink);
        })
    }

    /// The materials have changed.
    fn notice(slf: &Bound<'_, Self>) -> PyResult<()> {
        slf.borrow_mut().input(slf, |client, sink| client.tick(now(), sink))
    }

    /// Looks at all watched files now and asks providers again.
    fn reload(slf: &Bound<'_, Self>) -> PyResult<()> {
        slf.borrow_mut().input(slf, |client, sink| client.reload(now(), sink))
    }

    /// Fails what waits and says goodbye.
    fn close(slf: &Bound<'_, Self>) -> PyResult<()> {
        let mut this = slf.borrow_mut();
        this.forbid_within(slf.py())?;
        this.submit(slf)?;
        if let Some((_, timer)) = this.timer.take() {
            timer.call_method0(slf.py(), "cancel")?;
        }
        this.input(slf, |client, sink| client.close(now(), sink))
    }

    /// What happened since the last call, as JSON documents.
    fn events(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.client.poll_event())
            .map(|event| document::event(&event))
            .collect()
    }

    /// A snapshot, as a JSON document.
    fn status(&self) -> String {
        self.client.status(now())
    }
}

impl LoopClient {
    /// A provider that waits for a command that waits for the provider would do so for ever.
    pub(crate) fn forbid_within(&self, py: Python<'_>) -> PyResult<()> {
        if self.asking > 0 && self.ask.call_method0(py, intern!(py, "is_within"))?.is_truthy(py)? {
            return Err(raised(py, &within()));
        }
        Ok(())
    }

    /// Where what a lane hears goes.
    pub(crate) fn listen(&mut self, lane: LaneId, hear: Py<PyAny>) {
        self.waiters.listeners.insert(lane, (hear, self.strings));
    }

    pub(crate) fn stop_listening(&mut self, lane: LaneId) {
        self.waiters.listeners.remove(&lane);
    }

    /// Hands in packed commands to a lane of their own; `many` is how many, if a list is wanted.
    pub(crate) fn submit_to<'py>(
        &mut self,
        slf: &Bound<'py, Self>,
        lane: LaneId,
        payload: Vec<u8>,
        many: Option<u32>,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        self.forbid_within(py)?;
        let timeout_ms = milliseconds(timeout)?;
        let future = self.create_future.bind(py).call0()?;
        let ticket = self.waiters.add(Waiter {
            future: future.clone().unbind(),
            strings: if raw { Strings::Raw } else { self.strings },
            many: many.map(|count| (count, Vec::with_capacity(count as usize))),
        });
        let (commands, length) = (many.unwrap_or(1), payload.len() as u32);
        let record = Record { ticket, commands, length, timeout_ms, flags: 0 };
        self.input(slf, |client, sink| {
            client.submit_to(now(), lane, [record], payload, sink);
        })?;
        Ok(future)
    }

    fn enlist<'py>(
        &mut self,
        slf: &Bound<'py, Self>,
        start: usize,
        commands: u32,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let prepared = milliseconds(timeout)
            .and_then(|timeout_ms| Ok((timeout_ms, self.create_future.bind(py).call0()?)));
        let (timeout_ms, future) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                self.payload.truncate(start);
                return Err(error);
            }
        };
        let alone = self.waiters.open == 0 && self.last_batch <= 1 && self.records.is_empty();
        let length = (self.payload.len() - start) as u32;
        let ticket = self.waiters.add(Waiter {
            future: future.clone().unbind(),
            strings: if raw { Strings::Raw } else { self.strings },
            many: None,
        });
        self.records.push(Record { ticket, commands, length, timeout_ms, flags: 0 });
        // A large part of a burst leaves early, so that the server works while the rest is packed.
        let enough = self.records.len() >= EARLY
            && (self.records.len() * 4 >= self.waiters.open || self.payload.len() >= EARLY_BYTES);
        if alone || enough {
            // A lone caller gains nothing from waiting for company.
            self.submit(slf)?;
        } else if !self.flush_scheduled {
            self.flush_scheduled = true;
            let flush = slf.getattr(intern!(py, "flush"))?;
            self.event_loop.call_method1(py, intern!(py, "call_soon"), (flush,))?;
        }
        Ok(future)
    }

    fn submit(&mut self, slf: &Bound<'_, Self>) -> PyResult<()> {
        if self.records.is_empty() {
            return Ok(());
        }
        let records = std::mem::take(&mut self.records);
        let payload = std::mem::take(&mut self.payload);
        self.last_batch = records.len();
        self.input(slf, |client, sink| {
            client.submit(now(), records.iter().copied(), payload, sink);
        })
    }

    /// One input to the core, then everything it asks for.
    pub(crate) fn input(
        &mut self,
        slf: &Bound<'_, Self>,
        input: impl FnOnce(&mut Client, &mut dyn Sink),
    ) -> PyResult<()> {
        let py = slf.py();
        input(&mut self.client, &mut Futures { py, waiters: &mut self.waiters });
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::Write { link, bytes } => {
                    let found = self.transports.iter().find(|(known, ..)| *known == link);
                    if let Some((_, transport, paused)) = found {
                        let bytes = PyBytes::new(py, &bytes);
                        transport.call_method1(py, intern!(py, "write"), (bytes,))?;
                        if paused.swap(false, Ordering::Relaxed) {
                            self.client.blocked(link);
                        }
                    }
                }
                Action::Dial { link, address, attempt } => {
                    match address {
                        Address::Tcp { host, port } => {
                            self.dial.call1(py, (slf, link, host, port, attempt))?
                        }
                        Address::Unix(path) => {
                            self.dial.call1(py, (slf, link, py.None(), path, attempt))?
                        }
                    };
                }
                Action::Hangup { link, flush } => {
                    match self.transports.iter().position(|(known, ..)| *known == link) {
                        Some(at) => {
                            let (_, transport, _) = self.transports.remove(at);
                            let how =
                                if flush { intern!(py, "close") } else { intern!(py, "abort") };
                            transport.call_method0(py, how)?;
                        }
                        None => {
                            let _ = self.dial.call_method1(py, "hang_up", (link,))?;
                        }
                    }
                }
                Action::Need { material, id } => {
                    self.asking += 1;
                    self.ask.call1(py, (slf, material.name(), id))?;
                }
                _ => {}
            }
        }
        self.arm(slf)
    }

    /// One timer; moved only to an earlier time, so that a busy client touches it rarely.
    fn arm(&mut self, slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        let Some(deadline) = self.client.deadline() else { return Ok(()) };
        if let Some((armed, handle)) = &self.timer {
            if *armed <= deadline {
                return Ok(());
            }
            handle.call_method0(py, intern!(py, "cancel"))?;
        }
        // A loop's clock may be coarser than ours: never wake before the deadline.
        let delay = deadline.saturating_sub(now().monotonic) + Duration::from_millis(1);
        let tick = slf.getattr(intern!(py, "tick"))?;
        let handle = self.event_loop.call_method1(
            py,
            intern!(py, "call_later"),
            (delay.as_secs_f64(), tick),
        )?;
        self.timer = Some((deadline, handle));
        Ok(())
    }
}

/// Commands, and bytes, that leave before the turn of the loop ends.
const EARLY: usize = 16;
const EARLY_BYTES: usize = 64 * 1024;
