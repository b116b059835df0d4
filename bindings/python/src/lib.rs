//! Python's extension module: converts values and moves bytes. All policy is in the core.

mod aio;
mod client;
mod codec;
mod collected;
mod command;
mod doctor;
mod error;
mod fork;
mod held;
mod lane;
mod link;
mod listener;
mod pack;
mod profile;
mod provider;
mod signals;
mod value;
mod waiters;
mod wire;

use pyo3::prelude::*;
use redlatch::core::{document, health};

/// Native part of the `redlatch` package.
// Sound without the GIL: there is no unsafe code, classes that threads share are frozen and lock
// what changes, never while they call Python, and a `LoopClient` stays on the thread of its loop.
#[pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{
        aio::LoopClient, client::Client, held::Held, lane::LoopLane, link::LoopLink,
        listener::Listener, profile::Profile, wire::Wire,
    };

    #[pymodule_export]
    use super::{
        codes,
        command::command,
        doctor::examine,
        error::set_error_classes,
        expose_metrics,
        fork::{after_fork, before_fork, forked},
        health_plan, judge_health, read_bundle, settings_table,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

/// The table of error codes, as JSON.
#[pyfunction]
fn codes() -> String {
    document::codes()
}

/// The table of settings, as JSON.
#[pyfunction]
fn settings_table() -> String {
    document::settings_table()
}

/// The commands of a judgement of health, and the limit for their answers, as JSON.
#[pyfunction]
fn health_plan() -> String {
    health::plan()
}

/// The health of a client, given its status and the outcome of the commands, all as JSON.
#[pyfunction]
fn judge_health(py: Python<'_>, status: &str, outcome: &str, read_only: bool) -> PyResult<String> {
    health::judge(status, outcome, read_only).map_err(|error| error::raised(py, &error))
}

/// Metrics of clients, given their statuses, in Prometheus's text format.
#[pyfunction]
fn expose_metrics(statuses: Vec<String>) -> String {
    redlatch::metrics(statuses)
}

/// What a CA bundle holds, as JSON. Raises the trust family.
#[pyfunction]
fn read_bundle(py: Python<'_>, data: &[u8]) -> PyResult<String> {
    match redlatch::read_bundle(data) {
        Ok(bundle) => Ok(document::bundle(&bundle)),
        Err(error) => Err(error::raised(py, &error)),
    }
}
