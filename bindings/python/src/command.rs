//! The `redlatch` command, which the wheel installs as a script.

use std::{
    ffi::OsString,
    io::{self, Write as _},
};

use pyo3::prelude::*;

/// Runs a command line, whose first word is the program's name; gives the exit code.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| {
        let code = redlatch_cli::run(args);
        // Rust flushes at the end of its own programs only. Whoever stops reading has seen enough.
        let _ = io::stdout().flush();
        code
    })
}
