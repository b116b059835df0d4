//! The `redlatch` command as a library, so that other packages (the Python wheel) can carry it.
//!
//! One module per subcommand: a `clap` type, and a `run` that returns `Result<(), Failure>`.
//!
//! | module | subcommand |
//! |---|---|
//! | `ping` | whether a server answers, how fast, and what protects the connection |
//! | `doctor` | why a connection cannot be made, step by step |
//! | `bundle` | what a CA bundle holds |
//! | `errors` | the table of error codes |
//! | `listing` | the table of settings |
//! | `lab` | a real TLS server on loopback whose certificates and password rotate on demand |

mod bundle;
mod doctor;
mod errors;
mod failure;
mod lab;
mod listing;
mod ping;
mod settings;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

/// Runs the command line `args` (the first is the program's name); gives the exit code.
pub fn run<I, T>(args: I) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let line = match CommandLine::try_parse_from(args) {
        Ok(line) => line,
        Err(error) => {
            // Nothing is left to be done when the terminal itself is gone.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let result = match line.command {
        Command::Ping(ping) => ping::run(&ping),
        Command::Doctor(doctor) => return doctor::run(&doctor),
        Command::Bundle(bundle) => bundle::run(&bundle),
        Command::Errors(errors) => errors::run(&errors),
        Command::Settings(listing) => listing::run(&listing),
        Command::Lab(lab) => lab::run(lab),
    };
    match result {
        Ok(()) => 0,
        Err(failure) => {
            failure.print();
            1
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
    /// Tell whether a server answers, how fast, and what protects the connection.
    #[command(after_help = ping::EXAMPLES)]
    Ping(Box<ping::Ping>),
    /// Find out step by step why a connection cannot be made, and what to do.
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(Box<doctor::Doctor>),
    /// Look into CA bundles.
    Bundle(bundle::Bundle),
    /// List every error code with its meaning and remedy.
    Errors(errors::Errors),
    /// List every setting with its kind, default, environment variables and meaning.
    Settings(listing::Listing),
    /// Run a real TLS server with throw-away certificates, and rotate them.
    Lab(lab::Lab),
}
