//! Materials in use, by source, so that files are read and parsed once for all clients.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use crate::{
    config::{Login, Source, Tls},
    credentials::Credentials,
    crl::{self, Crls},
    identity::{self, Identity},
    material::{FileSystem, Material, Pace},
    tls::Configurations,
    trust::{self, Trust},
};

/// Materials in use, shared by all clients of one process.
pub struct Materials {
    pub(super) files: Arc<dyn FileSystem>,
    pub(super) tls: Arc<Configurations>,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    trust: HashMap<Key, Weak<Trust>>,
    identity: HashMap<Key, Weak<Identity>>,
    crls: HashMap<Key, Weak<Crls>>,
    credentials: HashMap<Key, Weak<Credentials>>,
}

impl Materials {
    /// Materials read from `files`.
    pub fn new(files: Arc<dyn FileSystem>) -> Self {
        Self { files, tls: Arc::default(), shelf: Mutex::default() }
    }

    pub(super) fn trust(&self, tls: &Tls, pace: Pace) -> Arc<Trust> {
        let make = || {
            let kind = match tls.trust {
                Source::System => trust::system(),
                _ => trust::bundles(),
            };
            Material::new(kind, tls.trust.clone(), self.files.clone(), pace)
        };
        share(&mut self.shelf().trust, key(&tls.trust, pace, ""), make)
    }

    pub(super) fn identity(&self, tls: &Tls, source: &Source, pace: Pace) -> Arc<Identity> {
        let make = || {
            let kind = identity::key_pair(tls.key_password.clone());
            Material::new(kind, source.clone(), self.files.clone(), pace)
        };
        // A password of its own must not become a key of the shelf.
        let key = key(source, pace, "").filter(|_| tls.key_password.is_none());
        share(&mut self.shelf().identity, key, make)
    }

    pub(super) fn crls(&self, source: &Source, pace: Pace) -> Arc<Crls> {
        let make = || Material::new(crl::lists(), source.clone(), self.files.clone(), pace);
        share(&mut self.shelf().crls, key(source, pace, ""), make)
    }

    pub(super) fn credentials(&self, login: &Login, pace: Pace) -> Arc<Credentials> {
        let username = login.username.as_deref().unwrap_or_default();
        let key = key(&login.secret, pace, username);
        let make = || Credentials::new(login, self.files.clone(), pace);
        share(&mut self.shelf().credentials, key, make)
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is read, how often, and for whom.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Files(Vec<PathBuf>, Pace, String),
    Command(Vec<String>, Pace, String),
    System(Pace),
}

/// Sources with content of their own are not shared: their key would be the secret. Nor are hosts:
/// each client has its own callback.
fn key(source: &Source, pace: Pace, extra: &str) -> Option<Key> {
    match source {
        Source::Bytes(_) | Source::Host => None,
        Source::Files(paths) => Some(Key::Files(paths.clone(), pace, extra.to_owned())),
        Source::Command(words) => Some(Key::Command(words.clone(), pace, extra.to_owned())),
        Source::System => Some(Key::System(pace)),
    }
}

fn share<T>(
    shelf: &mut HashMap<Key, Weak<T>>,
    key: Option<Key>,
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
