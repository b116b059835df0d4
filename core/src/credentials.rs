//! Username and secret as a material, and the memory of what the server accepted last.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    config::{Login, Source},
    error::{Code, Error, Result},
    material::{FileSystem, Generation, Kind, Material},
    secret::Secret,
    time::Now,
};

/// Username and secret of a client and of all clients with the same source.
#[derive(Debug)]
pub struct Credentials {
    /// The secret, with generations.
    pub material: Material<Pair>,
    username: Option<String>,
    accepted: Mutex<Option<Proof>>,
}

/// A secret, and the username if it comes from the same source.
#[derive(Debug)]
pub struct Pair {
    username: Option<String>,
    secret: Secret,
}

/// What to prove to the server.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) username: Option<String>,
    pub(crate) secret: Secret,
    pub(crate) generation: u64,
}

impl Credentials {
    /// Credentials that load at the material's first poll.
    pub fn new(login: &Login, files: Arc<dyn FileSystem>, interval: std::time::Duration) -> Self {
        let kind = Kind {
            name: "credentials",
            unreadable: Code::AuthUnavailable,
            parse: match (&login.secret, login.username_from_source) {
                (Source::Bytes(_), _) => parse_exact,
                (_, true) => parse_with_username,
                (_, false) => parse_file,
            },
            describe: |_| Vec::new(),
        };
        Self {
            material: Material::new(kind, login.secret.clone(), files, interval),
            username: login.username.clone(),
            accepted: Mutex::new(None),
        }
    }

    /// The proof of the generation in force.
    pub(crate) fn proof(&self) -> Result<Proof> {
        self.material.current().map(|generation| self.proof_of(&generation))
    }

    /// The proof the server accepted last, if it is another one than `tried`.
    pub(crate) fn fallback(&self, tried: u64) -> Option<Proof> {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        accepted.as_ref().filter(|proof| proof.generation != tried).cloned()
    }

    /// Remembers what the server accepted, whether or not it is still in force.
    pub(crate) fn accept(&self, proof: Proof) {
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some(proof);
    }

    fn proof_of(&self, generation: &Generation<Pair>) -> Proof {
        let Pair { username, secret } = &generation.value;
        Proof {
            username: username.clone().or_else(|| self.username.clone()),
            secret: secret.clone(),
            generation: generation.number,
        }
    }
}

fn parse_exact(content: &[Secret], _: Now) -> Result<Pair> {
    match content.first() {
        Some(secret) if !secret.is_empty() => Ok(Pair { username: None, secret: secret.clone() }),
        _ => Err(empty()),
    }
}

fn parse_file(content: &[Secret], _: Now) -> Result<Pair> {
    let secret = content.first().map(line).filter(|secret| !secret.is_empty());
    Ok(Pair { username: None, secret: secret.ok_or_else(empty)? })
}

fn parse_with_username(content: &[Secret], now: Now) -> Result<Pair> {
    let pair = parse_file(content, now)?;
    let username = content.get(1).map(line).filter(|name| !name.is_empty()).ok_or_else(empty)?;
    let username = String::from_utf8_lossy(username.expose()).into_owned();
    Ok(Pair { username: Some(username), ..pair })
}

/// Editors and `echo` end a file with a newline that is no part of the secret.
fn line(content: &Secret) -> Secret {
    Secret::new(content.expose().trim_ascii())
}

fn empty() -> Error {
    Error::with_detail(Code::AuthUnavailable, "the secret is empty")
}
