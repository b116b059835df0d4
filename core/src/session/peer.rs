//! The chain the server presented, kept because trust in it can end while the session lives.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};

use super::Session;
use crate::{
    config::Verify, error::Result, provider, time::Now, tls::verify_chain, trust::TrustGeneration,
};

/// Who the server showed itself to be.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    chain: Vec<CertificateDer<'static>>,
    /// Wall clock of the handshake: leaves may rotate weekly while sessions live on.
    verified_at: Duration,
    /// SHA-256 of the anchor that ends the chain.
    pub(crate) anchor: String,
}

impl Session {
    /// The handshake is over. rustls has verified the chain, but not if it resumed an earlier
    /// session, and not against trust that changed meanwhile: nothing is sent before this.
    pub(super) fn meet_peer(
        &mut self,
        trust: Option<&(std::sync::Arc<TrustGeneration>, Verify)>,
        now: Now,
    ) -> Result<()> {
        let chain = self.tls().map(|tls| tls.chain()).unwrap_or_default();
        self.peer = Peer { chain, verified_at: now.wall, anchor: String::new() };
        match trust {
            Some((trust, verify)) => self.verify_peer(trust, *verify, now),
            None => Ok(()),
        }
    }

    /// Verifies the peer's chain against `trust`, whose number it takes over if it holds.
    ///
    /// # Errors
    /// Why the peer is not trusted by it.
    pub(crate) fn verify_peer(
        &mut self,
        trust: &TrustGeneration,
        verify: Verify,
        now: Now,
    ) -> Result<()> {
        if verify != Verify::DangerNone {
            let algorithms = provider::provider().signature_verification_algorithms;
            let leaf_at = UnixTime::since_unix_epoch(self.peer.verified_at);
            let chain = &self.peer.chain;
            self.peer.anchor = verify_chain(trust, &algorithms, chain, leaf_at, now.unix())?.anchor;
        }
        self.trust_generation = trust.number;
        Ok(())
    }
}
