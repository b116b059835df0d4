//! What a status says of trust, identity, secrets and settings.

use serde_json::Value;

use super::problem::{Condition, Problem};
use crate::error::Code;

/// Problems of trust, and those of everything else.
pub(super) fn problems(status: &Value) -> (Vec<Problem>, Vec<Problem>) {
    let (mut trust, mut others) = (Vec::new(), Vec::new());
    if let Some(code) = status["last_error"]["code"].as_str()
        && let Some(text) = status["last_error"]["text"].as_str()
        && status["state"] != "ready"
        && is_about_trust(code)
    {
        trust.push(Problem::failing(code, text));
    }
    refusal(&status["trust"], &mut trust);
    refusal(&status["crl"], &mut trust);
    refusal(&status["identity"], &mut others);
    refusal(&status["credentials"], &mut others);
    anchors(status, &mut trust);
    for session in list(&status["sessions"]) {
        if let Some(code) = session["distrusted_code"].as_str() {
            let why = session["distrusted"].as_str().unwrap_or_default();
            let text = format!("a live connection is to be replaced: {why}");
            trust.push(Problem::warning(code, &text));
        }
    }
    for revocations in list(&status["crl"]["lists"]) {
        if revocations["next_update"].as_i64().is_some_and(|end| end < now(status)) {
            let issuer = revocations["issuer"].as_str().unwrap_or_default();
            let text = format!("a later revocation list of {issuer} is due");
            trust.push(Problem::condition(Condition::CrlExpired, text));
        }
    }
    identity(status, &mut others);
    for setting in list(&status["dangers"]) {
        let text = format!("{} weakens security", setting.as_str().unwrap_or_default());
        others.push(Problem::condition(Condition::Danger, text));
    }
    (trust, others)
}

/// Content that was refused: a warning while the last good one serves.
fn refusal(material: &Value, problems: &mut Vec<Problem>) {
    let Some(code) = material["refused"].as_str() else { return };
    let why = material["refused_why"].as_str().unwrap_or_default();
    problems.push(match material["generation"].as_u64() {
        None | Some(0) => Problem::failing(code, why),
        Some(_) => Problem::warning(code, &format!("the last good content stays: {why}")),
    });
}

/// A CA that is to be replaced matters if it protects a connection or none outlives it: one that is
/// merely left over may end.
fn anchors(status: &Value, problems: &mut Vec<Problem>) {
    let certificates = list(&status["trust"]["certificates"]);
    let now = now(status);
    let end = |certificate: &Value| certificate["not_after"].as_i64().unwrap_or(i64::MAX);
    let Some(last) = certificates.iter().map(end).max() else { return };
    if last < now {
        problems.push(Problem::failing(Code::TrustExpired.name(), ""));
        return;
    }
    let used: Vec<_> = list(&status["sessions"])
        .iter()
        .filter_map(|session| session["anchor_sha256"].as_str())
        .collect();
    let valid = certificates.iter().filter(|it| end(it) >= now).count();
    for certificate in certificates {
        let end = end(certificate);
        let protects = certificate["sha256"].as_str().is_some_and(|it| used.contains(&it));
        if end < now || !(protects || end == last) {
            continue;
        }
        let days = (end - now).div_euclid(DAY);
        let subject = certificate["subject"].as_str().unwrap_or_default();
        if days < NOTICE {
            let text = format!("the CA {subject} ends in {days} days");
            problems.push(Problem::condition(Condition::TrustExpiring, text));
        } else if valid == 1 && days < LONG_NOTICE {
            let text = format!("the only CA, {subject}, ends in {days} days");
            problems.push(Problem::condition(Condition::TrustSingle, text));
        }
    }
}

fn identity(status: &Value, problems: &mut Vec<Problem>) {
    let Some(end) = status["identity"]["not_after"].as_i64() else { return };
    let left = end - now(status);
    if left < 0 {
        problems.push(Problem::warning(Code::IdentityExpired.name(), ""));
    } else if left < NOTICE * DAY {
        let text = format!("the client certificate ends in {} days", left / DAY);
        problems.push(Problem::condition(Condition::IdentityExpiring, text));
    }
}

/// Whether a failure is one of certificates, not of the network.
fn is_about_trust(code: &str) -> bool {
    let family = code.split('.').next().unwrap_or_default();
    matches!(family, "trust" | "identity" | "tls") && code != Code::TlsTimeout.name()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn now(status: &Value) -> i64 {
    status["at"].as_i64().unwrap_or_default()
}

const DAY: i64 = 86_400;
/// Days before the end of a certificate in which somebody has to act.
const NOTICE: i64 = 30;
/// The same if nothing is there yet that could take over.
const LONG_NOTICE: i64 = 90;
