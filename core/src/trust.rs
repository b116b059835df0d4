//! Trusted CAs as a material: each generation is a set of anchors.

use rustls_pki_types::TrustAnchor;

use crate::{
    bundle::{Bundle, Certificate},
    error::{Code, Error, Result},
    material::{End, Generation, Kind, Material},
    secret::Secret,
    time::Now,
};

/// The trusted CAs of a client and of all clients with the same source.
pub type Trust = Material<Anchors>;

/// One set of trusted CAs.
pub type TrustGeneration = Generation<Anchors>;

impl TrustGeneration {
    /// Trusts nobody.
    pub(crate) fn of_nobody() -> Self {
        Self { number: 0, since: std::time::Duration::ZERO, value: Anchors { all: Vec::new() } }
    }
}

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
    Kind { folders: true, ends, is_same, ..kind(parse_bundles) }
}

/// What the operating system's trust store is: one certificate each, unusable ones left out. It
/// always holds some that are about to end, which concern nobody.
pub fn system() -> Kind<Anchors> {
    kind(parse_system)
}

fn kind(parse: fn(&[Secret], Now) -> Result<Anchors>) -> Kind<Anchors> {
    Kind { describe, ..Kind::new("trust", Code::TrustUnreadable, parse) }
}

/// The same CAs, in any form and order.
fn is_same(old: &Anchors, new: &Anchors) -> bool {
    let sorted = |anchors: &Anchors| {
        let mut all: Vec<_> = anchors.all.iter().map(|it| it.certificate.sha256).collect();
        all.sort_unstable();
        all
    };
    sorted(old) == sorted(new)
}

fn ends(anchors: &Anchors) -> Vec<End> {
    let certificates = anchors.all.iter().map(|anchor| &anchor.certificate);
    certificates.map(|it| End { what: it.sha256_hex(), at: it.not_after }).collect()
}

fn parse_bundles(content: &[Secret], now: Now) -> Result<Anchors> {
    if content.is_empty() {
        // Nothing is verified.
        return Ok(Anchors { all: Vec::new() });
    }
    let unix = now.unix_seconds();
    let parts = content.iter().enumerate().map(|(at, part)| {
        Bundle::parse_part(part.expose(), unix).map_err(|error| match content.len() {
            1 => error,
            _ => error.with("file_number", at + 1),
        })
    });
    // Folders hold the same certificate under several names.
    let merged = Bundle::merge(parts.collect::<Result<Vec<_>>>()?, unix)?;
    let all = merged.certificates.into_iter().map(anchor).collect::<Result<_>>()?;
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
