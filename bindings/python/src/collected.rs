//! What a blocking call brings back.

use pyo3::prelude::*;
use redlatch::{
    Error,
    core::{Sink, resp::Reply},
};

use crate::error::raised;

/// Replies as they came, to be turned into objects once the interpreter is at hand again.
#[derive(Default)]
pub(crate) struct Collected {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Replies that are not there yet.
    pub(crate) left: u32,
    error: Option<Error>,
}

impl Collected {
    /// Nothing yet of so many replies.
    pub(crate) fn of(commands: u32) -> Self {
        Self { left: commands, ..Self::default() }
    }

    pub(crate) fn replies(&self, py: Python<'_>) -> PyResult<impl Iterator<Item = Reply<'_>>> {
        if let Some(error) = &self.error {
            return Err(raised(py, error));
        }
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        Ok(starts.zip(&self.ends).map(|(start, end)| Reply::new(&self.bytes[start..*end])))
    }
}

impl Sink for Collected {
    fn reply(&mut self, _ticket: u64, reply: Reply<'_>) {
        self.bytes.extend_from_slice(reply.bytes());
        self.ends.push(self.bytes.len());
        self.left = self.left.saturating_sub(1);
    }

    fn fail(&mut self, _ticket: u64, error: &Error) {
        self.error = Some(error.clone());
        self.left = 0;
    }
}
