//! What a rotation of CAs changes.

use super::Certificate;

/// Two sets of CAs beside each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Only in the new one.
    pub added: Vec<Certificate>,
    /// Only in the old one.
    pub removed: Vec<Certificate>,
    /// In both.
    pub kept: Vec<Certificate>,
    /// Those of the new one that end within [`Difference::NOTICE`] days.
    pub expiring: Vec<Certificate>,
}

impl Difference {
    /// From how many days before its end on a certificate is about to expire.
    pub const NOTICE: i64 = 30;

    /// From `old` to `new` at `now`, in seconds since the Unix epoch. A certificate is the same if
    /// its bytes are, wherever it stands.
    pub fn between(old: &[Certificate], new: &[Certificate], now: i64) -> Self {
        let is_in = |all: &[Certificate], one: &Certificate| {
            all.iter().any(|other| other.sha256 == one.sha256)
        };
        let (kept, added) = new.iter().cloned().partition(|one| is_in(old, one));
        let ends_soon = |one: &&Certificate| one.not_after - now <= Self::NOTICE * 86_400;
        Self {
            added,
            kept,
            removed: old.iter().filter(|one| !is_in(new, one)).cloned().collect(),
            expiring: new.iter().filter(ends_soon).cloned().collect(),
        }
    }

    /// Whether both trust the same.
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}
