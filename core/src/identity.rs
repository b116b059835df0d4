//! The client's certificate and key as a material: both are replaced together or not at all.

#[cfg(feature = "encrypted-keys")]
mod encrypted;

use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};

use crate::{
    bundle,
    error::{Code, Error, Result},
    material::{End, Generation, Kind, Material},
    provider,
    secret::Secret,
    time::Now,
};

/// The client certificate of a client and of all clients with the same source.
pub type Identity = Material<KeyPair>;

/// One client certificate with its key.
pub type IdentityGeneration = Generation<KeyPair>;

/// A client certificate chain and the key that belongs to it.
#[derive(Debug)]
pub struct KeyPair {
    pub(crate) certified: Arc<CertifiedKey>,
    /// SHA-256 of the leaf, lower-case hexadecimal.
    pub sha256: String,
    /// Who it names.
    pub subject: String,
    /// End of the leaf's validity, in seconds since the Unix epoch.
    pub not_after: i64,
}

/// What an identity material is: a chain; a key apart or in the same content; and what opens the
/// key, as the third part or as `key_password`.
pub fn key_pair(key_password: Option<Secret>) -> Kind<KeyPair> {
    Kind {
        describe,
        ends: |pair| vec![End { what: pair.sha256.clone(), at: pair.not_after }],
        expires: |pair| Some(pair.not_after),
        ..Kind::new("identity", Code::IdentityUnreadable, move |content, now| {
            parse(content, key_password.as_ref(), now)
        })
    }
}

fn parse(content: &[Secret], key_password: Option<&Secret>, now: Now) -> Result<KeyPair> {
    let Some(chain) = content.first() else {
        return Err(malformed("nothing was given"));
    };
    let key = content.get(1).unwrap_or(chain);
    let password = content.get(2).map(|line| Secret::new(line.expose().trim_ascii()));
    let certificates =
        bundle::certificates(chain.expose()).map_err(|error| malformed(error.to_string()))?;
    let Some(leaf) = certificates.first() else {
        return Err(malformed("no certificate was found"));
    };
    let facts = bundle::Certificate::read(leaf).map_err(|error| malformed(error.to_string()))?;
    if !facts.is_valid_at(now.unix_seconds()) {
        return Err(Error::new(Code::IdentityExpired)
            .with("not_before", facts.not_before)
            .with("not_after", facts.not_after)
            .with("now", now.unix_seconds()));
    }
    let key = read_key(key.expose(), password.as_ref().or(key_password))?;
    let certified =
        CertifiedKey::from_der(certificates, key, &provider::provider()).map_err(|error| {
            match error {
                rustls::Error::InconsistentKeys(_) => Error::new(Code::IdentityMismatch)
                    .with("certificate_sha256", facts.sha256_hex()),
                other => malformed(other.to_string()),
            }
        })?;
    Ok(KeyPair {
        certified: Arc::new(certified),
        sha256: facts.sha256_hex(),
        subject: facts.subject,
        not_after: facts.not_after,
    })
}

/// PKCS#8, PKCS#1 or SEC1; PKCS#8 may be encrypted (RFC 8018, PBES2).
fn read_key(content: &[u8], password: Option<&Secret>) -> Result<PrivateKeyDer<'static>> {
    // The encryption of old OpenSSL derives its key with one round of MD5.
    if find(content, b"Proc-Type: 4,ENCRYPTED").is_some() {
        return Err(malformed(
            "the key is encrypted in OpenSSL's old way; `openssl pkcs8 -topk8` converts it",
        ));
    }
    if find(content, ENCRYPTED.as_bytes()).is_none() {
        // The parser's own words could repeat the file's.
        return PrivateKeyDer::from_pem_slice(content)
            .map_err(|_| malformed("no private key in PEM can be read"));
    }
    let Some(password) = password else {
        return Err(malformed(
            "the key is encrypted, and neither key_password nor key_password_file is given",
        ));
    };
    #[cfg(feature = "encrypted-keys")]
    return encrypted::open(content, password);
    #[cfg(not(feature = "encrypted-keys"))]
    {
        let _ = password;
        Err(malformed("the key is encrypted, which is not read here; `openssl pkey` opens it"))
    }
}

fn find(content: &[u8], what: &[u8]) -> Option<usize> {
    content.windows(what.len()).position(|window| window == what)
}

fn malformed(why: impl Into<String>) -> Error {
    Error::with_detail(Code::IdentityMalformed, why)
}

fn describe(pair: &KeyPair) -> Vec<(&'static str, String)> {
    vec![("sha256", pair.sha256.clone()), ("not_after", pair.not_after.to_string())]
}

const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
