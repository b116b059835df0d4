//! What the settings name: CAs, the client's certificate, revocation lists and the secret.

use std::time::Duration;

use serde_json::json;

use super::{Notes, certificates};
use crate::{
    client::{MaterialKind, Profile},
    config::Source,
    credentials::Credentials,
    error::Result,
    material::Look,
    time::Now,
};

/// Loads them all as a client does, and waits for those that somebody has to be asked for.
///
/// # Errors
/// Why one cannot be used.
pub(super) fn load(profile: &Profile, notes: &mut Notes<'_>) -> Result<()> {
    let mut look = Look::Now;
    loop {
        for (kind, number) in profile.poll(notes.host.now(), look) {
            let given = notes.host.provide(kind);
            // A refusal is what `missing` gives below.
            let _ = profile.take(kind, Some(number), given, notes.host.now());
        }
        look = Look::WhenDue;
        if !MaterialKind::ALL.into_iter().any(|kind| profile.is_fetching(kind)) {
            break;
        }
        notes.host.pause(TURN)?;
    }
    tell_trust(profile, notes);
    tell_identity(profile, notes);
    if let Some(credentials) = profile.credentials() {
        let loaded = credentials.material.current().is_ok();
        notes.tell("secret", json!(if loaded { "loaded" } else { "missing" }));
    }
    warn_of_events(profile, notes);
    match profile.missing(notes.host.now()) {
        Some((kind, error)) => {
            notes.tell("material", json!(kind.name()));
            notes.facts.missing = Some(kind);
            Err(error)
        }
        None => Ok(()),
    }
}

fn tell_trust(profile: &Profile, notes: &mut Notes<'_>) {
    let Some(trust) = profile.trust().and_then(|trust| trust.current().ok()) else { return };
    let now = notes.host.now();
    let anchors = trust.value.all();
    notes.tell("trusted", json!(anchors.len()));
    let is_system = profile.config().tls.as_ref().is_some_and(|tls| tls.trust == Source::System);
    notes.facts.anchors = anchors.iter().map(|it| it.certificate.subject.clone()).collect();
    if is_system {
        notes.tell("trust", json!("the operating system's store"));
        return;
    }
    let listed = anchors.iter().take(LISTED).map(|it| certificates::describe(&it.certificate, now));
    notes.tell("anchors", listed.collect());
    let last = anchors.iter().map(|it| it.certificate.days_left(now.unix_seconds())).max();
    if let Some(days) = last.filter(|days| *days <= SOON) {
        notes.warn(format!("the last trusted CA ends in {days} days"));
    }
}

fn tell_identity(profile: &Profile, notes: &mut Notes<'_>) {
    let Some(identity) = profile.identity().and_then(|it| it.current().ok()) else { return };
    let days = (identity.value.not_after - notes.host.now().unix_seconds()).div_euclid(86_400);
    notes.tell(
        "client_certificate",
        json!({
            "subject": identity.value.subject,
            "sha256": identity.value.sha256,
            "days_left": days,
        }),
    );
    if days <= SOON {
        notes.warn(format!("the client certificate ends in {days} days"));
    }
}

/// Mounts that never change, certificates that were dropped, and the like.
fn warn_of_events(profile: &Profile, notes: &mut Notes<'_>) {
    for text in profile.warnings() {
        notes.warn(text);
    }
}

/// What a secret looks like, without a word of it: the usual accidents on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    pub(super) quoted: bool,
    pub(super) blank: bool,
    pub(super) encoded: bool,
    pub(super) breaks: bool,
    pub(super) token: bool,
    pub(super) variable: bool,
}

pub(super) fn shape(profile: &Profile, now: Now) -> Shape {
    let proof = profile.credentials().map(|it: &std::sync::Arc<Credentials>| it.proof(now));
    let Some(Ok(proof)) = proof else { return Shape::default() };
    let text = String::from_utf8_lossy(proof.secret.expose()).into_owned();
    let text = zeroize::Zeroizing::new(text);
    let is_quote = |it: Option<char>| matches!(it, Some('"' | '\''));
    let hex = |it: &[u8]| it.iter().all(u8::is_ascii_hexdigit);
    Shape {
        quoted: is_quote(text.chars().next()) && is_quote(text.chars().last()),
        blank: text.trim() != text.as_str(),
        encoded: text.as_bytes().windows(3).any(|it| it[0] == b'%' && hex(&it[1..])),
        breaks: text.contains(['\n', '\r']) || text.contains("\\n"),
        token: proof.is_token,
        variable: text.contains("${") || text.starts_with('$'),
    }
}

/// How often somebody who was asked is looked after.
const TURN: Duration = Duration::from_millis(20);
const LISTED: usize = 16;
/// Days.
pub(super) const SOON: i64 = 30;
