//! What a client can tell about itself at any time. No secret is in it.

use serde_json::{Value, json};

use crate::{
    client::{Client, Counters},
    config::Verify,
    time::Now,
    trust::Trust,
};

impl Client {
    /// A snapshot, as one JSON document with the same fields in every language.
    pub fn status(&self, now: Now) -> String {
        let profile = self.profile();
        let config = profile.config();
        let (queued, open) = self.waiting();
        let sessions: Vec<_> = self
            .sessions()
            .iter()
            .map(|session| {
                json!({
                    "link": session.link,
                    "phase": format!("{:?}", session.phase).to_lowercase(),
                    "active": self.active_link() == Some(session.link),
                    "tls": session.tls().and_then(|tls| tls.version()),
                    "cipher": session.tls().and_then(|tls| tls.cipher()),
                    "resumed": session.tls().is_some_and(|tls| tls.is_resumed()),
                    "trust_generation": session.trust_generation,
                    "identity_generation": session.identity_generation,
                    "credentials_generation": session.proof.as_ref().map(|p| p.generation),
                    "anchor_sha256": session.peer.anchor,
                    "distrusted": session.distrusted.as_ref().map(|(_, error)| error.to_string()),
                    "in_flight": session.in_flight.len(),
                    "server_version": session.server_version,
                })
            })
            .collect();
        let Counters { replies, failures, connects, reconnects, replacements } = self.counters();
        json!({
            "state": self.state(),
            "address": config.address.to_string(),
            "verify": config.tls.as_ref().map(|tls| match tls.verify {
                Verify::Full => "full",
                Verify::Ca => "ca",
                Verify::DangerNone => "danger_none",
            }),
            "sessions": sessions,
            "trust": profile.trust().map(|trust| trust_status(trust, now)),
            "identity": profile.identity().map(|identity| json!({
                "generation": identity.current().map_or(0, |pair| pair.number),
                "sha256": identity.current().ok().map(|pair| pair.value.sha256.clone()),
                "not_after": identity.current().ok().map(|pair| pair.value.not_after),
                "refused": identity.last_error().map(|error| error.code().name()),
            })),
            "credentials": profile.credentials().map(|secrets| json!({
                "generation": secrets.material.current().map_or(0, |pair| pair.number),
                "refused": secrets.material.last_error().map(|error| error.code().name()),
            })),
            "counters": {
                "replies": replies,
                "failures": failures,
                "connects": connects,
                "reconnects": reconnects,
                "replacements": replacements,
            },
            "queued": queued,
            "open": open,
            "last_error": self.failure().map(|error| json!({
                "code": error.code().name(),
                "text": error.to_string(),
            })),
        })
        .to_string()
    }

    /// One word: `ready`, `connecting`, `failing`, `idle` or `closed`.
    pub fn state(&self) -> &'static str {
        match () {
            () if self.is_closed() => "closed",
            () if self.is_ready() => "ready",
            () if self.is_failing() => "failing",
            () if !self.sessions().is_empty() => "connecting",
            () => "idle",
        }
    }
}

fn trust_status(trust: &Trust, now: Now) -> Value {
    let current = trust.current().ok();
    let anchors = current.iter().flat_map(|generation| generation.value.all()).map(|anchor| {
        let certificate = &anchor.certificate;
        json!({
            "sha256": certificate.sha256_hex(),
            "subject": certificate.subject,
            "not_after": certificate.not_after,
            "days_left": certificate.days_left(now.unix_seconds()),
        })
    });
    json!({
        "generation": current.as_ref().map_or(0, |generation| generation.number),
        "since": current.as_ref().map(|generation| generation.since.as_secs()),
        "certificates": anchors.collect::<Vec<_>>(),
        "refused": trust.last_error().map(|error| error.code().name()),
    })
}
