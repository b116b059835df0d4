//! Where username and secret come from, and whether they may be sent at all.

use super::{Address, Login, Source, command, layers::Layers};
use crate::{
    error::{Code, Error, Result},
    secret::Secret,
};

pub(super) fn read(
    layers: &Layers,
    address: &Address,
    tls: bool,
    dangers: &mut Vec<&'static str>,
) -> Result<Option<Login>> {
    let given = layers.only_one(&[
        "password_file",
        "password",
        "password_command",
        "provide_credentials",
    ])?;
    layers.exclude("username_file", &["username"])?;
    let Some(given) = given else {
        return match ["username", "username_file"].into_iter().find(|name| layers.is_set(name)) {
            Some(name) => Err(layers.missing("password", name)),
            None => Ok(None),
        };
    };
    let username_from_source = layers.is_set("username_file");
    if username_from_source && given != "password_file" {
        return Err(layers.missing("password_file", "username_file"));
    }
    let text = layers.text(given).unwrap_or_default();
    let secret = match given {
        "password_file" => Source::Files(
            [Some(text.into()), layers.path("username_file")].into_iter().flatten().collect(),
        ),
        "password_command" => Source::Command(command::words(layers, given, &text)?),
        "provide_credentials" => Source::Host,
        _ => Source::Bytes(vec![Secret::new(text)]),
    };
    let login = Login { username: layers.text("username"), username_from_source, secret };
    if !tls && !address.is_local() {
        accept_plaintext(&login, address, layers.bool(PLAINTEXT)?)
            .map_err(|error| error.with("setting", layers.origin(given)))?;
        dangers.push(PLAINTEXT);
    }
    Ok(Some(login))
}

/// Whether a secret may be sent to another machine without TLS. A password needs somebody who
/// allows it; what a provider hands out is a token as a rule, and whoever reads a token can use it
/// anywhere.
pub(super) fn accept_plaintext(login: &Login, address: &Address, allowed: bool) -> Result<()> {
    let why = match login.secret.is_fetched() {
        true => "a token would be sent without TLS to another machine",
        false if allowed => return Ok(()),
        false => "a password would be sent without TLS to another machine",
    };
    Err(Error::with_detail(Code::ConfigInsecure, why).with("address", address))
}

/// The setting that allows it.
pub(super) const PLAINTEXT: &str = "danger_plaintext_auth";
