//! What was measured, for people and programs.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::handshake::{Handshakes, median};
use super::load::Measured;
use super::{Bench, Results, Workload};

/// Percentiles that are shown, with their names.
const PERCENTILES: [(&str, f64); 4] =
    [("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99_9", 99.9)];

pub(super) fn json(bench: &Bench, results: &[Results], interrupted: bool) -> String {
    let endpoints: Vec<_> = results.iter().map(endpoint).collect();
    let document = json!({
        "clients": bench.clients,
        "pipeline": bench.pipeline,
        "size": bench.size,
        "keys": bench.keys,
        "seconds": bench.requests.is_none().then_some(bench.seconds.as_secs_f64()),
        "requests": bench.requests,
        "interrupted": interrupted,
        "endpoints": endpoints,
        "cost": cost(results),
    });
    format!("{document}\n")
}

fn endpoint(results: &Results) -> Value {
    let Results { endpoint, workloads, handshakes, .. } = results;
    let workloads: Vec<_> = workloads.iter().map(workload).collect();
    json!({
        "address": endpoint.address(),
        "server_version": endpoint.server_version,
        "tls": endpoint.tls.as_ref().map(|(version, cipher)| {
            json!({ "version": version, "cipher": cipher })
        }),
        "connection": handshakes.as_ref().map(|Handshakes { full, resumed }| json!({
            "full_ms": median(full).map(milliseconds),
            "full_count": full.len(),
            "resumed_ms": median(resumed).map(milliseconds),
            "resumed_count": resumed.len(),
        })),
        "workloads": workloads,
    })
}

fn workload((workload, measured): &(Workload, Measured)) -> Value {
    let latency = &measured.latency;
    let ms = |nanoseconds: u64| nanoseconds as f64 / 1e6;
    let mut shown: serde_json::Map<_, _> = PERCENTILES
        .iter()
        .map(|(name, at)| ((*name).to_owned(), json!(ms(latency.value_at_percentile(*at)))))
        .collect();
    shown.insert("max".to_owned(), json!(ms(latency.max())));
    shown.insert("mean".to_owned(), json!(latency.mean() / 1e6));
    json!({
        "workload": workload.name().to_lowercase(),
        "commands": latency.len(),
        "seconds": measured.took.as_secs_f64(),
        "commands_per_second": measured.rate(),
        "latency_ms": shown,
    })
}

/// What the first endpoint costs beside the second, if there are two.
fn cost(results: &[Results]) -> Value {
    let [first, second] = results else { return Value::Null };
    let rows =
        first.workloads.iter().zip(&second.workloads).map(|((workload, one), (_, other))| {
            let p50 = |it: &Measured| it.latency.value_at_percentile(50.0) as f64 / 1e6;
            json!({
                "workload": workload.name().to_lowercase(),
                "throughput_ratio": one.rate() / other.rate().max(1e-9),
                "p50_more_ms": p50(one) - p50(other),
            })
        });
    json!(rows.collect::<Vec<_>>())
}

pub(super) fn table(bench: &Bench, results: &[Results], interrupted: bool) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    for Results { endpoint, .. } in results {
        let with = match &endpoint.tls {
            Some((version, cipher)) => format!("{version}, {cipher}"),
            None => "no TLS".to_owned(),
        };
        let version = &endpoint.server_version;
        let _ = writeln!(out, "{}: version {version}, {with}", endpoint.name());
    }
    let Bench { clients, pipeline, size, keys, .. } = bench;
    let _ = writeln!(
        out,
        "{clients} connections, pipeline {pipeline}, values of {size} bytes, {keys} keys\n"
    );
    let measured = results.iter().any(|result| !result.workloads.is_empty());
    if measured {
        let _ = writeln!(
            out,
            "{:<18} {:>12} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "", "commands/s", "p50 ms", "p90", "p99", "p99.9", "max"
        );
    }
    let most = results.iter().map(|result| result.workloads.len()).max().unwrap_or_default();
    for at in 0..most {
        for result in results {
            let Some((workload, measured)) = result.workloads.get(at) else { continue };
            let _ = write!(
                out,
                "{:<18} {:>12.0}",
                format!("{} {}", workload.name(), label(results, result)),
                measured.rate()
            );
            let latency = &measured.latency;
            let percentiles = PERCENTILES.iter().map(|(_, at)| latency.value_at_percentile(*at));
            for nanoseconds in percentiles.chain([latency.max()]) {
                let _ = write!(out, " {:>9.3}", nanoseconds as f64 / 1e6);
            }
            out.push('\n');
        }
        if let [(_, one), (_, other)] =
            results.iter().filter_map(|it| it.workloads.get(at)).collect::<Vec<_>>()[..]
        {
            let _ = writeln!(
                out,
                "{:<18} {:>11.0}%",
                "  of the second",
                100.0 * one.rate() / other.rate().max(1e-9)
            );
        }
    }
    connections(&mut out, results);
    if interrupted {
        out.push_str("\ninterrupted: what was measured until then\n");
    }
    out
}

/// What tells an endpoint from the other one.
fn label(results: &[Results], one: &Results) -> String {
    let with = one.endpoint.protection();
    let alike = results.iter().filter(|it| it.endpoint.protection() == with).count() > 1;
    let at = results.iter().position(|it| std::ptr::eq(it, one)).map_or(0, |at| at + 1);
    if alike { format!("{with} {at}") } else { with.to_owned() }
}

fn connections(out: &mut String, results: &[Results]) {
    let mut header = "\n";
    for Results { endpoint, handshakes, .. } in results {
        let Some(Handshakes { full, resumed }) = handshakes else { continue };
        let Some(middle) = median(full) else { continue };
        let (name, count) = (endpoint.name(), full.len());
        let _ = write!(out, "{header}connecting to {name}: ");
        header = "";
        let _ = match (endpoint.has_tls(), median(resumed)) {
            (false, _) => write!(out, "{:.3} ms", milliseconds(middle)),
            (true, Some(again)) => write!(
                out,
                "{:.3} ms, TLS resumed {:.3} ms",
                milliseconds(middle),
                milliseconds(again)
            ),
            (true, None) => {
                write!(out, "{:.3} ms; the server resumes no session", milliseconds(middle))
            }
        };
        let _ = writeln!(out, " (median of {count})");
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e6
}
