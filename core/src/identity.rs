//! The client's certificate and key as a material: both are replaced together or not at all.

use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};

use crate::{
    bundle,
    error::{Code, Error, Result},
    material::{Generation, Kind, Material},
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
    /// End of the leaf's validity, in seconds since the Unix epoch.
    pub not_after: i64,
}

/// What an identity material is: a chain, and a key apart or in the same content.
pub fn key_pair() -> Kind<KeyPair> {
    Kind { name: "identity", unreadable: Code::IdentityUnreadable, parse, describe }
}

fn parse(content: &[Secret], now: Now) -> Result<KeyPair> {
    let malformed = |why: String| Error::with_detail(Code::IdentityMalformed, why);
    let (Some(chain), Some(key)) = (content.first(), content.last()) else {
        return Err(malformed("nothing was given".to_owned()));
    };
    let certificates =
        bundle::certificates(chain.expose()).map_err(|error| malformed(error.to_string()))?;
    let Some(leaf) = certificates.first() else {
        return Err(malformed("no certificate was found".to_owned()));
    };
    let facts = bundle::Certificate::read(leaf).map_err(|error| malformed(error.to_string()))?;
    if facts.not_after < now.unix_seconds() || facts.not_before > now.unix_seconds() {
        return Err(Error::new(Code::IdentityExpired)
            .with("not_before", facts.not_before)
            .with("not_after", facts.not_after)
            .with("now", now.unix_seconds()));
    }
    let pem = String::from_utf8_lossy(key.expose());
    if pem.contains("ENCRYPTED") {
        return Err(malformed("the key is encrypted".to_owned()));
    }
    // The parser's own words could repeat the file's.
    let key = PrivateKeyDer::from_pem_slice(key.expose())
        .map_err(|_| malformed("no private key in PEM can be read".to_owned()))?;
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
        not_after: facts.not_after,
    })
}

fn describe(pair: &KeyPair) -> Vec<(&'static str, String)> {
    vec![("sha256", pair.sha256.clone()), ("not_after", pair.not_after.to_string())]
}
