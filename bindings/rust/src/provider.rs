//! Callbacks that provide the trusted CAs, the client's certificate, or username and secret.

use std::{cell::Cell, fmt, sync::Arc, time::SystemTime};

use redlatch_core::{Code, Error, MaterialKind, Profile, Result, Secret, config::Value, document};

type Provider = Arc<dyn Fn() -> Result<Vec<Secret>> + Send + Sync>;

/// What a client asks for in place of files: at its start, ahead of the end of what it was given,
/// and when the server refuses it. One question at a time; a provider that fails is asked again,
/// ever later, and what it gave before stays in force until its end.
///
/// A blocking connection asks in the calling thread, an asynchronous one in tokio's threads for
/// blocking work. A provider that uses the client it provides for gets `client.misuse`.
#[derive(Clone, Default)]
pub struct Providers {
    list: Vec<(MaterialKind, Provider)>,
}

/// Username and secret, as a provider gives them.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// ACL user; none means the one of the settings.
    pub username: Option<String>,
    /// Password or token.
    pub secret: SecretText,
    /// When the server stops to accept it; a successor is asked for at half of the time left, and
    /// no later than four minutes before.
    pub expires: Option<SystemTime>,
}

/// Text that is not printed.
#[derive(Clone)]
pub struct SecretText(String);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Providers {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The trusted CAs, in any text form.
    #[must_use]
    pub fn trust<E: fmt::Display>(
        self,
        provide: impl Fn() -> Result<Vec<u8>, E> + Send + Sync + 'static,
    ) -> Self {
        self.with(MaterialKind::Trust, move || match provide() {
            Ok(bundle) => Ok(vec![Secret::new(bundle)]),
            Err(why) => Err(MaterialKind::Trust.unavailable(&why.to_string())),
        })
    }

    /// The client's certificate chain and its key, both PEM.
    #[must_use]
    pub fn identity<E: fmt::Display>(
        self,
        provide: impl Fn() -> Result<(Vec<u8>, Vec<u8>), E> + Send + Sync + 'static,
    ) -> Self {
        self.with(MaterialKind::Identity, move || match provide() {
            Ok((chain, key)) => Ok(vec![Secret::new(chain), Secret::new(key)]),
            Err(why) => Err(MaterialKind::Identity.unavailable(&why.to_string())),
        })
    }

    /// Username and secret.
    #[must_use]
    pub fn credentials<E: fmt::Display>(
        self,
        provide: impl Fn() -> Result<Credentials, E> + Send + Sync + 'static,
    ) -> Self {
        self.with(MaterialKind::Credentials, move || match provide() {
            Ok(Credentials { username, secret, expires }) => {
                let expires = expires.map(|at| {
                    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                    since.as_secs_f64()
                });
                Ok(vec![document::credentials(username.as_deref(), &secret.0, expires)])
            }
            Err(why) => Err(MaterialKind::Credentials.unavailable(&why.to_string())),
        })
    }

    /// A provider that gives content as the core reads it.
    #[must_use]
    pub fn with(
        mut self,
        kind: MaterialKind,
        provide: impl Fn() -> Result<Vec<Secret>> + Send + Sync + 'static,
    ) -> Self {
        self.list.push((kind, Arc::new(provide)));
        self
    }

    /// The settings that make a client ask.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&'static str, Value)> + '_ {
        self.list.iter().filter_map(|(kind, _)| Some((kind.setting()?, Value::Bool(true))))
    }

    /// Asks, in this thread.
    pub(crate) fn ask(&self, kind: MaterialKind, profile: &Arc<Profile>) -> Result<Vec<Secret>> {
        let found = self.list.iter().rev().find(|(known, _)| *known == kind);
        let Some((_, provide)) = found else {
            return Err(kind.unavailable("the client has no provider for it"));
        };
        let before = SERVED.replace(name(profile));
        let given = provide();
        SERVED.set(before);
        given
    }
}

/// An error if this thread is in a provider of this profile: it would wait for itself.
pub(crate) fn forbid_within(profile: &Arc<Profile>) -> Result<()> {
    match SERVED.get() == name(profile) {
        true => Err(Error::with_detail(
            Code::ClientMisuse,
            "a provider must not use the client it provides for",
        )),
        false => Ok(()),
    }
}

fn name(profile: &Arc<Profile>) -> usize {
    Arc::as_ptr(profile).addr()
}

thread_local! {
    /// The profile whose provider this thread is in.
    static SERVED: Cell<usize> = const { Cell::new(0) };
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(|(kind, _)| kind)).finish()
    }
}
