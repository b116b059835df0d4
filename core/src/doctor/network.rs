//! From a name to a connection.

use std::time::Duration;

use serde_json::json;

use super::{Notes, Target};
use crate::{
    config::{Address, Config},
    error::{Code, Error, Result},
};

/// The address that answered.
pub(super) struct Reached {
    pub(super) target: Target,
    /// How long TCP took, once.
    pub(super) took: Duration,
}

pub(super) fn resolve(address: &Address, notes: &mut Notes<'_>) -> Result<Vec<Target>> {
    match address {
        Address::Unix(path) => {
            notes.tell("path", json!(path.display().to_string()));
            Ok(vec![Target::Unix(path.clone())])
        }
        Address::Tcp { host, port } => {
            notes.tell("host", json!(host));
            let found = notes.host.resolve(host, *port)?;
            let shown: Vec<_> = found.iter().map(|it| it.ip().to_string()).collect();
            notes.tell("addresses", json!(shown));
            match found.is_empty() {
                true => Err(Error::with_detail(Code::NetDns, "the name has no address")),
                false => Ok(found.into_iter().map(Target::Tcp).collect()),
            }
        }
    }
}

/// Tries each address; the first that takes a connection is examined further, since that is the one
/// a client would use.
pub(super) fn reach(
    targets: Vec<Target>,
    config: &Config,
    notes: &mut Notes<'_>,
) -> Result<Reached> {
    let (mut tried, mut reached, mut failure) = (Vec::new(), None, None);
    for target in targets {
        let before = notes.host.now().monotonic;
        let outcome = notes.host.connect(&target, config.connect_timeout);
        let took = notes.host.now().monotonic.saturating_sub(before);
        let shown = target.to_string();
        match outcome {
            Ok(_) => {
                let ms = took.as_micros() as f64 / 1000.0;
                tried.push(json!({ "address": shown, "outcome": "connected", "ms": ms }));
                reached.get_or_insert(Reached { target, took });
            }
            Err(error) if error.code() == Code::ClientCancelled => return Err(error),
            Err(error) => {
                let why = format!("{}: {}", error.code(), error.detail());
                tried.push(json!({ "address": shown, "outcome": why }));
                failure.get_or_insert(error);
            }
        }
    }
    let refused = tried.iter().filter(|it| it["outcome"] != "connected").count();
    if reached.is_some() && refused > 0 {
        notes.warn(format!("{refused} of {} addresses take no connection", tried.len()));
    }
    notes.tell("tried", json!(tried));
    reached.ok_or_else(|| failure.unwrap_or_else(|| Error::new(Code::NetUnreachable)))
}
