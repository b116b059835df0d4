//! `redlatch doctor`: why a connection cannot be made, step by step, and what to do.

use std::fmt::Write as _;

use clap::Args;
use redlatch::Code;
use redlatch::doctor::{Asked, Expected, Part, Report, Stage, Status, examine};
use serde_json::{Map, Value};

use crate::failure::{Failure, print};
use crate::settings::Settings;

#[derive(Args)]
pub(crate) struct Doctor {
    /// A replica will do: the server need not take writes.
    #[arg(long)]
    read_only: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  redlatch doctor rediss://cache.internal:6378 --ca-file ca.pem --password-file secret
  redlatch doctor --env
  redlatch doctor --env --json | jq -r .remedy

The steps: config, materials (CAs, client certificate, secret), dns, tcp, tls, chain, name,
client_certificate, auth, server, latency. The first that fails is the finding. No secret is shown,
and nothing is written but a DEL of a key that does not exist.

Exit codes: 0 all is well; 2 a mistake in the command line; else 10 and the family of the code:
11 config, 12 trust, 13 identity, 14 auth, 15 tls, 16 net, 17 protocol, 18 server, 19 client,
20 internal.";

/// Runs `redlatch doctor`; gives the exit code.
pub(crate) fn run(doctor: &Doctor) -> u8 {
    let settings = match doctor.settings.read() {
        Ok(settings) => settings,
        Err(error) => {
            let code = exit_code(error.code());
            Failure::coded(error, doctor.json).print();
            return code;
        }
    };
    let mut unwritten = None;
    let mut progress = |stage: &Stage| {
        if let Err(failure) = print(&line(stage)) {
            unwritten = Some(failure);
        }
    };
    let asked = Asked {
        expected: Expected { read_only: doctor.read_only },
        progress: match doctor.json {
            true => None,
            false => Some(&mut progress),
        },
        ..Asked::default()
    };
    let report = examine(settings, doctor.settings.reads_env(), asked);
    let text = match doctor.json {
        true => report.to_json() + "\n",
        false => conclusion(&report),
    };
    if let Some(failure) = unwritten.or_else(|| print(&text).err()) {
        failure.print();
        return 1;
    }
    report.failure().map_or(0, |(_, error)| exit_code(error.code()))
}

/// Ten, and the family.
fn exit_code(code: Code) -> u8 {
    u8::try_from(10 + code.number() / 100).unwrap_or(u8::MAX)
}

/// A step in one line, with what a person wants to see of it.
fn line(stage: &Stage) -> String {
    let verdict = match &stage.status {
        Status::Ok => "ok",
        Status::Skipped(_) => "-",
        Status::Failed(_) => "FAILED",
        Status::NotReached => return String::new(),
    };
    let mut out = format!("{verdict:<8}{:<20}", stage.part.name());
    match &stage.status {
        Status::Skipped(why) => out += why,
        Status::Failed(error) => {
            let _ = write!(out, "{}: {}", error.code(), error.code().sentence());
        }
        _ => out += &summary(stage),
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn summary(stage: &Stage) -> String {
    let seen = &stage.evidence;
    match stage.part {
        Part::Config => {
            let tls = match (word(seen, "tls").as_str(), word(seen, "verify").as_str()) {
                ("false", _) => "without TLS".to_owned(),
                (_, "") => "TLS".to_owned(),
                (_, verify) => format!("TLS, verify={verify}"),
            };
            format!("{}, {tls}", word(seen, "address"))
        }
        Part::Materials => {
            let trusted = match (word(seen, "trusted"), word(seen, "trust")) {
                (count, _) if count.is_empty() => String::new(),
                (count, store) if store.is_empty() => format!("{count} trusted CA(s)"),
                (count, store) => format!("{count} trusted CAs of {store}"),
            };
            let secret = match seen.contains_key("secret") {
                true => "a secret",
                false => "no secret",
            };
            [trusted.as_str(), secret]
                .iter()
                .filter(|it| !it.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(", ")
        }
        Part::Dns => words(seen, "addresses").join(" "),
        Part::Tcp => {
            let tried = seen.get("tried").and_then(Value::as_array).into_iter().flatten();
            let connected = tried.filter(|it| it["outcome"] == "connected");
            connected.map(|it| text(&it["address"])).collect::<Vec<_>>().join(" ")
        }
        Part::Tls => format!("{} {}", word(seen, "version"), word(seen, "cipher")),
        Part::Chain => match seen.get("anchor") {
            Some(anchor) => {
                format!("up to {}, {} days left", text(&anchor["subject"]), anchor["days_left"])
            }
            None => "not verified".to_owned(),
        },
        Part::Name => match seen.contains_key("checked") {
            true => "not checked".to_owned(),
            false => format!(
                "{} is one of {}",
                word(seen, "expected"),
                words(seen, "presented").join(" ")
            ),
        },
        Part::ClientCertificate => match word(seen, "subject") {
            none if none.is_empty() => "none given, none demanded".to_owned(),
            subject => subject,
        },
        Part::Auth => match word(seen, "username") {
            none if none.is_empty() => "no secret given, none demanded".to_owned(),
            name => format!("as {name}"),
        },
        Part::Server => {
            let version = ["valkey_version", "redis_version"]
                .into_iter()
                .map(|name| word(seen, name))
                .find(|version| !version.is_empty());
            format!(
                "{} {} {}",
                version.unwrap_or_default(),
                word(seen, "redis_mode"),
                word(seen, "role")
            )
        }
        Part::Latency => format!(
            "{} ms (median of {}; {} to {})",
            word(seen, "median_ms"),
            word(seen, "pings"),
            word(seen, "min_ms"),
            word(seen, "max_ms")
        ),
    }
}

/// What was found, the evidence, and what to do.
fn conclusion(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    if let Some((stage, error)) = report.failure() {
        let _ = writeln!(out, "\n{}: {error}", error.code());
        let _ = writeln!(out, "\nseen");
        for (name, value) in &stage.evidence {
            show(&mut out, name, value, 1);
        }
        let _ = writeln!(out, "\nwhat to do");
        for sentence in wrapped(report.remedy.as_deref().unwrap_or_default()) {
            let _ = writeln!(out, "  {sentence}");
        }
    }
    if !report.warnings.is_empty() {
        let _ = writeln!(out, "\nwarnings");
        for warning in &report.warnings {
            for (at, part) in wrapped(warning).into_iter().enumerate() {
                let _ = writeln!(out, "{}{part}", if at == 0 { "  - " } else { "    " });
            }
        }
    }
    if report.failure().is_none() {
        let _ = writeln!(out, "\nall is well");
    }
    out
}

fn show(out: &mut String, name: &str, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let _ = match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                show(out, &format!("{name} {}", at + 1), item, depth);
            }
            Ok(())
        }
        Value::Array(items) => {
            let shown: Vec<_> = items.iter().map(text).collect();
            writeln!(out, "{indent}{name}: {}", shown.join(" "))
        }
        Value::Object(fields) => {
            let shown = writeln!(out, "{indent}{name}");
            for (name, value) in fields {
                show(out, name, value, depth + 1);
            }
            shown
        }
        Value::Null => Ok(()),
        other => writeln!(out, "{indent}{name}: {}", text(other)),
    };
}

/// Lines of a width that terminals have.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().filter(|line| line.is_empty() || line.len() + word.len() < 92);
        match last {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn word(seen: &Map<String, Value>, name: &str) -> String {
    seen.get(name).map(text).unwrap_or_default()
}

fn words(seen: &Map<String, Value>, name: &str) -> Vec<String> {
    seen.get(name).and_then(Value::as_array).into_iter().flatten().map(text).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
