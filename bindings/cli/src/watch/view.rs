//! What the screen shows of a connection.

use redlatch::core::bundle::{Difference, date};
use serde_json::Value;

use super::latency::{Latency, sparkline};
use super::probe::Seen;
use crate::events;

/// As many lines as there are rows, none wider than the screen.
pub(super) fn view(
    seen: &Seen,
    now: i64,
    columns: usize,
    rows: usize,
    colour: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    connection(&mut lines, &seen.status, now);
    materials(&mut lines, &seen.status, rows / 3);
    activity(&mut lines, seen, columns);
    lines.push(Line::title("events".to_owned()));
    let room = rows.saturating_sub(lines.len());
    for event in seen.events.latest(room) {
        let time = events::time(event);
        let clock = time.split_once('T').map_or(time.as_str(), |(_, clock)| clock);
        lines.push(Line::plain(format!("  {clock} {}", events::text(event))));
    }
    lines.truncate(rows);
    lines.iter().map(|line| line.drawn(columns, colour)).collect()
}

/// The session in use.
pub(super) fn active(status: &Value) -> Option<&Value> {
    status["sessions"].as_array()?.iter().find(|session| session["active"] == true)
}

fn connection(lines: &mut Vec<Line>, status: &Value, now: i64) {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let time = date(now);
    lines.push(Line::title(format!("redlatch {}   {time}   q quits", text(&status["address"]))));
    let state = text(&status["state"]);
    let style = if state == "ready" { Style::Good } else { Style::Bad };
    let session = active(status);
    let server = session.map_or(String::new(), |session| {
        format!("server {}, RESP{}", text(&session["server_version"]), session["protocol"])
    });
    lines.push(Line { text: row("state", &format!("{state}  {server}")), style });
    if let Some(error) = status["last_error"]["text"].as_str() {
        let code = text(&status["last_error"]["code"]);
        lines.push(Line { text: row("error", &format!("{code}: {error}")), style: Style::Bad });
    }
    for danger in status["dangers"].as_array().into_iter().flatten() {
        let text = row("danger", &format!("{} weakens security", text(danger)));
        lines.push(Line { text, style: Style::Bad });
    }
    let Some(session) = session else { return };
    let Some(version) = session["tls"].as_str() else {
        return lines.push(Line::plain(row("TLS", "off: nothing protects the connection")));
    };
    let resumed = if session["resumed"] == true { ", resumed" } else { "" };
    let (cipher, verify) = (text(&session["cipher"]), text(&status["verify"]));
    lines.push(Line::plain(row("TLS", &format!("{version} {cipher}, verify={verify}{resumed}"))));
    if !session["peer"].is_null() {
        lines.push(certificate("server", &session["peer"]));
    }
    if let Some(why) = session["distrusted"].as_str() {
        let left = session["distrusted_ends_in"].as_f64().unwrap_or_default();
        let text = row("distrusted", &format!("for {left:.0} s more: {why}"));
        lines.push(Line { text, style: Style::Bad });
    }
}

fn materials(lines: &mut Vec<Line>, status: &Value, most: usize) {
    let since = |material: &Value| {
        let since = material["since"].as_i64().map(date);
        format!("generation {}, since {}", material["generation"], since.unwrap_or("never".into()))
    };
    let trust = &status["trust"];
    if !trust.is_null() {
        lines.push(Line::plain(row("trusted", &since(trust))));
        let anchor = active(status).map(|session| &session["anchor_sha256"]);
        let all = trust["certificates"].as_array().map(Vec::as_slice).unwrap_or_default();
        // Of a whole system store the one in use is what matters.
        let in_use = |one: &&Value| anchor.is_some_and(|anchor| one["sha256"] == *anchor);
        let (used, others): (Vec<_>, Vec<_>) = all.iter().partition(in_use);
        let shown = used.iter().map(|one| ("* in use", one));
        let shown = shown.chain(others.iter().map(|one| ("*", one)));
        lines.extend(shown.take(most.max(1)).map(|(label, one)| certificate(label, one)));
        if all.len() > most.max(1) {
            let more = all.len() - most.max(1);
            lines.push(Line::plain(row("", &format!("and {more} more"))));
        }
    }
    if !status["identity"].is_null() {
        lines.push(Line::plain(row("client", &since(&status["identity"]))));
        lines.push(certificate("*", &status["identity"]));
    }
    if !status["crl"].is_null() {
        let lists = status["crl"]["lists"].as_array().map_or(0, Vec::len);
        let text = format!("{}, {lists} lists", since(&status["crl"]));
        lines.push(Line::plain(row("revoked", &text)));
    }
    if !status["credentials"].is_null() {
        lines.push(Line::plain(row("secret", &since(&status["credentials"]))));
    }
    for name in ["trust", "identity", "crl", "credentials"] {
        if let Some(why) = status[name]["refused_why"].as_str() {
            let text = row("refused", &format!("{name}: {why}"));
            lines.push(Line { text, style: Style::Bad });
        }
    }
}

