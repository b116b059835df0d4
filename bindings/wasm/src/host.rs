//! What the host lends the core: clocks, files, the environment, randomness.

use std::{sync::Arc, time::Duration};

use redlatch_core::{Config, Materials, Now, Profile, bundle::Bundle, config};

use crate::{
    error::Result,
    files::{HostFiles, environment},
};

/// Both clocks, read together.
pub(crate) fn now() -> Now {
    let wall = web_time::SystemTime::now().duration_since(web_time::SystemTime::UNIX_EPOCH);
    Now { monotonic: web_time::since_start() + OFFSET, wall: wall.unwrap_or_default() }
}

/// A profile of settings and, if asked, the environment. Clients of the same files share one poll of
/// them.
pub(crate) fn open(settings: &[(String, config::Value)], from_env: bool) -> Result<Arc<Profile>> {
    thread_local! {
        static MATERIALS: Materials = Materials::new(Arc::new(HostFiles));
    }
    let settings = settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let variables = from_env.then(environment);
    let config = Config::parse_over(settings, variables.as_deref(), [])?;
    MATERIALS.with(|materials| Profile::new(config, materials)).map(Arc::new)
}

pub(crate) fn read_bundle(data: &[u8]) -> Result<Bundle> {
    Bundle::parse(data, now().unix_seconds())
}

/// A seed for jitter: clients that start together must not retry together.
pub(crate) fn seed() -> u64 {
    let mut bytes = [0; 8];
    match getrandom::getrandom(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        Err(_) => now().wall.as_nanos() as u64,
    }
}

/// Keeps differences to earlier times from reaching below zero.
const OFFSET: Duration = Duration::from_secs(1);
