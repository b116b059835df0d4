//! Throw-away certificate authorities A, B, C… and the server certificates they sign.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, Error,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber,
};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::files;
use crate::failure::{Because, Failure};

/// Every authority the lab has made; the last `trusted` of them are what clients should trust.
pub(crate) struct Pki {
    dir: PathBuf,
    authorities: Vec<Authority>,
    trusted: usize,
    leaves: u64,
}

/// The certificate a server presents.
#[derive(Clone)]
pub(crate) struct Leaf {
    /// Letters of the authority that signed it.
    pub(crate) ca: String,
    pub(crate) serial: u64,
    /// Of the DER, in lower-case hex.
    pub(crate) sha256: String,
    pub(crate) not_after: OffsetDateTime,
    pub(crate) cert_file: PathBuf,
    pub(crate) key_file: PathBuf,
}

struct Authority {
    letters: String,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Pki {
    /// Makes the folder and authority A.
    pub(crate) fn create(dir: PathBuf) -> Result<Pki, Failure> {
        files::private_dir(&dir).because(format_args!("make {}", dir.display()))?;
        let mut pki = Pki { dir, authorities: Vec::new(), trusted: 0, leaves: 0 };
        pki.add()?;
        Ok(pki)
    }

    /// Makes the next authority, trusted beside those that already are.
    pub(crate) fn add(&mut self) -> Result<(), Failure> {
        let number = self.authorities.len();
        let letters = letters(number);
        let issuer = authority(&letters, number).because(format_args!("make CA {letters}"))?;
        self.write(&format!("ca-{letters}.pem"), &issuer.pem())?;
        self.write(&format!("ca-{letters}.key"), &issuer.key().serialize_pem())?;
        self.authorities.push(Authority { letters, issuer });
        self.trusted += 1;
        Ok(())
    }

    /// Trusts only the newest authority from now on.
    pub(crate) fn drop_old(&mut self) {
        self.trusted = 1;
    }

    /// Letters of the trusted authorities, oldest first.
    pub(crate) fn trusted(&self) -> Vec<String> {
        self.trust().iter().map(|ca| ca.letters.clone()).collect()
    }

    /// Letters of the newest authority.
    pub(crate) fn newest(&self) -> &str {
        self.authorities.last().map_or("", |ca| &ca.letters)
    }

    /// The trusted authorities' certificates, as PEM.
    pub(crate) fn bundle(&self) -> String {
        self.trust().iter().map(|ca| ca.issuer.pem()).collect()
    }

    /// A new server certificate for localhost, signed by the authority `letters`.
    pub(crate) fn issue(&mut self, letters: &str) -> Result<Leaf, Failure> {
        let serial = self.leaves + 1;
        let name = format!("leaf-{serial:04}");
        let Some(ca) = self.authorities.iter().find(|ca| ca.letters == letters) else {
            return Err(Failure::new(format_args!("there is no CA {letters}")));
        };
        let leaf = sign(ca, serial, &self.dir.join(&name)).because(format_args!("make {name}"))?;
        self.write(&format!("{name}.pem"), &leaf.cert_pem)?;
        self.write(&format!("{name}.key"), &leaf.key_pem)?;
        self.leaves = serial;
        Ok(leaf.leaf)
    }

    fn trust(&self) -> &[Authority] {
        &self.authorities[self.authorities.len().saturating_sub(self.trusted)..]
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.dir.join(name);
        files::write_private(&path, text.as_bytes())
            .because(format_args!("write {}", path.display()))
    }
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

struct SignedLeaf {
    leaf: Leaf,
    cert_pem: String,
    key_pem: String,
}

fn authority(letters: &str, number: usize) -> Result<CertifiedIssuer<'static, KeyPair>, Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(&format!("redlatch lab CA {letters}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(serial_number(number as u64 + 1));
    params.not_before = OffsetDateTime::now_utc() - BACKDATED;
    params.not_after = params.not_before + CA_LIFE;
    CertifiedIssuer::self_signed(params, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)
}

fn sign(ca: &Authority, serial: u64, stem: &Path) -> Result<SignedLeaf, Error> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = common_name("redlatch lab server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(serial_number(serial));
    params.not_before = OffsetDateTime::now_utc() - BACKDATED;
    params.not_after = params.not_before + LEAF_LIFE;

    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = params.signed_by(&key, &ca.issuer)?;
    let leaf = Leaf {
        ca: ca.letters.clone(),
        serial,
        sha256: sha256(certificate.der()),
        not_after: params.not_after,
        cert_file: stem.with_extension("pem"),
        key_file: stem.with_extension("key"),
    };
    Ok(SignedLeaf { leaf, cert_pem: certificate.pem(), key_pem: key.serialize_pem() })
}

fn common_name(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

fn serial_number(number: u64) -> SerialNumber {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    SerialNumber::from_slice(&bytes[zeros.min(bytes.len() - 1)..])
}

/// 0 is A, 25 is Z, 26 is AA.
fn letters(number: usize) -> String {
    let last = char::from(b'A' + (number % 26) as u8);
    match number / 26 {
        0 => last.to_string(),
        rest => format!("{}{last}", letters(rest - 1)),
    }
}

const BACKDATED: Duration = Duration::hours(1);
const CA_LIFE: Duration = Duration::days(3650);
const LEAF_LIFE: Duration = Duration::days(90);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_are_lettered_like_columns() {
        assert_eq!([0, 1, 25, 26, 27, 702].map(letters), ["A", "B", "Z", "AA", "AB", "AAA"]);
    }
}
