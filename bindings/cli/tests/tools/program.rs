//! The command as a process, and certificates to feed it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
use redlatch_lab::Lab;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_redlatch");

pub(crate) fn lab() -> Lab {
    Lab::with(Path::new(PROGRAM))
}

/// Runs it to its end, in an environment without settings.
pub(crate) fn redlatch(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().expect("redlatch");
    // It may end without reading all.
    let _ = child.stdin.take().expect("stdin").write_all(input);
    child.wait_with_output().expect("an end")
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// One that prints JSON lines until it is told to end.
pub(crate) struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Running {
        let mut child = command(arguments).stderr(Stdio::inherit()).spawn().expect("redlatch");
        let stdout = child.stdout.take().expect("stdout");
        Running { child, lines: BufReader::new(stdout).lines() }
    }

    /// The next line that is wanted.
    pub(crate) fn next(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let lines = self.lines.by_ref().map(|line| json(line.expect("text").as_bytes()));
        lines.into_iter().find(wanted).expect("it ended without the line")
    }

    /// Sends a signal again and again; the exit code, none if the signal ended it.
    pub(crate) fn insist(mut self, signal_name: &str) -> Option<i32> {
        loop {
            signal(signal_name, self.child.id());
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
        }
    }

    /// Sends a signal; the exit code, and what was printed meanwhile.
    pub(crate) fn end(mut self, signal_name: &str) -> (Option<i32>, Vec<String>) {
        signal(signal_name, self.child.id());
        let rest = self.lines.by_ref().map(|line| line.expect("text")).collect();
        (self.child.wait().expect("an end").code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(status.expect("kill").success());
}

/// A folder that is gone after the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = base.join(format!("tools-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.0.join(name), content).expect("a file");
        self.path(name)
    }

    /// In one step.
    pub(crate) fn replace(&self, name: &str, content: impl AsRef<[u8]>) {
        let new = self.write(".new", content);
        fs::rename(new, self.0.join(name)).expect("a rename");
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A root CA, PEM.
pub(crate) fn ca(name: &str, until: i32) -> String {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = Default::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().expect("a key");
    params.self_signed(&key).expect("a certificate").pem()
}

/// As `gcloud … --format="value(serverCaCerts[].cert)"` prints them.
pub(crate) fn gcloud(certificates: &[&str]) -> String {
    let trimmed: Vec<_> = certificates.iter().map(|one| one.trim_end()).collect();
    trimmed.join(";") + "\n"
}

pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

pub(crate) fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("JSON")
}

/// The subjects of a list of certificates.
pub(crate) fn subjects(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("a list");
    list.iter().map(|one| one["subject"].as_str().expect("a subject")).collect()
}
