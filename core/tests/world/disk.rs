//! Files in memory, with counters and accidents.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use redlatch_core::{
    Secret,
    material::{FileSystem, Stamp},
};

#[derive(Default)]
pub(crate) struct Disk(Mutex<State>);

#[derive(Default)]
struct State {
    files: HashMap<PathBuf, (Vec<u8>, u64)>,
    written: u64,
    stats: usize,
    reads: usize,
    roots: Option<Vec<Vec<u8>>>,
    roots_read: usize,
    /// What becomes of a file right after it was read.
    accidents: Vec<(PathBuf, Vec<u8>)>,
}

impl Disk {
    /// A new file takes the place of the old one.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let mut state = self.state();
        state.written += 1;
        let stamp = state.written;
        state.files.insert(path.into(), (content.as_ref().to_vec(), stamp));
    }

    /// The content changes, and nothing else tells.
    pub(crate) fn write_unseen(&self, path: &str, content: impl AsRef<[u8]>) {
        let mut state = self.state();
        let file = state.files.get_mut(Path::new(path)).unwrap();
        file.0 = content.as_ref().to_vec();
    }

    pub(crate) fn remove(&self, path: &str) {
        self.state().files.remove(Path::new(path));
    }

    /// The file is replaced as soon as it has been read the next time.
    pub(crate) fn replace_after_read(&self, path: &str, content: impl AsRef<[u8]>) {
        self.state().accidents.push((path.into(), content.as_ref().to_vec()));
    }

    pub(crate) fn set_roots(&self, roots: Option<Vec<Vec<u8>>>) {
        self.state().roots = roots;
    }

    pub(crate) fn roots_read(&self) -> usize {
        self.state().roots_read
    }

    /// Stats and reads since the last call.
    pub(crate) fn looks(&self) -> (usize, usize) {
        let mut state = self.state();
        (std::mem::take(&mut state.stats), std::mem::take(&mut state.reads))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl FileSystem for Disk {
    fn stamp(&self, path: &Path) -> Result<Stamp, String> {
        let mut state = self.state();
        state.stats += 1;
        let (_, stamp) = state.files.get(path).ok_or("no such file")?;
        Ok(Stamp { identity: (1, *stamp), length: 0, changed: (0, 0), folder: false })
    }

    fn read(&self, path: &Path) -> Result<Secret, String> {
        let mut state = self.state();
        state.reads += 1;
        let content = state.files.get(path).ok_or("no such file")?.0.clone();
        if let Some(at) = state.accidents.iter().position(|(it, _)| it == path) {
            let (path, next) = state.accidents.remove(at);
            state.written += 1;
            let stamp = state.written;
            state.files.insert(path, (next, stamp));
        }
        Ok(Secret::new(content))
    }

    fn system_roots(&self) -> Result<Vec<Secret>, String> {
        let mut state = self.state();
        state.roots_read += 1;
        let roots = state.roots.as_ref().ok_or("the trust store is empty")?;
        Ok(roots.iter().map(|root| Secret::new(root.clone())).collect())
    }
}
