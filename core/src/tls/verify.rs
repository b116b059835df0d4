//! Is this the server we trust? Chains are built with webpki, which tells the anchor that ends it.

use std::sync::{Arc, Mutex, PoisonError};

use base64::{Engine, prelude::BASE64_STANDARD};
use rustls::{
    CertificateError, DigitallySignedStruct, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    },
};
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use sha2::{Digest, Sha256};
use webpki::{EndEntityCert, KeyUsage, RevocationOptionsBuilder, UnknownStatusPolicy};

use crate::{
    bundle::Certificate,
    config::{Tls, Verify},
    crl::CrlGeneration,
    error::{Code, Error, Result},
    time::Now,
    trust::TrustGeneration,
};

/// What a server's chain is checked against.
#[derive(Clone, Debug)]
pub(crate) struct Checks {
    pub(crate) trust: Arc<TrustGeneration>,
    pub(crate) crl: Option<Arc<CrlGeneration>>,
    pub(crate) tls: Arc<Tls>,
}

/// What a verified chain ended at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// SHA-256 of the anchor, lower-case hexadecimal.
    pub(crate) anchor: String,
    /// End of the anchor's validity, in seconds since the Unix epoch.
    pub(crate) anchor_end: Option<i64>,
}

/// Checks a chain against the anchors that are valid at `anchors_at`, the revocation lists and the
/// pins; the dates of leaf and intermediates are compared with `leaf_at`. The name is not looked at.
pub(crate) fn verify_chain(
    checks: &Checks,
    algorithms: &WebPkiSupportedAlgorithms,
    chain: &[CertificateDer<'_>],
    leaf_at: UnixTime,
    anchors_at: UnixTime,
) -> Result<Verdict> {
    let Checks { trust, crl, tls } = checks;
    let Some((leaf, intermediates)) = chain.split_first() else {
        return Err(Error::with_detail(Code::TlsBadCertificate, "the server sent no certificate"));
    };
    let certificate =
        EndEntityCert::try_from(leaf).map_err(|error| explain(error, chain, trust))?;
    if tls.verify == Verify::DangerNone {
        // The handshake proved that the server has this key; nothing else is known.
        pinned(&tls.pins, &[spki(&certificate)])?;
        return Ok(Verdict::default());
    }
    let wall = std::time::Duration::from_secs(anchors_at.as_secs());
    let valid: Vec<_> = trust.value.valid_at(Now { monotonic: wall, wall }).collect();
    if valid.is_empty() {
        return Err(Error::new(Code::TrustExpired).with("generation", trust.number));
    }
    let anchors: Vec<TrustAnchor<'_>> = valid.iter().map(|anchor| anchor.anchor.clone()).collect();
    let lists: Vec<_> = crl.iter().flat_map(|crl| &crl.value.all).collect();
    // A list for another issuer says nothing about this one.
    let revocation = RevocationOptionsBuilder::new(&lists)
        .ok()
        .map(|builder| builder.with_status_policy(UnknownStatusPolicy::Allow).build());
    let path = certificate
        .verify_for_usage(
            algorithms.all,
            &anchors,
            intermediates,
            leaf_at,
            KeyUsage::server_auth(),
            revocation,
            None,
        )
        .map_err(|error| explain(error, chain, trust))?;
    let found = anchors.iter().position(|anchor| anchor == path.anchor());
    let anchor = found.and_then(|at| valid.get(at)).map(|anchor| &anchor.certificate);
    if !tls.pins.is_empty() {
        // Only keys of the verified path count: anything may be sent along with it.
        let mut keys = vec![spki(&certificate)];
        keys.extend(path.intermediate_certificates().map(|it| spki(it)));
        keys.extend(anchor.and_then(|anchor| {
            EndEntityCert::try_from(&anchor.der).ok().map(|certificate| spki(&certificate))
        }));
        pinned(&tls.pins, &keys)?;
    }
    Ok(Verdict {
        anchor: anchor.map(Certificate::sha256_hex).unwrap_or_default(),
        anchor_end: anchor.map(|anchor| anchor.not_after),
    })
}

fn spki(certificate: &webpki::Cert<'_>) -> [u8; 32] {
    Sha256::digest(certificate.subject_public_key_info()).into()
}

fn pinned(pins: &[[u8; 32]], keys: &[[u8; 32]]) -> Result<()> {
    if pins.is_empty() || keys.iter().any(|key| pins.contains(key)) {
        return Ok(());
    }
    let presented: Vec<_> = keys.iter().map(|key| BASE64_STANDARD.encode(key)).collect();
    Err(Error::new(Code::TlsPinMismatch).with("presented_pins", presented.join(" ")))
}

/// The verifier of one generation of trust and revocation lists, given to rustls.
#[derive(Debug)]
pub(super) struct Verifier {
    checks: Checks,
    algorithms: WebPkiSupportedAlgorithms,
    /// A server presents the same chain again and again, and its signatures stay what they are.
    proven: Mutex<Option<Arc<Proven>>>,
}

/// A chain that was verified, and when that is as good as to verify it again.
#[derive(Debug)]
struct Proven {
    chain: Vec<CertificateDer<'static>>,
    from: i64,
    until: i64,
    verdict: Verdict,
}

impl Proven {
    /// None if the dates cannot be told.
    fn of(chain: &[CertificateDer<'_>], verdict: &Verdict, checks: &Checks) -> Option<Self> {
        let anchor = checks.trust.value.all().iter().map(|anchor| &anchor.certificate);
        let anchor = anchor.filter(|it| it.sha256_hex() == verdict.anchor).cloned();
        let mut dated: Vec<_> = anchor.collect();
        for der in chain {
            dated.push(Certificate::read(der).ok()?);
        }
        Some(Self {
            chain: chain.iter().map(|der| der.clone().into_owned()).collect(),
            from: dated.iter().map(|it| it.not_before).max()?,
            until: dated.iter().map(|it| it.not_after).min()?,
            verdict: verdict.clone(),
        })
    }

    fn covers(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> bool {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        (self.from..=self.until).contains(&now) && self.chain == chain
    }
}

impl Verifier {
    pub(super) fn new(checks: Checks, provider: &CryptoProvider) -> Self {
        let algorithms = provider.signature_verification_algorithms;
        Self { checks, algorithms, proven: Mutex::default() }
    }

    /// What a chain that was verified ends at, if verifying it again would find the same.
    pub(super) fn proven(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Option<Verdict> {
        let proven = self.proven.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        proven.covers(chain, now).then(|| proven.verdict.clone())
    }

    fn check(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<()> {
        if self.proven(chain, now).is_none() {
            let verdict = verify_chain(&self.checks, &self.algorithms, chain, now, now)?;
            let proven = Proven::of(chain, &verdict, &self.checks).map(Arc::new);
            *self.proven.lock().unwrap_or_else(PoisonError::into_inner) = proven;
        }
        if self.checks.tls.verify == Verify::Full {
            verify_name(&self.checks, chain, name)?;
        }
        Ok(())
    }
}

/// Whether the leaf is valid for a name.
pub(super) fn verify_name(
    checks: &Checks,
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
) -> Result<()> {
    let Some(leaf) = chain.first() else {
        return Err(Error::with_detail(Code::TlsBadCertificate, "the server sent no certificate"));
    };
    EndEntityCert::try_from(leaf)
        .and_then(|leaf| leaf.verify_is_valid_for_subject_name(name))
        .map_err(|error| explain(error, chain, &checks.trust))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let mut chain = vec![end_entity.clone()];
        chain.extend_from_slice(intermediates);
        match self.check(&chain, server_name, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(error) => Err(CertificateError::Other(OtherError(Arc::new(error))).into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// webpki's reason with the evidence an operator needs.
fn explain(error: webpki::Error, chain: &[CertificateDer<'_>], trust: &TrustGeneration) -> Error {
    use webpki::Error as E;
    match error {
        // An anchor with the right name and another key answers with a bad signature.
        E::UnknownIssuer | E::InvalidSignatureForPublicKey => untrusted(chain, trust),
        E::CertExpired { time, not_after } => Error::new(Code::TlsExpired)
            .with("not_after", not_after.as_secs())
            .with("now", time.as_secs()),
        E::CertNotValidYet { time, not_before } => Error::new(Code::TlsNotYetValid)
            .with("not_before", not_before.as_secs())
            .with("now", time.as_secs()),
        E::CertNotValidForName(context) => {
            Error::new(Code::TlsNameMismatch).with("expected", context.expected.to_str()).with(
                "presented",
                match context.presented.is_empty() {
                    true => "no subjectAltName".to_owned(),
                    false => names(chain).unwrap_or_else(|| context.presented.join(" ")),
                },
            )
        }
        E::CertRevoked => {
            let leaf = chain.first().and_then(|der| Certificate::read(der).ok());
            let sha256 = leaf.map(|leaf| leaf.sha256_hex()).unwrap_or_default();
            Error::new(Code::TlsRevoked).with("presented_sha256", sha256)
        }
        E::CaUsedAsEndEntity => Error::with_detail(
            Code::TlsBadCertificate,
            "a CA certificate stands in place of a server certificate",
        ),
        E::UnsupportedCertVersion => {
            Error::with_detail(Code::TlsBadCertificate, "it is not X.509 version 3")
        }
        E::RequiredEkuNotFoundContext(_) => {
            Error::with_detail(Code::TlsBadCertificate, "its purpose is not serverAuth")
        }
        E::UnsupportedSignatureAlgorithmContext(_)
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => Error::with_detail(
            Code::TlsBadCertificate,
            "the signature algorithm of its chain is not accepted",
        ),
        other => Error::with_detail(Code::TlsBadCertificate, other.to_string()),
    }
}

fn names(chain: &[CertificateDer<'_>]) -> Option<String> {
    let leaf = Certificate::read(chain.first()?).ok()?;
    Some(leaf.details().names.join(" "))
}

fn untrusted(chain: &[CertificateDer<'_>], trust: &TrustGeneration) -> Error {
    let facts: Vec<_> = chain.iter().filter_map(|der| Certificate::read(der).ok()).collect();
    let mut error = Error::new(Code::TlsUntrusted);
    if let Some(last) = facts.last() {
        error = error.with("issuer", &last.issuer);
    }
    let presented: Vec<_> = facts.iter().map(Certificate::sha256_hex).collect();
    error = error.with("presented_sha256", presented.join(" "));
    let anchors = trust.value.all();
    // The fingerprints of a whole system store would say nothing.
    if anchors.len() <= 8 {
        let trusted: Vec<_> =
            anchors.iter().map(|anchor| anchor.certificate.sha256_hex()).collect();
        error = error.with("trusted_sha256", trusted.join(" "));
    }
    error.with("trust_generation", trust.number).with("trusted", anchors.len())
}
