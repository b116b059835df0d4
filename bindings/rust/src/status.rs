//! What a client tells about itself, as data.

use std::{fmt, time::Duration};

use redlatch_core::{Code, Counters};
use serde_json::Value;

/// A snapshot of a client. No secret is in it. Times are in seconds since the Unix epoch.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// How the client is.
    pub state: State,
    /// When this was taken.
    pub at: i64,
    /// Where the server is.
    pub address: String,
    /// Name of the setting `client_name`.
    pub client_name: Option<String>,
    /// Settings in use that weaken security.
    pub dangers: Vec<String>,
    /// The connections; more than one while one takes over from another.
    pub sessions: Vec<Session>,
    /// The trusted CAs; none without TLS.
    pub trust: Option<Material>,
    /// The client's certificate, if there is one.
    pub identity: Option<Material>,
    /// Revocation lists, if there are any.
    pub crl: Option<Material>,
    /// Username and secret, if there are any.
    pub credentials: Option<Material>,
    /// Counted since the client was made.
    pub counters: Counters,
    /// Commands that wait for a connection.
    pub queued: u64,
    /// Commands without a reply yet.
    pub open: u64,
    /// What keeps the client from being ready.
    pub last_error: Option<LastError>,
    document: String,
}

/// How a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Connected, and takes commands.
    Ready,
    /// On its way.
    Connecting,
    /// Commands fail at once until a material changes.
    Failing,
    /// Nothing to do yet.
    Idle,
    /// Closed.
    Closed,
}

/// One connection.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Session {
    /// Numbers the connections of a client.
    pub link: u64,
    /// Whether new commands use it.
    pub active: bool,
    /// How far it is: `dialing`, `securing`, `authenticating`, `subscribing` or `ready`.
    pub phase: String,
    /// Version of TLS; none without.
    pub tls: Option<String>,
    /// Cipher suite.
    pub cipher: Option<String>,
    /// Whether the handshake went on where an earlier one ended.
    pub resumed: bool,
    /// Generation of the trusted CAs it was made with.
    pub trust_generation: u64,
    /// SHA-256 of the CA that verified the server.
    pub anchor_sha256: Option<String>,
    /// The server's certificate.
    pub peer: Option<Certificate>,
    /// Why the server is no longer trusted, if so.
    pub distrusted: Option<LastError>,
    /// How long the connection goes on for all that.
    pub distrusted_ends_in: Option<Duration>,
    /// Whether another connection takes over for a reason other than trust.
    pub stale: bool,
    /// Commands sent that have no reply yet.
    pub in_flight: u64,
    /// What the server calls itself.
    pub server_version: Option<String>,
}

/// CAs, client certificate, revocation lists, or credentials.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Material {
    /// Grows with each rotation; 0 before the first.
    pub generation: u64,
    /// When this generation came.
    pub since: Option<i64>,
    /// How often content was refused.
    pub rejections: u64,
    /// Whether a provider or a command was asked and has not answered yet.
    pub fetching: bool,
    /// Why the latest content was refused; none if it is in force.
    pub refused: Option<LastError>,
    /// The certificates: all trusted CAs, or the client's own.
    pub certificates: Vec<Certificate>,
    /// When it ends, if that is known: the client's certificate, or a secret whose provider said so.
    pub ends: Option<i64>,
}

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// Fingerprint.
    pub sha256: String,
    /// Whom it names.
    pub subject: String,
    /// Who issued it; empty for the client's own.
    pub issuer: String,
    /// When it ends.
    pub not_after: i64,
    /// Until then.
    pub days_left: i64,
}

/// A failure, as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastError {
    /// What to react to.
    pub code: Code,
    /// For people.
    pub text: String,
}

impl Status {
    /// The whole of it as a JSON document, with the same fields in every language.
    pub fn as_json(&self) -> &str {
        &self.document
    }

    /// The connection that new commands use.
    pub fn session(&self) -> Option<&Session> {
        self.sessions.iter().find(|session| session.active)
    }

