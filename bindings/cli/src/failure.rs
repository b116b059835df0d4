//! Why a subcommand failed: one line for a person.

use std::fmt;

/// One line that says what could not be done, and why.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(reason: impl fmt::Display) -> Failure {
        let reason = reason.to_string();
        Failure(reason.lines().map(str::trim).collect::<Vec<_>>().join("; "))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Turns any error into a [`Failure`] that names what was being done.
pub(crate) trait Because<T> {
    /// `action` completes the sentence "cannot …".
    fn because(self, action: impl fmt::Display) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> Because<T> for Result<T, E> {
    fn because(self, action: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(format_args!("cannot {action}: {error}")))
    }
}
