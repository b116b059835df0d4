//! Settings from every source to a configuration that is valid, or an error that tells why.
#![expect(clippy::panic, reason = "a panic is a failed test")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod describe;
mod environment;
mod precedence;
mod settings;
mod sources;
mod url;

use redlatch_core::{
    Code, Config, Error, Result,
    config::{Source, Value},
    document,
};

/// Never to be seen in an error.
const SECRET: &str = "hunter2-hunter2";

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn parse(explicit: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Config> {
    let variables: Vec<_> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let explicit = explicit.iter().map(|(name, value)| (*name, text(value)));
    let parsed = Config::parse(explicit, Some(&variables));
    match &parsed {
        Ok(config) => silent(&format!("{config:?}")),
        Err(error) => silent(&format!("{error} {error:?} {}", document::error(error))),
    }
    parsed
}

#[track_caller]
fn silent(said: &str) {
    assert!(!said.contains("hunter2"), "a secret was said: {said}");
}

fn explicit(settings: &[(&str, &str)]) -> Result<Config> {
    parse(settings, &[])
}

fn environment(variables: &[(&str, &str)]) -> Result<Config> {
    parse(&[], variables)
}

#[track_caller]
fn refused(parsed: Result<Config>) -> Error {
    match parsed {
        Err(error) => error,
        Ok(config) => panic!("{config:?}"),
    }
}

#[track_caller]
fn evidence(error: &Error, name: &str) -> String {
    let found = error.evidence().iter().find(|(key, _)| *key == name);
    found.unwrap_or_else(|| panic!("no {name} in {error:?}")).1.clone()
}

#[track_caller]
fn conflict(parsed: Result<Config>, first: &str, second: &str) {
    let error = refused(parsed);
    assert_eq!(error.code(), Code::ConfigConflict, "{error}");
    let mut named = [evidence(&error, "first"), evidence(&error, "second")];
    named.sort();
    let mut expected = [first.to_owned(), second.to_owned()];
    expected.sort();
    assert_eq!(named, expected);
}

fn password(config: &Config) -> Option<Vec<u8>> {
    match &config.login.as_ref()?.secret {
        Source::Bytes(parts) => Some(parts[0].expose().to_vec()),
        _ => None,
    }
}

fn files(source: &Source) -> Vec<&str> {
    match source {
        Source::Files(paths) => paths.iter().map(|path| path.to_str().unwrap()).collect(),
        other => panic!("{other:?}"),
    }
}
