//! CA bundles in whatever text form they arrive, read whole or refused whole.
//!
//! Loaders commonly skip what they cannot read and trust the rest, so a bundle that was joined,
//! wrapped or cut short loses a CA without a word. Here every certificate that a bundle announces
//! is read, or the bundle is an error that names the bad one. Errors never repeat file content.

mod base64_value;
mod classify;
mod der;
mod describe;
mod details;
mod difference;
mod extract;
mod hint;
mod inspect;
mod marker;
mod merge;
mod pem;
mod text;

use std::collections::HashSet;

use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};

use crate::error::{Code, Error, Result};

pub use self::classify::date;
pub use self::details::Details;
pub use self::difference::Difference;
use self::{
    classify::unusable,
    extract::{Block, Found},
};
pub(crate) use self::{
    classify::{hex, readable},
    describe::{dated, describe},
    inspect::inspect,
};

/// The largest bundle that is read.
pub const MAX_BYTES: usize = 1 << 20;

/// A parsed CA bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The usable anchors in file order, each once. Never empty in what [`Bundle::parse`] gives.
    pub certificates: Vec<Certificate>,
    /// Certificates that are well formed but must not become anchors.
    pub rejected: Vec<Rejected>,
    /// What was unusual: the text form, duplicates, blocks left out, dates that lie ahead.
    pub notes: Vec<String>,
}

/// A certificate and the facts about it that a trust anchor does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate itself.
    pub der: CertificateDer<'static>,
    /// SHA-256 of the DER. The only identity: managed CAs share serial number 0.
    pub sha256: [u8; 32],
    /// Subject, readable, without control characters.
    pub subject: String,
    /// Issuer, readable, without control characters.
    pub issuer: String,
    /// First second of validity, since the Unix epoch.
    pub not_before: i64,
    /// Last second of validity, since the Unix epoch.
    pub not_after: i64,
    /// Place in a chain.
    pub kind: Kind,
    /// Whether subject and issuer are the same name.
    pub self_issued: bool,
    /// Whether its key usage, if it states one, includes signing certificates.
    pub can_sign: bool,
}

/// Place of a certificate in a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A self-issued CA.
    Root,
    /// A CA issued by another.
    Intermediate,
    /// Not a CA. Usable as an anchor only for itself, if it is self-issued.
    Leaf,
}

/// A certificate that was found but is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The certificate.
    pub certificate: Certificate,
    /// `trust.expired`, or `trust.malformed` for what waiting or clocks cannot change.
    pub code: Code,
    /// Why, for people.
    pub reason: String,
}

impl Bundle {
    /// Reads one or many CAs in any text form at wall time `now`, in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`Code::TrustPrivateKey`] if a private key is among them, [`Code::TrustEmpty`] if there is
    /// no certificate, [`Code::TrustMalformed`] if one cannot be read or none may be an anchor,
    /// [`Code::TrustExpired`] if all have expired.
    pub fn parse(bytes: &[u8], now: i64) -> Result<Self> {
        let bundle = Self::read(bytes, now)?;
        match bundle.refusal(now) {
            Some(error) => Err(error),
            None => Ok(bundle),
        }
    }

    /// Why a client would refuse a bundle that can be read: none of its certificates may be an
    /// anchor.
    pub fn refusal(&self, now: i64) -> Option<Error> {
        self.certificates.is_empty().then(|| none_usable(&self.rejected, now))
    }

    /// The same to look at: none of the certificates has to be usable.
    ///
    /// # Errors
    /// As [`Bundle::parse`], but for what [`Bundle::refusal`] tells.
    pub fn read(bytes: &[u8], now: i64) -> Result<Self> {
        let found = find(bytes, Code::TrustMalformed)?;
        if found.private_key {
            return Err(Error::new(Code::TrustPrivateKey));
        }
        let mut notes = found.notes();
        let read = read_all(found, bytes, Code::TrustEmpty, Code::TrustMalformed, |block| {
            Ok((classify::read(&block.der)?, block.distrusted))
        })?;
        let (mut certificates, mut rejected) = (Vec::new(), Vec::new());
        let (mut seen, mut duplicates) = (HashSet::new(), 0);
        for (certificate, distrusted) in read {
            if !seen.insert(certificate.sha256) {
                duplicates += 1;
                continue;
            }
            match unusable(&certificate, distrusted, now) {
                Some((code, reason)) => rejected.push(Rejected { certificate, code, reason }),
                None => certificates.push(certificate),
            }
        }
        if duplicates > 0 {
            notes.push(format!("dropped duplicates: {duplicates}"));
        }
        for early in certificates.iter().filter(|certificate| certificate.not_before > now) {
            let from = date(early.not_before);
            notes.push(format!("not valid before {from}: sha256 {}", early.sha256_hex()));
        }
        Ok(Self { certificates, rejected, notes })
    }

