//! What commands and callbacks give: a secret alone, or a JSON object with its username and end.

use serde_json::{Map, Value as Json};

use super::{Pair, empty, line};
use crate::{
    error::{Code, Error, Result},
    secret::Secret,
    time::Now,
};

/// Reads one line, or a JSON object. The names of its fields are those that cloud tools print.
pub(super) fn parse(content: &[Secret], now: Now) -> Result<Pair> {
    let given = content.first().map(line).filter(|given| !given.is_empty()).ok_or_else(empty)?;
    let pair = match given.expose().first() {
        Some(b'{') => object(&given, now)?,
        _ if given.expose().contains(&b'\n') => {
            return Err(unusable("several lines were given in place of one, or of a JSON object"));
        }
        _ => Pair { username: None, secret: given, expires: None },
    };
    match pair.expires {
        Some(end) if end <= now.unix_seconds() => Err(unusable("the secret has already ended")
            .with("expires", end)
            .with("now", now.unix_seconds())),
        _ => Ok(pair),
    }
}

fn object(given: &Secret, now: Now) -> Result<Pair> {
    // The parser's own words could repeat what was given.
    let fields: Map<String, Json> = serde_json::from_slice(given.expose())
        .map_err(|_| unusable("what was given starts like a JSON object and is none"))?;
    let text = |names: &[&str]| {
        names.iter().find_map(|name| fields.get(*name)?.as_str()).filter(|text| !text.is_empty())
    };
    let secret = text(SECRETS).ok_or_else(|| {
        unusable("the JSON object has no password, secret, token or access_token")
    })?;
    Ok(Pair {
        username: text(&["username"]).map(str::to_owned),
        secret: Secret::new(secret),
        expires: end(&fields, now)?,
    })
}

fn end(fields: &Map<String, Json>, now: Now) -> Result<Option<i64>> {
    let field = |names: &[&str]| {
        names.iter().find_map(|name| fields.get(*name)).filter(|value| !value.is_null())
    };
    if let Some(left) = field(LIVES) {
        let seconds = number(left).filter(|left| *left >= 0.0);
        let seconds = seconds.ok_or_else(|| unusable("expires_in is no number of seconds"))?;
        return Ok(Some(now.unix_seconds().saturating_add(seconds as i64)));
    }
    let Some(at) = field(ENDS) else { return Ok(None) };
    let date = |text: &str| {
        let format = &time::format_description::well_known::Rfc3339;
        time::OffsetDateTime::parse(text, format).ok().map(time::OffsetDateTime::unix_timestamp)
    };
    let end = number(at).map(|seconds| seconds as i64).or_else(|| at.as_str().and_then(date));
    end.map(Some).ok_or_else(|| {
        unusable("expires_at is neither seconds since the Unix epoch nor a date as in RFC 3339")
    })
}

/// Azure's metadata service writes numbers as texts.
fn number(value: &Json) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| number.is_finite())
}

fn unusable(why: &str) -> Error {
    Error::with_detail(Code::AuthUnavailable, why)
}

const SECRETS: &[&str] = &["password", "secret", "token", "access_token", "accessToken"];
const LIVES: &[&str] = &["expires_in", "expiresIn"];
const ENDS: &[&str] = &["expires_at", "expires_on", "expiresAt", "expiration", "Expiration"];
