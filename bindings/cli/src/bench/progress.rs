//! One line on the terminal, while it runs.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

/// Shown on standard error, if that is a terminal.
pub(super) struct Progress {
    shown: bool,
}

impl Progress {
    pub(super) fn new(hidden: bool) -> Progress {
        Progress { shown: !hidden && io::stderr().is_terminal() }
    }

    pub(super) fn show(&self, text: &str) {
        if self.shown {
            // Nothing is left to be done when the terminal itself is gone.
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }

    pub(super) fn show_rate(&self, what: &str, done: u64, took: Duration) {
        let rate = done as f64 / took.as_secs_f64().max(1e-9);
        self.show(&format!("{what}: {:.0} s, {done} commands, {rate:.0}/s", took.as_secs_f64()));
    }

    pub(super) fn clear(&self) {
        self.show("");
    }
}
