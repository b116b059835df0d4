//! Errors of the core as exceptions that the Python package defines.

use std::sync::OnceLock;

use pyo3::{prelude::*, types::PyString};
use redlatch::{Error, core::document};

/// The two functions that make exceptions: from an error document, from a server's text.
struct Makers {
    of_document: Py<PyAny>,
    of_server_text: Py<PyAny>,
}

static MAKERS: OnceLock<Makers> = OnceLock::new();

/// Tells the extension how to make exceptions. Called once, by the package.
#[pyfunction]
pub(crate) fn set_error_classes(of_document: Py<PyAny>, of_server_text: Py<PyAny>) {
    // A second import in a sub-interpreter keeps the first.
    let _ = MAKERS.set(Makers { of_document, of_server_text });
}

/// The exception for an error of the core.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> Py<PyAny> {
    let made = MAKERS
        .get()
        .and_then(|makers| makers.of_document.call1(py, (document::error(error),)).ok());
    made.unwrap_or_else(|| bare(py, &error.to_string()))
}

/// The exception for an error reply.
pub(crate) fn server_exception(py: Python<'_>, text: &str) -> Py<PyAny> {
    let code = redlatch::Code::of_server_text(text).name();
    let made = MAKERS.get().and_then(|makers| makers.of_server_text.call1(py, (code, text)).ok());
    made.unwrap_or_else(|| bare(py, text))
}

/// An error of the core, to be raised.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    PyErr::from_value(exception(py, error).into_bound(py))
}

fn bare(py: Python<'_>, text: &str) -> Py<PyAny> {
    let text = PyString::new(py, text).unbind();
    pyo3::exceptions::PyRuntimeError::new_err(text).into_value(py).into_any()
}
