//! A running lab (`redlatch lab up`) for tests and doctests.
//!
//! ```no_run
//! let lab = redlatch_lab::Lab::up();
//! lab.run(&["add-ca"]);
//! println!("{}", lab.url());
//! ```

mod program;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;

/// A lab of one's own. It ends when this is dropped, and with this process, however that ends.
pub struct Lab {
    program: PathBuf,
    folder: PathBuf,
    process: Child,
}

impl Lab {
    /// Starts a lab with the command of this build, see [`Lab::with`].
    ///
    /// The command is `REDLATCH_CLI` if that is set, else the one in the target folder, else it is
    /// built.
    pub fn up() -> Self {
        Self::up_with(&[])
    }

    /// The same with options of `redlatch lab up`.
    pub fn up_with(options: &[&str]) -> Self {
        Self::with_options(&program::redlatch(), options)
    }

    /// Starts a lab with this `redlatch` command.
    pub fn with(program: &Path) -> Self {
        Self::with_options(program, &[])
    }

    /// Starts a lab with this `redlatch` command and options of `redlatch lab up`. Panics if it
    /// does not get ready: a test cannot go on.
    pub fn with_options(program: &Path, options: &[&str]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("redlatch-lab-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let mut process = Command::new(program)
            .args(["lab", "up", "--until-eof", "--dir"])
            .arg(&folder)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the redlatch command starts");
        let mut line = String::new();
        if let Some(stdout) = &mut process.stdout {
            BufReader::new(stdout).read_line(&mut line).expect("the lab speaks");
        }
        let mut reason = String::new();
        if line.trim() != "ready"
            && let Some(stderr) = &mut process.stderr
        {
            stderr.read_to_string(&mut reason).expect("the lab says why");
        }
        assert_eq!(line.trim(), "ready", "the lab did not start: {reason}");
        Self { program: program.to_owned(), folder, process }
    }

    /// Runs a verb that has to succeed and returns what it printed.
    pub fn run(&self, verb: &[&str]) -> String {
        let output = Command::new(&self.program)
            .arg("lab")
            .args(verb)
            .arg("--dir")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .output()
            .expect("the redlatch command starts");
        assert!(output.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Address, password and CA of the lab in one URL, as they are now; and the files of the client
    /// certificate if the server demands one.
    pub fn url(&self) -> String {
        let (port, password, ca) = (self.port(), self.password(), self.ca_file());
        let client = self.client_files();
        format!("rediss://:{password}@127.0.0.1:{port}/0?ca_file={}{client}", ca.display())
    }

    /// The same with the password's file, which is watched, and those of the client certificate if
    /// the server demands one.
    pub fn url_of_files(&self) -> String {
        self.url_without_certificate() + &self.client_files()
    }

    /// The same without a client certificate, whatever the server demands.
    pub fn url_without_certificate(&self) -> String {
        let (port, password, ca) = (self.port(), self.password_file(), self.ca_file());
        let (password, ca) = (password.display(), ca.display());
        format!("rediss://127.0.0.1:{port}/0?ca_file={ca}&password_file={password}")
    }

    /// The same without a password.
    pub fn url_without_password(&self) -> String {
        format!("rediss://127.0.0.1:{}/0?ca_file={}", self.port(), self.ca_file().display())
    }

    fn client_files(&self) -> String {
        let json = self.json();
        let file = |name: &str| json[name].as_str().map(|path| format!("&{name}={path}"));
        [file("cert_file"), file("key_file")].into_iter().flatten().collect()
    }

    /// Where the server listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.json()["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port")
    }

    /// The published password.
    pub fn password(&self) -> String {
        self.json()["password"].as_str().expect("a password").to_owned()
    }

    /// Where the password is published.
    pub fn password_file(&self) -> PathBuf {
        self.path("password_file")
    }

    /// Where the CA bundle is published.
    pub fn ca_file(&self) -> PathBuf {
        self.path("ca_file")
    }

    /// Where the revocation lists are published.
    pub fn crl_file(&self) -> PathBuf {
        self.path("crl_file")
    }

    /// What `status` tells.
    pub fn status(&self) -> Value {
        serde_json::from_str(&self.run(&["status"])).expect("the status is JSON")
    }

    /// A file in a folder of the lab's own, for what a test makes up.
    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, content).expect("the folder can be written to");
        path
    }

    /// What `lab.json` says.
    pub fn json(&self) -> Value {
        let text = fs::read(self.folder.join("lab.json")).expect("lab.json is there");
        serde_json::from_slice(&text).expect("lab.json is JSON")
    }

    /// A path that `lab.json` names.
    pub fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(self.json()[name].as_str().expect("a path"))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // The end of its standard input lets it clean up after itself.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
