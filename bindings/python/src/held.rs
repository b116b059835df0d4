//! One connection that one caller keeps to themselves, for WATCH and what follows it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use pyo3::{
    prelude::*,
    types::{PyList, PyTuple},
};
use redlatch::{Code, Error, Interrupt, core::MAIN, gate, interrupted};

use crate::{
    client::{Client, SIGNAL_CHECK, Slot},
    collected::Collected,
    error::raised,
    fork::{detached, fork_count},
    pack::{packed, packed_all},
    signals::interruptible,
    wire::belongs_to_parent,
};

/// A connection taken from a client until it is released.
#[pyclass(frozen, module = "redlatch._native")]
pub(crate) struct Held {
    client: Py<Client>,
    place: Mutex<Place>,
    freed: Condvar,
    forks: u32,
}

/// Where the connection is while no thread uses it.
struct Place {
    slot: Option<Slot>,
    /// Threads that wait for it.
    waiting: usize,
    released: bool,
}

#[pymethods]
impl Held {
    #[new]
    fn new(py: Python<'_>, client: Py<Client>) -> PyResult<Self> {
        let owner = client.get();
        let taken = interruptible(py, |interrupt| owner.take(interrupt))?;
        let mut slot = taken.map_err(|error| raised(py, &error))?;
        slot.driver.hold();
        let place = Mutex::new(Place { slot: Some(slot), waiting: 0, released: false });
        Ok(Self { client, place, freed: Condvar::new(), forks: fork_count() })
    }

    /// Runs one command. An error reply is raised.
    #[pyo3(signature = (args, timeout=None, raw=false))]
    fn execute<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let payload = packed(args, self.client.get().codec)?;
        self.run(py, payload, 1, timeout, raw)?.single(py)
    }

    /// Runs commands in one flight; error replies stand in the list as exceptions.
    #[pyo3(signature = (commands, timeout=None, raw=false))]
    fn execute_many<'py>(
        &self,
        py: Python<'py>,
        commands: &Bound<'py, PyList>,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let (payload, count) = packed_all(commands, self.client.get().codec)?;
        if count == 0 {
            return Ok(PyList::empty(py));
        }
        self.run(py, payload, count, timeout, raw)?.list(py)
    }

    /// Gives the connection back, once a command that another thread runs is done; what is still
    /// watched is not any more.
    fn release(&self, py: Python<'_>) {
        let slot = {
            let mut place = self.lock();
            place.released = true;
            place.slot.take()
        };
        if let Some(slot) = slot {
            detached(py, || self.give_back(slot));
        }
    }
}

impl Held {
    fn run(
        &self,
        py: Python<'_>,
        payload: Vec<u8>,
        commands: u32,
        timeout: Option<f64>,
        raw: bool,
    ) -> PyResult<Collected> {
        if self.forks != fork_count() {
            return Err(raised(py, &belongs_to_parent()));
        }
        self.client.get().run_on(py, payload, commands, timeout, raw, |call, interrupt| {
            let mut slot = self.take(interrupt)?;
            let outcome = call(&mut slot, interrupt);
            self.put_down(slot);
            Ok(outcome)
        })
    }

    /// The connection, when no other thread uses it.
    fn take(&self, interrupt: Interrupt<'_>) -> redlatch::Result<Slot> {
        loop {
            let mut place = self.lock();
            if place.released {
                return Err(Error::new(Code::ClientClosed));
            }
            if let Some(slot) = place.slot.take() {
                return Ok(slot);
            }
            place.waiting += 1;
            gate::without(|| {
                let waited = self.freed.wait_timeout(place, SIGNAL_CHECK);
                waited.unwrap_or_else(PoisonError::into_inner).0.waiting -= 1;
            });
            if !gate::without(&mut *interrupt) {
                return Err(interrupted());
            }
        }
    }

    fn put_down(&self, slot: Slot) {
        let mut place = self.lock();
        // Each notification is a system call, even if nobody waits.
        if place.waiting > 0 {
            self.freed.notify_all();
        }
        if place.released {
            drop(place);
            self.give_back(slot);
        } else {
            place.slot = Some(slot);
        }
    }

    fn give_back(&self, mut slot: Slot) {
        if self.forks != fork_count() {
            slot.driver.abandon();
            return;
        }
        slot.driver.input(&mut Collected::default(), |client, now, sink| {
            client.take_back(now, MAIN, sink);
        });
        self.client.get().put_back(slot);
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(slot) = self.lock().slot.take() else { return };
        // Nobody gave it back: whatever state it has ends with it.
        slot.driver.abandon();
        if self.forks == fork_count() {
            self.client.get().forget_one();
        }
    }
}
