//! What a client can tell about itself at any time. No secret is in it.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{
    bundle::Certificate,
    client::{Client, Counters},
    config::{Recycle, Tls, Verify},
    credentials::Credentials,
    crl::Crls,
    identity::Identity,
    material::Material,
    session::Session,
    time::Now,
    trust::Trust,
};

impl Client {
    /// A snapshot, as one JSON document with the same fields in every language. Times are in
    /// seconds since the Unix epoch.
    pub fn status(&self, now: Now) -> String {
        let profile = self.profile();
        let config = profile.config();
        let (queued, open) = self.waiting();
        let sessions: Vec<_> =
            self.sessions().map(|(it, active)| self.session_status(it, active, now)).collect();
        let counters = counters(self.counters());
        json!({
            "at": now.unix_seconds(),
            "state": self.state(),
            "address": config.address.to_string(),
            "client_name": config.client_name,
            "db": config.db,
            "verify": config.tls.as_ref().map(|tls| verify_name(tls.verify)),
            "verification": config.tls.as_ref().map(verification),
            "recycle": match config.recycle {
                Recycle::Distrusted => "distrusted",
                Recycle::Always => "always",
                Recycle::Never => "never",
            },
            "require_server_auth": config.require_server_auth,
            "dangers": config.dangers,
            "connections": sessions.len(),
            "sessions": sessions,
            "trust": profile.trust().map(|trust| trust_status(trust, now)),
            "identity": profile.identity().map(|identity| identity_status(identity, now)),
            "crl": profile.crls().map(|crls| crl_status(crls)),
            "credentials": profile.credentials().map(|secrets| credentials_status(secrets, now)),
            "counters": counters,
            "events_dropped": self.events_dropped(),
            "queued": queued,
            "open": open,
            "awaiting": self.awaited(),
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
            () if self.sessions().next().is_some() || self.awaited().is_some() => "connecting",
            () => "idle",
        }
    }

    fn session_status(&self, session: &Session, active: bool, now: Now) -> Value {
        let grace = self.profile().config().distrust_grace;
        let tls = session.tls();
        let verdict = &session.peer.verdict;
        json!({
            "link": session.link,
            "phase": session.phase.name(),
            "active": active,
            "tls": tls.and_then(|tls| tls.version()),
            "cipher": tls.and_then(|tls| tls.cipher()),
            "resumed": tls.is_some_and(|tls| tls.is_resumed()),
            "trust_generation": session.trust_generation,
            "identity_generation": session.identity_generation,
            "crl_generation": session.crl_generation,
            "credentials_generation": session.proof.as_ref().map(|proof| proof.generation),
            "anchor_sha256": verdict.anchor,
            "anchor_not_after": verdict.anchor_end,
            "peer": session.peer.leaf.as_ref().map(|leaf| certificate(leaf, now)),
            "distrusted_code": session.distrusted.as_ref().map(|(_, error)| error.code().name()),
            "distrusted": session.distrusted.as_ref().map(|(_, error)| error.to_string()),
            "distrusted_ends_in": session.distrusted.as_ref().map(|(since, _)| {
                (*since + grace).saturating_sub(now.monotonic).as_secs_f64()
            }),
            "stale": session.stale,
            "in_flight": session.in_flight.len(),
            "protocol": session.protocol(self.profile().config()),
            "server_version": session.server_version,
        })
    }
}

/// The status of a client that has many connections, each with a status of its own: that of one, with
/// what all of them have counted, and how many there are.
pub fn of_many(status: &str, counted: Counters, connections: usize) -> String {
    // The core's own document is JSON.
    let mut document: Value = serde_json::from_str(status).unwrap_or_default();
    document["counters"] = counters(counted);
    document["connections"] = connections.into();
    document.to_string()
}

/// Counters as they stand in a status.
fn counters(counters: Counters) -> Value {
    let Counters { commands, replies, failures, connects, reconnects, replacements, auth_failures } =
        counters;
    json!({
        "commands": commands,
        "replies": replies,
        "failures": failures,
        "connects": connects,
        "reconnects": reconnects,
        "replacements": replacements,
        "auth_failures": auth_failures,
    })
}

fn verify_name(verify: Verify) -> &'static str {
    match verify {
        Verify::Full => "full",
        Verify::Ca => "ca",
        Verify::DangerNone => "danger_none",
    }
}

/// A line for each thing that is checked of a server.
fn verification(tls: &Tls) -> Value {
    let pins: Vec<_> = tls.pins.iter().map(|pin| BASE64_STANDARD.encode(pin)).collect();
    json!({
        "verify": verify_name(tls.verify),
        "expected_name": tls.expected_name,
        "pins": pins,
        "crls": tls.crls.is_some(),
        "min_version": if tls.only_tls13 { "TLSv1.3" } else { "TLSv1.2" },
        "keylog": tls.danger_keylog_file.is_some(),
    })
}

fn certificate(certificate: &Certificate, now: Now) -> Value {
    json!({
        "sha256": certificate.sha256_hex(),
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_after": certificate.not_after,
        "days_left": certificate.days_left(now.unix_seconds()),
    })
}

/// What all materials have in common, with what only this one has.
fn material<T>(material: &Material<T>, special: Value) -> Value {
    let current = material.current().ok();
    let mut all = json!({
        "generation": current.as_ref().map_or(0, |generation| generation.number),
        "since": current.as_ref().map(|generation| generation.since.as_secs()),
        "rejections": material.rejections(),
        "fetching": material.is_fetching(),
        "refused": material.last_error().map(|error| error.code().name()),
        "refused_why": material.last_error().map(|error| error.to_string()),
    });
    if let (Value::Object(all), Value::Object(special)) = (&mut all, special) {
        all.extend(special);
    }
    all
}

fn trust_status(trust: &Trust, now: Now) -> Value {
    let current = trust.current().ok();
    let anchors = current.iter().flat_map(|generation| generation.value.all());
    let certificates: Vec<_> = anchors.map(|it| certificate(&it.certificate, now)).collect();
    material(trust, json!({ "certificates": certificates }))
}

fn identity_status(identity: &Identity, now: Now) -> Value {
    let current = identity.current().ok();
    let pair = current.as_ref().map(|generation| &generation.value);
    let special = json!({
        "sha256": pair.map(|pair| &pair.sha256),
        "subject": pair.map(|pair| &pair.subject),
        "not_after": pair.map(|pair| pair.not_after),
        "days_left": pair.map(|pair| (pair.not_after - now.unix_seconds()).div_euclid(86_400)),
    });
    material(identity, special)
}

fn crl_status(crls: &Crls) -> Value {
    let current = crls.current().ok();
    let facts = current.iter().flat_map(|generation| generation.value.facts());
    let lists: Vec<_> = facts
        .map(|list| {
            json!({
                "issuer": list.issuer,
                "revoked": list.revoked,
                "next_update": list.next_update,
            })
        })
        .collect();
    material(crls, json!({ "lists": lists }))
}

fn credentials_status(secrets: &Credentials, now: Now) -> Value {
    let current = secrets.material.current().ok();
    let end = current.and_then(|generation| generation.value.expires());
    let special = json!({
        "expires": end,
        "expires_in": end.map(|end| end - now.unix_seconds()),
    });
    material(&secrets.material, special)
}
