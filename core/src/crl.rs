//! Certificate revocation lists (RFC 5280) as a material, watched like the trusted CAs.

use rustls_pki_types::{CertificateRevocationListDer, pem::PemObject};
use webpki::{BorrowedCertRevocationList, CertRevocationList};

use crate::{
    bundle::readable,
    error::{Code, Error, Result},
    material::{End, Generation, Kind, Material},
    secret::Secret,
    time::Now,
};

/// The revocation lists of a client and of all clients with the same source.
pub type Crls = Material<Lists>;

/// One set of revocation lists.
pub type CrlGeneration = Generation<Lists>;

/// Revocation lists, one or more for each issuer.
#[derive(Debug)]
pub struct Lists {
    pub(crate) all: Vec<CertRevocationList<'static>>,
    facts: Vec<Facts>,
}

/// What a list says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Who issued it.
    pub issuer: String,
    /// How many certificates it revokes.
    pub revoked: usize,
    /// When the next one was due, in seconds since the Unix epoch. Its end is told by events but
    /// does not stop connections: an old list is better than none.
    pub next_update: Option<i64>,
}

impl Lists {
    /// What each list says about itself.
    pub fn facts(&self) -> &[Facts] {
        &self.facts
    }
}

/// What a material of revocation lists is.
pub fn lists() -> Kind<Lists> {
    Kind {
        folders: true,
        describe: |lists| {
            let revoked: usize = lists.facts.iter().map(|list| list.revoked).sum();
            vec![("lists", lists.all.len().to_string()), ("revoked", revoked.to_string())]
        },
        ends: |lists| {
            let end = |list: &Facts| Some(End { what: list.issuer.clone(), at: list.next_update? });
            lists.facts.iter().filter_map(end).collect()
        },
        ..Kind::new("crl", Code::TrustUnreadable, parse)
    }
}

fn parse(content: &[Secret], _: Now) -> Result<Lists> {
    let mut lists = Lists { all: Vec::new(), facts: Vec::new() };
    for part in content {
        let bytes = part.expose();
        let begun = bytes.windows(BEGIN.len()).filter(|window| *window == BEGIN).count();
        if begun == 0 {
            lists.add(bytes)?;
            continue;
        }
        let mut read = 0;
        for der in CertificateRevocationListDer::pem_slice_iter(bytes) {
            lists.add(&der.map_err(|_| malformed("a list is cut off"))?)?;
            read += 1;
        }
        if read != begun {
            return Err(malformed("a list is cut off"));
        }
    }
    Ok(lists)
}

impl Lists {
    fn add(&mut self, der: &[u8]) -> Result<()> {
        use x509_parser::prelude::{CertificateRevocationList, FromDer};

        let list = BorrowedCertRevocationList::from_der(der)
            .and_then(|list| list.to_owned())
            .map_err(|error| malformed(&format!("{error}: neither PEM nor DER of a list")))?;
        let (_, facts) = CertificateRevocationList::from_der(der)
            .map_err(|_| malformed("neither PEM nor DER of a list"))?;
        self.facts.push(Facts {
            issuer: readable(facts.issuer()),
            revoked: facts.iter_revoked_certificates().count(),
            next_update: facts.next_update().map(|time| time.timestamp()),
        });
        self.all.push(list.into());
        Ok(())
    }
}

fn malformed(why: &str) -> Error {
    Error::with_detail(Code::TrustMalformed, format!("revocation lists: {why}"))
}

const BEGIN: &[u8] = b"-----BEGIN X509 CRL-----";
