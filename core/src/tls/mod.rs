//! One rustls configuration, verifier and session store per generation of trust and identity.
//!
//! A resumed TLS session is not verified again by rustls. Roots are therefore never swapped inside
//! a verifier: every generation gets a configuration of its own, with an empty session store. Clients
//! of the same settings and the same generation share it.

mod classify;
mod client_auth;
mod configurations;
mod keylog;
mod stream;
mod verify;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use rustls::{
    ClientConfig,
    client::Resumption,
    time_provider::TimeProvider,
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::{
    config::{Address, Config, Tls},
    crl::CrlGeneration,
    error::{Code, Error, Result},
    identity::IdentityGeneration,
    material::FileSystem,
    provider,
    time::Now,
    trust::TrustGeneration,
};

use client_auth::ClientAuth;
pub(crate) use configurations::Configurations;
use configurations::{Configuration, Key};
use keylog::KeyLogFile;
pub(crate) use stream::TlsStream;
use verify::Verifier;
pub(crate) use verify::{Checks, Verdict, verify_chain};

/// Makes TLS connections of the generations in force.
#[derive(Debug)]
pub(crate) struct Connector {
    address: Address,
    name: ServerName<'static>,
    tls: Arc<Tls>,
    keylog: Option<Arc<KeyLogFile>>,
    latest: Mutex<Option<Latest>>,
    shared: Arc<Configurations>,
}

/// The generations a connection is made of.
#[derive(Clone, Debug)]
pub(crate) struct Generations {
    pub(crate) trust: Arc<TrustGeneration>,
    pub(crate) identity: Option<Arc<IdentityGeneration>>,
    pub(crate) crl: Option<Arc<CrlGeneration>>,
}

impl Generations {
    fn numbers(&self) -> [u64; 3] {
        [
            self.trust.number,
            self.identity.as_ref().map_or(0, |identity| identity.number),
            self.crl.as_ref().map_or(0, |crl| crl.number),
        ]
    }
}

#[derive(Debug)]
struct Latest {
    numbers: [u64; 3],
    configuration: Configuration,
}

impl Connector {
    pub(crate) fn new(
        config: &Config,
        tls: &Tls,
        files: Arc<dyn FileSystem>,
        shared: Arc<Configurations>,
    ) -> Result<Self> {
        let name = match (&tls.expected_name, &config.address) {
            (Some(name), _) => name.clone(),
            (None, Address::Tcp { host, .. }) => host.clone(),
            (None, Address::Unix(_)) => String::new(),
        };
        let name = ServerName::try_from(name.clone()).map_err(|_| {
            Error::with_detail(
                Code::ConfigInvalid,
                "is neither an IP address nor a name that can stand in a certificate",
            )
            .with("setting", if tls.expected_name.is_some() { "expected_name" } else { "host" })
            .with("value", name)
        })?;
        let keylog = tls.danger_keylog_file.clone();
        Ok(Self {
            address: config.address.clone(),
            name,
            tls: Arc::new(tls.clone()),
            keylog: keylog.map(|path| Arc::new(KeyLogFile::new(path, files))),
            latest: Mutex::default(),
            shared,
        })
    }

    /// Where configurations are kept for others.
    pub(crate) fn shared(&self) -> &Arc<Configurations> {
        &self.shared
    }

    /// What is checked of a server with these generations.
    pub(crate) fn checks(&self, generations: &Generations) -> Checks {
        Checks {
            trust: generations.trust.clone(),
            crl: generations.crl.clone(),
            tls: self.tls.clone(),
        }
    }

    /// The name that a server's certificate has to be valid for.
    pub(crate) fn expected_name(&self) -> String {
        self.name.to_str().into_owned()
    }

    /// As in a handshake, with what is valid now: all but the name.
    pub(crate) fn verify_chain(
        &self,
        checks: &Checks,
        chain: &[CertificateDer<'_>],
        now: Now,
    ) -> Result<Verdict> {
        let algorithms = provider::provider().signature_verification_algorithms;
        verify_chain(checks, &algorithms, chain, now.unix(), now.unix())
    }

    /// As in a handshake: the name alone.
    pub(crate) fn verify_name(&self, checks: &Checks, chain: &[CertificateDer<'_>]) -> Result<()> {
        verify::verify_name(checks, chain, &self.name)
    }

    /// Starts a connection. Certificate dates are compared with `now`.
    pub(crate) fn connect(&self, generations: &Generations, now: Now) -> Result<TlsStream> {
        let Configuration { config, clock, verifier } = self.configuration(generations)?;
        clock.set(now);
        let has_identity = generations.identity.is_some();
        TlsStream::new(config, self.name.clone(), clock, verifier, has_identity)
    }

    /// Resumes no session made before: the next handshake is a full one.
    pub(crate) fn forget(&self) {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Latest { configuration, .. }) = latest {
            self.shared.forget(&configuration.config);
        }
    }

    fn configuration(&self, generations: &Generations) -> Result<Configuration> {
        let numbers = generations.numbers();
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(latest) = &*latest
            && latest.numbers == numbers
        {
            return Ok(latest.configuration.clone());
        }
        let configuration = match Key::of(&self.address, &self.name, &self.tls, generations) {
            Some(key) => self.shared.get(&key, || self.make(generations)),
            None => self.make(generations),
        }?;
        *latest = Some(Latest { numbers, configuration: configuration.clone() });
        Ok(configuration)
    }

    fn make(&self, generations: &Generations) -> Result<Configuration> {
        let clock = Arc::<Clock>::default();
        let provider = provider::provider();
        let bug = |error: rustls::Error| Error::with_detail(Code::InternalBug, error.to_string());
        let verifier = Arc::new(Verifier::new(self.checks(generations), &provider));
        let versions: &[_] = if self.tls.only_tls13 { &[&TLS13] } else { &[&TLS13, &TLS12] };
        let certified = generations.identity.as_ref().map(|it| it.value.certified.clone());
        let mut config = ClientConfig::builder_with_details(provider, clock.clone())
            .with_protocol_versions(versions)
            .map_err(bug)?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_client_cert_resolver(Arc::new(ClientAuth::new(certified)));
        config.resumption = Resumption::in_memory_sessions(SESSIONS_KEPT);
        if let Some(keylog) = &self.keylog {
            config.key_log = keylog.clone();
        }
        Ok(Configuration { config: Arc::new(config), clock, verifier })
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
