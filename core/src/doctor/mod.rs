//! Why a connection cannot be made, found out step by step, in the order in which one is made.
//!
//! ```text
//! config → materials → dns → tcp → tls → chain → name → client_certificate → auth → server → latency
//! ```
//!
//! The first step that fails ends the examination: its code, the evidence and what to do about it
//! are the report. What a client would meet is met in the same way, through a [`Client`]; what a
//! client does not tell, such as the chain of a server it refuses, is looked at on connections of
//! their own, over which no secret is sent.
//!
//! As everywhere in this crate there is no socket in here: a [`Host`] lends them.
//!
//! [`Client`]: crate::Client

mod advice;
mod certificates;
mod host;
mod look;
mod materials;
mod network;
mod place;
mod report;
mod server;
mod visit;

use std::sync::Arc;

use serde_json::json;

use crate::{
    client::{Materials, Profile},
    config::{self, Config, Source, Tls},
    error::{Code, Error, Result},
};

pub use host::{Heard, Host, Target, Transport};
pub use place::Place;
pub use report::{Part, Report, Stage, Status};

use certificates::Presented;
use network::Reached;
use report::Notes;
use visit::Visit;

/// What is expected of a server besides an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// A replica is as good as a primary: nothing is to be written.
    pub read_only: bool,
}

/// Examines the server that the settings lead to. `config` may be the error of settings that
/// contradict each other: that is a finding too.
pub fn examine(config: Result<Config>, expected: Expected, host: &mut dyn Host) -> Report {
    let mut notes = Notes::new(host);
    if let Err(error) = walk(config, expected, &mut notes) {
        notes.fail(error);
    }
    notes.into_report()
}

fn walk(config: Result<Config>, expected: Expected, notes: &mut Notes<'_>) -> Result<()> {
    notes.begin(Part::Config);
    let config = config?;
    tell_settings(&config, notes);
    notes.facts.config = Some(config.clone());
    let profile = Arc::new(Profile::new(config, &Materials::new(notes.host.files()))?);

    notes.begin(Part::Materials);
    materials::load(&profile, notes)?;

    notes.begin(Part::Dns);
    let targets = network::resolve(&profile.config().address, notes)?;
    notes.begin(Part::Tcp);
    let reached = network::reach(targets, profile.config(), notes)?;

    if let Some(tls) = &profile.config().tls {
        secure(&profile, tls, &reached, notes)?;
    }
    let mut visit = log_in(&profile, &reached, notes)?;

    notes.begin(Part::Server);
    server::examine(&mut visit, expected, notes)?;
    if profile.credentials().is_some() {
        server::lets_everybody_in(&profile, &reached, notes)?;
    }
    notes.begin(Part::Latency);
    server::latency(&mut visit, notes)?;
    visit.leave(notes.host);
    if profile.connector().is_some() {
        server::resumption(&profile, &reached, notes)?;
    }
    notes.end();
    Ok(())
}

fn tell_settings(config: &Config, notes: &mut Notes<'_>) {
    let all = config::describe(config);
    let told = [
        "address",
        "username",
        "password",
        "password_file",
        "password_command",
        "tls",
        "verify",
        "expected_name",
        "ca_file",
        "ca_files",
        "cert_file",
        "key_file",
        "crl_file",
        "db",
        "protocol",
    ];
    for name in told {
        if let Some(value) = all.get(name).filter(|value| !value.is_null()) {
            notes.tell(name, value.clone());
        }
    }
    for warning in &config.warnings {
        notes.warn(warning.clone());
    }
    for danger in &config.dangers {
        notes.warn(format!("{danger} weakens security"));
    }
}

/// TLS, the chain and the name, each judged by itself from what the server presents.
fn secure(profile: &Profile, tls: &Tls, reached: &Reached, notes: &mut Notes<'_>) -> Result<()> {
    notes.begin(Part::Tls);
    let look = look::at(profile.config(), tls, &reached.target, notes.host)?;
    for (name, value) in [("version", &look.version), ("cipher", &look.cipher)] {
        if let Some(value) = value {
            notes.tell(name, json!(value));
        }
    }
    let now = notes.host.now();
    let presented = Presented::read(&look.chain);
    if let Some(error) = look.failure.filter(|_| look.chain.is_empty()) {
        return Err(suspect(error, reached, notes));
    }
    notes.begin(Part::Chain);
    notes.tell("chain", presented.describe(now));
    notes.facts.presented = presented;
    certificates::chain(profile, tls, &look.chain, notes)?;
    notes.begin(Part::Name);
    certificates::name(profile, tls, &look.chain, notes)
}

/// Says more about a handshake that failed, from what the port answers to a client without TLS.
fn suspect(error: Error, reached: &Reached, notes: &mut Notes<'_>) -> Error {
    let may_be_plain = matches!(error.code(), Code::TlsTimeout | Code::NetClosed);
    let answer = may_be_plain.then(|| look::plain_answer(&reached.target, notes.host)).flatten();
    match answer {
        Some(answer) => Error::new(Code::TlsPlaintextPeer).with("answer", answer),
        None => error,
    }
}

/// The connection as a client makes it, up to the first command.
fn log_in<'p>(
    profile: &'p Arc<Profile>,
    reached: &Reached,
    notes: &mut Notes<'_>,
) -> Result<Visit<'p>> {
    let identity = profile.identity().and_then(|identity| identity.current().ok());
    if profile.connector().is_some() {
        notes.begin(Part::ClientCertificate);
        match &identity {
            Some(pair) => {
                notes.tell("subject", json!(pair.value.subject));
                notes.tell("sha256", json!(pair.value.sha256));
            }
            None => notes.tell("given", json!(false)),
        }
    }
    if let Some(login) = &profile.config().login {
        notes.facts.shape = materials::shape(profile, notes.host.now());
        let username = profile.credentials().and_then(|it| it.proof(notes.host.now()).ok());
        let username = username.and_then(|proof| proof.username);
        notes.tell_in(Part::Auth, "username", json!(username.as_deref().unwrap_or("default")));
        let source = match &login.secret {
            Source::Files(paths) => paths.first().map(|path| path.display().to_string()),
            Source::Command(words) => words.first().map(|word| format!("the command {word}")),
            Source::Host => Some("a provider".to_owned()),
            _ => Some("the settings".to_owned()),
        };
        notes.tell_in(Part::Auth, "secret_from", json!(source));
    } else {
        notes.tell_in(Part::Auth, "username", json!(null));
    }
    let visit = Visit::open(profile, reached, notes.host);
    if profile.connector().is_none() {
        if let Err(error) = &visit
            && speaks_tls_only(error, profile.config(), reached, notes)
        {
            return Err(Error::new(Code::TlsRequired).with("without_tls", error));
        }
        for part in [Part::Tls, Part::Chain, Part::Name, Part::ClientCertificate] {
            notes.skip(part, "TLS is off");
        }
    }
    // Without a word about the client's certificate the server is past it.
    let here =
        |error: &Error| Part::of(error.code()).is_none_or(|part| part > Part::ClientCertificate);
    if visit.as_ref().err().is_none_or(here) {
        notes.begin(Part::Auth);
    }
    visit
}

/// Without TLS a server that speaks nothing else closes, or is silent: does it?
fn speaks_tls_only(
    error: &Error,
    config: &Config,
    reached: &Reached,
    notes: &mut Notes<'_>,
) -> bool {
    let mute = matches!(error.code(), Code::NetClosed | Code::NetTimeout | Code::ProtocolMalformed);
    mute && look::speaks_tls(config, &reached.target, notes.host)
}
