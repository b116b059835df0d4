//! What the process lends the core: clocks, files, the environment, randomness.

use std::sync::Arc;

pub(crate) use redlatch::{clock::now, read_bundle, seed};
use redlatch_core::{Profile, config};

use crate::error::Result;

/// A profile of settings and, if asked, the environment of this process.
pub(crate) fn open(settings: &[(String, config::Value)], from_env: bool) -> Result<Arc<Profile>> {
    redlatch::open(settings.iter().map(|(name, value)| (name.as_str(), value.clone())), from_env)
}
