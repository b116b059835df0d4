//! Username and secret as a material, and the memory of what the server accepted last.

mod given;

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    config::{Login, Source},
    error::{Code, Error, Result},
    material::{FileSystem, Generation, Kind, Material, Pace},
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
    /// In seconds since the Unix epoch.
    expires: Option<i64>,
}

impl Pair {
    /// When the server stops to accept it, in seconds since the Unix epoch, if that is known.
    pub fn expires(&self) -> Option<i64> {
        self.expires
    }
}

/// What to prove to the server.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) username: Option<String>,
    pub(crate) secret: Secret,
    pub(crate) generation: u64,
    /// Whoever reads it can use it elsewhere: it has an end, so it was made for many places.
    pub(crate) is_token: bool,
}

impl Credentials {
    /// Credentials that load at the material's first poll.
    pub fn new(login: &Login, files: Arc<dyn FileSystem>, pace: Pace) -> Self {
        let parse = match (&login.secret, login.username_from_source) {
            (Source::Bytes(_), _) => parse_exact,
            (_, true) => parse_with_username,
            (_, false) => parse_file,
        };
        let kind = Kind {
            parse_given: Some(Box::new(given::parse)),
            is_same: |old, new| (&old.username, &old.secret) == (&new.username, &new.secret),
            describe: |pair| {
                pair.expires.map(|end| ("expires", end.to_string())).into_iter().collect()
            },
            expires: |pair| pair.expires,
            ..Kind::new("credentials", Code::AuthUnavailable, parse)
        };
        Self {
            material: Material::new(kind, login.secret.clone(), files, pace),
            username: login.username.clone(),
            accepted: Mutex::new(None),
        }
    }

    /// The proof of the generation in force.
    ///
    /// # Errors
    /// Why there is none: never loaded, or at its end with nothing that follows.
    pub(crate) fn proof(&self, now: Now) -> Result<Proof> {
        let generation = self.material.current()?;
        match generation.value.expires {
            Some(end) if end <= now.unix_seconds() => {
                let error = self.material.last_error().filter(|_| !self.material.is_fetching());
                let error = error.unwrap_or_else(|| {
                    Error::with_detail(Code::AuthUnavailable, "the secret has reached its end")
                });
                Err(error.with("expired", end).with("now", now.unix_seconds()))
            }
            _ => Ok(self.proof_of(&generation)),
        }
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
        let Pair { username, secret, expires } = &generation.value;
        Proof {
            username: username.clone().or_else(|| self.username.clone()),
            secret: secret.clone(),
            generation: generation.number,
            is_token: expires.is_some(),
        }
    }
}

fn parse_exact(content: &[Secret], _: Now) -> Result<Pair> {
    match content.first() {
        Some(secret) if !secret.is_empty() => {
            Ok(Pair { username: None, secret: secret.clone(), expires: None })
        }
        _ => Err(empty()),
    }
}

fn parse_file(content: &[Secret], _: Now) -> Result<Pair> {
    let secret = content.first().map(line).filter(|secret| !secret.is_empty());
    Ok(Pair { username: None, secret: secret.ok_or_else(empty)?, expires: None })
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
