//! Kubernetes volumes: every file of a folder is a link through `..data`, which is swapped as a
//! whole. It is followed once for all materials, so that CA, certificate, key and password of one
//! look are of one generation.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::FileSystem;

/// Where the folders of one look lead to.
#[derive(Debug, Default)]
pub(crate) struct Volumes {
    folders: BTreeMap<PathBuf, Option<PathBuf>>,
    /// Whether content was read in this look.
    read: bool,
}

impl Volumes {
    /// The path itself, or the file it leads to in the volume's present generation.
    pub(super) fn resolve(&mut self, files: &dyn FileSystem, path: &Path) -> PathBuf {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return path.to_owned();
        };
        match self.target(files, folder) {
            Some(target) => target.join(name),
            None => path.to_owned(),
        }
    }

    /// The folder itself, or the present generation of the volume it is.
    pub(super) fn resolve_folder(&mut self, files: &dyn FileSystem, folder: &Path) -> PathBuf {
        self.target(files, folder).unwrap_or_else(|| folder.to_owned())
    }

    pub(super) fn note_read(&mut self) {
        self.read = true;
    }

    /// Whether a volume was swapped since content was read from it; the next look starts anew.
    pub(crate) fn moved(&mut self, files: &dyn FileSystem) -> bool {
        let moved = self.read
            && self.folders.iter().any(|(folder, target)| {
                target.is_some() && files.volume(folder).map(|it| folder.join(it)) != *target
            });
        *self = Self::default();
        moved
    }

    fn target(&mut self, files: &dyn FileSystem, folder: &Path) -> Option<PathBuf> {
        let known = self.folders.get(folder).cloned();
        known.unwrap_or_else(|| {
            let target = files.volume(folder).map(|target| folder.join(target));
            self.folders.insert(folder.to_owned(), target.clone());
            target
        })
    }
}
