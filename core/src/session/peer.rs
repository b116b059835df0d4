//! The chain the server presented, kept because trust in it can end while the session lives.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};

use super::Session;
use crate::{
    bundle::Certificate,
    config::Verify,
    error::Result,
    provider,
    time::Now,
    tls::{Checks, Verdict, verify_chain},
};

/// Who the server showed itself to be.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    chain: Vec<CertificateDer<'static>>,
    /// Wall clock of the handshake: leaves may rotate weekly while sessions live on.
    verified_at: Duration,
    /// What ends the chain.
    pub(crate) verdict: Verdict,
    /// The certificate of the server itself.
    pub(crate) leaf: Option<Certificate>,
}

impl Peer {
    /// The chain, the server's own certificate first.
    pub(crate) fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }
}

impl Session {
    /// The handshake is over. rustls has verified the chain, but not if it resumed an earlier
    /// session, and not against trust that changed meanwhile: nothing is sent before this.
    pub(super) fn meet_peer(&mut self, checks: Option<&Checks>, now: Now) -> Result<()> {
        let chain = self.tls().map(|tls| tls.chain()).unwrap_or_default();
        let leaf = chain.first().and_then(|der| Certificate::read(der).ok());
        self.peer = Peer { chain, verified_at: now.wall, leaf, verdict: Verdict::default() };
        let Some(checks) = checks else { return Ok(()) };
        let same = self.trust_generation == checks.trust.number
            && self.crl_generation == checks.crl.as_ref().map_or(0, |crl| crl.number);
        let proven = self.tls().and_then(|tls| tls.proven(&self.peer.chain, now));
        match proven.filter(|_| same) {
            // The same chain and generations: its signatures would be verified again.
            Some(verdict) => self.peer.verdict = verdict,
            None => self.verify_peer(checks, now)?,
        }
        Ok(())
    }

    /// Verifies the peer's chain, and takes over the numbers of the generations if it holds.
    ///
    /// # Errors
    /// Why the peer is not trusted by them.
    pub(crate) fn verify_peer(&mut self, checks: &Checks, now: Now) -> Result<()> {
        if checks.tls.verify != Verify::DangerNone || !checks.tls.pins.is_empty() {
            let algorithms = provider::provider().signature_verification_algorithms;
            let leaf_at = UnixTime::since_unix_epoch(self.peer.verified_at);
            let chain = &self.peer.chain;
            self.peer.verdict = verify_chain(checks, &algorithms, chain, leaf_at, now.unix())?;
        }
        self.trust_generation = checks.trust.number;
        self.crl_generation = checks.crl.as_ref().map_or(0, |crl| crl.number);
        Ok(())
    }
}
