//! TLS configurations that outlive their client, with their session stores: a program that makes a
//! client for each task resumes sessions, too, and saves two thirds of a handshake's signatures.
//!
//! Only what was verified in exactly the same way is shared. Nothing with a client's key is: it
//! must not stay in memory behind its last client.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustls::ClientConfig;
use rustls_pki_types::ServerName;

use super::{Clock, Generations, verify::Verifier};
use crate::config::{Address, Source, Tls, Verify};

/// Those of one process, latest last.
#[derive(Debug, Default)]
pub(crate) struct Configurations(Mutex<VecDeque<(Key, Configuration)>>);

/// What rustls is given for each connection.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    pub(super) config: Arc<ClientConfig>,
    /// The one it reads.
    pub(super) clock: Arc<Clock>,
    /// The one it asks.
    pub(super) verifier: Arc<Verifier>,
}

/// Everything that decides whether a server is trusted, and which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    address: String,
    name: ServerName<'static>,
    verify: Verify,
    pins: Vec<[u8; 32]>,
    only_tls13: bool,
    /// Errors tell the number of the generation.
    trust: u64,
    anchors: Vec<[u8; 32]>,
}

impl Key {
    /// None for what is not shared. As with materials, content of its own is the client's alone.
    pub(super) fn of(
        address: &Address,
        name: &ServerName<'static>,
        tls: &Tls,
        generations: &Generations,
    ) -> Option<Self> {
        let Generations { trust, identity: None, crl: None } = generations else { return None };
        let shared = matches!(tls.trust, Source::Files(_) | Source::System);
        (shared && tls.danger_keylog_file.is_none()).then(|| Self {
            address: address.to_string(),
            name: name.clone(),
            verify: tls.verify,
            pins: tls.pins.clone(),
            only_tls13: tls.only_tls13,
            trust: trust.number,
            anchors: trust.value.all().iter().map(|anchor| anchor.certificate.sha256).collect(),
        })
    }
}

impl Configurations {
    /// The one of this key, made if there is none.
    pub(super) fn get<E>(
        &self,
        key: &Key,
        make: impl FnOnce() -> Result<Configuration, E>,
    ) -> Result<Configuration, E> {
        let mut all = self.lock();
        if let Some(at) = all.iter().position(|(known, _)| known == key)
            && let Some(found) = all.remove(at)
        {
            all.push_back(found.clone());
            return Ok(found.1);
        }
        let made = make()?;
        if all.len() == KEPT {
            all.pop_front();
        }
        all.push_back((key.clone(), made.clone()));
        Ok(made)
    }

    /// Gives it to nobody any more.
    pub(super) fn forget(&self, config: &Arc<ClientConfig>) {
        self.lock().retain(|(_, known)| !Arc::ptr_eq(&known.config, config));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Key, Configuration)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One process talks to few servers.
const KEPT: usize = 16;
