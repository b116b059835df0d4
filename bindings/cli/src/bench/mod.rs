//! `redlatch bench`: what TLS costs, measured where it is to be used.

mod endpoint;
mod handshake;
mod keys;
mod load;
mod progress;
mod report;

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::duration::positive;
use crate::failure::{Failure, print, warn};
use crate::settings::Settings;
use crate::signals::Stop;

use endpoint::Endpoint;
use handshake::Handshakes;
use keys::Keys;
use load::Measured;
use progress::Progress;

#[derive(Args)]
pub(crate) struct Bench {
    /// A second endpoint to compare with, as the plaintext port of the same server.
    #[arg(long, visible_alias = "plain-url", value_name = "URL")]
    compare: Option<String>,
    /// What to measure, one after the other.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "set,get")]
    commands: Vec<Workload>,
    /// Of the mixed workload: how many SET and how many GET.
    #[arg(long, value_name = "SET:GET", default_value = "1:10", value_parser = ratio)]
    ratio: (u32, u32),
    /// Bytes of a value.
    #[arg(long, value_name = "BYTES", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=16 << 20))]
    size: u32,
    /// How many keys are used.
    #[arg(long, value_name = "N", default_value_t = 10_000,
          value_parser = clap::value_parser!(u32).range(1..))]
    keys: u32,
    /// Threads with a connection each.
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u32).range(1..=1024))]
    clients: u32,
    /// Commands in one flight; their latency is that of the flight.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pipeline: u32,
    /// How long each workload runs on each endpoint.
    #[arg(long, value_name = "SECONDS", default_value = "5s", value_parser = positive)]
    seconds: Duration,
    /// How many commands each workload runs on each endpoint, in place of a time.
    #[arg(long, value_name = "N", conflicts_with = "seconds",
          value_parser = clap::value_parser!(u64).range(1..))]
    requests: Option<u64>,
    /// How many connections are made to time them; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 20)]
    handshakes: u32,
    /// Show nothing while it runs; without a terminal nothing is shown anyway.
    #[arg(long)]
    no_progress: bool,
    /// Print one JSON object; a failure too, on standard error.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Workload {
    Set,
    Get,
    Mixed,
}

impl Workload {
    fn name(self) -> &'static str {
        match self {
            Workload::Set => "SET",
            Workload::Get => "GET",
            Workload::Mixed => "mixed",
        }
    }
}

pub(crate) const EXAMPLES: &str = "\
Every key begins with redlatch-bench: and a random number, ends by itself after some time, and is
deleted at the end, also after Ctrl-C: keys of others are never touched. The user needs SET, GET and
UNLINK (or DEL) on these keys.

Connections are timed without a login, with a full TLS handshake and with a resumed one.

Examples:
  redlatch bench rediss://cache.internal --password-file secret
  redlatch bench --from-env --compare redis://cache.internal:6379 --seconds 10
  redlatch bench --from-env --commands mixed --ratio 1:9 --size 1024 --clients 16 --pipeline 10
  redlatch bench --from-env --requests 100000 --json > bench.json

The endpoint of --compare has the username, password and other flags that do not concern address or
TLS, and of the environment (--from-env) the same.

Exit code: 0, 1 if something failed, 130 if it was interrupted.";

/// Runs `redlatch bench`.
pub(crate) fn run(bench: &Bench) -> Result<(), Failure> {
    let failed = |error| Failure::coded(error, bench.json);
    let stop = Stop::on_signals()?;
    let mut endpoints = vec![Endpoint::of(&bench.settings).map_err(failed)?];
    if let Some(url) = &bench.compare {
        endpoints.push(Endpoint::beside(&bench.settings, url).map_err(failed)?);
    }
    let keys = Keys::new(bench).map_err(failed)?;
    let progress = Progress::new(bench.no_progress);
    let mut results: Vec<_> = endpoints.into_iter().map(Results::of).collect();
    let outcome = measure(bench, &mut results, &keys, &stop, &progress);
    for Results { endpoint, used, .. } in &results {
        // What cannot be deleted ends by itself.
        if *used && let Err(error) = keys.delete(&endpoint.client()) {
            let (name, life) = (keys.prefix(), keys.life().as_secs());
            let code = error.code();
            warn(format_args!("{name}* is left and ends within {life} s: {code}: {error}"));
        }
    }
    progress.clear();
    outcome.map_err(failed)?;
    let interrupted = stop.is_asked();
    match bench.json {
        true => print(&report::json(bench, &results, interrupted))?,
        false => print(&report::table(bench, &results, interrupted))?,
    }
    match interrupted {
        true => Err(Failure::Told(130)),
        false => Ok(()),
    }
}

/// What was measured of an endpoint.
struct Results {
    endpoint: Endpoint,
    /// Keys were written.
    used: bool,
    workloads: Vec<(Workload, Measured)>,
    handshakes: Option<Handshakes>,
}

impl Results {
    fn of(endpoint: Endpoint) -> Results {
        Results { endpoint, used: false, workloads: Vec::new(), handshakes: None }
    }
}

fn measure(
    bench: &Bench,
    results: &mut [Results],
    keys: &Keys,
    stop: &Stop,
    progress: &Progress,
) -> redlatch::Result<()> {
    for result in results.iter_mut() {
        result.endpoint.look()?;
        if bench.handshakes > 0 {
            progress.show(&format!("connections to {}", result.endpoint.name()));
            result.handshakes = Some(handshake::measure(&result.endpoint, bench.handshakes, stop)?);
        }
    }
    for workload in &bench.commands {
        for result in results.iter_mut() {
            if stop.is_asked() {
                return Ok(());
            }
            let client = result.endpoint.client();
            if *workload != Workload::Set && !result.used {
                progress.show(&format!("{} keys for {}", bench.keys, result.endpoint.name()));
                result.used = true;
                keys.fill(&client, stop)?;
            }
            result.used = true;
            let what = format!("{} on {}", workload.name(), result.endpoint.name());
            let (measured, failure) =
                load::run(bench, *workload, &client, keys, stop, |done, took| {
                    progress.show_rate(&what, done, took);
                });
            result.workloads.push((*workload, measured));
            if let Some(error) = failure {
                return Err(error);
            }
        }
    }
    Ok(())
}

fn ratio(text: &str) -> Result<(u32, u32), String> {
    let parsed = text.split_once(':').and_then(|(set, get)| {
        Some((set.trim().parse::<u16>().ok()?, get.trim().parse::<u16>().ok()?))
    });
    match parsed {
        Some((set, get)) if set > 0 || get > 0 => Ok((set.into(), get.into())),
        _ => Err("must be two numbers such as 1:10".to_owned()),
    }
}
