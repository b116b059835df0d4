//! `redlatch bundle watch`: a bundle as a client follows it.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use redlatch::core::bundle::{Certificate, Difference};
use redlatch::core::config::Value as Setting;
use redlatch::core::resp::Reply;
use redlatch::core::{Client, Role, Sink, document};
use redlatch::{Error, Event, EventKind, Profile, clock};
use serde_json::{Value, json};

use super::one_line;
use crate::events;
use crate::failure::{Because as _, Failure, print_on, warn};
use crate::signals::Stop;

#[derive(Args)]
pub(super) struct Watch {
    /// Files or folders of trusted CA certificates, followed as one bundle.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How often they are looked at: 10s, 500ms, 2m.
    #[arg(long, value_name = "SECONDS", default_value = "10s")]
    interval: String,
    /// Print one JSON object in each line.
    #[arg(long)]
    json: bool,
    /// A program to run after each rotation but the first load, without a shell.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(super) const EXAMPLES: &str = "\
Looks at the files as every redlatch client does: Kubernetes volumes are read in one generation, a
file that is half-written is read again, and what cannot be used is told while the last good bundle
stays. One line for each rotation, rejection, and certificate that is about to expire.

Examples:
  redlatch bundle watch /etc/redis/ca.pem
  redlatch bundle watch --json --interval 1s /etc/redis-tls | tee rotations.jsonl
  redlatch bundle watch ca.pem -- systemctl reload haproxy

The command gets REDLATCH_GENERATION. Ctrl-C or SIGTERM ends it, with exit code 0.";

pub(super) fn run(watch: &Watch) -> Result<(), Failure> {
    let stop = Stop::on_signals()?;
    let profile = profile(watch).map_err(|error| Failure::coded(error, watch.json))?;
    let mut client = Client::new(profile.clone(), Role::Exclusive, redlatch::seed(), clock::now());
    let mut known: Vec<Certificate> = Vec::new();
    loop {
        let now = clock::now();
        client.tick(now, &mut Nobody);
        while let Some(event) = client.poll_event() {
            let changed = (event.kind == EventKind::Rotation).then(|| {
                let new = trusted(&profile);
                Difference::between(&std::mem::replace(&mut known, new), &known, now.unix_seconds())
            });
            if !tell(watch, &event, changed.as_ref(), &known, now.unix_seconds())? {
                return Ok(());
            }
            if changed.is_some() && event.field("generation") != Some("1") {
                exec(&watch.command, &event);
            }
        }
        let next = client.deadline().map_or(LONGEST, |at| at.saturating_sub(now.monotonic));
        // A clock that is read twice must not make this a busy loop.
        if stop.within(next.clamp(Duration::from_millis(1), LONGEST)) {
            return Ok(());
        }
    }
}

fn profile(watch: &Watch) -> redlatch::Result<Arc<Profile>> {
    let files = watch.files.iter().map(|path| path.display().to_string()).collect();
    let settings = [
        ("ca_files", Setting::List(files)),
        ("poll_interval", Setting::Text(watch.interval.clone())),
    ];
    redlatch::open_apart(settings, false)
}

fn trusted(profile: &Profile) -> Vec<Certificate> {
    let current = profile.trust().and_then(|trust| trust.current().ok());
    let anchors = current.iter().flat_map(|generation| generation.value.all());
    anchors.map(|anchor| anchor.certificate.clone()).collect()
}

/// Whether anybody reads on.
fn tell(
    watch: &Watch,
    event: &Event,
    changed: Option<&Difference>,
    known: &[Certificate],
    now: i64,
) -> Result<bool, Failure> {
    if watch.json {
        let parse = |text: &str| -> Result<Value, Failure> {
            serde_json::from_str(text).because("understand a document")
        };
        let mut line = parse(&document::event(event))?;
        if let Some(difference) = changed {
            line["difference"] = parse(&document::difference(difference, now))?;
        }
        line["time"] = json!(events::time(event));
        return print_on(&format!("{line}\n"));
    }
    let field = |name| event.field(name).unwrap_or_default();
    let text = match (event.kind, changed) {
        (_, Some(Difference { added, removed, kept, .. })) => {
            let mut text = format!("rotation: generation {}", field("generation"));
            for (what, certificates) in [("added", added), ("removed", removed), ("kept", kept)] {
                for certificate in certificates {
                    text += &format!("; {what} {}", one_line(certificate, now));
                }
            }
            text
        }
        (EventKind::Rejected, _) => format!(
            "rejected: {}: {}; generation {} stays",
            field("code"),
            field("error"),
            field("kept_generation")
        ),
        (EventKind::Expiring | EventKind::Expired, _) => {
            let what = known.iter().find(|one| one.sha256_hex() == field("what"));
            let what = what.map_or(field("what").to_owned(), |one| one_line(one, now));
            format!("{}: {what}", event.kind.name())
        }
        _ => events::text(event),
    };
    print_on(&format!("{} {text}\n", events::time(event)))
}

fn exec(command: &[OsString], event: &Event) {
    let Some((program, arguments)) = command.split_first() else { return };
    let ended = Command::new(program)
        .args(arguments)
        .env("REDLATCH_GENERATION", event.field("generation").unwrap_or_default())
        .stdin(Stdio::null())
        // Standard output is for events.
        .stdout(io::stderr())
        .status();
    let shown = program.to_string_lossy();
    match ended {
        Ok(status) if status.success() => {}
        Ok(status) => warn(format_args!("{shown} ended with {status}")),
        Err(error) => warn(format_args!("cannot run {shown}: {error}")),
    }
}

/// No command is ever submitted.
struct Nobody;

impl Sink for Nobody {
    fn reply(&mut self, _: u64, _: Reply<'_>) {}

    fn fail(&mut self, _: u64, _: &Error) {}
}

const LONGEST: Duration = Duration::from_secs(3600);
