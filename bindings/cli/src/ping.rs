//! `redlatch ping`: whether a server answers, how fast, and what protects the connection.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use clap::Args;
use redlatch::{Client, Connection, EventKind};
use serde_json::{Value, json};

use crate::failure::{Because as _, Failure, print, warn};
use crate::settings::Settings;

#[derive(Args)]
pub(crate) struct Ping {
    /// How many times to ask, once connected.
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: u32,
    /// Print one JSON object; a failure too, on standard error.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  redlatch ping rediss://cache.internal --ca-file ca.pem --password-file secret
  pass show redis | redlatch ping rediss://cache.internal --password-file -
  redlatch ping --from-env --count 10

Secrets are never flags, since other users can see command lines. A password in the URL works, with
a warning; one in REDIS_URL or REDIS_PASSWORD with --from-env is not seen by others.";

/// Runs `redlatch ping`.
pub(crate) fn run(ping: &Ping) -> Result<(), Failure> {
    let failed = |error| Failure::coded(error, ping.json);
    let client = Client::from(ping.settings.open().map_err(failed)?);
    let mut connection = client.connection();
    let connected = ask(&mut connection);
    tell_events(&mut connection);
    let connected = connected.map_err(failed)?;
    let facts = facts(&connection)?;
    if !ping.json {
        print(&describe(&facts, connected))?;
    }
    let mut times = Vec::new();
    for number in 1..=ping.count {
        let outcome = ask(&mut connection);
        tell_events(&mut connection);
        let time = outcome.map_err(failed)?;
        times.push(time);
        if !ping.json {
            print(&format!("pong {number} in {}\n", shown(time)))?;
        }
    }
    if ping.json {
        let mut document = facts;
        document["connect_ms"] = json!(milliseconds(connected));
        document["pings_ms"] = times.into_iter().map(milliseconds).collect();
        print(&format!("{document}\n"))?;
    }
    connection.close();
    Ok(())
}

fn ask(connection: &mut Connection) -> redlatch::Result<Duration> {
    let start = Instant::now();
    connection.call(["PING"]).map(|_| start.elapsed())
}

/// What a person has to know though the server answers.
fn tell_events(connection: &mut Connection) {
    for event in connection.events() {
        let field = |name| event.field(name).unwrap_or_default();
        match event.kind {
            EventKind::Warning => warn(format_args!("warning: {}", field("text"))),
            EventKind::Danger => {
                warn(format_args!("danger: {} weakens security", field("setting")));
            }
            EventKind::Rejected | EventKind::Expired => {
                let fields: Vec<_> =
                    event.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
                warn(format_args!("{}: {}", event.kind.name(), fields.join(" ")));
            }
            _ => {}
        }
    }
}

/// What protects the connection, from its status.
fn facts(connection: &Connection) -> Result<Value, Failure> {
    let status: Value =
        serde_json::from_str(&connection.status()).because("understand the status")?;
    let sessions = status["sessions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let session = sessions.iter().find(|session| session["active"] == true);
    let session = session.unwrap_or(&Value::Null);
    let anchor = &session["anchor_sha256"];
    let anchors = status["trust"]["certificates"].as_array().map(Vec::as_slice).unwrap_or_default();
    let tls = match &session["tls"] {
        Value::Null => Value::Null,
        version => json!({
            "version": version,
            "cipher": session["cipher"],
            "verify": status["verify"],
            "anchor": anchors.iter().find(|known| !anchor.is_null() && known["sha256"] == *anchor),
        }),
    };
    Ok(json!({
        "address": status["address"],
        "server_version": session["server_version"],
        "tls": tls,
    }))
}

fn describe(facts: &Value, connected: Duration) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    let mut out = format!(
        "connected to {}, version {}, in {}\n",
        text(&facts["address"]),
        text(&facts["server_version"]),
        shown(connected)
    );
    let tls = &facts["tls"];
    let anchor = &tls["anchor"];
    // Writing to a string cannot fail.
    let _ = match tls.is_null() {
        true => writeln!(out, "protected by nothing: TLS is off"),
        false => writeln!(
            out,
            "protected by {} with {}, verify={}",
            text(&tls["version"]),
            text(&tls["cipher"]),
            text(&tls["verify"])
        ),
    };
    if !anchor.is_null() {
        let _ = writeln!(
            out,
            "trusted through {}, {} days left, sha256 {}",
            text(&anchor["subject"]),
            anchor["days_left"],
            text(&anchor["sha256"])
        );
    }
    out
}

fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

fn shown(time: Duration) -> String {
    format!("{:.3} ms", milliseconds(time))
}
