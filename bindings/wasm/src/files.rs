//! Files and commands, where the host has them: Node.js, Deno and Bun do, a page or an edge worker does
//! not, and hands all material in.

use std::path::{Path, PathBuf};

use redlatch_core::{
    Secret,
    material::{FileSystem, Process, Progress, Stamp},
};

use crate::{call::taken, imports};

/// What is asked of the host, and what it answers.
#[derive(Clone, Copy)]
enum Question {
    /// A path: device, inode, length, seconds and nanoseconds of the last change, whether it is a folder;
    /// in decimal, with blanks between.
    Stamp = 0,
    /// A path: the content of a regular file.
    Read = 1,
    /// A folder: names, each ended by NUL.
    Names = 2,
    /// A folder: what `..data` in it links to.
    Volume = 3,
    /// A path: `1` if a single file is mounted there.
    Frozen = 4,
    /// A path, NUL and a line.
    Append = 5,
    /// Nothing: certificates of the trust store, PEM, each ended by NUL.
    Roots = 6,
    /// Nothing: `NAME=value`, each ended by NUL.
    Environment = 7,
    /// Words of a command, each ended by NUL: its number.
    Start = 8,
    /// The number of a command: nothing while it runs; then `+` and what it printed.
    Progress = 9,
    /// The number of a command that is not needed any more.
    End = 10,
}

/// What the host has of files.
pub(crate) struct HostFiles;

impl FileSystem for HostFiles {
    fn stamp(&self, path: &Path) -> Result<Stamp, String> {
        let told = text(ask(Question::Stamp, &bytes(path))?);
        let mut numbers = told.split(' ').map(|word| word.parse::<i64>().unwrap_or_default());
        let mut next = || numbers.next().unwrap_or_default();
        Ok(Stamp {
            identity: (next() as u64, next() as u64),
            length: next() as u64,
            changed: (next(), next()),
            folder: next() == 1,
        })
    }

    fn read(&self, path: &Path) -> Result<Secret, String> {
        ask(Question::Read, &bytes(path)).map(Secret::new)
    }

    fn system_roots(&self) -> Result<Vec<Secret>, String> {
        let found = ask(Question::Roots, &[])?;
        Ok(listed(&found).map(|certificate| Secret::new(certificate.to_vec())).collect())
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>, String> {
        let found = ask(Question::Names, &bytes(folder))?;
        Ok(listed(&found).map(|name| text(name.to_vec())).collect())
    }

    fn volume(&self, folder: &Path) -> Option<PathBuf> {
        ask(Question::Volume, &bytes(folder)).ok().map(|path| PathBuf::from(text(path)))
    }

    fn is_frozen_mount(&self, path: &Path) -> bool {
        ask(Question::Frozen, &bytes(path)).is_ok_and(|told| told == b"1")
    }

    fn start(&self, words: &[String]) -> Result<Box<dyn Process>, String> {
        let words: Vec<u8> =
            words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
        let number = ask(Question::Start, &words)?;
        Ok(Box::new(Running { number }))
    }

    fn append(&self, path: &Path, line: &str) -> Result<(), String> {
        ask(Question::Append, &[bytes(path).as_slice(), b"\0", line.as_bytes()].concat()).map(drop)
    }
}

/// The variables of the host's environment; none where it has no environment.
pub(crate) fn environment() -> Vec<(String, String)> {
    let found = ask(Question::Environment, &[]).unwrap_or_default();
    let pair = |line: &[u8]| {
        let line = text(line.to_vec());
        line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    listed(&found).filter_map(pair).collect()
}

struct Running {
    number: Vec<u8>,
}

impl Process for Running {
    fn progress(&mut self) -> Progress {
        match ask(Question::Progress, &self.number) {
            Ok(told) if told.is_empty() => Progress::Running,
            Ok(mut told) => Progress::Done(Ok(Secret::new(told.split_off(1)))),
            Err(why) => Progress::Done(Err(why)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = ask(Question::End, &self.number);
    }
}

fn ask(what: Question, about: &[u8]) -> Result<Vec<u8>, String> {
    // SAFETY: pointer and length are of one slice, which is copied.
    let length = unsafe { imports::ask(what as u32, about.as_ptr(), about.len()) };
    match usize::try_from(length) {
        Ok(length) => Ok(taken(length)),
        Err(_) => Err(text(taken(length.unsigned_abs() as usize - 1))),
    }
}

fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_encoded_bytes().to_vec()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What is ended by NUL.
fn listed(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == 0).filter(|part| !part.is_empty())
}
