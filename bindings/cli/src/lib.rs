//! The `redlatch` command as a library, so that other packages (the Python wheel) can carry it.
//!
//! One module per subcommand: a `clap` type, and a `run` that returns `Result<(), Failure>`.
//!
//! | module | subcommand |
//! |---|---|
//! | `lab` | a real TLS server on loopback whose certificates and password rotate on demand |

mod failure;
mod lab;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs the command line `args` (the first is the program's name) and tells how to exit.
pub fn run<I, T>(args: I) -> ExitCode
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let line = match CommandLine::try_parse_from(args) {
        Ok(line) => line,
        Err(error) => {
            // Nothing is left to be done when the terminal itself is gone.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let result = match line.command {
        Command::Lab(lab) => lab::run(lab),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("redlatch: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Secure Redis and Valkey connections with rotating trust.
#[derive(Parser)]
#[command(name = "redlatch", version, propagate_version = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a real TLS server with throw-away certificates, and rotate them.
    Lab(lab::Lab),
}
