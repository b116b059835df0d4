//! One rustls configuration, verifier and session store per generation of trust and identity.
//!
//! A resumed TLS session is not verified again by rustls. Roots are therefore never swapped inside
//! a verifier: every generation gets a configuration of its own, with an empty session store.

mod classify;
mod stream;
mod verify;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use rustls::{
    ClientConfig, client::Resumption, sign::SingleCertAndKey, time_provider::TimeProvider,
};
use rustls_pki_types::{ServerName, UnixTime};

use crate::{
    config::{Config, Tls, Verify},
    error::{Code, Error, Result},
    identity::IdentityGeneration,
    provider,
    time::Now,
    trust::TrustGeneration,
};

pub(crate) use stream::TlsStream;
use verify::Verifier;
pub(crate) use verify::verify_chain;

/// Makes TLS connections of the generations in force.
#[derive(Debug)]
pub(crate) struct Connector {
    name: ServerName<'static>,
    verify: Verify,
    clock: Arc<Clock>,
    latest: Mutex<Option<Latest>>,
}

#[derive(Debug)]
struct Latest {
    trust: u64,
    identity: u64,
    config: Arc<ClientConfig>,
}

impl Connector {
    pub(crate) fn new(config: &Config, tls: &Tls) -> Result<Self> {
        let name = match (&tls.expected_name, &config.address) {
            (Some(name), _) => name.clone(),
            (None, crate::config::Address::Tcp { host, .. }) => host.clone(),
            (None, crate::config::Address::Unix(_)) => String::new(),
        };
        let name = ServerName::try_from(name.clone()).map_err(|_| {
            Error::with_detail(
                Code::ConfigInvalid,
                "is neither an IP address nor a name that can stand in a certificate",
            )
            .with("setting", if tls.expected_name.is_some() { "expected_name" } else { "host" })
            .with("value", name)
        })?;
        Ok(Self { name, verify: tls.verify, clock: Arc::default(), latest: Mutex::default() })
    }

    /// Starts a connection. Certificate dates are compared with `now`.
    pub(crate) fn connect(
        &self,
        trust: &Arc<TrustGeneration>,
        identity: Option<&Arc<IdentityGeneration>>,
        now: Now,
    ) -> Result<TlsStream> {
        self.clock.set(now);
        let config = self.config(trust, identity)?;
        TlsStream::new(config, self.name.clone(), self.clock.clone(), identity.is_some())
    }

    /// Resumes no session made before: the next handshake is a full one.
    pub(crate) fn forget(&self) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn config(
        &self,
        trust: &Arc<TrustGeneration>,
        identity: Option<&Arc<IdentityGeneration>>,
    ) -> Result<Arc<ClientConfig>> {
        let numbers = (trust.number, identity.map_or(0, |identity| identity.number));
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(latest) = &*latest
            && (latest.trust, latest.identity) == numbers
        {
            return Ok(latest.config.clone());
        }
        let provider = provider::provider();
        let bug = |error: rustls::Error| Error::with_detail(Code::InternalBug, error.to_string());
        let verifier = Verifier::new(trust.clone(), self.verify, &provider);
        let builder = ClientConfig::builder_with_details(provider, self.clock.clone())
            .with_safe_default_protocol_versions()
            .map_err(bug)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match identity {
            Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(
                identity.value.certified.clone(),
            ))),
            None => builder.with_no_client_auth(),
        };
        config.resumption = Resumption::in_memory_sessions(SESSIONS_KEPT);
        let config = Arc::new(config);
        *latest = Some(Latest { trust: numbers.0, identity: numbers.1, config: config.clone() });
        Ok(config)
    }
}

/// The wall clock of the latest input, as rustls reads it.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    pub(crate) fn set(&self, now: Now) {
        self.0.store(now.wall.as_secs(), Ordering::Release);
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = self.0.load(Ordering::Acquire);
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

/// One server name needs few.
const SESSIONS_KEPT: usize = 32;
