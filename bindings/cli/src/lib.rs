//! The `redlatch` command as a library, so that other packages (the Python wheel) can carry it.
//!
//! One module per subcommand: a `clap` type, and a `run` that returns `Result<(), Failure>`.
//!
//! | module | subcommand |
//! |---|---|
//! | `ping` | whether a server answers, how fast, and what protects the connection |
//! | `doctor` | why a connection cannot be made, step by step |
//! | `bundle` | what CA bundles hold, what a rotation changes, and whether it is safe |
//! | `watch` | a connection as it lives: its trust, rotations, rate and latency |
//! | `bench` | what TLS costs: throughput, latency and handshakes |
//! | `serve` | health and metrics over HTTP |
//! | `errors` | the table of error codes |
//! | `listing` | the table of settings |
//! | `lab` | a real TLS server on loopback whose certificates and password rotate on demand |

mod bench;
mod bundle;
mod doctor;
mod duration;
mod errors;
mod events;
mod failure;
mod lab;
mod listing;
mod ping;
mod serve;
mod settings;
mod signals;
mod watch;

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
        Command::Watch(watch) => watch::run(&watch),
        Command::Bench(bench) => bench::run(&bench),
        Command::Serve(serve) => serve::run(&serve),
        Command::Errors(errors) => errors::run(&errors),
        Command::Settings(listing) => listing::run(&listing),
        Command::Lab(lab) => lab::run(lab),
    };
    match result {
        Ok(()) => 0,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}

/// Secure Redis and Valkey connections with rotating trust.
#[derive(Parser)]
#[command(name = "redlatch", version, propagate_version = true, after_help = EXAMPLES)]
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
    /// Look into CA bundles, compare and merge them, and check servers against them.
    Bundle(bundle::Bundle),
    /// Show a connection as it lives: its trust, rotations, rate and latency.
    #[command(after_help = watch::EXAMPLES)]
    Watch(Box<watch::Watch>),
    /// Measure what TLS costs: throughput, latency and handshakes.
    #[command(after_help = bench::EXAMPLES)]
    Bench(Box<bench::Bench>),
    /// Tell probes and Prometheus over HTTP how the connection to a server is.
    #[command(after_help = serve::EXAMPLES)]
    Serve(Box<serve::Serve>),
    /// List every error code with its meaning and remedy.
    Errors(errors::Errors),
    /// List every setting with its kind, default, environment variables and meaning.
    Settings(listing::Listing),
    /// Run a real TLS server with throw-away certificates, and rotate them.
    Lab(lab::Lab),
}

const EXAMPLES: &str = "\
Examples:
  redlatch ping rediss://cache.internal --ca-file ca.pem --password-file secret
  redlatch doctor --from-env
  redlatch bundle check ca.pem --next next.pem rediss://cache.internal
  redlatch bundle merge ca.pem next.pem -o ca.pem
  redlatch watch --from-env

`redlatch help COMMAND` tells more, with examples; -h is the short form of --help.";
