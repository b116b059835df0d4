//! Health and metrics, for probes and scrapers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::client::Client;

/// How a client is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, uniffi::Record)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// Whether it is ready: nothing is failing.
    pub ok: bool,
    /// Whether the client serves at all: it is neither closed nor broken inside.
    pub live: bool,
    /// Whether the server answered in time; none if it was not asked.
    pub alive: Option<bool>,
    /// Whether it let the client in.
    pub authenticated: Option<bool>,
    /// Whether it takes writes.
    pub writable: Option<bool>,
    /// `primary` or `replica`.
    pub role: Option<String>,
    /// `ok`, `warning`, `failing`, or `off` without TLS.
    pub trust: String,
    /// The code of the first problem.
    pub code: Option<String>,
    /// What it is, for people.
    pub text: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// All of them, what fails first.
    pub problems: Vec<Problem>,
    /// How long the answer took.
    pub seconds: Option<f64>,
    /// As in the status.
    pub state: String,
    /// As in the status.
    pub address: String,
}

/// What is wrong, or will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// `failing` or `warning`.
    pub severity: String,
    /// Its code.
    pub code: String,
    /// What it is, for people.
    pub text: String,
    /// What to do about it.
    pub remedy: String,
}

/// Metrics of several clients, in Prometheus's text format.
#[uniffi::export]
pub fn metrics(clients: Vec<Arc<Client>>) -> String {
    redlatch::metrics(clients.iter().map(|client| client.shared().status()))
}
