//! Is this the server we trust? Chains are built with webpki, which tells the anchor that ends it.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    },
};
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use crate::{
    bundle::Certificate,
    config::Verify,
    error::{Code, Error, Result},
    time::Now,
    trust::TrustGeneration,
};

/// What a verified chain ended at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// SHA-256 of the anchor, lower-case hexadecimal.
    pub(crate) anchor: String,
}

/// Checks a chain against the anchors of a generation that are valid at `anchors_at`; the dates of
/// leaf and intermediates are compared with `leaf_at`. The name is not looked at.
pub(crate) fn verify_chain(
    trust: &TrustGeneration,
    algorithms: &WebPkiSupportedAlgorithms,
    chain: &[CertificateDer<'_>],
    leaf_at: UnixTime,
    anchors_at: UnixTime,
) -> Result<Verdict> {
    let Some((leaf, intermediates)) = chain.split_first() else {
        return Err(Error::with_detail(Code::TlsBadCertificate, "the server sent no certificate"));
    };
    let certificate =
        EndEntityCert::try_from(leaf).map_err(|error| explain(error, chain, trust))?;
    let wall = std::time::Duration::from_secs(anchors_at.as_secs());
    let valid: Vec<_> = trust.value.valid_at(Now { monotonic: wall, wall }).collect();
    if valid.is_empty() {
        return Err(Error::new(Code::TrustExpired).with("generation", trust.number));
    }
    let anchors: Vec<TrustAnchor<'_>> = valid.iter().map(|anchor| anchor.anchor.clone()).collect();
    let path = certificate
        .verify_for_usage(
            algorithms.all,
            &anchors,
            intermediates,
            leaf_at,
            KeyUsage::server_auth(),
            None,
            None,
        )
        .map_err(|error| explain(error, chain, trust))?;
    let found = anchors.iter().position(|anchor| anchor == path.anchor());
    let anchor = found.and_then(|at| valid.get(at)).map(|anchor| anchor.certificate.sha256_hex());
    Ok(Verdict { anchor: anchor.unwrap_or_default() })
}

/// The verifier of one trust generation, given to rustls.
#[derive(Debug)]
pub(super) struct Verifier {
    trust: Arc<TrustGeneration>,
    verify: Verify,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(
        trust: Arc<TrustGeneration>,
        verify: Verify,
        provider: &CryptoProvider,
    ) -> Self {
        Self { trust, verify, algorithms: provider.signature_verification_algorithms }
    }

    fn check(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<()> {
        if self.verify == Verify::DangerNone {
            return Ok(());
        }
        verify_chain(&self.trust, &self.algorithms, chain, now, now)?;
        if self.verify == Verify::Full {
            EndEntityCert::try_from(&chain[0])
                .and_then(|leaf| leaf.verify_is_valid_for_subject_name(name))
                .map_err(|error| explain(error, chain, &self.trust))?;
        }
        Ok(())
    }
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
                    false => context.presented.join(" "),
                },
            )
        }
        E::CertRevoked => Error::new(Code::TlsRevoked),
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
        other => Error::with_detail(Code::TlsBadCertificate, other.to_string()),
    }
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
