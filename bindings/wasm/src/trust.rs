//! What CA bundles hold, what a rotation changes and whom they trust, without a client.

use redlatch_core::{
    bundle::{self, Bundle, Difference},
    client, document,
};

use crate::{call::Call, error::Result, host, primitive::Value};

/// `inspectBundle(bytes, length)`: everything a person wants to know, as JSON, or an error.
pub(crate) fn inspect(call: &Call) -> Result<Value> {
    let now = host::now().unix_seconds();
    told(call, Bundle::read(call.bytes(0)?, now).map(|it| document::inspection(&it, now)))
}

/// `mergeBundles(parts)`: the same of several as one.
pub(crate) fn merge(call: &Call) -> Result<Value> {
    let (parts, now) = (call.parts(0)?, host::now().unix_seconds());
    let parts = parts.iter().map(|part| Bundle::parse_part(part.expose(), now));
    let merged = parts.collect::<Result<Vec<_>>>().and_then(|parts| Bundle::merge(parts, now));
    told(call, merged.map(|it| document::inspection(&it, now)))
}

/// `diffBundles(old, length, next, length)`: what a rotation changes.
pub(crate) fn diff(call: &Call) -> Result<Value> {
    let (old, next, now) = (call.bytes(0)?, call.bytes(2)?, host::now().unix_seconds());
    let parsed = Bundle::parse_part(old, now)
        .and_then(|old| Ok((old.certificates, Bundle::parse_part(next, now)?.certificates)));
    let told_of = parsed.map(|(old, next)| Difference::between(&old, &next, now));
    told(call, told_of.map(|it| document::difference(&it, now)))
}

/// `judgeChain(bundle, length, chain, length, name)`: the CA a server's chain ends at, and until when.
/// No name, no look at it.
pub(crate) fn judge(call: &Call) -> Result<Value> {
    let (trusted, chain, name) = (call.bytes(0)?, call.bytes(2)?, call.text(4)?);
    let (now, name) = (host::now(), Some(name.as_str()).filter(|name| !name.is_empty()));
    let trusted = Bundle::parse(trusted, now.unix_seconds())
        .and_then(|it| client::judge(&it, bundle::chain(chain)?, name, now));
    told(call, trusted.map(|it| document::trusted(&it.anchor, it.until, now.unix_seconds())))
}

fn told(call: &Call, document: Result<String>) -> Result<Value> {
    let values = call.values()?;
    Ok(match document {
        Ok(document) => values.text(document.as_bytes()),
        Err(error) => values.failure(&error),
    })
}
