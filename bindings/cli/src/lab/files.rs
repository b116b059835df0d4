//! The lab's folder: private files, `lab.json`, `env`.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::{Because, Failure};

/// What `lab.json` says: all that a client, a test or a verb needs to know.
#[derive(Serialize, Deserialize)]
pub(crate) struct LabFile {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The published password; the one in `password_file`.
    pub(crate) password: String,
    pub(crate) ca_file: PathBuf,
    pub(crate) password_file: PathBuf,
    pub(crate) crl_file: PathBuf,
    /// Of the client certificate; null unless the server demands one.
    pub(crate) cert_file: Option<PathBuf>,
    pub(crate) key_file: Option<PathBuf>,
    /// Of `redlatch lab up`.
    pub(crate) pid: u32,
    /// Of redis-server; null while it is down.
    pub(crate) server_pid: Option<u32>,
    /// Unix socket of the supervisor, in a short folder: a socket's path has at most 107 bytes.
    pub(crate) control: PathBuf,
}

impl LabFile {
    /// Reads `DIR/lab.json`; `None` if there is none.
    pub(crate) fn read(dir: &Path) -> Result<Option<LabFile>, Failure> {
        let path = dir.join(LAB_JSON);
        match fs::read(&path) {
            Ok(text) => {
                let file = serde_json::from_slice(&text);
                file.map(Some).because(format_args!("understand {}", path.display()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).because(format_args!("read {}", path.display())),
        }
    }

    /// Writes `lab.json` and `env`, each in one step.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), Failure> {
        let mut json = serde_json::to_vec_pretty(self).because("write lab.json")?;
        json.push(b'\n');
        write_atomically(&dir.join(LAB_JSON), &json).because("write lab.json")?;
        write_atomically(&dir.join(ENV), self.env().as_bytes()).because("write env")
    }

    /// Lines for a shell to read.
    fn env(&self) -> String {
        let path = |path: &PathBuf| path.display().to_string();
        let variables = [
            ("REDIS_HOST", Some(self.host.clone())),
            ("REDIS_PORT", Some(self.port.to_string())),
            ("REDIS_PASSWORD_FILE", Some(path(&self.password_file))),
            ("REDIS_SSL_CA_CERTS", Some(path(&self.ca_file))),
            ("REDIS_SSL_ENABLED", Some("true".to_owned())),
            ("REDIS_SSL_CERTFILE", self.cert_file.as_ref().map(path)),
            ("REDIS_SSL_KEYFILE", self.key_file.as_ref().map(path)),
        ];
        variables
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
            .map(|(name, value)| format!("export {name}='{}'\n", value.replace('\'', r"'\''")))
            .collect()
    }
}

/// Makes `dir` ready for a new lab and returns its absolute path.
///
/// Only an empty folder, or one where a lab ran that is gone, is taken over.
pub(crate) fn prepare(dir: &Path) -> Result<PathBuf, Failure> {
    let shown = dir.display();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .because(format_args!("make {shown}"))?;
    let dir = fs::canonicalize(dir).because(format_args!("find {shown}"))?;
    if dir.to_str().is_none() {
        return Err(Failure::new(format_args!("the path {shown} is not UTF-8")));
    }
    match LabFile::read(&dir)? {
        Some(old) if super::control::answers(&old.control) => {
            let pid = old.pid;
            return Err(Failure::new(format_args!("a lab already runs in {shown}, pid {pid}")));
        }
        Some(old) => clear(&dir, &old).because(format_args!("clear {shown}"))?,
        None => {
            let mut entries = fs::read_dir(&dir).because(format_args!("read {shown}"))?;
            if entries.next().is_some() {
                let reason = format_args!("{shown} is neither empty nor the folder of a lab");
                return Err(Failure::new(reason));
            }
        }
    }
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700))
        .because(format_args!("make {shown} private"))?;
    Ok(dir)
}

/// Makes a folder only its owner can enter.
pub(crate) fn private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Writes a file only its owner can read.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(content)
}

/// Replaces a file in one step.
pub(crate) fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    write_private(&new, content)?;
    fs::rename(&new, path)
}

/// Removes what an earlier lab left, `lab.json` last: it is what marks the folder as a lab's.
fn clear(dir: &Path, old: &LabFile) -> io::Result<()> {
    if let Some(sockets) = old.control.parent()
        && sockets.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SOCKETS))
    {
        ignore_missing(fs::remove_dir_all(sockets))?;
    }
    for folder in [TRUST, SECRET, CLIENT, PKI, DATA] {
        ignore_missing(fs::remove_dir_all(dir.join(folder)))?;
    }
    for file in [ENV, REDIS_CONF, REDIS_LOG, LAB_JSON] {
        ignore_missing(fs::remove_file(dir.join(file)))?;
    }
    Ok(())
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

pub(crate) const TRUST: &str = "trust";
pub(crate) const SECRET: &str = "secret";
pub(crate) const CLIENT: &str = "client";
pub(crate) const PKI: &str = "pki";
pub(crate) const DATA: &str = "data";
pub(crate) const REDIS_CONF: &str = "redis.conf";
pub(crate) const REDIS_LOG: &str = "redis.log";
/// How the folders of sockets begin, under the system's temporary folder.
pub(crate) const SOCKETS: &str = "redlatch-lab-";
const LAB_JSON: &str = "lab.json";
const ENV: &str = "env";
