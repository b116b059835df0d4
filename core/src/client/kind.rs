//! The four kinds of material, as hosts name them.

use crate::error::{Code, Error, Result};

/// Which of a client's materials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MaterialKind {
    /// The trusted CAs: content is one or more bundles.
    Trust,
    /// The client's certificate: content is the chain, the key, and what opens the key if anything.
    Identity,
    /// Username and secret: content is the secret, or a JSON object with `username`, `password`
    /// and `expires_in` or `expires_at`.
    Credentials,
    /// Certificate revocation lists.
    Crl,
}

impl MaterialKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Trust, Self::Identity, Self::Credentials, Self::Crl];

    /// The word used in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Identity => "identity",
            Self::Credentials => "credentials",
            Self::Crl => "crl",
        }
    }

    /// The setting that makes a client ask its host.
    pub fn setting(self) -> Option<&'static str> {
        match self {
            Self::Trust => Some("provide_trust"),
            Self::Identity => Some("provide_identity"),
            Self::Credentials => Some("provide_credentials"),
            Self::Crl => None,
        }
    }

    /// The answer of a provider that fails. Of the reason only the first line is kept, and not much
    /// of it: it may come from anywhere.
    pub fn unavailable(self, why: &str) -> Error {
        let code = match self {
            Self::Trust | Self::Crl => Code::TrustUnreadable,
            Self::Identity => Code::IdentityUnreadable,
            Self::Credentials => Code::AuthUnavailable,
        };
        let line: String = why.lines().next().unwrap_or_default().chars().take(200).collect();
        Error::with_detail(code, format!("the provider failed: {line}"))
    }

    /// The kind of a word.
    ///
    /// # Errors
    /// `client.misuse` if it is none.
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            Error::with_detail(
                Code::ClientMisuse,
                "a material is trust, identity, credentials or crl",
            )
        })
    }
}
