//! A valid configuration with its materials: what all clients of one address share.

use std::{sync::Arc, time::Duration};

use super::{MaterialKind, Materials};
use crate::{
    config::{Address, Config},
    credentials::Credentials,
    crl::Crls,
    error::{Code, Error, Result},
    event::{Event, EventKind},
    identity::Identity,
    material::{FileSystem, Look, Pace, Volumes},
    secret::Secret,
    time::Now,
    tls::{Checks, Connector, Generations},
    trust::Trust,
};

/// Does the same with a material of any type, if the profile has it.
macro_rules! on {
    ($profile:expr, $kind:expr, $material:ident => $what:expr) => {
        match $kind {
            MaterialKind::Trust => $profile.trust.as_ref().map(|$material| $what),
            MaterialKind::Identity => $profile.identity.as_ref().map(|$material| $what),
            MaterialKind::Crl => $profile.crls.as_ref().map(|$material| $what),
            MaterialKind::Credentials => $profile.credentials.as_ref().map(|credentials| {
                let $material = &credentials.material;
                $what
            }),
        }
    };
}

/// A configuration, its materials, and the TLS configurations made of them.
pub struct Profile {
    config: Arc<Config>,
    files: Arc<dyn FileSystem>,
    trust: Option<Arc<Trust>>,
    identity: Option<Arc<Identity>>,
    crls: Option<Arc<Crls>>,
    credentials: Option<Arc<Credentials>>,
    connector: Option<Connector>,
}

impl Profile {
    /// Takes materials from `materials`, so that other clients of the same files share them.
    ///
    /// Files are not read yet: a missing CA is an error of the first command, not of the start,
    /// and a file that appears later mends it.
    ///
    /// # Errors
    /// `config.invalid` if the name to verify can stand in no certificate.
    pub fn new(config: Config, materials: &Materials) -> Result<Self> {
        let pace = Pace {
            files: config.poll_interval,
            provider: config.provider_interval,
            command: config.command_timeout,
        };
        let files = materials.files.clone();
        let tls = config.tls.as_ref();
        let connect = |tls| Connector::new(&config, tls, files.clone(), materials.tls.clone());
        let connector = tls.map(connect).transpose()?;
        let identity = tls.and_then(|tls| Some((tls, tls.identity.as_ref()?)));
        Ok(Self {
            files,
            trust: tls.map(|tls| materials.trust(tls, pace)),
            identity: identity.map(|(tls, source)| materials.identity(tls, source, pace)),
            crls: tls.and_then(|tls| tls.crls.as_ref()).map(|source| materials.crls(source, pace)),
            credentials: config.login.as_ref().map(|login| materials.credentials(login, pace)),
            connector,
            config: Arc::new(config),
        })
    }

    /// The same for another server: it shares all materials, and what is known of them.
    ///
    /// # Errors
    /// As [`Config::at`]; `config.invalid` if the name to verify can stand in no certificate.
    pub fn at(&self, address: Address) -> Result<Self> {
        let config = self.config.at(address)?;
        let connector = match (&self.connector, &config.tls) {
            (Some(connector), Some(tls)) => {
                let shared = connector.shared().clone();
                Some(Connector::new(&config, tls, self.files.clone(), shared)?)
            }
            _ => None,
        };
        Ok(Self {
            config: Arc::new(config),
            files: self.files.clone(),
            trust: self.trust.clone(),
            identity: self.identity.clone(),
            crls: self.crls.clone(),
            credentials: self.credentials.clone(),
            connector,
        })
    }

    /// The settings.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// The trusted CAs, with TLS.
    pub fn trust(&self) -> Option<&Arc<Trust>> {
        self.trust.as_ref()
    }

    /// The client certificate, if any.
    pub fn identity(&self) -> Option<&Arc<Identity>> {
        self.identity.as_ref()
    }

    /// The revocation lists, if any.
    pub fn crls(&self) -> Option<&Arc<Crls>> {
        self.crls.as_ref()
    }

    /// Username and secret, if any.
    pub fn credentials(&self) -> Option<&Arc<Credentials>> {
        self.credentials.as_ref()
    }

    pub(super) fn files(&self) -> &Arc<dyn FileSystem> {
        &self.files
    }

    pub(crate) fn connector(&self) -> Option<&Connector> {
        self.connector.as_ref()
    }

    /// What a new connection is made of.
    pub(super) fn generations(&self) -> Result<Generations> {
        let trust = self.trust.as_ref().map(|it| it.current()).transpose()?;
        let unsecured = || Error::with_detail(Code::InternalBug, "TLS without trust");
        Ok(Generations {
            trust: trust.ok_or_else(unsecured)?,
            identity: self.identity.as_ref().map(|it| it.current()).transpose()?,
            crl: self.crls.as_ref().map(|it| it.current()).transpose()?,
        })
    }

    /// What a server's chain is checked against now.
    pub(crate) fn checks(&self) -> Option<Checks> {
        Some(self.connector.as_ref()?.checks(&self.generations().ok()?))
    }

    /// Looks at all materials; what the host has to be asked for, and under which number.
    pub(crate) fn poll(&self, now: Now, look: Look) -> Vec<(MaterialKind, u64)> {
        let (mut asks, mut volumes, mut look) = (Vec::new(), Volumes::default(), look);
        for _ in 0..LOOKS {
            for kind in MaterialKind::ALL {
                asks.extend(self.poll_one(kind, &mut volumes, now, look).map(|ask| (kind, ask)));
            }
            // Swapped in between: the parts may be of different generations.
            if !volumes.moved(&*self.files) {
                break;
            }
            look = Look::Now;
        }
        asks
    }