    /// SHA-256 over the sorted fingerprints of the anchors, in lower-case hexadecimal: stays the
    /// same when a bundle is rewritten in another form or order.
    pub fn sha256_hex(&self) -> String {
        let mut all: Vec<_> = self.certificates.iter().map(|one| one.sha256).collect();
        all.sort_unstable();
        hex(&Sha256::digest(all.as_flattened()))
    }
}

impl Certificate {
    /// Reads the facts of one certificate; no rule about CAs is applied.
    ///
    /// # Errors
    /// [`Code::TrustMalformed`] if it is not an X.509 certificate.
    pub fn read(der: &CertificateDer<'_>) -> Result<Self> {
        classify::read(der).map_err(|why| Error::with_detail(Code::TrustMalformed, why))
    }

    /// SHA-256 of the DER, lower-case hexadecimal.
    pub fn sha256_hex(&self) -> String {
        hex(&self.sha256)
    }

    /// SHA-256 as `openssl x509 -fingerprint -sha256` prints it: upper case with colons.
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<_> = self.sha256.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }

    /// Whole days until it expires at `now`; negative once it has expired.
    pub fn days_left(&self, now: i64) -> i64 {
        self.not_after.saturating_sub(now).div_euclid(86_400)
    }

    /// Whether `now` lies within its validity.
    pub fn is_valid_at(&self, now: i64) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

impl Kind {
    /// The word used in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Intermediate => "intermediate",
            Self::Leaf => "leaf",
        }
    }
}

/// The certificates of a client identity, in any text form, in file order. No rule about CAs is
/// applied and a private key in the same file is passed over.
///
/// # Errors
/// [`Code::IdentityMalformed`] if there is none or one cannot be read.
pub fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let code = Code::IdentityMalformed;
    let found = find(bytes, code)?;
    read_all(found, bytes, code, code, |block| Ok(CertificateDer::from(block.der)))
}

/// A server's chain, in any text form, its own certificate first. No rule about CAs is applied.
///
/// # Errors
/// As [`Bundle::read`].
pub fn chain(bytes: &[u8]) -> Result<Vec<Certificate>> {
    let found = find(bytes, Code::TrustMalformed)?;
    if found.private_key {
        return Err(Error::new(Code::TrustPrivateKey));
    }
    read_all(found, bytes, Code::TrustEmpty, Code::TrustMalformed, |block| {
        classify::read(&block.der)
    })
}

fn find(bytes: &[u8], too_large: Code) -> Result<Found> {
    if bytes.len() > MAX_BYTES {
        let detail = format!("it is larger than {MAX_BYTES} bytes");
        return Err(Error::with_detail(too_large, detail).with("bytes", bytes.len()));
    }
    Ok(extract::extract(bytes))
}

/// All or nothing: the first certificates of a file that is still being written must not replace
/// a bundle that was whole.
fn read_all<T>(
    found: Found,
    bytes: &[u8],
    empty: Code,
    malformed: Code,
    read: impl Fn(Block) -> Result<T, &'static str>,
) -> Result<Vec<T>> {
    let total = found.blocks.len();
    if total == 0 {
        return Err(Error::with_detail(empty, hint::nothing_found(bytes, &found)));
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (at, block) in found.blocks.into_iter().enumerate() {
        match block.and_then(&read) {
            Ok(one) => good.push(one),
            Err(why) => bad.push(format!("number {}: {why}", at + 1)),
        }
    }
    if bad.is_empty() {
        return Ok(good);
    }
    let detail = format!("{} of {total} certificates can be read; {}", good.len(), listed(&bad));
    Err(Error::with_detail(malformed, detail))
}

fn none_usable(rejected: &[Rejected], now: i64) -> Error {
    if rejected.is_empty() {
        return Error::new(Code::TrustEmpty);
    }
    let last = rejected.iter().map(|one| one.certificate.not_after).max().unwrap_or_default();
    if rejected.iter().all(|one| one.code == Code::TrustExpired) {
        return Error::new(Code::TrustExpired)
            .with("certificates", rejected.len())
            .with("last_not_after", date(last))
            .with("now", date(now));
    }
    let reasons: Vec<_> = rejected
        .iter()
        .map(|one| format!("sha256 {}: {}", one.certificate.sha256_hex(), one.reason))
        .collect();
    let detail = format!("no certificate may be an anchor; {}", listed(&reasons));
    Error::with_detail(Code::TrustMalformed, detail)
}

fn listed(reasons: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = reasons.get(..SHOWN).unwrap_or(reasons).join("; ");
    match reasons.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
