//! A server under measurement, and how clients of it are made.

use std::env;
use std::sync::Arc;

use redlatch::core::Materials;
use redlatch::core::config::{SETTINGS, Setting, Value};
use redlatch::core::material::OsFiles;
use redlatch::{Client, Code, Config, Error, Profile, Result};
use serde_json::Value as Json;

use crate::settings::Settings;

/// A server under measurement.
pub(super) struct Endpoint {
    settings: Vec<(&'static str, Value)>,
    environment: Option<Vec<(String, String)>>,
    profile: Arc<Profile>,
    /// Version and cipher; none without TLS.
    pub(super) tls: Option<(String, String)>,
    pub(super) server_version: String,
}

impl Endpoint {
    /// The one that the command line names.
    pub(super) fn of(settings: &Settings) -> Result<Endpoint> {
        let environment = settings.reads_env().then(|| environment(|_| true));
        Endpoint::new(settings.read()?, environment)
    }

    /// The one at `url`, with all settings that concern neither address nor TLS.
    pub(super) fn beside(settings: &Settings, url: &str) -> Result<Endpoint> {
        let mut beside = settings.elsewhere(url)?;
        beside.retain(|(name, _)| *name == "url" || !is_of_place(name));
        let environment = settings
            .reads_env()
            .then(|| environment(|row| row.name != "url" && !is_of_place(row.name)));
        Endpoint::new(beside, environment)
    }

    fn new(
        settings: Vec<(&'static str, Value)>,
        environment: Option<Vec<(String, String)>>,
    ) -> Result<Endpoint> {
        let profile = open(&settings, environment.as_deref())?;
        Ok(Endpoint { settings, environment, profile, tls: None, server_version: String::new() })
    }

    /// Connects once, to fail early and to know what is measured.
    pub(super) fn look(&mut self) -> Result<()> {
        let mut connection = self.client().connection();
        connection.call(["PING"])?;
        let unknown = |_| Error::with_detail(Code::InternalBug, "the status is no JSON");
        let status: Json = serde_json::from_str(connection.status().as_json()).map_err(unknown)?;
        let sessions = status["sessions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let session = sessions.iter().find(|session| session["active"] == true);
        let session = session.unwrap_or(&Json::Null);
        let text = |name: &str| session[name].as_str().map(str::to_owned);
        self.tls = text("tls").zip(text("cipher"));
        self.server_version = text("server_version").unwrap_or_default();
        connection.close();
        Ok(())
    }

    /// A client; all of them share what is watched.
    pub(super) fn client(&self) -> Client {
        Client::from(self.profile.clone())
    }

    /// What resumes no session of anybody else.
    pub(super) fn apart(&self) -> Result<Arc<Profile>> {
        open(&self.settings, self.environment.as_deref())
    }

    pub(super) fn address(&self) -> String {
        self.profile.config().address.to_string()
    }

    pub(super) fn has_tls(&self) -> bool {
        self.profile.config().tls.is_some()
    }

    /// What protects it, in a word.
    pub(super) fn protection(&self) -> &'static str {
        if self.has_tls() { "TLS" } else { "plaintext" }
    }

    /// The address and what protects it.
    pub(super) fn name(&self) -> String {
        format!("{} ({})", self.address(), self.protection())
    }
}

fn open(
    settings: &[(&'static str, Value)],
    environment: Option<&[(String, String)]>,
) -> Result<Arc<Profile>> {
    let config = Config::parse_over(settings.iter().cloned(), environment, [])?;
    Profile::new(config, &Materials::new(Arc::new(OsFiles))).map(Arc::new)
}

/// The variables of the settings that `wanted` picks.
fn environment(wanted: fn(&Setting) -> bool) -> Vec<(String, String)> {
    let names: Vec<_> =
        SETTINGS.iter().filter(|row| !wanted(row)).flat_map(|row| row.environment).collect();
    env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| !names.contains(&&name.as_str()))
        .collect()
}

/// Whether a setting says where the server is, or how its TLS is.
fn is_of_place(name: &str) -> bool {
    let place = ["url", "host", "port", "path", "tls", "verify", "expected_name", "pin_sha256"];
    let danger = ["danger_accept_any_certificate", "danger_keylog_file"];
    let prefixes = ["ca_", "cert_", "key_", "crl_", "tls_"];
    place.contains(&name)
        || danger.contains(&name)
        || prefixes.iter().any(|prefix| name.starts_with(prefix))
}
