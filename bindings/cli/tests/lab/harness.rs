//! A lab that ends with its test, and a way to run verbs in it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::client::Client;

/// A running lab. Its standard input is ours: it ends with this process, however that ends.
pub(crate) struct Lab {
    pub(crate) folder: Folder,
    pub(crate) process: Child,
    pub(crate) stderr: BufReader<ChildStderr>,
}

impl Lab {
    pub(crate) fn up() -> Lab {
        Lab::up_in(Folder::new())
    }

    pub(crate) fn up_in(folder: Folder) -> Lab {
        Lab::up_with(folder, &[])
    }

    pub(crate) fn up_with(folder: Folder, options: &[&str]) -> Lab {
        let mut process = redlatch(&folder.0, &["up", "--until-eof"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("redlatch");
        let stderr = BufReader::new(process.stderr.take().expect("stderr"));
        let mut stdout = BufReader::new(process.stdout.take().expect("stdout"));
        let mut lab = Lab { folder, process, stderr };
        let ready = next_line(&mut stdout) == "ready";
        assert!(ready, "the lab did not start: {}", next_line(&mut lab.stderr));
        lab
    }

    /// Runs a verb that has to succeed and returns what it printed.
    pub(crate) fn run(&self, verb: &[&str]) -> String {
        let (ok, stdout, stderr) = self.try_run(verb);
        assert!(ok, "{verb:?}: {stderr}");
        assert_eq!(stderr, "");
        stdout.trim_end().to_owned()
    }

    /// Runs a verb that has to fail and returns its reason.
    pub(crate) fn fail(&self, verb: &[&str]) -> String {
        let (ok, stdout, stderr) = self.try_run(verb);
        assert!(!ok, "{verb:?}: {stdout}");
        one_line(&stderr)
    }

    fn try_run(&self, verb: &[&str]) -> (bool, String, String) {
        let output = redlatch(&self.folder.0, verb).output().expect("redlatch");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.success(), text(output.stdout), text(output.stderr))
    }

    /// Starts a verb and waits for its first line.
    pub(crate) fn begin(&self, verb: &[&str]) -> (Child, BufReader<ChildStdout>, String) {
        let mut child =
            redlatch(&self.folder.0, verb).stdout(Stdio::piped()).spawn().expect("redlatch");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout"));
        let line = next_line(&mut stdout);
        (child, stdout, line)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.read("lab.json")).expect("lab.json")
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.run(&["status"])).expect("status")
    }

    pub(crate) fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.folder.0.join(file)).expect(file)
    }

    pub(crate) fn ca(&self) -> Vec<u8> {
        self.read("trust/ca.pem")
    }

    /// The published password; the same in all places.
    pub(crate) fn password(&self) -> String {
        let password = String::from_utf8(self.read("secret/password")).expect("text");
        assert_eq!(self.json()["password"], password.as_str());
        password
    }

    pub(crate) fn port(&self) -> u16 {
        self.json()["port"].as_u64().expect("a port").try_into().expect("a port")
    }

    pub(crate) fn server_pid(&self) -> u32 {
        self.json()["server_pid"].as_u64().expect("a pid").try_into().expect("a pid")
    }

    /// A client as the published files configure it.
    pub(crate) fn client(&self) -> Client {
        Client::open(self.port(), &self.ca(), &self.password())
    }

    /// The published client certificate and its key.
    pub(crate) fn identity(&self) -> (Vec<u8>, Vec<u8>) {
        (self.read("client/client.pem"), self.read("client/client.key"))
    }

    pub(crate) fn refuses_connections(&self) -> bool {
        refuses(self.port())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(sockets) = control_folder(&self.folder.0) {
            let _ = fs::remove_dir_all(sockets);
        }
    }
}

/// A folder that is removed after the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = Folder(base.join(format!("lab-{}-{number}", std::process::id())));
        let _ = fs::remove_dir_all(&folder.0);
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `redlatch lab …`, in another working folder than the test's.
pub(crate) fn redlatch(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redlatch"));
    command.arg("lab").args(args).arg("--dir").arg(dir);
    command
}

/// What a failing `redlatch lab …` says.
pub(crate) fn reason(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("redlatch");
    assert!(!output.status.success());
    assert_eq!(output.stdout, b"");
    one_line(&String::from_utf8(output.stderr).expect("text"))
}

/// Sends a signal to one process.
pub(crate) fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(status.expect("kill").success());
}

pub(crate) fn refuses(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err()
}

/// The folder of the lab's sockets.
pub(crate) fn control_folder(dir: &Path) -> Option<PathBuf> {
    let json: Value = serde_json::from_slice(&fs::read(dir.join("lab.json")).ok()?).ok()?;
    Path::new(json["control"].as_str()?).parent().map(Path::to_owned)
}

pub(crate) fn next_line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    line.trim_end().to_owned()
}

pub(crate) fn rest(reader: &mut impl Read) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    text.trim_end().to_owned()
}

fn one_line(text: &str) -> String {
    let line = text.strip_suffix('\n').expect("a line");
    assert!(!line.contains('\n'), "{line}");
    line.to_owned()
}