    /// Looks at one material.
    pub(super) fn look(&self, kind: MaterialKind, now: Now) -> Option<u64> {
        self.poll_one(kind, &mut Volumes::default(), now, Look::Reread)
    }

    fn poll_one(
        &self,
        kind: MaterialKind,
        volumes: &mut Volumes,
        now: Now,
        look: Look,
    ) -> Option<u64> {
        on!(self, kind, it => it.poll_in(volumes, now, look))?
    }

    pub(crate) fn next_poll(&self) -> Option<Duration> {
        let next = |kind| on!(self, kind, it => it.next_poll())?;
        MaterialKind::ALL.into_iter().filter_map(next).min()
    }

    /// Takes content from the host for all clients of this profile, who notice at their next input.
    ///
    /// # Errors
    /// As [`Client::supply`](super::Client::supply).
    pub fn supply(&self, kind: MaterialKind, content: Vec<Secret>, now: Now) -> Result<()> {
        self.take(kind, None, Ok(content), now)
    }

    /// The answer to a question, or content unasked.
    pub(crate) fn take(
        &self,
        kind: MaterialKind,
        number: Option<u64>,
        content: Result<Vec<Secret>>,
        now: Now,
    ) -> Result<()> {
        on!(self, kind, it => match number {
            Some(number) => it.answer(number, content, now),
            None => match content {
                Ok(content) => it.supply(content, now),
                Err(error) => Err(it.fail(error, now)),
            },
        })
        .unwrap_or_else(|| {
            Err(Error::with_detail(Code::ClientMisuse, "this client has no such material")
                .with("material", kind.name()))
        })
    }

    /// Whoever was asked for a material will not answer.
    pub(super) fn abandon(&self, kind: MaterialKind, number: u64) {
        on!(self, kind, it => it.abandon(number));
    }

    /// Whether somebody has to be asked for a material.
    pub(super) fn is_fetched(&self, kind: MaterialKind) -> bool {
        on!(self, kind, it => it.is_fetched()).unwrap_or_default()
    }

    /// Why the latest answer of whoever is asked for a material is of no use.
    pub(super) fn fetch_failure(&self, kind: MaterialKind) -> Option<Error> {
        on!(self, kind, it => it.last_error().filter(|_| it.is_fetched()))?
    }

    /// Whether a material is being fetched.
    pub(crate) fn is_fetching(&self, kind: MaterialKind) -> bool {
        on!(self, kind, it => it.is_fetching()).unwrap_or_default()
    }

    /// The generation in force; 0 for none.
    pub(super) fn generation(&self, kind: MaterialKind) -> u64 {
        on!(self, kind, it => it.current().map_or(0, |found| found.number)).unwrap_or_default()
    }

    /// A material without which no session can be made, and why there is none.
    pub(crate) fn missing(&self, now: Now) -> Option<(MaterialKind, Error)> {
        let credentials = self.credentials.as_ref().and_then(|it| it.proof(now).err());
        let missing = [
            (MaterialKind::Trust, self.trust.as_ref().and_then(|it| it.current().err())),
            (MaterialKind::Identity, self.identity.as_ref().and_then(|it| it.current().err())),
            (MaterialKind::Crl, self.crls.as_ref().and_then(|it| it.current().err())),
            (MaterialKind::Credentials, credentials),
        ];
        missing.into_iter().find_map(|(kind, error)| Some((kind, error?)))
    }

    /// Follows the materials from now on: what was logged before is news to nobody.
    pub(super) fn follow(&self, seed: u64) -> Seen {
        let mut seen = Seen::default();
        self.events(&mut seen);
        for kind in MaterialKind::ALL {
            on!(self, kind, it => it.stir(seed));
        }
        seen
    }

    /// Whether any material changed since `seen`.
    pub(super) fn is_news(&self, seen: &Seen) -> bool {
        self.revisions() != seen.revisions
    }

    /// The same; `seen` is brought up to date.
    pub(super) fn changed(&self, seen: &mut Seen) -> bool {
        let revisions = self.revisions();
        std::mem::replace(&mut seen.revisions, revisions) != revisions
    }

    /// What the materials warned of so far.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let events = self.events(&mut Seen::default()).into_iter();
        let warnings = events.filter(|event| event.kind == EventKind::Warning);
        warnings.filter_map(|event| event.field("text").map(str::to_owned)).collect()
    }

    fn revisions(&self) -> [u64; 4] {
        MaterialKind::ALL.map(|kind| on!(self, kind, it => it.revision()).unwrap_or_default())
    }

    /// What the materials logged since `seen`.
    pub(super) fn events(&self, seen: &mut Seen) -> Vec<Event> {
        let mut events = Vec::new();
        for (kind, cursor) in MaterialKind::ALL.into_iter().zip(&mut seen.cursors) {
            events.extend(on!(self, kind, it => it.events(cursor)).into_iter().flatten());
        }
        events
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("config", &self.config).finish_non_exhaustive()
    }
}

/// How far a client has followed its materials.
#[derive(Debug, Default)]
pub(super) struct Seen {
    revisions: [u64; 4],
    cursors: [u64; 4],
    /// Generations acted upon.
    pub(super) trust: u64,
    pub(super) identity: u64,
    pub(super) crl: u64,
    pub(super) credentials: u64,
}

/// How often volumes that are swapped while being looked at are looked at again.
const LOOKS: u32 = 3;
