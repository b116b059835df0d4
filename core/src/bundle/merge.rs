//! Several bundles as one: what a client that trusts all of them trusts.

use std::collections::HashSet;

use super::Bundle;
use crate::error::{Code, Result};

impl Bundle {
    /// Reads one of several bundles. One of them may grow old: that all its CAs have expired is no
    /// error here, but that it never held a CA is.
    ///
    /// # Errors
    /// As [`Bundle::parse`], without [`Code::TrustExpired`].
    pub fn parse_part(bytes: &[u8], now: i64) -> Result<Self> {
        let bundle = Self::read(bytes, now)?;
        match bundle.refusal(now) {
            Some(error) if error.code() != Code::TrustExpired => Err(error),
            _ => Ok(bundle),
        }
    }

    /// One bundle of all: each certificate once, where it stands first. What any of them trusts is
    /// trusted.
    ///
    /// # Errors
    /// [`Code::TrustExpired`] or [`Code::TrustMalformed`] if no usable certificate is left, and
    /// [`Code::TrustEmpty`] if there was none at all.
    pub fn merge(parts: impl IntoIterator<Item = Self>, now: i64) -> Result<Self> {
        let mut merged = Self { certificates: Vec::new(), rejected: Vec::new(), notes: Vec::new() };
        let (mut trusted, mut refused, mut duplicates) = (HashSet::new(), HashSet::new(), 0);
        for part in parts {
            for certificate in part.certificates {
                match trusted.insert(certificate.sha256) {
                    true => merged.certificates.push(certificate),
                    false => duplicates += 1,
                }
            }
            for rejected in part.rejected {
                if refused.insert(rejected.certificate.sha256) {
                    merged.rejected.push(rejected);
                }
            }
            merged.notes.extend(part.notes);
        }
        merged.rejected.retain(|rejected| !trusted.contains(&rejected.certificate.sha256));
        if duplicates > 0 {
            merged.notes.push(format!("in more than one bundle: {duplicates}"));
        }
        match merged.refusal(now) {
            Some(error) => Err(error),
            None => Ok(merged),
        }
    }
}
