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
    /// Nothing is left to be told: the exit code is the answer.
    Told(u8),
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

    /// What the program ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Told(code) => *code,
            _ => 1,
        }
    }

    /// Tells it on standard error.
    pub(crate) fn print(&self) {
        let text = match self {
            Failure::Told(_) => return,
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
            Failure::Told(code) => write!(f, "exit code {code}"),
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
    print_on(text).map(drop)
}

/// The same; whether anybody reads on.
pub(crate) fn print_on(text: &str) -> Result<bool, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).because("write to standard output"),
    }
}

/// Tells something that is no failure.
pub(crate) fn warn(text: impl fmt::Display) {
    // Nothing is left to be done when the terminal itself is gone.
    let _ = writeln!(io::stderr(), "redlatch: {text}");
}
