//! Forks: a child has its parent's memory and one thread, and none of its connections.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;
use redlatch::gate;

/// Counted by the child: asking for the process id would be a system call for each command.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// How often this process has been forked off another one since it was loaded.
pub(crate) fn fork_count() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Runs without the interpreter; a fork waits until this ends, or waits itself.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    py.detach(|| gate::within(work))
}

/// This thread is about to fork.
#[pyfunction]
pub(crate) fn before_fork(py: Python<'_>) {
    // Who is within may need the interpreter to get out.
    py.detach(gate::close);
}

/// This thread has forked.
#[pyfunction]
pub(crate) fn after_fork() {
    gate::open();
}

/// This process is a child that was just forked.
#[pyfunction]
pub(crate) fn forked() {
    gate::open();
    FORKS.fetch_add(1, Ordering::Relaxed);
}
