//! One connection that one caller keeps to themselves, for WATCH and what follows it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::{
    prelude::*,
    types::{PyList, PyTuple},
};
use redlatch::core::MAIN;

use crate::{
    client::{Client, Slot, fork_count},
    collected::Collected,
    error::raised,
    pack::{packed, packed_all},
    wire::belongs_to_parent,
};

/// A connection taken from a client until it is released.
#[pyclass(frozen, module = "redlatch._native")]
pub(crate) struct Held {
    client: Py<Client>,
    slot: Mutex<Option<Slot>>,
    forks: u32,
}

#[pymethods]
impl Held {
    #[new]
    fn new(py: Python<'_>, client: Py<Client>) -> PyResult<Self> {
        let owner = client.get();
        let mut slot = py.detach(|| owner.take()).map_err(|error| raised(py, &error))?;
        slot.driver.hold();
        Ok(Self { client, slot: Mutex::new(Some(slot)), forks: fork_count() })
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

    /// Gives the connection back; what is still watched is not any more.
    fn release(&self, py: Python<'_>) {
        let Some(mut slot) = self.lock().take() else { return };
        if self.forks != fork_count() {
            slot.driver.abandon();
            return;
        }
        py.detach(|| {
            slot.driver.input(&mut Collected::default(), |client, now, sink| {
                client.take_back(now, MAIN, sink);
            });
            self.client.get().put_back(slot);
        });
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
        self.client.get().run_on(py, payload, commands, timeout, raw, |call| {
            let mut slot = self.lock();
            let released = || redlatch::Error::new(redlatch::Code::ClientClosed);
            Ok(call(slot.as_mut().ok_or_else(released)?))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Slot>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(slot) = self.lock().take() else { return };
        // Nobody gave it back: whatever state it has ends with it.
        slot.driver.abandon();
        self.client.get().forget_one();
    }
}
