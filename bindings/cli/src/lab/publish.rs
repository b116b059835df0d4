//! Volumes that change the way the kubelet changes a mounted ConfigMap or Secret.
//!
//! ```text
//! trust/ca.pem -> ..data/ca.pem      what clients open; never changes
//! trust/..data -> ..2026_11_21_…     swapped by one rename
//! trust/..2026_11_21_…/ca.pem        the bytes; the previous folder is removed after the swap
//! ```

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::files;

/// A folder of files that are published together.
pub(crate) struct Volume {
    dir: PathBuf,
    names: &'static [&'static str],
    generation: u64,
}

impl Volume {
    /// Makes the folder; nothing is in it until the first [`publish`](Volume::publish).
    pub(crate) fn create(dir: PathBuf, names: &'static [&'static str]) -> io::Result<Volume> {
        files::private_dir(&dir)?;
        Ok(Volume { dir, names, generation: 0 })
    }

    /// Path that clients are given.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// How often something was published.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Replaces the content, in the order of the names: a reader sees all of the old or all of the
    /// new.
    pub(crate) fn publish(&mut self, contents: &[&[u8]]) -> io::Result<()> {
        let data = self.dir.join("..data");
        let old = fs::read_link(&data).ok();

        let new = timestamp(self.generation + 1);
        files::private_dir(&self.dir.join(&new))?;
        for (name, content) in self.names.iter().zip(contents) {
            files::write_private(&self.dir.join(&new).join(name), content)?;
        }

        let swap = self.dir.join("..data_tmp");
        remove_if_there(&swap)?;
        symlink(&new, &swap)?;
        fs::rename(&swap, &data)?;
        self.generation += 1;

        for name in self.names {
            if fs::symlink_metadata(self.file(name)).is_err() {
                symlink(Path::new("..data").join(name), self.file(name))?;
            }
        }
        if let Some(old) = old {
            fs::remove_dir_all(self.dir.join(old))?;
        }
        Ok(())
    }
}

/// The kubelet's naming, made unique by the generation where it has random digits.
fn timestamp(generation: u64) -> String {
    let now = OffsetDateTime::now_utc();
    let (year, month, day) = now.to_calendar_date();
    let (hour, minute, second) = now.to_hms();
    let month = u8::from(month);
    format!("..{year}_{month:02}_{day:02}_{hour:02}_{minute:02}_{second:02}.{generation:09}")
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