    pub(crate) fn read(document: String) -> Self {
        // The core's own document is JSON.
        let it: Value = serde_json::from_str(&document).unwrap_or_default();
        let material = |name: &str| it[name].is_object().then(|| Material::read(&it[name]));
        let counters = &it["counters"];
        Self {
            state: match it["state"].as_str() {
                Some("ready") => State::Ready,
                Some("connecting") => State::Connecting,
                Some("failing") => State::Failing,
                Some("closed") => State::Closed,
                _ => State::Idle,
            },
            at: integer(&it["at"]),
            address: text(&it["address"]).unwrap_or_default(),
            client_name: text(&it["client_name"]),
            dangers: list(&it["dangers"], |danger| text(danger).unwrap_or_default()),
            sessions: list(&it["sessions"], Session::read),
            trust: material("trust"),
            identity: material("identity"),
            crl: material("crl"),
            credentials: material("credentials"),
            counters: Counters {
                commands: count(&counters["commands"]),
                replies: count(&counters["replies"]),
                failures: count(&counters["failures"]),
                connects: count(&counters["connects"]),
                reconnects: count(&counters["reconnects"]),
                replacements: count(&counters["replacements"]),
                auth_failures: count(&counters["auth_failures"]),
            },
            queued: count(&it["queued"]),
            open: count(&it["open"]),
            last_error: failure(&it["last_error"]["code"], &it["last_error"]["text"]),
            document,
        }
    }
}

impl AsRef<str> for Status {
    fn as_ref(&self) -> &str {
        &self.document
    }
}

/// The whole of it, as JSON.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.document)
    }
}

impl Session {
    fn read(it: &Value) -> Self {
        Self {
            link: count(&it["link"]),
            active: it["active"] == true,
            phase: text(&it["phase"]).unwrap_or_default(),
            tls: text(&it["tls"]),
            cipher: text(&it["cipher"]),
            resumed: it["resumed"] == true,
            trust_generation: count(&it["trust_generation"]),
            anchor_sha256: text(&it["anchor_sha256"]),
            peer: it["peer"].is_object().then(|| Certificate::read(&it["peer"])),
            distrusted: failure(&it["distrusted_code"], &it["distrusted"]),
            distrusted_ends_in: duration(&it["distrusted_ends_in"]),
            stale: it["stale"] == true,
            in_flight: count(&it["in_flight"]),
            server_version: text(&it["server_version"]),
        }
    }
}

impl Material {
    fn read(it: &Value) -> Self {
        let own = it["sha256"].is_string().then(|| Certificate::read(it));
        let certificates = list(&it["certificates"], Certificate::read);
        Self {
            generation: count(&it["generation"]),
            since: it["since"].as_i64(),
            rejections: count(&it["rejections"]),
            fetching: it["fetching"] == true,
            refused: failure(&it["refused"], &it["refused_why"]),
            certificates: certificates.into_iter().chain(own).collect(),
            ends: it["not_after"].as_i64().or(it["expires"].as_i64()),
        }
    }
}

impl Certificate {
    fn read(it: &Value) -> Self {
        Self {
            sha256: text(&it["sha256"]).unwrap_or_default(),
            subject: text(&it["subject"]).unwrap_or_default(),
            issuer: text(&it["issuer"]).unwrap_or_default(),
            not_after: integer(&it["not_after"]),
            days_left: integer(&it["days_left"]),
        }
    }
}

/// A failure of the document.
pub(crate) fn failure(code: &Value, why: &Value) -> Option<LastError> {
    Some(LastError { code: named(code)?, text: text(why).unwrap_or_default() })
}

pub(crate) fn named(code: &Value) -> Option<Code> {
    Code::named(code.as_str()?)
}

pub(crate) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

pub(crate) fn duration(value: &Value) -> Option<Duration> {
    value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

pub(crate) fn list<T>(value: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().map(|items| items.iter().map(read).collect()).unwrap_or_default()
}
