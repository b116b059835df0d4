//! JSON documents that cross language boundaries on rare paths: settings in; the configuration in
//! force, bundles, errors, events and tables out. Field names are the same in every language.

use serde_json::{Map, Value as Json, json};

use crate::{
    bundle::{self, Bundle, Certificate, Difference},
    config::{self, Config, SETTINGS, Value},
    error::{Code, Error, Result},
    event::Event,
    secret::Secret,
};

/// Explicit settings from one JSON object; `null` means unset.
///
/// # Errors
/// `config.invalid` if the document is no object of plain values. Values are never repeated.
pub fn settings(document: &str) -> Result<Vec<(String, Value)>> {
    let invalid = |why: &str| Error::with_detail(Code::ConfigInvalid, why.to_owned());
    let object: Map<String, Json> = serde_json::from_str(document)
        .map_err(|error| invalid(&format!("settings are no JSON object, line {}", error.line())))?;
    let mut settings = Vec::with_capacity(object.len());
    for (name, value) in object {
        let value = match value {
            Json::Null => continue,
            Json::Bool(value) => Value::Bool(value),
            Json::String(text) => Value::Text(text),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Value::Integer(number),
                (None, Some(number)) => Value::Number(number),
                (None, None) => return Err(invalid("a number is too large").with("setting", name)),
            },
            Json::Array(items) => {
                let texts = items.into_iter().map(|item| match item {
                    Json::String(text) => Ok(text),
                    _ => Err(invalid("must be a list of texts").with("setting", &name)),
                });
                Value::List(texts.collect::<Result<_>>()?)
            }
            Json::Object(_) => return Err(invalid("must be a plain value").with("setting", name)),
        };
        settings.push((name, value));
    }
    Ok(settings)
}

/// Username, secret and end (seconds since the Unix epoch) as a provider's answer.
pub fn credentials(username: Option<&str>, secret: &str, expires: Option<f64>) -> Secret {
    let document = json!({ "username": username, "password": secret, "expires_at": expires });
    Secret::new(document.to_string())
}

/// The settings in force by their names in the table, with `address`, `warnings` and `dangers`.
/// Durations are in seconds, what is not set is null, and secrets are `***`.
pub fn config(config: &Config) -> String {
    config::describe(config).to_string()
}

/// The certificates of a bundle, those that are not trusted, and what was unusual. Dates are RFC
/// 3339 in UTC.
pub fn bundle(bundle: &Bundle) -> String {
    bundle::describe(bundle).to_string()
}

/// A bundle as a person looks at it: each certificate, trusted or not, with fingerprints, key, names,
/// `days_left` and `warnings`; and `pem`, what is trusted.
pub fn inspection(bundle: &Bundle, now: i64) -> String {
    bundle::inspect(bundle, now).to_string()
}

/// Certificates with their names and `days_left`; of a chain, the server's own is the first.
pub fn certificates(certificates: &[Certificate], now: i64) -> String {
    list(certificates, now).to_string()
}

/// The CA that a chain ends at, and until when.
pub fn trusted(anchor: &Certificate, until: i64, now: i64) -> String {
    json!({ "anchor": bundle::dated(anchor, now), "until": bundle::date(until) }).to_string()
}

/// What a rotation changes: whether both trust the same, and each certificate with `days_left`.
pub fn difference(difference: &Difference, now: i64) -> String {
    json!({
        "same": difference.is_same(),
        "added": list(&difference.added, now),
        "removed": list(&difference.removed, now),
        "kept": list(&difference.kept, now),
        "expiring": list(&difference.expiring, now),
    })
    .to_string()
}

fn list(certificates: &[Certificate], now: i64) -> Json {
    certificates.iter().map(|one| bundle::dated(one, now)).collect()
}

/// An error with everything a caller can react to.
pub fn error(error: &Error) -> String {
    let code = error.code();
    let evidence: Map<_, _> =
        error.evidence().iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({
        "code": code.name(),
        "number": code.number(),
        "family": code.family(),
        "retry": code.retry().name(),
        "message": error.to_string(),
        "detail": error.detail(),
        "remedy": code.remedy(),
        "evidence": evidence,
        "maybe_executed": error.is_maybe_executed(),
    })
    .to_string()
}

/// An event; `at` is in seconds since the Unix epoch.
pub fn event(event: &Event) -> String {
    let mut object: Map<_, _> =
        event.fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    object.insert("kind".to_owned(), json!(event.kind.name()));
    object.insert("at".to_owned(), json!(event.at.as_secs_f64()));
    Json::Object(object).to_string()
}

/// The table of error codes, from which each language builds its classes.
pub fn codes() -> String {
    let rows: Vec<_> = Code::ALL
        .iter()
        .map(|code| {
            json!({
                "code": code.name(),
                "number": code.number(),
                "family": code.family(),
                "retry": code.retry().name(),
                "sentence": code.sentence(),
                "remedy": code.remedy(),
            })
        })
        .collect();
    Json::Array(rows).to_string()
}

/// The table of settings.
pub fn settings_table() -> String {
    let rows: Vec<_> = SETTINGS
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "kind": row.kind.name(),
                "default": row.default,
                "environment": row.environment,
                "sentence": row.sentence,
            })
        })
        .collect();
    Json::Array(rows).to_string()
}
