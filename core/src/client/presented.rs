//! What a server presents, and who would trust it: to look at a server without talking to it.

use std::sync::Arc;

use super::{Client, MaterialKind, Materials, Profile};
use crate::{
    bundle::{Bundle, Certificate},
    config::{Config, Source, Value, Verify},
    error::{Code, Error, Result},
    material::NoFiles,
    time::Now,
};

/// What a server presented in a handshake.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Its chain, its own certificate first.
    pub chain: Vec<Certificate>,
    /// For example `TLSv1.3`.
    pub version: Option<String>,
    /// For example `TLS13_AES_256_GCM_SHA384`.
    pub cipher: Option<String>,
}

/// The CA that a chain ends at, and for how long.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// The CA.
    pub anchor: Certificate,
    /// The earliest end among the chain and its CA, in seconds since the Unix epoch.
    pub until: i64,
}

/// Whether a client that trusts just this bundle would trust a server that presents this chain; its
/// name is looked at if there is one.
///
/// # Errors
/// As [`Profile::judge`].
pub fn judge(
    bundle: &Bundle,
    chain: Vec<Certificate>,
    name: Option<&str>,
    now: Now,
) -> Result<Trusted> {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut settings = vec![
        ("tls", Value::Bool(true)),
        ("ca_pem", Value::Text(bundle.to_pem()?)),
        ("verify", text(if name.is_some() { "full" } else { "ca" })),
    ];
    settings.extend(name.map(|name| ("expected_name", text(name))));
    let config = Config::parse_over(settings, None, [])?;
    let profile = Profile::new(config, &Materials::new(Arc::new(NoFiles)))?;
    let presented = Presented { chain, version: None, cipher: None };
    let anchor = profile.judge(&presented, now)?;
    let ends = presented.chain.iter().map(|certificate| certificate.not_after);
    let until = ends.fold(anchor.not_after, i64::min);
    Ok(Trusted { anchor, until })
}

impl Client {
    /// What the server of the session in use presented; none without TLS.
    pub fn presented(&self) -> Option<Presented> {
        let (session, _) = self.sessions().find(|(_, active)| *active)?;
        let tls = session.tls()?;
        let chain = session.peer.chain().iter().map(Certificate::read);
        Some(Presented {
            chain: chain.collect::<Result<_>>().ok()?,
            version: tls.version(),
            cipher: tls.cipher(),
        })
    }
}

impl Profile {
    /// The same server, nothing of which is verified, and no login, so that no secret can be sent:
    /// to see what it presents with [`Role::Raw`](super::Role::Raw) and [`Client::presented`].
    ///
    /// # Errors
    /// `config.invalid` if the name to verify can stand in no certificate.
    pub fn danger_unverified(&self) -> Result<Self> {
        let mut config = Config::clone(self.config());
        (config.login, config.require_server_auth) = (None, false);
        if let Some(tls) = &mut config.tls {
            (tls.verify, tls.trust) = (Verify::DangerNone, Source::Bytes(Vec::new()));
            (tls.crls, tls.pins) = (None, Vec::new());
        }
        Self::new(config, &Materials::new(self.files().clone()))
    }

    /// Whether a client of this profile would trust a server that presents this; by which CA.
    ///
    /// # Errors
    /// Why it would not, with the codes a connection fails with: the families `tls`, `trust` and
    /// `identity`. `client.misuse` if this profile verifies nothing.
    pub fn judge(&self, presented: &Presented, now: Now) -> Result<Certificate> {
        let misuse = |why: &str| Error::with_detail(Code::ClientMisuse, why);
        let (Some(connector), Some(tls)) = (self.connector(), &self.config().tls) else {
            return Err(misuse("TLS is off"));
        };
        if tls.verify == Verify::DangerNone {
            return Err(misuse("danger_accept_any_certificate verifies nothing"));
        }
        // Nobody is asked for a secret.
        for kind in [MaterialKind::Trust, MaterialKind::Identity, MaterialKind::Crl] {
            if let Some(number) = self.look(kind, now) {
                self.abandon(kind, number);
            }
        }
        let generations = self.generations()?;
        let chain: Vec<_> = presented.chain.iter().map(|one| one.der.clone()).collect();
        let checks = connector.checks(&generations);
        let verdict = connector.verify_chain(&checks, &chain, now)?;
        if tls.verify == Verify::Full {
            connector.verify_name(&checks, &chain)?;
        }
        let anchors = generations.trust.value.all().iter().map(|anchor| &anchor.certificate);
        let mut found = anchors.filter(|anchor| anchor.sha256_hex() == verdict.anchor);
        found.next().cloned().ok_or_else(|| {
            Error::with_detail(Code::InternalBug, "the anchor of a chain is not among the anchors")
        })
    }
}
