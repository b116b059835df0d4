//! Asks a client how it is: runs the commands of a judgement, and has the core judge.

use std::time::{Duration, Instant};

use redlatch_core::{Error, Record, Result, health, metrics, resp::encode_command};
use serde_json::Value;

use crate::{
    client::Connection,
    driver::Driver,
    replies::{Collected, Limit, Replies},
    status::{duration, list, text},
};

/// What makes a client ready.
///
/// ```
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// use redlatch::{Client, Probe};
///
/// let mut connection = Client::open(&url)?.connection();
/// let health = connection.health(Probe { read_only: true, ..Probe::default() });
/// assert!(health.ok && health.live, "{:?}", health.problem());
/// # Ok::<(), redlatch::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// How soon the server has to answer. A probe of Kubernetes has one second.
    pub limit: Duration,
    /// Whether a replica that takes no writes is good enough.
    pub read_only: bool,
}

impl Default for Probe {
    fn default() -> Self {
        Self { limit: Duration::from_millis(health::LIMIT_MS.into()), read_only: false }
    }
}

/// How a client is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// Whether it is ready: the server answers, is trusted, has let us in, and takes writes.
    pub ok: bool,
    /// Whether the client serves at all, whatever becomes of the server: a restart would mend nothing.
    pub live: bool,
    /// Whether the server answered in time; none if it was not asked.
    pub alive: Option<bool>,
    /// Whether the server has let us in; none if that cannot be said.
    pub authenticated: Option<bool>,
    /// Whether the server takes writes; none if that cannot be said.
    pub writable: Option<bool>,
    /// `primary` or `replica`.
    pub role: Option<String>,
    /// `ok`, `warning`, `failing`, or `off` without TLS.
    pub trust: String,
    /// All that is wrong or will be; what fails comes first.
    pub problems: Vec<Problem>,
    /// How long the server's answers took.
    pub took: Option<Duration>,
    document: String,
}

/// Something to be mended, now or soon.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Whether it keeps the client from being ready; otherwise it is a warning.
    pub is_failing: bool,
    /// Name of a [`Code`](crate::Code), or of what is no failure yet, such as `trust.expiring`.
    pub code: String,
    /// What is wrong.
    pub text: String,
    /// What to do.
    pub remedy: String,
}

impl Health {
    /// What is wrong first of all.
    pub fn problem(&self) -> Option<&Problem> {
        self.problems.first()
    }

    /// The whole of it, as the document of [`judge`](redlatch_core::health::judge).
    pub fn as_json(&self) -> &str {
        &self.document
    }

    fn read(document: String) -> Self {
        // The core's own document is JSON.
        let it: Value = serde_json::from_str(&document).unwrap_or_default();
        let problem = |it: &Value| Problem {
            is_failing: it["severity"] == "failing",
            code: text(&it["code"]).unwrap_or_default(),
            text: text(&it["text"]).unwrap_or_default(),
            remedy: text(&it["remedy"]).unwrap_or_default(),
        };
        Self {
            ok: it["ok"] == true,
            live: it["live"] == true,
            alive: it["alive"].as_bool(),
            authenticated: it["authenticated"].as_bool(),
            writable: it["writable"].as_bool(),
            role: text(&it["role"]),
            trust: text(&it["trust"]).unwrap_or_default(),
            problems: list(&it["problems"], problem),
            took: duration(&it["seconds"]),
            document,
        }
    }
}

impl Connection {
    /// How the client is. Asks the server, and waits for its answer no longer than the limit.
    pub fn health(&mut self, probe: Probe) -> Health {
        let ticket = self.next_ticket();
        Health::read(self.driver_mut().health(ticket, probe))
    }

    /// The client's metrics, in Prometheus's text format.
    pub fn metrics(&self) -> String {
        metrics([self.status()])
    }
}

#[cfg(feature = "tokio")]
impl crate::aio::Connection {
    /// How the client is. Asks the server, and waits for its answer no longer than the limit.
    ///
    /// # Errors
    /// `client.closed` if the runtime ended before the connection was closed.
    pub async fn health(&self, probe: Probe) -> Result<Health> {
        let started = Instant::now();
        let replies = self.call_within(Limit::of(probe.limit), COUNT, pack).await;
        let outcome = outcome(started, replies);
        Ok(Health::read(judged(self.status().await?.as_json(), &outcome, probe)))
    }

    /// The client's metrics, in Prometheus's text format.
    ///
    /// # Errors
    /// As [`Connection::status`](crate::aio::Connection::status).
    pub async fn metrics(&self) -> Result<String> {
        Ok(metrics([self.status().await?]))
    }
}

impl Driver {
    /// Runs the commands of a judgement, and judges.
    pub fn health(&mut self, ticket: u64, probe: Probe) -> String {
        self.health_unless(ticket, probe, || false)
    }

    /// The same; ends the client if it was given up meanwhile.
    pub(crate) fn health_unless(
        &mut self,
        ticket: u64,
        probe: Probe,
        given_up: impl Fn() -> bool,
    ) -> String {
        let started = Instant::now();
        let mut payload = Vec::new();
        pack(&mut payload);
        let length = payload.len() as u32;
        let timeout_ms = Limit::of(probe.limit).0;
        let record = Record { ticket, commands: COUNT, length, timeout_ms, flags: 0 };
        let mut collected = Collected::of(COUNT);
        let done = |collected: &Collected| collected.is_done() || given_up();
        self.call(&[record], payload, &mut collected, done, &mut || true);
        if !collected.is_done() {
            self.close(&mut collected);
        }
        judged(&self.status(), &outcome(started, collected.into_result()), probe)
    }
}

/// Several clients in one exposition, given their statuses, in Prometheus's text format. Clients are
/// told apart by the setting `client_name`, or the address.
pub fn metrics<S: AsRef<str>>(statuses: impl IntoIterator<Item = S>) -> String {
    let statuses: Vec<_> = statuses.into_iter().collect();
    let documents: Vec<_> = statuses.iter().map(AsRef::as_ref).collect();
    // The core's own documents are statuses.
    metrics::expose(&format!("[{}]", documents.join(","))).unwrap_or_default()
}

fn pack(payload: &mut Vec<u8>) {
    for command in health::COMMANDS {
        encode_command(payload, command.iter().copied());
    }
}

/// The document that the core judges.
fn outcome(started: Instant, replies: Result<Replies>) -> String {
    health::outcome(started.elapsed(), replies.as_ref().map(|it| it.iter()))
}

/// The judgement of a client whose commands were not run.
pub(crate) fn judge_failure(status: &str, error: &Error, probe: Probe) -> String {
    judged(status, &outcome(Instant::now(), Err(error.clone())), probe)
}

fn judged(status: &str, outcome: &str, probe: Probe) -> String {
    // The core's own documents are as it wants them.
    health::judge(status, outcome, probe.read_only).unwrap_or_default()
}

const COUNT: u32 = health::COMMANDS.len() as u32;
