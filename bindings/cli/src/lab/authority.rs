//! One authority, the certificates it signs and those it revokes.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    DistinguishedName, DnType, Error, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, RevocationReason, RevokedCertParams, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use super::pki::sha256;
use crate::failure::{Because, Failure};

/// Whom the authorities certify.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Server,
    Client,
}

/// A certificate authority and its revocation list.
pub(crate) struct Authority {
    letters: String,
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Serial numbers, and when they were revoked.
    revoked: Vec<(u64, OffsetDateTime)>,
}

/// The certificate a server or a client presents.
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

/// A certificate that is yet to be written to its files.
pub(crate) struct SignedLeaf {
    pub(crate) leaf: Leaf,
    pub(crate) cert_pem: String,
    pub(crate) key_pem: String,
}

impl Authority {
    /// The `number`th one, for `role`.
    pub(crate) fn create(letters: String, number: usize, role: Role) -> Result<Authority, Failure> {
        let made = role.authority(&letters, number).because(format_args!("make CA {letters}"));
        Ok(Authority { letters, issuer: made?, revoked: Vec::new() })
    }

    pub(crate) fn letters(&self) -> &str {
        &self.letters
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub(crate) fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// Puts a serial number on the list, unless it is there.
    pub(crate) fn revoke(&mut self, serial: u64) -> bool {
        let is_new = self.revoked().all(|revoked| revoked != serial);
        if is_new {
            self.revoked.push((serial, OffsetDateTime::now_utc()));
        }
        is_new
    }

    /// The serial numbers on the list.
    pub(crate) fn revoked(&self) -> impl Iterator<Item = u64> {
        self.revoked.iter().map(|(serial, _)| *serial)
    }

    /// A new certificate; its files will be `stem` with an extension.
    pub(crate) fn sign(&self, serial: u64, stem: &Path, role: Role) -> Result<SignedLeaf, Error> {
        let mut params = role.leaf()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(serial_number(serial));
        params.not_before = OffsetDateTime::now_utc() - BACKDATED;
        params.not_after = params.not_before + LEAF_LIFE;

        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let leaf = Leaf {
            ca: self.letters.clone(),
            serial,
            sha256: sha256(certificate.der()),
            not_after: params.not_after,
            cert_file: stem.with_extension("pem"),
            key_file: stem.with_extension("key"),
        };
        Ok(SignedLeaf { leaf, cert_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }

    /// The revocation list, as PEM.
    pub(crate) fn crl(&self, number: u64) -> Result<String, Error> {
        let revoked = |&(serial, revocation_time): &(u64, OffsetDateTime)| RevokedCertParams {
            serial_number: serial_number(serial),
            revocation_time,
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let this_update = OffsetDateTime::now_utc() - BACKDATED;
        let params = CertificateRevocationListParams {
            this_update,
            next_update: this_update + CRL_LIFE,
            crl_number: serial_number(number),
            issuing_distribution_point: None,
            revoked_certs: self.revoked.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer)?.pem()
    }
}

impl Role {
    fn authority(
        self,
        letters: &str,
        number: usize,
    ) -> Result<CertifiedIssuer<'static, KeyPair>, Error> {
        let name = match self {
            Role::Server => format!("redlatch lab CA {letters}"),
            Role::Client => format!("redlatch lab client CA {letters}"),
        };
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(&name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.serial_number = Some(serial_number(number as u64 + 1));
        params.not_before = OffsetDateTime::now_utc() - BACKDATED;
        params.not_after = params.not_before + CA_LIFE;
        CertifiedIssuer::self_signed(params, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)
    }

    fn leaf(self) -> Result<CertificateParams, Error> {
        let (names, subject, purposes): (&[&str], _, _) = match self {
            // Servers of a cluster are each other's clients.
            Role::Server => (
                &["localhost", "127.0.0.1", "::1"],
                "redlatch lab server",
                vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
            ),
            Role::Client => (&[], "redlatch lab client", vec![ExtendedKeyUsagePurpose::ClientAuth]),
        };
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = common_name(subject);
        params.extended_key_usages = purposes;
        Ok(params)
    }

    /// How the names of its files begin.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Role::Server => "",
            Role::Client => "client-",
        }
    }
}

impl Leaf {
    /// The bytes of certificate and key.
    pub(crate) fn read(&self) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let read = |path: &Path| fs::read(path).because(format_args!("read {}", path.display()));
        Ok((read(&self.cert_file)?, read(&self.key_file)?))
    }
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

const BACKDATED: Duration = Duration::hours(1);
const CA_LIFE: Duration = Duration::days(3650);
const LEAF_LIFE: Duration = Duration::days(90);
const CRL_LIFE: Duration = Duration::days(30);
