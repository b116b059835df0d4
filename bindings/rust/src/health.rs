//! Asks a client how it is: runs the commands of a judgement, and has the core judge.

use std::time::{Duration, Instant};

use redlatch_core::{Record, Result, health, metrics, resp::encode_command};

use crate::{
    client::Connection,
    driver::Driver,
    replies::{Collected, Replies},
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
/// assert!(health.starts_with('{'));
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

impl Connection {
    /// How the client is, as the JSON document of [`judge`](redlatch_core::health::judge): `ok` is
    /// readiness, `live` liveness. Asks the server, and waits for its answer no longer than the limit.
    pub fn health(&mut self, probe: Probe) -> String {
        let ticket = self.next_ticket();
        self.driver_mut().health(ticket, probe)
    }

    /// The client's metrics, in Prometheus's text format.
    pub fn metrics(&self) -> String {
        metrics([self.status()])
    }
}

#[cfg(feature = "tokio")]
impl crate::aio::Connection {
    /// How the client is, as the JSON document of [`judge`](redlatch_core::health::judge): `ok` is
    /// readiness, `live` liveness. Asks the server, and waits for its answer no longer than the limit.
    ///
    /// # Errors
    /// `client.closed` if the runtime ended before the connection was closed.
    pub async fn health(&self, probe: Probe) -> Result<String> {
        let started = Instant::now();
        let replies = match self.begin(COUNT, probe.timeout_ms(), pack) {
            Ok(call) => call.await,
            Err(error) => Err(error),
        };
        let outcome = outcome(started, replies);
        Ok(judged(&self.status().await?, &outcome, probe))
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
        let started = Instant::now();
        let mut payload = Vec::new();
        pack(&mut payload);
        let length = payload.len() as u32;
        let timeout_ms = probe.timeout_ms();
        let record = Record { ticket, commands: COUNT, length, timeout_ms, flags: 0 };
        let mut collected = Collected::of(COUNT);
        self.call(&[record], payload, &mut collected, Collected::is_done, &mut || true);
        judged(&self.status(), &outcome(started, collected.into_result()), probe)
    }
}

/// Several clients in one exposition, given their statuses, in Prometheus's text format. Clients are
/// told apart by the setting `client_name`, or the address.
pub fn metrics(statuses: impl IntoIterator<Item = String>) -> String {
    let statuses: Vec<_> = statuses.into_iter().collect();
    // The core's own documents are statuses.
    metrics::expose(&format!("[{}]", statuses.join(","))).unwrap_or_default()
}

impl Probe {
    fn timeout_ms(self) -> u32 {
        u32::try_from(self.limit.as_millis()).unwrap_or(u32::MAX - 1).clamp(1, u32::MAX - 1)
    }
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

fn judged(status: &str, outcome: &str, probe: Probe) -> String {
    // The core's own documents are as it wants them.
    health::judge(status, outcome, probe.read_only).unwrap_or_default()
}

const COUNT: u32 = health::COMMANDS.len() as u32;
