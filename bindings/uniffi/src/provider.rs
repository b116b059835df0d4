//! Providers written in the language, and material that is handed in.

use std::{collections::HashMap, fmt, sync::Arc, time::SystemTime};

use redlatch::{
    Providers, Result,
    core::{MaterialKind, Secret, document},
};

/// Gives username and secret: asked ahead of the end of what it gave, and when the server refuses
/// it. It must not use the client it provides for, and no secret belongs into its error.
#[uniffi::export(with_foreign)]
pub trait CredentialsProvider: Send + Sync {
    /// Username and secret.
    fn credentials(&self) -> Result<Credentials, ProviderError>;
}

/// Gives the trusted CAs.
#[uniffi::export(with_foreign)]
pub trait TrustProvider: Send + Sync {
    /// A bundle in any text form.
    fn trust(&self) -> Result<Vec<u8>, ProviderError>;
}

/// Gives the client's certificate.
#[uniffi::export(with_foreign)]
pub trait IdentityProvider: Send + Sync {
    /// The chain and its key.
    fn identity(&self) -> Result<Identity, ProviderError>;
}

/// Username and secret. It is not printed.
#[derive(Clone, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Credentials {
    /// ACL user; none means the one of the settings.
    #[uniffi(default = None)]
    pub username: Option<String>,
    /// Password or token.
    pub secret: String,
    /// When the server stops to accept it; a successor is asked for at half of the time left, and no
    /// later than four minutes before.
    #[uniffi(default = None)]
    pub expires: Option<SystemTime>,
}

/// The client's certificate and its key. It is not printed.
#[derive(Clone, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Identity {
    /// The chain, PEM.
    pub chain: Vec<u8>,
    /// The key, PEM.
    pub key: Vec<u8>,
}

/// Why a provider gives nothing.
#[derive(Clone, Debug, uniffi::Error)]
pub enum ProviderError {
    /// It cannot at the moment.
    Unavailable {
        /// Shown in events and errors, so it must hold no secret.
        reason: String,
    },
}

/// What can be handed in.
#[derive(Clone, uniffi::Enum)]
#[uniffi::export(Display)]
pub enum Material {
    /// The trusted CAs, one or more bundles in any text form.
    Trust {
        /// They.
        bundles: Vec<Vec<u8>>,
    },
    /// The client's certificate.
    Identity {
        /// Chain and key.
        identity: Identity,
    },
    /// Username and secret.
    Credentials {
        /// They.
        credentials: Credentials,
    },
    /// Revocation lists.
    Crl {
        /// They.
        lists: Vec<Vec<u8>>,
    },
}

/// What a client may ask for.
pub(crate) fn providers(
    credentials: Option<Arc<dyn CredentialsProvider>>,
    trust: Option<Arc<dyn TrustProvider>>,
    identity: Option<Arc<dyn IdentityProvider>>,
) -> Providers {
    let mut providers = Providers::new();
    if let Some(provider) = credentials {
        providers =
            providers.with(MaterialKind::Credentials, move || match provider.credentials() {
                Ok(given) => Ok(given.content()),
                Err(why) => Err(MaterialKind::Credentials.unavailable(&why.to_string())),
            });
    }
    if let Some(provider) = trust {
        providers = providers.trust(move || provider.trust());
    }
    if let Some(provider) = identity {
        providers = providers
            .identity(move || provider.identity().map(|Identity { chain, key }| (chain, key)));
    }
    providers
}

/// What providers give at once, for an examination.
pub(crate) fn provided(
    credentials: Option<Arc<dyn CredentialsProvider>>,
    trust: Option<Arc<dyn TrustProvider>>,
    identity: Option<Arc<dyn IdentityProvider>>,
) -> Vec<(MaterialKind, Result<Vec<Secret>>)> {
    fn told<T>(
        kind: MaterialKind,
        given: Result<T, ProviderError>,
        content: impl FnOnce(T) -> Vec<Secret>,
    ) -> (MaterialKind, Result<Vec<Secret>>) {
        (kind, given.map(content).map_err(|why| kind.unavailable(&why.to_string())))
    }
    let mut all = Vec::new();
    if let Some(provider) = credentials {
        all.push(told(MaterialKind::Credentials, provider.credentials(), Credentials::content));
    }
    if let Some(provider) = trust {
        all.push(told(MaterialKind::Trust, provider.trust(), |bundle| vec![Secret::new(bundle)]));
    }
    if let Some(provider) = identity {
        all.push(told(MaterialKind::Identity, provider.identity(), Identity::content));
    }
    all
}

/// The settings that make a client ask, or an examination.
pub(crate) fn asks(
    settings: &mut HashMap<String, crate::Setting>,
    provided: &[(MaterialKind, Result<Vec<Secret>>)],
) {
    for name in provided.iter().filter_map(|(kind, _)| kind.setting()) {
        settings.insert(name.to_owned(), crate::Setting::Bool { value: true });
    }
}

impl Material {
    /// As the core takes it.
    pub(crate) fn into_content(self) -> (MaterialKind, Vec<Secret>) {
        let list = |parts: Vec<Vec<u8>>| parts.into_iter().map(Secret::new).collect();
        match self {
            Self::Trust { bundles } => (MaterialKind::Trust, list(bundles)),
            Self::Identity { identity } => (MaterialKind::Identity, identity.content()),
            Self::Credentials { credentials } => (MaterialKind::Credentials, credentials.content()),
            Self::Crl { lists } => (MaterialKind::Crl, list(lists)),
        }
    }
}

impl Credentials {
    fn content(self) -> Vec<Secret> {
        let expires = self.expires.map(|at| {
            let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            since.as_secs_f64()
        });
        vec![document::credentials(self.username.as_deref(), &self.secret, expires)]
    }
}

impl Identity {
    fn content(self) -> Vec<Secret> {
        vec![Secret::new(self.chain), Secret::new(self.key)]
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ProviderError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable { reason: error.reason }
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Unavailable { reason } = self;
        f.write_str(reason)
    }
}

impl std::error::Error for ProviderError {}

macro_rules! masked {
    ($($kind:ident)*) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($kind), "(***)"))
            }
        }

        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

masked! { Credentials Identity Material }
