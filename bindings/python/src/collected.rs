//! What a blocking call brings back.

use pyo3::{prelude::*, types::PyList};
use redlatch::{
    Error,
    core::{Sink, resp::Reply},
};

use crate::{
    error::raised,
    value::{Strings, value},
};

/// Replies as they came, to be turned into objects once the interpreter is at hand again.
#[derive(Default)]
pub(crate) struct Collected {
    bytes: Vec<u8>,
    parts: Vec<Part>,
    strings: Strings,
    /// Replies that are not there yet.
    pub(crate) left: u32,
    error: Option<Error>,
}

enum Part {
    /// Up to here in `bytes`.
    Until(usize),
    Built(PyResult<Py<PyAny>>),
}

impl Collected {
    /// Nothing yet of so many replies.
    pub(crate) fn of(commands: u32, strings: Strings) -> Self {
        Self {
            left: commands,
            strings,
            parts: Vec::with_capacity(commands as usize),
            ..Self::default()
        }
    }

    /// Each reply as an object, in order; error replies are exception objects.
    pub(crate) fn values<'py>(
        self,
        py: Python<'py>,
    ) -> PyResult<impl Iterator<Item = PyResult<Bound<'py, PyAny>>>> {
        if let Some(error) = &self.error {
            return Err(raised(py, error));
        }
        let Self { bytes, parts, strings, .. } = self;
        let mut start = 0;
        Ok(parts.into_iter().map(move |part| match part {
            Part::Until(end) => {
                let reply = Reply::new(&bytes[std::mem::replace(&mut start, end)..end]);
                value(py, reply, strings)
            }
            Part::Built(built) => built.map(|built| built.into_bound(py)),
        }))
    }

    /// All replies; error replies stand in the list as exceptions.
    pub(crate) fn list<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let values: Vec<_> = self.values(py)?.collect::<PyResult<_>>()?;
        PyList::new(py, values)
    }

    /// The only reply. An error reply is raised.
    pub(crate) fn single<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let found = self.values(py)?.next().unwrap_or_else(|| Ok(py.None().into_bound(py)))?;
        match found.is_instance_of::<pyo3::exceptions::PyBaseException>() {
            true => Err(PyErr::from_value(found)),
            false => Ok(found),
        }
    }
}

impl Sink for Collected {
    fn reply(&mut self, _ticket: u64, reply: Reply<'_>) {
        let bytes = reply.bytes();
        self.parts.push(if bytes.len() >= LARGE {
            Part::Built(Python::attach(|py| value(py, reply, self.strings).map(Bound::unbind)))
        } else {
            self.bytes.extend_from_slice(bytes);
            Part::Until(self.bytes.len())
        });
        self.left = self.left.saturating_sub(1);
    }

    fn fail(&mut self, _ticket: u64, error: &Error) {
        self.error = Some(error.clone());
        self.left = 0;
    }
}

/// From here on a copy costs more than getting hold of the interpreter: of a reply of 1 MiB the copy
/// and its page faults took a quarter of the time.
const LARGE: usize = 32 * 1024;
