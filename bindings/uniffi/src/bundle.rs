//! What a CA bundle holds.

use redlatch::core::document;
use serde::{Deserialize, Serialize};

use crate::{error::CallError, setting::read};

/// The certificates of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Those that can be trusted.
    pub certificates: Vec<Certificate>,
    /// Those that cannot, and why.
    pub rejected: Vec<Rejected>,
    /// What was unusual about the text.
    pub notes: Vec<String>,
}

/// A certificate that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Fingerprint, hexadecimal.
    pub sha256: String,
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// When it begins, RFC 3339.
    pub not_before: String,
    /// When it ends, RFC 3339.
    pub not_after: String,
    /// `root`, `intermediate` or `leaf`.
    pub kind: String,
}

/// A certificate that is not trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, uniffi::Record)]
#[serde(deny_unknown_fields)]
pub struct Rejected {
    /// Fingerprint, hexadecimal.
    pub sha256: String,
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// When it begins, RFC 3339.
    pub not_before: String,
    /// When it ends, RFC 3339.
    pub not_after: String,
    /// `root`, `intermediate` or `leaf`.
    pub kind: String,
    /// The code of the reason.
    pub code: String,
    /// Why, for people.
    pub reason: String,
}

/// Reads one or many CAs in any text form, as a client reads its `ca_file`.
#[uniffi::export]
pub fn read_bundle(data: Vec<u8>) -> Result<Bundle, CallError> {
    read(&document::bundle(&redlatch::read_bundle(&data)?))
}
