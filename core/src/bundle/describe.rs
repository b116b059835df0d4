//! What a bundle holds, for people and other languages.

use serde_json::{Map, Value as Json, json};

use super::{Bundle, Certificate, classify::date};

pub(crate) fn describe(bundle: &Bundle) -> Json {
    let trusted: Vec<_> = bundle.certificates.iter().map(facts).collect();
    let rejected = bundle.rejected.iter().map(|rejected| {
        let mut row = facts(&rejected.certificate);
        row.insert("code".to_owned(), json!(rejected.code.name()));
        row.insert("reason".to_owned(), json!(rejected.reason));
        row
    });
    json!({
        "certificates": trusted,
        "rejected": rejected.collect::<Vec<_>>(),
        "notes": bundle.notes,
    })
}

/// A certificate with its names and what is left of its life.
pub(crate) fn dated(certificate: &Certificate, now: i64) -> Json {
    let mut row = facts(certificate);
    row.insert("names".to_owned(), json!(certificate.details().names));
    row.insert("days_left".to_owned(), json!(certificate.days_left(now)));
    Json::Object(row)
}

pub(super) fn facts(certificate: &Certificate) -> Map<String, Json> {
    let row = [
        ("sha256", json!(certificate.sha256_hex())),
        ("subject", json!(certificate.subject)),
        ("issuer", json!(certificate.issuer)),
        ("not_before", json!(date(certificate.not_before))),
        ("not_after", json!(date(certificate.not_after))),
        ("kind", json!(certificate.kind.name())),
    ];
    row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
