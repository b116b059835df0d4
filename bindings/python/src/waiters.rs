//! Who waits for which reply, and how replies become results of futures.

use std::collections::{HashMap, VecDeque};

use pyo3::{
    intern,
    prelude::*,
    types::{PyBytes, PyList, PyString},
};
use redlatch::{
    Error,
    core::{LaneId, Sink, resp::Reply},
};

use crate::{
    error::exception,
    value::{Strings, value},
};

/// Who waits for which ticket.
#[derive(Default)]
pub(crate) struct Waiters {
    first: u64,
    pub(crate) line: VecDeque<Option<Waiter>>,
    pub(crate) open: usize,
    /// Where what lanes hear goes, and how its strings are made.
    pub(crate) listeners: HashMap<LaneId, (Py<PyAny>, Strings)>,
}

/// One of them.
pub(crate) struct Waiter {
    pub(crate) future: Py<PyAny>,
    pub(crate) strings: Strings,
    /// Replies so far of a record of several commands.
    pub(crate) many: Option<(u32, Vec<Py<PyAny>>)>,
}

impl Waiters {
    /// Tickets count from 1.
    pub(crate) fn new() -> Self {
        Self { first: 1, ..Self::default() }
    }

    /// The ticket of a future.
    pub(crate) fn ticket_of(&self, future: &Bound<'_, PyAny>) -> Option<u64> {
        let at = self
            .line
            .iter()
            .position(|waiter| waiter.as_ref().is_some_and(|waiter| waiter.future.is(future)));
        at.map(|at| self.first + at as u64)
    }

    pub(crate) fn add(&mut self, waiter: Waiter) -> u64 {
        self.line.push_back(Some(waiter));
        self.open += 1;
        self.first + self.line.len() as u64 - 1
    }

    fn at(&mut self, ticket: u64) -> Option<&mut Option<Waiter>> {
        self.line.get_mut(ticket.checked_sub(self.first)? as usize)
    }

    pub(crate) fn take(&mut self, ticket: u64) -> Option<Waiter> {
        let waiter = self.at(ticket)?.take();
        self.open -= usize::from(waiter.is_some());
        while matches!(self.line.front(), Some(None)) {
            self.line.pop_front();
            self.first += 1;
        }
        waiter
    }
}

/// Settles futures as replies come in.
pub(crate) struct Futures<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) waiters: &'a mut Waiters,
}

impl Sink for Futures<'_, '_> {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        let py = self.py;
        let Some(Some(waiter)) = self.waiters.at(ticket) else { return };
        let built = value(py, reply, waiter.strings);
        let outcome = match &mut waiter.many {
            Some((left, values)) => {
                values.push(match built {
                    Ok(value) => value.unbind(),
                    Err(error) => error.into_value(py).into_any(),
                });
                *left -= 1;
                if *left > 0 {
                    return;
                }
                PyList::new(py, std::mem::take(values)).map(Bound::into_any)
            }
            None if reply.error_text().is_some() => {
                built.and_then(|error| Err(PyErr::from_value(error)))
            }
            None => built,
        };
        let Some(Waiter { future, .. }) = self.waiters.take(ticket) else { return };
        let settled = match outcome {
            Ok(value) => future.call_method1(py, intern!(py, "set_result"), (value,)),
            Err(error) => {
                future.call_method1(py, intern!(py, "set_exception"), (error.into_value(py),))
            }
        };
        // A future that its task cancelled in this very turn takes nothing more.
        drop(settled);
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        if let Some(Waiter { future, .. }) = self.waiters.take(ticket) {
            let error = exception(self.py, error);
            drop(future.call_method1(self.py, intern!(self.py, "set_exception"), (error,)));
        }
    }

    fn push(&mut self, lane: LaneId, message: Reply<'_>) {
        let Some((hear, strings)) = self.waiters.listeners.get(&lane) else { return };
        let heard = value(self.py, message, *strings)
            .unwrap_or_else(|error| error.into_value(self.py).into_bound(self.py).into_any());
        tell(self.py, hear, intern!(self.py, "heard"), heard);
    }

    fn opened(&mut self, lane: LaneId) {
        if let Some((hear, _)) = self.waiters.listeners.get(&lane) {
            tell(self.py, hear, intern!(self.py, "opened"), self.py.None().into_bound(self.py));
        }
    }

    fn bytes(&mut self, lane: LaneId, bytes: &[u8]) {
        if let Some((hear, _)) = self.waiters.listeners.get(&lane) {
            let bytes = PyBytes::new(self.py, bytes).into_any();
            tell(self.py, hear, intern!(self.py, "bytes"), bytes);
        }
    }

    fn ended(&mut self, lane: LaneId, error: &Error) {
        if let Some((hear, _)) = self.waiters.listeners.get(&lane) {
            let error = exception(self.py, error).into_bound(self.py);
            tell(self.py, hear, intern!(self.py, "ended"), error);
        }
    }
}

/// A listener that raises is a defect of this package; the interpreter says so.
fn tell(py: Python<'_>, hear: &Py<PyAny>, kind: &Bound<'_, PyString>, what: Bound<'_, PyAny>) {
    if let Err(error) = hear.call1(py, (kind, what)) {
        error.write_unraisable(py, None);
    }
}
