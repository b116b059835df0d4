//! Why a subcommand failed: for a person, or as one JSON object.

use std::fmt;
use std::io::{self, Write as _};

use redlatch::core::document;

/// What could not be done, and why.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One line.
    Plain(String),
    /// A code of the table, with its remedy.
    Coded(redlatch::Error),
    /// The same, for a program.
    Json(redlatch::Error),
}

impl Failure {
    pub(crate) fn new(reason: impl fmt::Display) -> Failure {
        let reason = reason.to_string();
        Failure::Plain(reason.lines().map(str::trim).collect::<Vec<_>>().join("; "))
    }

    /// A coded failure, in the form asked for.
    pub(crate) fn coded(error: redlatch::Error, json: bool) -> Failure {
        match json {
            true => Failure::Json(error),
            false => Failure::Coded(error),
        }
    }

    /// Tells it on standard error.
    pub(crate) fn print(&self) {
        let text = match self {
            Failure::Json(error) => document::error(error),
            Failure::Plain(_) | Failure::Coded(_) => format!("redlatch: {self}"),
        };
        // Nothing is left to be done when the terminal itself is gone.
        let _ = writeln!(io::stderr(), "{text}");
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Plain(reason) => f.write_str(reason),
            Failure::Coded(error) | Failure::Json(error) => {
                write!(f, "{}: {error}\n  remedy: {}", error.code(), error.code().remedy())
            }
        }
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

/// Writes a result to standard output. Whoever stops reading has seen enough.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).because("write to standard output")
        }
        _ => Ok(()),
    }
}

/// Tells something that is no failure.
pub(crate) fn warn(text: impl fmt::Display) {
    // Nothing is left to be done when the terminal itself is gone.
    let _ = writeln!(io::stderr(), "redlatch: {text}");
}
