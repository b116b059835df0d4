//! From settings to a profile whose materials the whole process shares, and bundles as they are now.

use std::sync::{Arc, OnceLock};

use redlatch_core::{
    Config, Materials, Profile, Result, bundle::Bundle, config::Value, material::OsFiles,
};

use crate::clock;

/// Makes a profile of explicit settings and, if asked, the environment of this process.
///
/// Clients of the same files share one poll of them.
///
/// # Errors
/// The `config` family.
pub fn open<'a>(
    settings: impl IntoIterator<Item = (&'a str, Value)>,
    from_env: bool,
) -> Result<Arc<Profile>> {
    open_over(settings, from_env, [])
}

/// As [`open`], over defaults of the caller's own: those of the library whose place it takes.
///
/// # Errors
/// The `config` family.
pub fn open_over<'a>(
    settings: impl IntoIterator<Item = (&'a str, Value)>,
    from_env: bool,
    defaults: impl IntoIterator<Item = (&'a str, Value)>,
) -> Result<Arc<Profile>> {
    static MATERIALS: OnceLock<Materials> = OnceLock::new();
    let materials = MATERIALS.get_or_init(|| Materials::new(Arc::new(OsFiles)));
    profile(settings, from_env, defaults, materials)
}

/// As [`open`], but nothing is shared with other clients, and nothing outlives the profile.
///
/// # Errors
/// The `config` family.
pub fn open_apart<'a>(
    settings: impl IntoIterator<Item = (&'a str, Value)>,
    from_env: bool,
) -> Result<Arc<Profile>> {
    profile(settings, from_env, [], &Materials::new(Arc::new(OsFiles)))
}

fn profile<'a>(
    settings: impl IntoIterator<Item = (&'a str, Value)>,
    from_env: bool,
    defaults: impl IntoIterator<Item = (&'a str, Value)>,
    materials: &Materials,
) -> Result<Arc<Profile>> {
    let config = configure(settings, from_env, defaults)?;
    Profile::new(config, materials).map(Arc::new)
}

/// The settings alone.
pub(crate) fn configure<'a>(
    settings: impl IntoIterator<Item = (&'a str, Value)>,
    from_env: bool,
    defaults: impl IntoIterator<Item = (&'a str, Value)>,
) -> Result<Config> {
    let variables: Option<Vec<_>> = from_env.then(|| {
        // A variable that is not Unicode cannot be one of ours.
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    });
    Config::parse_over(settings, variables.as_deref(), defaults)
}

/// Reads one or many CAs in any text form, as a client reads its `ca_file`.
///
/// ```
/// let error = redlatch::read_bundle(b"no certificate").expect_err("there is nothing in it");
/// assert_eq!(error.code().name(), "trust.empty");
/// ```
///
/// # Errors
/// The `trust` family: `trust.private_key` if a private key is among them, `trust.empty` if there
/// is no certificate, `trust.malformed` if one cannot be read or none may be an anchor,
/// `trust.expired` if all have expired.
pub fn read_bundle(data: &[u8]) -> Result<Bundle> {
    Bundle::parse(data, clock::now().unix_seconds())
}

/// A seed for jitter: clients that start together must not retry together.
pub fn seed() -> u64 {
    getrandom::u64().unwrap_or_else(|_| clock::now().wall.as_nanos() as u64)
}
