//! When to look at files, and whether they changed.

use std::{path::PathBuf, time::Duration};

use super::{
    Look,
    files::{FileSystem, Stamp},
};
use crate::secret::Secret;

/// The schedule of one material's files.
pub(super) struct Watch {
    paths: Vec<PathBuf>,
    stamps: Vec<Option<Stamp>>,
    next: Duration,
    next_hash: Duration,
    failures: u32,
}

impl Watch {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        let stamps = vec![None; paths.len()];
        Self { paths, stamps, next: Duration::ZERO, next_hash: Duration::ZERO, failures: 0 }
    }

    /// When the next look is due.
    pub(super) fn next(&self) -> Duration {
        self.next
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.next <= now
    }

    /// Content that may be new, or why it cannot be read; none if it is not time or nothing
    /// changed. Unchanged files cost one stat each.
    pub(super) fn poll(
        &mut self,
        files: &dyn FileSystem,
        now: Duration,
        interval: Duration,
        look: Look,
    ) -> Option<Result<Vec<Secret>, String>> {
        if !self.is_due(now) && look == Look::WhenDue {
            return None;
        }
        let mut before = self.stat(files);
        let unchanged = before == self.stamps && before.iter().all(Option::is_some);
        if unchanged && look != Look::Reread && self.failures == 0 && now < self.next_hash {
            self.next = now + interval;
            return None;
        }
        for _ in 0..ATTEMPTS {
            let mut content = Vec::with_capacity(self.paths.len());
            for path in &self.paths {
                match files.read(path) {
                    Ok(bytes) => content.push(bytes),
                    Err(why) => {
                        self.stamps.fill(None);
                        return Some(Err(why));
                    }
                }
            }
            let after = self.stat(files);
            if after == before {
                self.stamps = before;
                self.next_hash = now + HASH_INTERVAL;
                return Some(Ok(content));
            }
            // Replaced while being read: the parts may be of different generations.
            before = after;
        }
        self.stamps.fill(None);
        self.next = now + DEBOUNCE;
        None
    }

    /// The content is in force, or its refusal is known.
    pub(super) fn settled(&mut self, now: Duration, interval: Duration) {
        self.failures = 0;
        self.next = now + interval;
    }

    /// The content was refused: it may be half-written, so look again soon, then ever later.
    pub(super) fn retry(&mut self, now: Duration, interval: Duration) {
        self.next = now + (DEBOUNCE * 2_u32.pow(self.failures.min(10))).min(interval);
        self.failures += 1;
    }

    /// Whether the first refusal since the last good content is still to be checked again.
    pub(super) fn is_first_failure(&self) -> bool {
        self.failures == 0
    }

    fn stat(&self, files: &dyn FileSystem) -> Vec<Option<Stamp>> {
        self.paths.iter().map(|path| files.stamp(path).ok()).collect()
    }
}

/// How often files that are replaced while being read are read again at once.
const ATTEMPTS: u32 = 3;
const DEBOUNCE: Duration = Duration::from_millis(100);
/// Some file systems keep the stamp when the content changes.
const HASH_INTERVAL: Duration = Duration::from_secs(300);
