//! Files as the core sees them: a stamp that changes with the content, and the content.

use std::path::{Path, PathBuf};

use super::Process;
use crate::secret::Secret;

/// What tells, without reading it, that a file was replaced or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Device and inode: another file stands at the path.
    pub identity: (u64, u64),
    /// Size in bytes.
    pub length: u64,
    /// Time of the last change, in nanoseconds.
    pub changed: (i64, i64),
    /// Whether it is a folder.
    pub folder: bool,
}

/// Where watched content is read from. Failures are told in words for the error's detail.
pub trait FileSystem: Send + Sync {
    /// The stamp of the file a path leads to, links followed.
    ///
    /// # Errors
    /// Why there is none.
    fn stamp(&self, path: &Path) -> Result<Stamp, String>;

    /// The whole content: of regular files only, at most [`MAX_BYTES`], never blocking.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn read(&self, path: &Path) -> Result<Secret, String>;

    /// The certificates of the operating system's trust store, DER, one each.
    ///
    /// # Errors
    /// Why they cannot be had.
    fn system_roots(&self) -> Result<Vec<Secret>, String>;

    /// The names of the files in a folder.
    ///
    /// # Errors
    /// Why they cannot be had.
    fn names(&self, folder: &Path) -> Result<Vec<String>, String> {
        Err(format!("{} cannot be listed by this host", folder.display()))
    }

    /// What `..data` in this folder links to, if it is a volume of Kubernetes.
    fn volume(&self, folder: &Path) -> Option<PathBuf> {
        let _ = folder;
        None
    }

    /// Whether a single file was mounted at this path: Kubernetes (subPath) and Docker never show
    /// a later one there.
    fn is_frozen_mount(&self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// Starts a command, without a shell.
    ///
    /// # Errors
    /// Why it cannot be started.
    fn start(&self, words: &[String]) -> Result<Box<dyn Process>, String> {
        let _ = words;
        Err("this host runs no commands".to_owned())
    }

    /// Appends a line to a file that only this user may read.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn append(&self, path: &Path, line: &str) -> Result<(), String> {
        let _ = (path, line);
        Err("this host writes no files".to_owned())
    }
}

/// A host without files: every material is handed in.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl FileSystem for NoFiles {
    fn stamp(&self, _: &Path) -> Result<Stamp, String> {
        Err("this host has no file system".to_owned())
    }

    fn read(&self, path: &Path) -> Result<Secret, String> {
        self.stamp(path).map(|_| Secret::new(""))
    }

    fn system_roots(&self) -> Result<Vec<Secret>, String> {
        Err("this host has no trust store".to_owned())
    }
}

/// The operating system's files.
#[cfg(feature = "files")]
#[derive(Clone, Copy, Debug, Default)]
pub struct OsFiles;

#[cfg(feature = "files")]
impl FileSystem for OsFiles {
    fn stamp(&self, path: &Path) -> Result<Stamp, String> {
        let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
        Ok(stamp(&metadata))
    }

    fn read(&self, path: &Path) -> Result<Secret, String> {
        use std::io::Read;

        let mut options = std::fs::OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // Opening a FIFO would wait for its writer.
            options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
        }
        let file = options.open(path).map_err(|error| error.to_string())?;
        let metadata = file.metadata().map_err(|error| error.to_string())?;
        if !metadata.is_file() {
            return Err("is not a regular file".to_owned());
        }
        let mut content = Vec::with_capacity(metadata.len().min(MAX_BYTES) as usize);
        let read = file.take(MAX_BYTES + 1).read_to_end(&mut content);
        let content = Secret::new(content);
        read.map_err(|error| error.to_string())?;
        if content.expose().len() as u64 > MAX_BYTES {
            return Err(format!("is larger than {MAX_BYTES} bytes"));
        }
        Ok(content)
    }

    fn system_roots(&self) -> Result<Vec<Secret>, String> {
        let found = rustls_native_certs::load_native_certs();
        if found.certs.is_empty() {
            let why = found.errors.first().map(ToString::to_string);
            return Err(why.unwrap_or_else(|| "the trust store is empty".to_owned()));
        }
        Ok(found.certs.into_iter().map(|cert| Secret::new(cert.to_vec())).collect())
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
        // A name that is not Unicode is none of those looked for.
        Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
    }

    fn volume(&self, folder: &Path) -> Option<PathBuf> {
        std::fs::read_link(folder.join("..data")).ok()
    }

    #[cfg(target_os = "linux")]
    fn is_frozen_mount(&self, path: &Path) -> bool {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

        // The list of mounts is long and slow to read: it is looked at only where the kernel says
        // that something is mounted, or cannot say.
        let told = statx(CWD, path, AtFlags::empty(), StatxFlags::empty());
        if told.is_ok_and(|it| {
            it.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT)
                && !it.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
        }) {
            return false;
        }
        let Ok(path) = std::fs::canonicalize(path) else { return false };
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        // The fifth field is the mount point; blanks in it are octal.
        let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
        path.to_str().is_some_and(|path| {
            let path = path.replace(' ', "\\040");
            points.into_iter().any(|point| point == path)
        })
    }

    #[cfg(unix)]
    fn start(&self, words: &[String]) -> Result<Box<dyn Process>, String> {
        super::process::start(words)
    }

    fn append(&self, path: &Path, line: &str) -> Result<(), String> {
        use std::io::Write;

        let mut options = std::fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|error| error.to_string())?;
        // One write, so that lines of several processes stay whole.
        file.write_all(line.as_bytes()).map_err(|error| error.to_string())
    }
}

#[cfg(all(feature = "files", unix))]
fn stamp(metadata: &std::fs::Metadata) -> Stamp {
    use std::os::unix::fs::MetadataExt;
    Stamp {
        identity: (metadata.dev(), metadata.ino()),
        length: metadata.len(),
        // The change time moves even if a tool restores the modification time.
        changed: (metadata.ctime(), metadata.ctime_nsec()),
        folder: metadata.is_dir(),
    }
}

#[cfg(all(feature = "files", not(unix)))]
fn stamp(metadata: &std::fs::Metadata) -> Stamp {
    let since = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .unwrap_or_default();
    Stamp {
        identity: (0, 0),
        length: metadata.len(),
        changed: (since.as_secs() as i64, i64::from(since.subsec_nanos())),
        folder: metadata.is_dir(),
    }
}

/// Largest file read.
pub const MAX_BYTES: u64 = 1 << 20;
