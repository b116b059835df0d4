//! Settings, and the CAs and client certificates that they name.

use super::{Code, Error, Facts, Says, fetch_cas, mount, seen};
use crate::client::MaterialKind;

pub(super) fn config(error: &Error, facts: &Facts, says: &mut Says) {
    let why = error.detail();
    if let (Some(first), Some(second)) = (seen(error, "first"), seen(error, "second")) {
        says.instead(format!("{first} and {second} contradict each other: remove or correct one."));
    }
    match (error.code(), seen(error, "setting"), seen(error, "needed_by")) {
        (Code::ConfigMissing, Some(setting), Some(by)) => {
            says.instead(format!("Give {setting}, or remove {by}."));
        }
        (Code::ConfigMissing, Some(setting), None) => says.instead(format!("Give {setting}.")),
        (Code::ConfigInvalid, Some(setting), _) if !why.is_empty() => {
            says.instead(format!("Correct {setting}, which {why}."));
        }
        _ => {}
    }
    if error.code() == Code::ConfigInsecure {
        match why.contains("verify=ca") {
            true => says.instead("Name the server's own CA by ca_file, or leave verify at full."),
            false => says.also(
                "Write rediss:// in place of redis://, or set REDIS_SSL_ENABLED=true; where the \
                 network itself protects the connection, danger_plaintext_auth allows a password \
                 without TLS.",
            ),
        }
    }
    if why.contains("scheme") {
        says.also("A URL begins with redis://, or with TLS with rediss://.");
    } else if why.contains("percent-encode") {
        says.also(
            "In a URL each of / + = ? # @ : % of a password is percent-encoded (/ is %2F, + is \
             %2B, = is %3D); a password of its own variable, REDIS_PASSWORD, or a file is taken \
             as it is.",
        );
    }
    if let Some(near) = seen(error, "did_you_mean") {
        says.also(format!("Did you mean {near}?"));
    }
    let setting = ["setting", "first", "second", "needed_by"].map(|name| seen(error, name));
    let by_variable = setting.iter().flatten().any(|name| name.starts_with("REDIS_"));
    if facts.place.dotenv && by_variable {
        says.also("It may come from .env: NAME=value, without quotes and without `export`.");
    }
}

pub(super) fn trust(error: &Error, facts: &Facts, says: &mut Says) {
    let why = error.detail();
    // Their codes are those of the CAs.
    let lists = facts.missing == Some(MaterialKind::Crl);
    match error.code() {
        Code::TrustUnreadable if lists => mount(facts, says, "revocation list"),
        _ if lists => says.instead("Write the CA's revocation lists, PEM or DER, to crl_file."),
        Code::TrustUnreadable if why.contains("folder holds no file") => {
            says.instead("Put the CA certificates into the folder, or name their file itself.");
        }
        Code::TrustUnreadable => mount(facts, says, "CA bundle"),
        Code::TrustMalformed if why.contains("is not a CA") => {
            says.instead(
                "The file holds the certificate of a server or client: give the one of the CA \
                 that issued it.",
            );
            fetch_cas(facts, says);
        }
        Code::TrustEmpty | Code::TrustMalformed | Code::TrustExpired => fetch_cas(facts, says),
        _ => {}
    }
}

pub(super) fn identity(error: &Error, facts: &Facts, says: &mut Says) {
    match error.code() {
        Code::IdentityUnreadable => mount(facts, says, "client certificate"),
        Code::IdentityMalformed if error.detail().contains("encrypted") => {
            says.instead("Give the key's password by key_password_file, or a key without one.");
        }
        Code::IdentityMalformed if error.detail().contains("password") => {
            says.instead("Check the password of key_password_file against the key.");
        }
        _ => {}
    }
}
