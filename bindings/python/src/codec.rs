//! redis-py's `encoding` and `encoding_errors`, where they are not UTF-8 and strict.

use std::sync::{Mutex, PoisonError};

use pyo3::{
    prelude::*,
    types::{PyBytes, PyString},
};

/// A codec of Python and what it does with what it cannot convert.
#[derive(PartialEq, Eq)]
pub(crate) struct Codec {
    encoding: String,
    errors: String,
}

/// A process uses few of them, and each for as long as it lives.
static KNOWN: Mutex<Vec<&'static Codec>> = Mutex::new(Vec::new());

impl Codec {
    /// The codec of these names; none for strict UTF-8, which needs no help from Python.
    pub(crate) fn of(encoding: &str, errors: &str) -> Option<&'static Self> {
        if (encoding, errors) == ("utf-8", "strict") {
            return None;
        }
        let codec = Self { encoding: encoding.to_owned(), errors: errors.to_owned() };
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.iter().find(|found| ***found == codec) {
            return Some(found);
        }
        let codec: &'static Self = Box::leak(Box::new(codec));
        known.push(codec);
        Some(codec)
    }

    /// Whether decoding is UTF-8 with U+FFFD for bad bytes.
    pub(crate) fn replaces(&self) -> bool {
        (self.encoding.as_str(), self.errors.as_str()) == ("utf-8", "replace")
    }

    pub(crate) fn decode<'py>(&self, py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        PyBytes::new(py, bytes).call_method1("decode", (&self.encoding, &self.errors))
    }

    pub(crate) fn encode<'py>(&self, text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(text.call_method1("encode", (&self.encoding, &self.errors))?.cast_into()?)
    }
}
