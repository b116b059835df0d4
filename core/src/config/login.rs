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
    if !tls && !address.is_local() {
        refuse_plaintext(layers, address, given, &secret)?;
        dangers.push("danger_plaintext_auth");
    }
    Ok(Some(Login { username: layers.text("username"), username_from_source, secret }))
}

/// A password needs `danger_plaintext_auth`; what a provider hands out is a token as a rule, and
/// whoever reads a token can use it anywhere.
fn refuse_plaintext(
    layers: &Layers,
    address: &Address,
    given: &str,
    secret: &Source,
) -> Result<()> {
    let why = match secret.is_fetched() {
        true => "a token would be sent without TLS to another machine",
        false if layers.bool("danger_plaintext_auth")? => return Ok(()),
        false => "a password would be sent without TLS to another machine",
    };
    Err(Error::with_detail(Code::ConfigInsecure, why)
        .with("setting", layers.origin(given))
        .with("address", address))
}
