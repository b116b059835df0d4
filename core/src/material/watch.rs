//! When to look at files, and whether they changed.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Look, Volumes,
    files::{FileSystem, Stamp},
};
use crate::secret::Secret;

/// The schedule of one material's files.
pub(super) struct Watch {
    paths: Vec<PathBuf>,
    /// Whether a path may lead to a folder, whose files are all meant.
    folders: bool,
    stamps: Stamps,
    next: Duration,
    next_hash: Duration,
    failures: u32,
}

/// The files looked at, and their stamps; none for what cannot be looked at.
type Stamps = Vec<(PathBuf, Option<Stamp>)>;

impl Watch {
    pub(super) fn new(paths: Vec<PathBuf>, folders: bool) -> Self {
        let (stamps, next, next_hash) = (Vec::new(), Duration::ZERO, Duration::ZERO);
        Self { paths, folders, stamps, next, next_hash, failures: 0 }
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
        volumes: &mut Volumes,
        now: Duration,
        interval: Duration,
        look: Look,
    ) -> Option<Result<Vec<Secret>, Unreadable>> {
        if !self.is_due(now) && look == Look::WhenDue {
            return None;
        }
        let mut before = self.stat(files, volumes);
        let unchanged = before == self.stamps && before.iter().all(|(_, stamp)| stamp.is_some());
        if unchanged && look != Look::Reread && self.failures == 0 && now < self.next_hash {
            self.next = now + interval;
            return None;
        }
        volumes.note_read();
        for _ in 0..ATTEMPTS {
            let read = before.iter().map(|(path, _)| {
                files.read(path).map_err(|why| Unreadable { path: path.clone(), why })
            });
            let content = match read.collect::<Result<Vec<_>, _>>() {
                Ok(content) if !content.is_empty() => content,
                Ok(_) => {
                    let path = self.paths.first().cloned().unwrap_or_default();
                    return Some(self.lost(Unreadable { path, why: NO_FILES.to_owned() }));
                }
                Err(why) => return Some(self.lost(why)),
            };
            let after = self.stat(files, volumes);
            if after == before {
                self.stamps = before;
                self.next_hash = now + HASH_INTERVAL;
                return Some(Ok(content));
            }
            // Replaced while being read: the parts may be of different generations.
            before = after;
        }
        self.stamps.clear();
        self.next = now + DEBOUNCE;
        None
    }

    fn lost(&mut self, why: Unreadable) -> Result<Vec<Secret>, Unreadable> {
        self.stamps.clear();
        Err(why)
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

    /// Paths that can never change while the process runs, as far as the system tells.
    pub(super) fn frozen(&self, files: &dyn FileSystem) -> Vec<&Path> {
        let frozen = |path: &&PathBuf| files.is_frozen_mount(path);
        self.paths.iter().filter(frozen).map(PathBuf::as_path).collect()
    }

    fn stat(&self, files: &dyn FileSystem, volumes: &mut Volumes) -> Stamps {
        let mut stamps = Vec::with_capacity(self.paths.len());
        for path in &self.paths {
            let found = volumes.resolve(files, path);
            let stamp = files.stamp(&found).ok();
            if !self.folders || stamp.is_none_or(|stamp| !stamp.folder) {
                stamps.push((found, stamp));
                continue;
            }
            let folder = volumes.resolve_folder(files, path);
            let Ok(mut names) = files.names(&folder) else {
                stamps.push((folder, None));
                continue;
            };
            names.sort_unstable();
            for name in names.iter().filter(|name| holds_certificates(name)) {
                let file = folder.join(name);
                let stamp = files.stamp(&file).ok();
                stamps.push((file, stamp));
            }
        }
        stamps
    }
}

/// Why a source cannot be read.
pub(super) struct Unreadable {
    pub(super) path: PathBuf,
    pub(super) why: String,
}

/// The files of a folder that are meant: by ending, as OpenSSL's and Debian's folders have them.
fn holds_certificates(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let hashed = ending.trim_start_matches('r').bytes().all(|byte| byte.is_ascii_digit());
    !stem.is_empty()
        && !name.starts_with('.')
        && (matches!(ending, "pem" | "crt" | "cer" | "crl") || hashed)
}

const NO_FILES: &str = "the folder holds no file that ends in .pem, .crt, .cer or .crl";
/// How often files that are replaced while being read are read again at once.
const ATTEMPTS: u32 = 3;
const DEBOUNCE: Duration = Duration::from_millis(100);
/// Some file systems keep the stamp when the content changes.
const HASH_INTERVAL: Duration = Duration::from_secs(300);
