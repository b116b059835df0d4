//! Statuses as metrics, in Prometheus's text format (0.0.4), which OpenMetrics scrapers read, too.

mod exposition;
mod table;

use std::collections::HashSet;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use exposition::Exposition;
use table::METRICS;
pub use table::Metric;

/// What an HTTP server says of an exposition.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The exposition of clients, given a JSON array of their statuses. Each metric has the label
/// `client`: the setting `client_name`, or the address; clients that share it get `-2`, `-3` and so on
/// in the order given.
///
/// # Errors
/// `client.misuse` if the document is no array of statuses.
pub fn expose(statuses: &str) -> Result<String> {
    let misuse =
        || Error::with_detail(Code::ClientMisuse, "metrics are made of a list of statuses");
    let statuses: Vec<Value> = serde_json::from_str(statuses).map_err(|_| misuse())?;
    if !statuses.iter().all(Value::is_object) {
        return Err(misuse());
    }
    let mut names = HashSet::new();
    let clients: Vec<_> =
        statuses.iter().map(|status| (unique(status, &mut names), status)).collect();
    let mut exposition = Exposition::default();
    for metric in METRICS {
        exposition.metric(metric, &clients);
    }
    Ok(exposition.into_text())
}

/// All metrics, also those that only some clients have.
pub fn metrics() -> &'static [Metric] {
    METRICS
}

fn unique(status: &Value, names: &mut HashSet<String>) -> String {
    let own = status["client_name"].as_str().or(status["address"].as_str()).unwrap_or_default();
    let numbered = (2..).map(|number| format!("{own}-{number}"));
    let free = std::iter::once(own.to_owned()).chain(numbered).find(|name| !names.contains(name));
    let name = free.unwrap_or_default();
    names.insert(name.clone());
    name
}
