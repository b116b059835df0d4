//! A valid configuration with its materials: what all clients of one address share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use crate::{
    config::{Config, Login, Source, Tls},
    credentials::Credentials,
    error::Result,
    event::Event,
    identity::{self, Identity},
    material::{FileSystem, Look, Material},
    time::Now,
    tls::Connector,
    trust::{self, Trust},
};

/// A configuration, its trust, identity and credentials, and the TLS configurations made of them.
#[derive(Debug)]
pub struct Profile {
    config: Arc<Config>,
    trust: Option<Arc<Trust>>,
    identity: Option<Arc<Identity>>,
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
        let interval = config.poll_interval;
        let connector = match &config.tls {
            Some(tls) => Some(Connector::new(&config, tls)?),
            None => None,
        };
        let trust = config.tls.as_ref().map(|tls| materials.trust(tls, interval));
        let identity = config
            .tls
            .as_ref()
            .and_then(|tls| tls.identity.as_ref())
            .map(|source| materials.identity(source, interval));
        let credentials = config.login.as_ref().map(|login| materials.credentials(login, interval));
        Ok(Self { config: Arc::new(config), trust, identity, credentials, connector })
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

    /// Username and secret, if any.
    pub fn credentials(&self) -> Option<&Arc<Credentials>> {
        self.credentials.as_ref()
    }

    pub(crate) fn connector(&self) -> Option<&Connector> {
        self.connector.as_ref()
    }

    pub(crate) fn poll(&self, now: Now, look: Look) {
        if let Some(trust) = &self.trust {
            trust.poll(now, look);
        }
        if let Some(identity) = &self.identity {
            identity.poll(now, look);
        }
        if let Some(credentials) = &self.credentials {
            credentials.material.poll(now, look);
        }
    }

    pub(crate) fn next_poll(&self) -> Option<Duration> {
        let trust = self.trust.as_ref().and_then(|trust| trust.next_poll());
        let identity = self.identity.as_ref().and_then(|identity| identity.next_poll());
        let secret = self.credentials.as_ref().and_then(|secret| secret.material.next_poll());
        [trust, identity, secret].into_iter().flatten().min()
    }

    /// Follows the materials from now on: what was logged before is news to nobody.
    pub(super) fn follow(&self) -> Seen {
        let mut seen = Seen::default();
        self.events(&mut seen);
        seen
    }

    /// Whether any material changed since `seen`, which is brought up to date.
    pub(super) fn changed(&self, seen: &mut Seen) -> bool {
        let revisions = [
            self.trust.as_ref().map_or(0, |trust| trust.revision()),
            self.identity.as_ref().map_or(0, |identity| identity.revision()),
            self.credentials.as_ref().map_or(0, |secret| secret.material.revision()),
        ];
        std::mem::replace(&mut seen.revisions, revisions) != revisions
    }

    /// What the materials logged since `seen`.
    pub(super) fn events(&self, seen: &mut Seen) -> Vec<Event> {
        let [trust, identity, secret] = &mut seen.cursors;
        let mut events = Vec::new();
        events.extend(self.trust.iter().flat_map(|material| material.events(trust)));
        events.extend(self.identity.iter().flat_map(|material| material.events(identity)));
        events.extend(self.credentials.iter().flat_map(|secrets| secrets.material.events(secret)));
        events
    }
}

/// How far a client has followed its materials.
#[derive(Debug, Default)]
pub(super) struct Seen {
    revisions: [u64; 3],
    cursors: [u64; 3],
    /// Generations acted upon.
    pub(super) trust: u64,
    pub(super) identity: u64,
    pub(super) credentials: u64,
}

/// Materials in use, by source, so that files are read and parsed once for all clients.
pub struct Materials {
    files: Arc<dyn FileSystem>,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    trust: HashMap<String, Weak<Trust>>,
    identity: HashMap<String, Weak<Identity>>,
    credentials: HashMap<String, Weak<Credentials>>,
}

impl Materials {
    /// Materials read from `files`.
    pub fn new(files: Arc<dyn FileSystem>) -> Self {
        Self { files, shelf: Mutex::default() }
    }

    fn trust(&self, tls: &Tls, interval: Duration) -> Arc<Trust> {
        let make = || {
            let kind = match tls.trust {
                Source::System => trust::system(),
                _ => trust::bundles(),
            };
            Material::new(kind, tls.trust.clone(), self.files.clone(), interval)
        };
        share(&mut self.shelf().trust, key(&tls.trust, interval, ""), make)
    }

    fn identity(&self, source: &Source, interval: Duration) -> Arc<Identity> {
        let make =
            || Material::new(identity::key_pair(), source.clone(), self.files.clone(), interval);
        share(&mut self.shelf().identity, key(source, interval, ""), make)
    }

    fn credentials(&self, login: &Login, interval: Duration) -> Arc<Credentials> {
        let username = login.username.as_deref().unwrap_or_default();
        let key = key(&login.secret, interval, username);
        let make = || Credentials::new(login, self.files.clone(), interval);
        share(&mut self.shelf().credentials, key, make)
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sources with content of their own are not shared: their key would be the secret.
fn key(source: &Source, interval: Duration, extra: &str) -> Option<String> {
    match source {
        Source::Bytes(_) => None,
        Source::Files(paths) => Some(format!("{paths:?} {interval:?} {extra:?}")),
        Source::System => Some(format!("system {interval:?}")),
    }
}

fn share<T>(
    shelf: &mut HashMap<String, Weak<T>>,
    key: Option<String>,
    make: impl FnOnce() -> T,
) -> Arc<T> {
    let Some(key) = key else { return Arc::new(make()) };
    if let Some(found) = shelf.get(&key).and_then(Weak::upgrade) {
        return found;
    }
    shelf.retain(|_, material| material.strong_count() > 0);
    let made = Arc::new(make());
    shelf.insert(key, Arc::downgrade(&made));
    made
}
