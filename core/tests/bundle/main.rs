//! The bundle reader through its public API. Certificates are made as the tests run.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod forms;
mod hostile;
mod inspecting;
mod merging;
mod rules;

use std::sync::LazyLock;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use time::OffsetDateTime;

/// Midnight UTC, 2026-01-01.
const NOW: i64 = 1_767_225_600;
const DAY: i64 = 86_400;

/// A certificate under construction, valid from a year before to a year after [`NOW`].
#[derive(Clone)]
struct Made {
    params: CertificateParams,
}

impl Made {
    fn leaf(name: &str) -> Self {
        let mut params = CertificateParams::new(vec!["redis.test".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        Self { params }.valid(NOW - 365 * DAY, NOW + 365 * DAY)
    }

    fn ca(name: &str) -> Self {
        let mut made = Self::leaf(name);
        made.params.subject_alt_names.clear();
        made.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        made.usage(&[KeyUsagePurpose::KeyCertSign])
    }

    fn valid(mut self, from: i64, to: i64) -> Self {
        self.params.not_before = OffsetDateTime::from_unix_timestamp(from).unwrap();
        self.params.not_after = OffsetDateTime::from_unix_timestamp(to).unwrap();
        self
    }

    fn usage(mut self, usages: &[KeyUsagePurpose]) -> Self {
        self.params.key_usages = usages.to_vec();
        self
    }

    /// DER, signed by itself.
    fn der(&self) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        self.params.self_signed(&key).unwrap().der().to_vec()
    }

    /// DER, signed by another.
    fn issued_by(&self, issuer: &Self) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::new(issuer.params.clone(), KeyPair::generate().unwrap());
        self.params.signed_by(&key, &issuer).unwrap().der().to_vec()
    }
}

/// Two root CAs, as they are listed while one replaces the other.
static OLD: LazyLock<Vec<u8>> = LazyLock::new(|| Made::ca("Old CA").der());
static NEW: LazyLock<Vec<u8>> = LazyLock::new(|| Made::ca("New CA").der());

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

fn wrapped(text: &str, width: usize) -> String {
    let lines = text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// PEM as APIs return it: without a last line end.
fn pem_as(label: &str, der: &[u8]) -> String {
    let body = wrapped(&base64(der), 64);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----")
}

fn pem(der: &[u8]) -> String {
    pem_as("CERTIFICATE", der)
}

/// One DER element.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82, length[0], length[1]], content].concat()
}
