//! What sort of content a material holds, and how often its source is looked at.

use std::time::Duration;

use super::End;
use crate::{
    error::{Code, Result},
    secret::Secret,
    time::Now,
};

/// Content, in the order of its source, to a value.
pub type Parse<T> = Box<dyn Fn(&[Secret], Now) -> Result<T> + Send + Sync>;

/// What a material is: how its content is read, and how failures to read it are coded.
pub struct Kind<T> {
    /// `trust`, `identity`, `credentials` or `crl`.
    pub name: &'static str,
    /// Code for content that cannot be fetched.
    pub unreadable: Code,
    /// Whether a path may lead to a folder, whose certificates are all meant.
    pub folders: bool,
    /// Reads the content of the source.
    pub parse: Parse<T>,
    /// Reads what a host or a command gives, if that looks different.
    pub parse_given: Option<Parse<T>>,
    /// Whether a value says the same as the one before, whatever its form.
    pub is_same: fn(&T, &T) -> bool,
    /// What to tell about a value in events: fingerprints, never secrets.
    pub describe: fn(&T) -> Vec<(&'static str, String)>,
    /// What ends, for warnings.
    pub ends: fn(&T) -> Vec<End>,
    /// When a provider has to be asked again at the latest, in seconds since the Unix epoch.
    pub expires: fn(&T) -> Option<i64>,
}

impl<T> Kind<T> {
    /// A kind whose values end never and are told apart by their content.
    pub fn new(
        name: &'static str,
        unreadable: Code,
        parse: impl Fn(&[Secret], Now) -> Result<T> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            unreadable,
            folders: false,
            parse: Box::new(parse),
            parse_given: None,
            is_same: |_, _| false,
            describe: |_| Vec::new(),
            ends: |_| Vec::new(),
            expires: |_| None,
        }
    }
}

/// How often a source is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pace {
    /// Between two looks at files.
    pub files: Duration,
    /// Between two questions to a provider that names no end; none means when needed.
    pub provider: Option<Duration>,
    /// Longest run of a command.
    pub command: Duration,
}
