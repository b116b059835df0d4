//! The facts rustls leaves out of a trust anchor, and the rules it therefore does not apply.

use std::sync::LazyLock;

use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::{
    certificate::X509Certificate,
    oid_registry::OidRegistry,
    prelude::FromDer,
    time::ASN1Time,
    x509::{X509Name, X509Version},
};

use super::{Certificate, Kind};
use crate::error::Code;

/// Reads one certificate.
pub(super) fn read(der: &[u8]) -> Result<Certificate, &'static str> {
    let (rest, x509) =
        X509Certificate::from_der(der).map_err(|_| "it is not an X.509 certificate")?;
    if !rest.is_empty() {
        return Err("more bytes follow the certificate");
    }
    let constraints = x509.basic_constraints().map_err(|_| REPEATED)?;
    let usage = x509.key_usage().map_err(|_| REPEATED)?;
    let self_issued = x509.subject().as_raw() == x509.issuer().as_raw();
    // Version 1 has no extensions; its roots are recognised by issuing themselves.
    let is_old_root = x509.version() == X509Version::V1 && self_issued;
    let kind = match constraints.is_some_and(|found| found.value.ca) || is_old_root {
        true if self_issued => Kind::Root,
        true => Kind::Intermediate,
        false => Kind::Leaf,
    };
    Ok(Certificate {
        der: CertificateDer::from(der.to_vec()),
        sha256: Sha256::digest(der).into(),
        subject: readable(x509.subject()),
        issuer: readable(x509.issuer()),
        not_before: x509.validity().not_before.timestamp(),
        not_after: x509.validity().not_after.timestamp(),
        kind,
        self_issued,
        can_sign: usage.is_none_or(|usage| usage.value.key_cert_sign()),
    })
}

/// Why a certificate must not become an anchor at `now`. Not yet valid is no reason: it becomes
/// valid while it is loaded.
pub(super) fn unusable(
    certificate: &Certificate,
    distrusted: bool,
    now: i64,
) -> Option<(Code, String)> {
    let is_ca = certificate.kind != Kind::Leaf;
    let malformed = |why: &str| Some((Code::TrustMalformed, why.to_owned()));
    if distrusted {
        return malformed("its trust settings exclude TLS servers");
    }
    if !is_ca && !certificate.self_issued {
        return malformed("it belongs to a server or client and is not a CA");
    }
    if is_ca && !certificate.can_sign {
        return malformed("its key usage does not include signing certificates");
    }
    if certificate.not_after < now {
        let reason = format!("it expired on {}", date(certificate.not_after));
        return Some((Code::TrustExpired, reason));
    }
    match webpki::anchor_from_trusted_cert(&certificate.der) {
        Ok(_) => None,
        Err(_) => malformed("rustls cannot use it as an anchor"),
    }
}

/// A date in RFC 3339, in UTC, of seconds since the Unix epoch.
pub fn date(seconds: i64) -> String {
    let Ok(time) = ASN1Time::from_timestamp(seconds) else { return seconds.to_string() };
    let time = time.to_datetime();
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = time.to_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name that is safe to print: whoever made the certificate chose it.
pub(crate) fn readable(name: &X509Name<'_>) -> String {
    let printed = name.to_string_with_registry(&ATTRIBUTES);
    let printed = printed.unwrap_or_else(|_| "<X509Error: Invalid X.509 name>".to_owned());
    let clean = printed.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it });
    clean.take(LONGEST_NAME).collect()
}

/// What names are made of; the library's own table has all of cryptography besides.
static ATTRIBUTES: LazyLock<OidRegistry<'_>> =
    LazyLock::new(|| OidRegistry::default().with_x509().with_pkcs9());

const LONGEST_NAME: usize = 512;
const REPEATED: &str = "its extensions are repeated or damaged";
