//! A line for each interval, where nobody sits at a terminal.

use std::time::{Duration, Instant};

use redlatch::core::bundle::date;
use redlatch::core::document;
use redlatch::{Event, clock};
use serde_json::{Value, json};

use super::Watch;
use super::latency::Latency;
use super::probe::{Probe, Seen};
use crate::events;
use crate::failure::{Because as _, Failure, print_on};
use crate::signals::Stop;

/// Prints until a signal ends it, nobody reads on, or all lines that are wanted are printed.
pub(super) fn run(watch: &Watch, probe: &Probe) -> Result<(), Failure> {
    let stop = Stop::on_signals()?;
    let (mut events, mut pings, mut printed) = (0, 0, 0);
    let mut next = Instant::now();
    loop {
        next += watch.interval;
        if stop.within(next.saturating_duration_since(Instant::now())) {
            return Ok(());
        }
        let text = {
            let seen = probe.seen();
            let latency = Latency::of(seen.pings.since(&mut pings));
            let events: Vec<_> = seen.events.since(&mut events).collect();
            match watch.json {
                true => as_json(&seen, &latency, &events)?,
                false => as_text(&seen, &latency, &events),
            }
        };
        printed += 1;
        if !print_on(&text)? || watch.count == Some(printed) {
            return Ok(());
        }
        // Who was stopped for a while does not catch up.
        next = next.max(Instant::now() - Duration::from_millis(1));
    }
}

fn as_json(seen: &Seen, latency: &Latency, events: &[&Event]) -> Result<String, Failure> {
    let events: Result<Vec<Value>, _> =
        events.iter().map(|event| serde_json::from_str(&document::event(event))).collect();
    let line = json!({
        "time": date(clock::now().unix_seconds()),
        "status": seen.status,
        "ping_ms": {
            "count": latency.count,
            "lost": latency.lost,
            "last": latency.last,
            "p50": latency.percentile(50),
            "p99": latency.percentile(99),
            "max": latency.max(),
        },
        "server_commands_per_second": seen.rate,
        "events": events.because("understand an event")?,
    });
    Ok(format!("{line}\n"))
}

fn as_text(seen: &Seen, latency: &Latency, events: &[&Event]) -> String {
    let mut lines: Vec<_> = events
        .iter()
        .map(|event| format!("{} {}\n", events::time(event), events::text(event)))
        .collect();
    let status = &seen.status;
    let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let mut facts = vec![
        date(clock::now().unix_seconds()),
        format!("{} {}", word(&status["address"]), word(&status["state"])),
    ];
    if let Some(session) = super::view::active(status) {
        facts.push(session["tls"].as_str().unwrap_or("no TLS").to_owned());
        if let Some(days) = session["peer"]["days_left"].as_i64() {
            facts.push(format!("certificate {days} days"));
        }
    }
    if let Some(certificates) = status["trust"]["certificates"].as_array() {
        let generation = &status["trust"]["generation"];
        let days = certificates.iter().filter_map(|one| one["days_left"].as_i64()).min();
        let least = days.map(|days| format!(", first ends in {days} days")).unwrap_or_default();
        facts.push(format!("{} CAs (generation {generation}{least})", certificates.len()));
    }
    if let (Some(middle), Some(high)) = (latency.percentile(50), latency.percentile(99)) {
        facts.push(format!("ping p50 {middle:.3} ms, p99 {high:.3} ms"));
    }
    if latency.lost > 0 {
        facts.push(format!("{} of {} pings lost", latency.lost, latency.count));
    }
    facts.extend(seen.rate.map(|rate| format!("{rate} commands/s")));
    if status["state"] != "ready"
        && let Some(text) = status["last_error"]["text"].as_str()
    {
        facts.push(format!("{}: {text}", word(&status["last_error"]["code"])));
    }
    lines.push(facts.join("; ") + "\n");
    lines.concat()
}
