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
    /// Those who wait so long that many after them are done: a command that blocks, say.
    late: HashMap<u64, Waiter>,
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
        let late = || self.late.iter().find(|(_, waiter)| waiter.future.is(future));
        at.map(|at| self.first + at as u64).or_else(|| late().map(|(ticket, _)| *ticket))
    }

    pub(crate) fn add(&mut self, waiter: Waiter) -> u64 {
        if self.line.len() > LONG && self.line.len() > self.open * 4 {
            // The line must not grow behind somebody who waits for ever.
            while let Some(first) = self.line.pop_front() {
                self.late.extend(first.map(|waiter| (self.first, waiter)));
                self.first += 1;
            }
        }
        self.line.push_back(Some(waiter));
        self.open += 1;
        self.first + self.line.len() as u64 - 1
    }

    fn at(&mut self, ticket: u64) -> Option<&mut Waiter> {
        match ticket.checked_sub(self.first) {
            Some(at) => self.line.get_mut(at as usize)?.as_mut(),
            None => self.late.get_mut(&ticket),
        }
    }

    pub(crate) fn take(&mut self, ticket: u64) -> Option<Waiter> {
        let waiter = match ticket.checked_sub(self.first) {
            Some(at) => self.line.get_mut(at as usize)?.take(),
            None => self.late.remove(&ticket),
        };
        self.open -= usize::from(waiter.is_some());
        while matches!(self.line.front(), Some(None)) {
            self.line.pop_front();
            self.first += 1;
        }
        waiter
    }
}

/// A line of this length may have gaps.
const LONG: usize = 1024;

/// Settles futures as replies come in.
pub(crate) struct Futures<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) waiters: &'a mut Waiters,
}

impl Sink for Futures<'_, '_> {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        let py = self.py;
        let Some(waiter) = self.waiters.at(ticket) else { return };
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
