//! `redlatch ping`: whether a server answers, how fast, and what protects the connection.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use clap::Args;
use redlatch::{Client, Connection, EventKind};
use serde_json::{Value, json};

use crate::duration::{duration, positive};
use crate::failure::{Because as _, Failure, print, print_on, warn};
use crate::settings::Settings;
use crate::signals::Stop;

#[derive(Args)]
pub(crate) struct Ping {
    /// How many times to ask, once connected; 0 for until Ctrl-C.
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: u64,
    /// Pause between two questions.
    #[arg(long, value_name = "SECONDS", default_value = "1s", value_parser = duration)]
    interval: Duration,
    /// Ask no more after this time, however often it was asked.
    #[arg(long, value_name = "SECONDS", value_parser = positive)]
    deadline: Option<Duration>,
    /// Print one JSON object in the end; a failure too, on standard error.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  redlatch ping rediss://cache.internal --ca-file ca.pem --password-file secret
  pass show redis | redlatch ping rediss://cache.internal --password-file -
  redlatch ping --from-env --count 10 --interval 200ms
  redlatch ping --from-env --count 0 --deadline 1m

Secrets are never flags, since other users can see command lines. A password in the URL works, with
a warning; one in REDIS_URL or REDIS_PASSWORD with --from-env is not seen by others.

Once connected it goes on asking through an outage. Exit code: 0 if all questions were answered.";

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
    let answers = ask_on(ping, &mut connection)?;
    if ping.json {
        let mut document = facts;
        document["connect_ms"] = json!(milliseconds(connected));
        document["pings_ms"] = answers.times.iter().copied().map(milliseconds).collect();
        document["lost"] = json!(answers.lost);
        print(&format!("{document}\n"))?;
    } else if answers.times.len() as u64 + answers.lost > 1 {
        print(&answers.summary())?;
    }
    connection.close();
    answers.last_error.map_or(Ok(()), |error| Err(failed(error)))
}

/// What became of the questions.
#[derive(Default)]
struct Answers {
    times: Vec<Duration>,
    lost: u64,
    last_error: Option<redlatch::Error>,
}

impl Answers {
    fn summary(&self) -> String {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        let sent = sorted.len() as u64 + self.lost;
        let mut text = format!("{sent} sent, {} answered, {} lost", sorted.len(), self.lost);
        if let (Some(least), Some(most)) = (sorted.first(), sorted.last()) {
            let middle = sorted[sorted.len() / 2];
            let (least, middle, most) = (shown(*least), shown(middle), shown(*most));
            text += &format!("; least {least}, median {middle}, most {most}");
        }
        text + "\n"
    }
}

/// Asks until it is enough.
fn ask_on(ping: &Ping, connection: &mut Connection) -> Result<Answers, Failure> {
    let stop = Stop::on_signals()?;
    let end = ping.deadline.map(|time| Instant::now() + time);
    let mut answers = Answers::default();
    for number in 1.. {
        let outcome = ask(connection);
        tell_events(connection);
        let line = match outcome {
            Ok(time) => {
                answers.times.push(time);
                format!("pong {number} in {}\n", shown(time))
            }
            Err(error) => {
                let line = format!("no answer to {number}: {}: {error}\n", error.code());
                answers.lost += 1;
                answers.last_error = Some(error);
                line
            }
        };
        let is_read = ping.json || print_on(&line)?;
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let pause = left.map_or(ping.interval, |left| left.min(ping.interval));
        if !is_read
            || number == ping.count
            || stop.within(pause)
            || left.is_some_and(|left| left <= pause)
        {
            break;
        }
    }
    Ok(answers)
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
        serde_json::from_str(connection.status().as_json()).because("understand the status")?;
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
