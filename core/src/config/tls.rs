//! TLS settings: what is trusted, how it is checked, and who the client is.

use std::path::PathBuf;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{Address, Source, Tls, Verify, layers::Layers};
use crate::{
    error::{Code, Error, Result},
    secret::Secret,
};

pub(super) fn read(
    layers: &Layers,
    address: &Address,
    dangers: &mut Vec<&'static str>,
) -> Result<Option<Tls>> {
    let wanted = TLS_ONLY.into_iter().find(|name| layers.is_given(name));
    let on = match layers.is_set("tls") {
        true => layers.bool("tls")?,
        false => wanted.is_some(),
    };
    if !on {
        // Fail closed: whoever names a CA believes that the connection is protected.
        return match wanted {
            Some(name) => Err(layers.conflict("tls", name)),
            None => Ok(None),
        };
    }
    if matches!(address, Address::Unix(_)) && !layers.is_set("expected_name") {
        return Err(Error::with_detail(
            Code::ConfigMissing,
            "TLS over a Unix socket has no host name to verify",
        )
        .with("setting", "expected_name"));
    }
    let mut trust = trust(layers)?;
    let verify = verify(layers, &trust)?;
    if verify == Verify::DangerNone {
        dangers.push("danger_accept_any_certificate");
        if trust == Source::System {
            // Nothing is verified, so a machine without a trust store must not fail.
            trust = Source::Bytes(Vec::new());
        }
    }
    let danger_keylog_file = layers.path("danger_keylog_file");
    if danger_keylog_file.is_some() {
        dangers.push("danger_keylog_file");
    }
    Ok(Some(Tls {
        trust,
        identity: identity(layers)?,
        verify,
        expected_name: layers.text("expected_name"),
        key_password: layers.text("key_password").map(Secret::new),
        crls: layers.path("crl_file").map(|path| Source::Files(vec![path])),
        pins: pins(layers)?,
        only_tls13: match layers.text("tls_min_version").as_deref() {
            Some("1.2") => false,
            Some("1.3") => true,
            _ => return Err(layers.invalid("tls_min_version", "must be 1.2 or 1.3")),
        },
        danger_keylog_file,
    }))
}

fn trust(layers: &Layers) -> Result<Source> {
    let given = layers.only_one(&["ca_file", "ca_files", "ca_pem", "provide_trust"])?;
    let text = given.and_then(|name| layers.text(name)).unwrap_or_default();
    Ok(match given {
        Some("ca_file") => Source::Files(vec![text.into()]),
        Some("ca_files") => {
            Source::Files(layers.list("ca_files")?.into_iter().map(PathBuf::from).collect())
        }
        Some("ca_pem") => Source::Bytes(vec![Secret::new(text)]),
        Some(_) => Source::Host,
        None => Source::System,
    })
}

fn identity(layers: &Layers) -> Result<Option<Source>> {
    let given = layers.only_one(&["cert_file", "cert_pem", "provide_identity"])?;
    let key = layers.only_one(&["key_file", "key_pem"])?;
    let password = layers.only_one(&["key_password", "key_password_file"])?;
    let needed_by = key.or(password);
    match (given, needed_by) {
        (None, None) => return Ok(None),
        (None, Some(name)) => {
            let pem = name.ends_with("pem");
            return Err(layers.missing(if pem { "cert_pem" } else { "cert_file" }, name));
        }
        _ => {}
    }
    match (given, key) {
        (Some("cert_file"), Some("key_pem")) => {
            return Err(layers.conflict("cert_file", "key_pem"));
        }
        (Some("cert_pem"), Some("key_file")) => {
            return Err(layers.conflict("cert_pem", "key_file"));
        }
        (Some("provide_identity"), Some(key)) => {
            return Err(layers.conflict("provide_identity", key));
        }
        _ => {}
    }
    if password == Some("key_password_file") && given != Some("cert_file") {
        return Err(layers.missing("cert_file", "key_password_file"));
    }
    Ok(Some(match (layers.path("cert_file"), layers.text("cert_pem")) {
        (Some(cert), _) => {
            let password = layers.path("key_password_file");
            // As OpenSSL users expect: one file may hold both.
            let key = layers.path("key_file").or_else(|| password.as_ref().map(|_| cert.clone()));
            Source::Files([Some(cert), key, password].into_iter().flatten().collect())
        }
        (None, Some(cert)) => Source::Bytes(
            [Some(cert), layers.text("key_pem")].into_iter().flatten().map(Secret::new).collect(),
        ),
        (None, None) => Source::Host,
    }))
}

fn verify(layers: &Layers, trust: &Source) -> Result<Verify> {
    if layers.bool("danger_accept_any_certificate")? {
        return Ok(Verify::DangerNone);
    }
    match layers.text("verify").as_deref() {
        Some("ca") if *trust == Source::System => Err(Error::with_detail(
            Code::ConfigInsecure,
            "verify=ca needs a CA of your own: public CAs issue to everybody",
        )
        .with("setting", layers.origin("verify"))),
        Some("full") => Ok(Verify::Full),
        Some("ca") => Ok(Verify::Ca),
        _ => Err(layers.invalid("verify", "must be full or ca")),
    }
}

/// SHA-256 of a public key in base64, as HPKP and curl write it, or in hexadecimal.
fn pins(layers: &Layers) -> Result<Vec<[u8; 32]>> {
    let pin = |text: &String| {
        let text =
            ["sha256//", "sha256/"].iter().find_map(|it| text.strip_prefix(it)).unwrap_or(text);
        match text.len() {
            64 => (0..32)
                .map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok())
                .collect(),
            _ => BASE64_STANDARD.decode(text).ok(),
        }
        .and_then(|bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).ok())
        .ok_or_else(|| {
            layers.invalid("pin_sha256", "holds a pin that is no SHA-256 in base64 or hexadecimal")
        })
    };
    layers.list("pin_sha256")?.iter().map(pin).collect()
}

const TLS_ONLY: [&str; 16] = [
    "ca_file",
    "ca_files",
    "ca_pem",
    "provide_trust",
    "cert_file",
    "key_file",
    "cert_pem",
    "key_pem",
    "provide_identity",
    "key_password",
    "key_password_file",
    "expected_name",
    "crl_file",
    "pin_sha256",
    "tls_min_version",
    "danger_keylog_file",
];