fn activity(lines: &mut Vec<Line>, seen: &Seen, columns: usize) {
    let latency = Latency::of(seen.pings.latest(RECENT));
    let ms = |value: Option<f64>| value.map_or("?".to_owned(), |value| format!("{value:.3}"));
    let figures = [
        ("last", latency.last),
        ("p50", latency.percentile(50)),
        ("p90", latency.percentile(90)),
        ("p99", latency.percentile(99)),
        ("max", latency.max()),
    ];
    let figures: Vec<_> =
        figures.iter().map(|(name, value)| format!("{name} {}", ms(*value))).collect();
    let text = format!("{} ms of {}, {} lost", figures.join("  "), latency.count, latency.lost);
    let style = if latency.lost > 0 { Style::Notice } else { Style::Plain };
    lines.push(Line { text: row("PING", &text), style });
    let room = columns.saturating_sub(LABEL + 1);
    lines.push(Line::plain(row("", &sparkline(seen.pings.latest(room)))));
    let rate = seen.rate.map_or("unknown".to_owned(), |rate| rate.to_string());
    let counters = &seen.status["counters"];
    let number = |name: &str| counters[name].as_u64().unwrap_or_default();
    let (connects, reconnects) = (number("connects"), number("reconnects"));
    let text = format!(
        "{rate} commands/s; connected {connects} times, {reconnects} after a loss, {} handed over",
        number("replacements")
    );
    lines.push(Line::plain(row("server", &text)));
}

fn certificate(label: &str, certificate: &Value) -> Line {
    let subject = certificate["subject"].as_str().filter(|name| !name.is_empty());
    let sha256 = certificate["sha256"].as_str().unwrap_or_default();
    let days = certificate["days_left"].as_i64().unwrap_or_default();
    let start = sha256.get(..16).unwrap_or(sha256);
    let name = subject.unwrap_or("(no name)");
    let text = row(label, &format!("{name}, {days} days left, sha256 {start}…"));
    Line { text, style: if days <= Difference::NOTICE { Style::Notice } else { Style::Plain } }
}

fn row(label: &str, text: &str) -> String {
    format!("{label:<LABEL$} {text}")
}

struct Line {
    text: String,
    style: Style,
}

#[derive(Clone, Copy)]
enum Style {
    Plain,
    Title,
    Good,
    Notice,
    Bad,
}

impl Line {
    fn plain(text: String) -> Line {
        Line { text, style: Style::Plain }
    }

    fn title(text: String) -> Line {
        Line { text, style: Style::Title }
    }

    fn drawn(&self, columns: usize, colour: bool) -> String {
        // A control character of somebody else's would move the cursor.
        let text = self.text.chars().map(|it| if it.is_control() { ' ' } else { it });
        let text: String = text.take(columns).collect();
        let code = match self.style {
            Style::Title => "1",
            Style::Good if colour => "32",
            Style::Notice if colour => "33",
            Style::Bad if colour => "31",
            _ => return text,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

const LABEL: usize = 10;
/// PINGs that figures are made of.
const RECENT: usize = 600;
