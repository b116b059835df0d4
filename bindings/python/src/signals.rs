//! Waits that a signal's handler may end.

use pyo3::prelude::*;
use redlatch::Interrupt;

use crate::{
    fork::detached,
    provider::{has_raised, raised_within},
};

/// Runs a wait without the interpreter. A signal's handler runs while it asks `interrupt`, and ends it
/// by raising, as a provider does; whatever came of the wait, that is what the caller gets.
pub(crate) fn interruptible<T: Send>(
    py: Python<'_>,
    wait: impl FnOnce(Interrupt<'_>) -> T + Send,
) -> PyResult<T> {
    let mut raised_by_signal = None;
    let outcome = detached(py, || {
        wait(&mut || {
            !has_raised()
                && Python::attach(|py| match py.check_signals() {
                    Ok(()) => true,
                    Err(error) => {
                        raised_by_signal = Some(error);
                        false
                    }
                })
        })
    });
    match raised_within().or(raised_by_signal) {
        Some(error) => Err(error),
        None => Ok(outcome),
    }
}
