//! Files in memory, with counters and accidents.

use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, Weak},
};

use redlatch_core::{
    Secret,
    material::{FileSystem, Process, Progress, Stamp},
};

#[derive(Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

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
    /// Where `..data` of a folder leads to.
    volumes: HashMap<PathBuf, PathBuf>,
    /// The next generation of a volume, swapped in when a file of the present one is read.
    swaps: Vec<(PathBuf, PathBuf)>,
    mounts: Vec<PathBuf>,
    commands: Vec<Vec<String>>,
    printed: VecDeque<Progress>,
    running: usize,
    appended: String,
}

/// A command that does what the test says, one look at a time.
struct Running(Weak<Mutex<State>>);

impl Process for Running {
    fn progress(&mut self) -> Progress {
        let Some(state) = self.0.upgrade() else { return Progress::Running };
        state.lock().unwrap().printed.pop_front().unwrap_or(Progress::Running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(state) = self.0.upgrade() {
            state.lock().unwrap().running -= 1;
        }
    }
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

    /// What was to happen after a read does not.
    pub(crate) fn forget_accidents(&self) {
        self.state().accidents.clear();
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

    /// `..data` of the folder leads to another one.
    pub(crate) fn swap(&self, folder: &str, target: &str) {
        self.state().volumes.insert(folder.into(), target.into());
    }

    /// The same, as soon as a file of the present one is read.
    pub(crate) fn swap_while_reading(&self, folder: &str, target: &str) {
        self.state().swaps.push((folder.into(), target.into()));
    }

    pub(crate) fn mount_file(&self, path: &str) {
        self.state().mounts.push(path.into());
    }

    /// What the command does at the next looks at it.
    pub(crate) fn command_does(&self, progress: Progress) {
        self.state().printed.push_back(progress);
    }

    /// Commands started so far, and how many run.
    pub(crate) fn commands(&self) -> (Vec<Vec<String>>, usize) {
        let state = self.state();
        (state.commands.clone(), state.running)
    }

    /// What was appended to files.
    pub(crate) fn appended(&self) -> String {
        self.state().appended.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl FileSystem for Disk {
    fn stamp(&self, path: &Path) -> Result<Stamp, String> {
        let mut state = self.state();
        state.stats += 1;
        if state.files.keys().any(|file| file.parent() == Some(path)) {
            return Ok(Stamp { identity: (0, 0), length: 0, changed: (0, 0), folder: true });
        }
        let (_, stamp) = state.files.get(path).ok_or("no such file")?;
        Ok(Stamp { identity: (1, *stamp), length: 0, changed: (0, 0), folder: false })
    }

    fn read(&self, path: &Path) -> Result<Secret, String> {
        let mut state = self.state();
        state.reads += 1;
        let content = state.files.get(path).ok_or("no such file")?.0.clone();
        for (folder, target) in std::mem::take(&mut state.swaps) {
            state.volumes.insert(folder, target);
        }
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

    fn names(&self, folder: &Path) -> Result<Vec<String>, String> {
        let state = self.state();
        let files = state.files.keys().filter(|file| file.parent() == Some(folder));
        Ok(files.map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn volume(&self, folder: &Path) -> Option<PathBuf> {
        self.state().volumes.get(folder).cloned()
    }

    fn is_frozen_mount(&self, path: &Path) -> bool {
        self.state().mounts.iter().any(|mount| mount == path)
    }

    fn start(&self, words: &[String]) -> Result<Box<dyn Process>, String> {
        let mut state = self.state();
        state.commands.push(words.to_vec());
        if words[0] == "/missing" {
            return Err("no such program".to_owned());
        }
        state.running += 1;
        Ok(Box::new(Running(Arc::downgrade(&self.0))))
    }

    fn append(&self, _: &Path, line: &str) -> Result<(), String> {
        self.state().appended.push_str(line);
        Ok(())
    }
}
