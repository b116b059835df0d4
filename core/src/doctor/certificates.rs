//! The server's chain, judged step by step: who issued it, until when, and for whom.

use rustls_pki_types::CertificateDer;
use serde_json::{Value as Json, json};

use super::{Notes, materials::SOON};
use crate::{
    bundle::{Certificate, Details, date},
    client::Profile,
    config::{Tls, Verify},
    error::Result,
    time::Now,
};

/// The chain that the server presents, readable.
#[derive(Default)]
pub(super) struct Presented {
    pub(super) certificates: Vec<One>,
}

pub(super) struct One {
    pub(super) facts: Certificate,
    pub(super) details: Details,
}

impl Presented {
    /// What cannot be read is left out: the verification names it.
    pub(super) fn read(chain: &[CertificateDer<'_>]) -> Self {
        let read = |der: &CertificateDer<'_>| {
            let facts = Certificate::read(der).ok()?;
            let details = facts.details();
            Some(One { facts, details })
        };
        Self { certificates: chain.iter().filter_map(read).collect() }
    }

    pub(super) fn leaf(&self) -> Option<&One> {
        self.certificates.first()
    }

    pub(super) fn describe(&self, now: Now) -> Json {
        self.certificates.iter().map(|it| describe(&it.facts, now)).collect()
    }
}

/// One certificate as evidence.
pub(super) fn describe(certificate: &Certificate, now: Now) -> Json {
    let details = certificate.details();
    json!({
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "kind": certificate.kind.name(),
        "names": details.names,
        "not_before": date(certificate.not_before),
        "not_after": date(certificate.not_after),
        "days_left": certificate.days_left(now.unix_seconds()),
        "sha256": certificate.sha256_hex(),
        "sha1": details.sha1,
        "key": details.key,
        "version": details.version,
    })
}

/// Issuer, dates, purpose, revocation and pins.
pub(super) fn chain(
    profile: &Profile,
    tls: &Tls,
    chain: &[CertificateDer<'_>],
    notes: &mut Notes<'_>,
) -> Result<()> {
    let now = notes.host.now();
    let (Some(connector), Some(checks)) = (profile.connector(), profile.checks()) else {
        return Ok(());
    };
    let verdict = connector.verify_chain(&checks, chain, now)?;
    if tls.verify == Verify::DangerNone {
        notes.tell("verified", json!(false));
        return Ok(());
    }
    let anchors = checks.trust.value.all();
    let anchor = anchors.iter().find(|it| it.certificate.sha256_hex() == verdict.anchor);
    if let Some(anchor) = anchor {
        notes.tell("anchor", describe(&anchor.certificate, now));
        let days = anchor.certificate.days_left(now.unix_seconds());
        if days <= SOON {
            notes.warn(format!("the CA that verifies the server ends in {days} days"));
        }
    }
    let leaf = notes.facts.presented.leaf();
    if let Some(days) = leaf.map(|it| it.facts.days_left(now.unix_seconds()))
        && days <= SOON_LEAF
    {
        notes.warn(format!("the server's certificate ends in {days} days"));
    }
    Ok(())
}

/// Whether the certificate is for the server that was meant.
pub(super) fn name(
    profile: &Profile,
    tls: &Tls,
    chain: &[CertificateDer<'_>],
    notes: &mut Notes<'_>,
) -> Result<()> {
    let presented = notes.facts.presented.leaf().map(|it| it.details.names.clone());
    notes.tell("presented", json!(presented.unwrap_or_default()));
    let (Some(connector), Some(checks)) = (profile.connector(), profile.checks()) else {
        return Ok(());
    };
    notes.tell("expected", json!(connector.expected_name()));
    match tls.verify {
        Verify::Full => connector.verify_name(&checks, chain),
        Verify::Ca | Verify::DangerNone => {
            notes.tell("checked", json!(false));
            Ok(())
        }
    }
}

/// Days: leaves are short-lived where they are renewed by a program.
const SOON_LEAF: i64 = 3;
