//! A file is replaced in one step: who reads it finds the old content or the new one, whole.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

/// What became of the file.
pub(super) enum Replaced {
    Changed,
    /// It holds this already; whoever watches it is not disturbed.
    Same,
}

/// Replaces `path`, or the file it links to. Its mode is kept, and its owner as far as allowed.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<Replaced> {
    let path = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        found => found?,
    };
    let old = match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Ok(found) if !found.is_file() => {
            return Err(io::Error::other("it is there and not a regular file"));
        }
        found => Some(found?),
    };
    if old.is_some() && fs::read(&path).is_ok_and(|found| found == content) {
        return Ok(Replaced::Same);
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let temporary = Temporary(folder.join(hidden_name(&path)?));
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&temporary.0)?;
    file.write_all(content)?;
    if let Some(old) = &old {
        // Only the administrator may give files away.
        let _ = chown(&temporary.0, Some(old.uid()), Some(old.gid()));
    }
    let mode = old.map_or(0o644, |old| old.permissions().mode() & 0o777);
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()?;
    fs::rename(&temporary.0, &path)?;
    // The rename is to survive a loss of power too; some file systems cannot promise that.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(Replaced::Changed)
}

/// A file that is gone in the end, whatever happens; after the rename it is gone already.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Names that begin with a dot are passed over in folders of certificates.
fn hidden_name(path: &Path) -> io::Result<String> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let random = getrandom::u64().map_err(io::Error::other)?;
    Ok(format!(".{}.{random:016x}", name.to_string_lossy()))
}
