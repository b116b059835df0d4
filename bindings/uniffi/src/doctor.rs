//! The doctor: why a connection cannot be made.

use std::{collections::HashMap, sync::Arc};

use redlatch::doctor::{Asked, Expected, examine};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    error::CallError,
    provider::{CredentialsProvider, IdentityProvider, TrustProvider, asks, provided},
    setting::{Setting, given, read},
};

/// What an examination found.
#[derive(Clone, Debug, PartialEq, Deserialize, uniffi::Record)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Whether nothing failed.
    pub ok: bool,
    /// The code of the failure.
    pub code: Option<String>,
    /// The step that failed.
    pub stage: Option<String>,
    /// Why, for people.
    pub message: Option<String>,
    /// What to do, in words of the place.
    pub remedy: Option<String>,
    /// What the step that failed has seen.
    #[serde(deserialize_with = "findings")]
    pub evidence: Vec<Finding>,
    /// The server's address, if the settings name one.
    pub address: Option<String>,
    /// Where the program runs: `kubernetes`, `compose`, `container`, `systemd` or `host`.
    pub place: String,
    /// Whose server it seems to be: `memorystore`, `elasticache`, `azure` or `own`.
    pub service: String,
    /// What works, but should not stay as it is.
    pub warnings: Vec<String>,
    /// Every step, in order.
    pub stages: Vec<Stage>,
}

/// A step of the examination.
#[derive(Clone, Debug, PartialEq, Deserialize, uniffi::Record)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// `config`, `materials`, `dns`, `tcp`, `tls`, `chain`, `name`, `client_certificate`, `auth`,
    /// `server` or `latency`.
    pub stage: String,
    /// `ok`, `skipped`, `failed` or `not_reached`.
    pub status: String,
    /// The code of a failure.
    pub code: Option<String>,
    /// Why it failed, or was skipped.
    pub reason: Option<String>,
    /// What was seen.
    #[serde(deserialize_with = "findings")]
    pub evidence: Vec<Finding>,
    /// How long it took, in milliseconds.
    pub ms: f64,
}

/// What was seen: text, or JSON where it is more than that.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Finding {
    /// What it is.
    pub name: String,
    /// What was seen.
    pub value: String,
}

/// Finds out step by step why the server of these settings, and with `from_env` of the environment,
/// cannot be reached, or that it can. It takes as long as the settings allow each step, and shares
/// nothing with clients. With `read_only` a server that takes no writes will do. Settings that
/// cannot be used are what it finds, too.
#[uniffi::export(default(
    from_env = false,
    read_only = false,
    credentials_provider = None,
    trust_provider = None,
    identity_provider = None
))]
pub fn doctor(
    mut settings: HashMap<String, Setting>,
    from_env: bool,
    read_only: bool,
    credentials_provider: Option<Arc<dyn CredentialsProvider>>,
    trust_provider: Option<Arc<dyn TrustProvider>>,
    identity_provider: Option<Arc<dyn IdentityProvider>>,
) -> Result<Report, CallError> {
    let provided = provided(credentials_provider, trust_provider, identity_provider);
    asks(&mut settings, &provided);
    let asked = Asked { expected: Expected { read_only }, provided, ..Asked::default() };
    read(&examine(given(&settings), from_env, asked).to_json())
}

fn findings<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Finding>, D::Error> {
    let all = serde_json::Map::deserialize(from)?;
    let finding = |(name, value)| {
        let value = match value {
            Json::String(text) => text,
            other => other.to_string(),
        };
        Finding { name, value }
    };
    Ok(all.into_iter().map(finding).collect())
}
