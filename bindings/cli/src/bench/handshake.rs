//! What a connection costs: the address looked up, TCP, and TLS in full or resumed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redlatch::core::resp::Reply;
use redlatch::core::{LaneId, MAIN, Role, Sink};
use redlatch::{Code, Driver, Error, EventKind, Profile, Providers, Result};

use super::endpoint::Endpoint;
use crate::signals::Stop;

/// How long connections took, shortest first.
pub(super) struct Handshakes {
    /// With a full TLS handshake; without TLS just TCP.
    pub(super) full: Vec<Duration>,
    /// With a resumed one; empty if the server resumes none, and without TLS.
    pub(super) resumed: Vec<Duration>,
}

/// Makes `count` connections of each sort.
pub(super) fn measure(endpoint: &Endpoint, count: u32, stop: &Stop) -> Result<Handshakes> {
    let (mut full, mut resumed) = (Vec::new(), Vec::new());
    // It gets what the next connection resumes.
    let kept = endpoint.apart()?;
    if endpoint.has_tls() {
        connect(&kept)?;
    }
    for _ in 0..count {
        if stop.is_asked() {
            break;
        }
        full.push(connect(&endpoint.apart()?)?.0);
        if endpoint.has_tls()
            && let (took, true) = connect(&kept)?
        {
            resumed.push(took);
        }
    }
    full.sort_unstable();
    resumed.sort_unstable();
    Ok(Handshakes { full, resumed })
}

/// The one in the middle.
pub(super) fn median(sorted: &[Duration]) -> Option<Duration> {
    sorted.get(sorted.len() / 2).copied()
}

/// Connects without a login; how long that took, and whether TLS was resumed.
fn connect(profile: &Arc<Profile>) -> Result<(Duration, bool)> {
    let role = Role::Raw { login: false };
    let mut driver = Driver::for_role(profile.clone(), Providers::new(), role);
    let mut heard = Heard::default();
    // Reading CAs is no part of it.
    driver.input(&mut heard, |client, now, sink| client.tick(now, sink));
    let start = Instant::now();
    driver.input(&mut heard, |client, now, sink| client.connect(now, sink));
    driver.run(&mut heard, |_, heard| heard.opened || heard.ended.is_some(), None, &mut || true);
    let took = start.elapsed();
    if let Some(error) = heard.ended {
        return Err(error);
    }
    // Whatever the answer is (NOAUTH, say), the tickets come before it.
    let until = Instant::now() + profile.config().handshake_timeout;
    driver.input(&mut heard, |client, now, sink| client.send(now, MAIN, b"PING\r\n", sink))?;
    driver.run(&mut heard, |_, heard| heard.is_over(), Some(until), &mut || true);
    let events = driver.events();
    let connected = events.iter().find(|event| event.kind == EventKind::Connected);
    let resumed = connected.and_then(|event| event.field("resumed")) == Some("true");
    driver.close(&mut heard);
    Ok((took, resumed))
}

#[derive(Default)]
struct Heard {
    opened: bool,
    answered: bool,
    ended: Option<Error>,
}

impl Heard {
    fn is_over(&self) -> bool {
        self.answered || self.ended.is_some()
    }
}

impl Sink for Heard {
    fn reply(&mut self, _: u64, _: Reply<'_>) {}

    fn fail(&mut self, _: u64, _: &Error) {}

    fn opened(&mut self, _: LaneId) {
        self.opened = true;
    }

    fn bytes(&mut self, _: LaneId, _: &[u8]) {
        self.answered = true;
    }

    fn ended(&mut self, _: LaneId, error: &Error) {
        if error.code() != Code::ClientClosed {
            self.ended.get_or_insert(error.clone());
        }
    }
}
