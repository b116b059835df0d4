//! Throw-away CAs and certificates; dates are counted from the world's own time.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use time::OffsetDateTime;

/// Midnight UTC, 2026-01-01: where each world starts.
pub(crate) const EPOCH: u64 = 1_767_225_600;
pub(crate) const DAY: u64 = 86_400;

pub(crate) struct Ca {
    pub(crate) pem: String,
    pub sha256: String,
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
}

pub(crate) struct Leaf {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) cert_pem: String,
    pub(crate) key_pem: String,
    pub sha256: String,
}

/// What a leaf is to be.
pub(crate) struct Wish<'a> {
    pub(crate) names: &'a [&'a str],
    pub(crate) from: u64,
    pub(crate) until: u64,
    pub(crate) usage: ExtendedKeyUsagePurpose,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            names: &["redis.test"],
            from: EPOCH - DAY,
            until: EPOCH + 3650 * DAY,
            usage: ExtendedKeyUsagePurpose::ServerAuth,
        }
    }
}

impl Ca {
    pub(crate) fn new(name: &str) -> Self {
        Self::until(name, EPOCH + 3650 * DAY)
    }

    pub(crate) fn until(name: &str, end: u64) -> Self {
        Self::with_key(name, end, KeyPair::generate().unwrap())
    }

    /// The same each time, byte for byte.
    pub(crate) fn fixed(number: u8) -> Self {
        Self::with_key(&format!("CA {number}"), EPOCH + 3650 * DAY, fixed_key(number))
    }

    fn with_key(name: &str, end: u64, key: KeyPair) -> Self {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from(1));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = (date(EPOCH - 365 * DAY), date(end));
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            sha256: sha256(certificate.der()),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn leaf(&self) -> Leaf {
        self.issue(&Wish::default())
    }

    pub(crate) fn client(&self) -> Leaf {
        self.issue(&Wish { usage: ExtendedKeyUsagePurpose::ClientAuth, ..Wish::default() })
    }

    pub(crate) fn issue(&self, wish: &Wish<'_>) -> Leaf {
        self.issue_to(KeyPair::generate().unwrap(), None, wish)
    }

    /// The same each time, byte for byte.
    pub(crate) fn issue_fixed(&self, number: u8, wish: &Wish<'_>) -> Leaf {
        self.issue_to(fixed_key(number), Some(u64::from(number)), wish)
    }

    fn issue_to(&self, key: KeyPair, serial: Option<u64>, wish: &Wish<'_>) -> Leaf {
        let names: Vec<_> = wish.names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "leaf");
        (params.not_before, params.not_after) = (date(wish.from), date(wish.until));
        params.extended_key_usages = vec![wish.usage.clone()];
        params.serial_number = serial.map(SerialNumber::from);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            cert_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            sha256: sha256(certificate.der()),
        }
    }

    /// A revocation list, PEM.
    pub(crate) fn crl(&self, revoked: &[&Leaf], next_update: u64) -> String {
        let revoked = revoked.iter().map(|leaf| RevokedCertParams {
            serial_number: leaf.serial(),
            revocation_time: date(EPOCH - DAY),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date(EPOCH - DAY),
            next_update: date(next_update),
            crl_number: 1.into(),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.der.clone()
    }
}

impl Leaf {
    fn serial(&self) -> SerialNumber {
        let leaf = webpki::EndEntityCert::try_from(&self.chain[0]).unwrap();
        SerialNumber::from_slice(leaf.serial())
    }
}

/// An Ed25519 key made of nothing but a number: PKCS#8 around 32 equal bytes.
fn fixed_key(number: u8) -> KeyPair {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([number; 32]);
    KeyPair::try_from(der).unwrap()
}

fn date(seconds: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).unwrap()).unwrap()
}

fn sha256(der: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}
