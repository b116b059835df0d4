//! The doctor, in the calling thread, without the interpreter.

use pyo3::prelude::*;
use redlatch::{
    core::MaterialKind,
    doctor::{Asked, Expected, examine_document},
};

use crate::{error::raised, provider::answer, signals::interruptible};

/// A report as JSON. `provided` holds for each material what its provider gave, a list of bytes, or
/// the text that says why there is nothing.
#[pyfunction]
pub(crate) fn examine(
    py: Python<'_>,
    settings: &str,
    from_env: bool,
    read_only: bool,
    provided: Vec<(String, Bound<'_, PyAny>)>,
) -> PyResult<String> {
    let read = |(name, given): &(String, Bound<'_, PyAny>)| {
        let kind = MaterialKind::parse(name).map_err(|error| raised(py, &error))?;
        Ok((kind, answer(kind, given)))
    };
    let provided = provided.iter().map(read).collect::<PyResult<Vec<_>>>()?;
    interruptible(py, |interrupt| {
        let asked = Asked {
            expected: Expected { read_only },
            provided,
            goes_on: Some(interrupt),
            ..Asked::default()
        };
        examine_document(settings, from_env, asked).to_json()
    })
}
