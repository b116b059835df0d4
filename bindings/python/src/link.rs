//! The protocol object that asyncio calls for one connection.

use std::sync::atomic::Ordering;

use pyo3::prelude::*;
use redlatch::{Code, Error, clock::now, core::Link};

use crate::aio::{LoopClient, Paused};

/// The `asyncio.Protocol` of one connection.
#[pyclass(frozen, module = "redlatch._native")]
pub(crate) struct LoopLink {
    client: Py<LoopClient>,
    link: Link,
    paused: Paused,
}

#[pymethods]
impl LoopLink {
    #[new]
    fn new(client: Py<LoopClient>, link: Link) -> Self {
        Self { client, link, paused: Paused::default() }
    }

    fn connection_made(&self, py: Python<'_>, transport: Py<PyAny>) -> PyResult<()> {
        let client = self.client.bind(py);
        let mut this = client.borrow_mut();
        this.transports.push((self.link, transport, self.paused.clone()));
        this.input(client, |core, sink| core.dialed(now(), self.link, sink))
    }

    fn data_received(&self, py: Python<'_>, data: &[u8]) -> PyResult<()> {
        let client = self.client.bind(py);
        client.borrow_mut().input(client, |core, sink| core.received(now(), self.link, data, sink))
    }

    fn eof_received(&self) -> bool {
        false
    }

    #[pyo3(signature = (error=None))]
    fn connection_lost(&self, py: Python<'_>, error: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        let client = self.client.bind(py);
        let mut this = client.borrow_mut();
        this.transports.retain(|(link, ..)| *link != self.link);
        let error = error.map(|error| Error::with_detail(Code::NetClosed, error.to_string()));
        this.input(client, |core, sink| core.closed(now(), self.link, error, sink))
    }

    fn pause_writing(&self, py: Python<'_>) {
        match self.client.bind(py).try_borrow_mut() {
            Ok(mut client) => client.client.blocked(self.link),
            // The client is writing to this transport, and asks afterwards.
            Err(_) => self.paused.store(true, Ordering::Relaxed),
        }
    }

    fn resume_writing(&self, py: Python<'_>) -> PyResult<()> {
        let client = self.client.bind(py);
        match client.try_borrow_mut() {
            Ok(mut this) => this.input(client, |core, sink| core.writable(now(), self.link, sink)),
            Err(_) => {
                self.paused.store(false, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}
