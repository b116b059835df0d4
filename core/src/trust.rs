//! Trusted CAs as a material: each generation is a set of anchors.

use rustls_pki_types::TrustAnchor;

use crate::{
    bundle::{Bundle, Certificate},
    error::{Code, Error, Result},
    material::{Generation, Kind, Material},
    secret::Secret,
    time::Now,
};

/// The trusted CAs of a client and of all clients with the same source.
pub type Trust = Material<Anchors>;

/// One set of trusted CAs.
pub type TrustGeneration = Generation<Anchors>;

/// The anchors of one generation.
#[derive(Debug)]
pub struct Anchors {
    all: Vec<Anchor>,
}

/// A trusted certificate with what rustls leaves out of an anchor.
#[derive(Debug)]
pub struct Anchor {
    /// The certificate as it stood in the bundle.
    pub certificate: Certificate,
    pub(crate) anchor: TrustAnchor<'static>,
}

impl Anchors {
    /// Every anchor, in the order of the bundle.
    pub fn all(&self) -> &[Anchor] {
        &self.all
    }

    /// The anchors that may be used now: rustls itself would accept one that has expired.
    pub(crate) fn valid_at(&self, now: Now) -> impl Iterator<Item = &Anchor> {
        let now = now.unix_seconds();
        self.all.iter().filter(move |anchor| anchor.certificate.not_after >= now)
    }

    /// When the next anchor ends, in seconds since the Unix epoch.
    pub(crate) fn next_end(&self, now: Now) -> Option<i64> {
        self.valid_at(now).map(|anchor| anchor.certificate.not_after).min()
    }
}

/// What a trust material made of bundles is.
pub fn bundles() -> Kind<Anchors> {
    Kind { name: "trust", unreadable: Code::TrustUnreadable, parse: parse_bundles, describe }
}

/// What the operating system's trust store is: one certificate each, unusable ones left out.
pub fn system() -> Kind<Anchors> {
    Kind { name: "trust", unreadable: Code::TrustUnreadable, parse: parse_system, describe }
}

fn parse_bundles(content: &[Secret], now: Now) -> Result<Anchors> {
    let mut all = Vec::new();
    for part in content {
        for certificate in Bundle::parse(part.expose(), now.unix_seconds())?.certificates {
            all.push(anchor(certificate)?);
        }
    }
    Ok(Anchors { all })
}

fn parse_system(content: &[Secret], now: Now) -> Result<Anchors> {
    let parsed =
        content.iter().filter_map(|part| Bundle::parse(part.expose(), now.unix_seconds()).ok());
    let all: Vec<_> = parsed
        .flat_map(|bundle| bundle.certificates)
        .filter_map(|cert| anchor(cert).ok())
        .collect();
    match all.is_empty() {
        true => Err(Error::new(Code::TrustEmpty)),
        false => Ok(Anchors { all }),
    }
}

fn anchor(certificate: Certificate) -> Result<Anchor> {
    match webpki::anchor_from_trusted_cert(&certificate.der) {
        Ok(anchor) => Ok(Anchor { anchor: anchor.to_owned(), certificate }),
        Err(error) => Err(Error::with_detail(Code::TrustMalformed, error.to_string())
            .with("sha256", certificate.sha256_hex())),
    }
}

fn describe(anchors: &Anchors) -> Vec<(&'static str, String)> {
    let listed = anchors.all.iter().take(LISTED);
    let fingerprints: Vec<_> = listed.map(|anchor| anchor.certificate.sha256_hex()).collect();
    vec![("certificates", anchors.all.len().to_string()), ("sha256", fingerprints.join(","))]
}

/// More than this is the system store, whose fingerprints say nothing.
const LISTED: usize = 8;
