//! `redlatch watch`: a connection as it lives.

mod latency;
mod lines;
mod probe;
mod screen;
mod terminal;
mod view;

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use clap::Args;

use crate::duration::positive;
use crate::failure::Failure;
use crate::settings::Settings;

use probe::Probe;

#[derive(Args)]
pub(crate) struct Watch {
    /// How often the screen is drawn, or a line is printed.
    #[arg(long, value_name = "SECONDS", default_value = "1s", value_parser = positive)]
    interval: Duration,
    /// How often PING is sent.
    #[arg(long, value_name = "SECONDS", default_value = "200ms", value_parser = positive)]
    ping_interval: Duration,
    /// End after so many lines.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Print lines, also on a terminal.
    #[arg(long)]
    lines: bool,
    /// Print one JSON object in each line; a failure too, on standard error.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(crate) const EXAMPLES: &str = "\
Holds one connection, sends PING on it, and shows what a client of these settings lives through: its
TLS, the certificates and CAs with the days that are left, rotations as they happen, outages, and how
long PING takes. On a terminal it fills the screen until q or Ctrl-C; elsewhere it prints a line each
interval.

Examples:
  redlatch watch rediss://cache.internal --ca-file ca.pem --password-file secret
  redlatch watch --from-env --poll-interval 1
  redlatch watch --from-env --json | jq -c '[.status.state, .ping_ms.p99]'
  redlatch watch --from-env --count 1

Commands per second are the server's own count, if the user may run INFO. NO_COLOR is honoured.
Exit code: 0 when it is ended by q, Ctrl-C or SIGTERM, or after --count lines.";

/// Runs `redlatch watch`.
pub(crate) fn run(watch: &Watch) -> Result<(), Failure> {
    let profile = watch.settings.open().map_err(|error| Failure::coded(error, watch.json))?;
    let probe = Probe::start(profile, watch.ping_interval);
    let on_screen =
        !watch.json && !watch.lines && watch.count.is_none() && io::stdout().is_terminal();
    match on_screen {
        true => screen::run(watch, &probe),
        false => lines::run(watch, &probe),
    }
}
