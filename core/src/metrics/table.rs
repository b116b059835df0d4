//! Every metric: its name, what it is, and where in a status it stands.

use std::collections::BTreeMap;

use serde_json::Value;

use super::exposition::Samples;

/// One metric.
pub struct Metric {
    /// `redlatch_…`, by Prometheus's conventions.
    pub name: &'static str,
    /// `gauge` or `counter`.
    pub kind: &'static str,
    /// What it tells.
    pub help: &'static str,
    pub(super) read: fn(&Value, &mut Samples<'_>),
}

macro_rules! metrics {
    ($($kind:ident $name:literal $help:literal $read:expr;)*) => {
        pub(super) const METRICS: &[Metric] = &[$(Metric {
            name: $name,
            kind: stringify!($kind),
            help: $help,
            read: $read,
        },)*];
    };
}

metrics! {
    gauge "redlatch_build_info" "The version of redlatch; always 1."
        |_, out| out.flag(&[("version", env!("CARGO_PKG_VERSION"))], true);
    gauge "redlatch_client_info" "What a client connects to, and how it verifies it; always 1."
        |status, out| out.flag(
            &[("address", text(&status["address"])), ("verify", text(&status["verify"]))],
            true,
        );
    gauge "redlatch_up" "Whether a session is ready for commands."
        |status, out| out.flag(&[], status["state"] == "ready");
    gauge "redlatch_state" "1 for the state the client is in: ready, connecting, failing, idle or closed."
        |status, out| for state in ["ready", "connecting", "failing", "idle", "closed"] {
            out.flag(&[("state", state)], status["state"] == state);
        };
    gauge "redlatch_sessions" "Connections to the server."
        |status, out| out.number(&status["connections"]);
    gauge "redlatch_sessions_distrusted" "Live connections whose server is no longer trusted and that are to be replaced."
        |status, out| {
            let distrusted = list(&status["sessions"]).iter().filter(|it| it["distrusted"].is_string());
            out.number(&distrusted.count().into());
        };
    gauge "redlatch_queue_length" "Commands that wait for a connection."
        |status, out| out.number(&status["queued"]);
    gauge "redlatch_open_commands" "Commands without a reply."
        |status, out| out.number(&status["open"]);
    counter "redlatch_commands_total" "Commands taken from callers, each of a pipeline."
        |status, out| out.number(&status["counters"]["commands"]);
    counter "redlatch_replies_total" "Replies given to callers, error replies included."
        |status, out| out.number(&status["counters"]["replies"]);
    counter "redlatch_failures_total" "Commands, or pipelines, that failed without a reply."
        |status, out| out.number(&status["counters"]["failures"]);
    counter "redlatch_connects_total" "Sessions that became ready."
        |status, out| out.number(&status["counters"]["connects"]);
    counter "redlatch_reconnects_total" "Sessions that took over from one that was lost."
        |status, out| out.number(&status["counters"]["reconnects"]);
    counter "redlatch_replacements_total" "Sessions that took over from a live one."
        |status, out| out.number(&status["counters"]["replacements"]);
    counter "redlatch_auth_failures_total" "Times the server refused username and password, or the lack of them."
        |status, out| out.number(&status["counters"]["auth_failures"]);
    counter "redlatch_events_dropped_total" "Events that nobody asked for in time."
        |status, out| out.number(&status["events_dropped"]);
    gauge "redlatch_trust_generation" "How many sets of trusted CAs have been in force; 0 before the first."
        |status, out| out.number(&status["trust"]["generation"]);
    gauge "redlatch_trust_anchors" "Trusted CAs."
        |status, out| if let Some(anchors) = status["trust"]["certificates"].as_array() {
            out.number(&anchors.len().into());
        };
    gauge "redlatch_trust_anchor_expiry_timestamp_seconds" "When a trusted CA ends. Of more than 16 only those in use."
        |status, out| {
            let anchors = list(&status["trust"]["certificates"]);
            for anchor in anchors {
                if anchors.len() <= LISTED || sessions_of(status, &anchor["sha256"]) > 0 {
                    out.labelled(&certificate(anchor), &anchor["not_after"]);
                }
            }
        };
    gauge "redlatch_trust_anchor_sessions" "Connections that a trusted CA has verified. Of more than 16 only those in use."
        |status, out| {
            let anchors = list(&status["trust"]["certificates"]);
            for anchor in anchors {
                let sessions = sessions_of(status, &anchor["sha256"]);
                if anchors.len() <= LISTED || sessions > 0 {
                    out.labelled(&certificate(anchor), &sessions.into());
                }
            }
        };
    gauge "redlatch_peer_certificate_expiry_timestamp_seconds" "When the certificate of a server ends."
        |status, out| {
            let peers = list(&status["sessions"]).iter().map(|session| &session["peer"]);
            let peers: BTreeMap<_, _> = peers.map(|peer| (text(&peer["sha256"]), peer)).collect();
            for peer in peers.values() {
                out.labelled(&certificate(peer), &peer["not_after"]);
            }
        };
    gauge "redlatch_identity_expiry_timestamp_seconds" "When the client certificate ends."
        |status, out| {
            let identity = &status["identity"];
            out.labelled(&certificate(identity), &identity["not_after"]);
        };
    gauge "redlatch_crl_next_update_timestamp_seconds" "When the successor of a revocation list is due."
        |status, out| {
            let mut next: BTreeMap<&str, &Value> = BTreeMap::new();
            for revocations in list(&status["crl"]["lists"]) {
                let (issuer, due) = (text(&revocations["issuer"]), &revocations["next_update"]);
                let first = next.entry(issuer).or_insert(due);
                if due.as_i64() < first.as_i64() {
                    *first = due;
                }
            }
            next.iter().for_each(|(issuer, due)| out.labelled(&[("issuer", issuer)], due));
        };
    gauge "redlatch_credentials_expiry_timestamp_seconds" "When the secret in force ends, if whoever gave it said so."
        |status, out| out.number(&status["credentials"]["expires"]);
    gauge "redlatch_material_rejected" "Whether the latest content of a material was refused, so that an older one is in force, or none."
        |status, out| materials(status, |name, it| {
            out.flag(&[("material", name)], it["refused"].is_string());
        });
    counter "redlatch_material_rejections_total" "Contents of a material that were refused."
        |status, out| materials(status, |name, it| {
            out.labelled(&[("material", name)], &it["rejections"]);
        });
    counter "redlatch_rotations_total" "Times a material was replaced while the process ran."
        |status, out| materials(status, |name, it| {
            let generation = it["generation"].as_u64().unwrap_or_default();
            out.labelled(&[("material", name)], &generation.saturating_sub(1).into());
        });
    gauge "redlatch_material_loaded_timestamp_seconds" "When the content in force of a material was taken."
        |status, out| materials(status, |name, it| {
            out.labelled(&[("material", name)], &it["since"]);
        });
    gauge "redlatch_danger" "1 for each setting in use that weakens security."
        |status, out| for setting in list(&status["dangers"]) {
            out.flag(&[("setting", text(setting))], true);
        };
    gauge "redlatch_last_error_info" "1 with the code of what keeps the client from being ready."
        |status, out| if let Some(code) = status["last_error"]["code"].as_str() {
            out.flag(&[("code", code)], true);
        };
}

fn materials(status: &Value, mut each: impl FnMut(&'static str, &Value)) {
    for name in ["trust", "identity", "credentials", "crl"] {
        if status[name].is_object() {
            each(name, &status[name]);
        }
    }
}

fn certificate(certificate: &Value) -> [(&'static str, &str); 2] {
    [("sha256", text(&certificate["sha256"])), ("subject", text(&certificate["subject"]))]
}

fn sessions_of(status: &Value, anchor: &Value) -> usize {
    list(&status["sessions"]).iter().filter(|session| session["anchor_sha256"] == *anchor).count()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// More CAs than this are the system's, most of which concern nobody.
const LISTED: usize = 16;
