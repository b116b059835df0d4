//! The redis-server process: its configuration, start, signals and end.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::Mode;
use rustix::process::{Pid, Signal, getpid, getppid, kill_process, umask};

use super::admin::{self, Admin};
use super::authority::Leaf;
use super::files;
use super::passwords::{Password, Passwords};
use crate::failure::{Because, Failure};

/// redis-server, up or down.
pub(crate) struct Server {
    program: OsString,
    dir: PathBuf,
    socket: PathBuf,
    port: u16,
    /// The protocols it is restricted to, as redis.conf names them.
    protocols: Option<&'static str>,
    /// Of the lab's own user; lives as long as the lab.
    admin: Password,
    child: Option<Child>,
    paused: bool,
}

impl Server {
    pub(crate) fn new(
        program: OsString,
        dir: PathBuf,
        sockets: &Path,
        port: u16,
        protocols: Option<&'static str>,
    ) -> Result<Server, Failure> {
        files::private_dir(&dir.join(files::DATA)).because("make the data folder")?;
        let admin = Password::random(0)?;
        let socket = sockets.join("redis.sock");
        Ok(Server { program, dir, socket, port, protocols, admin, child: None, paused: false })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    pub(crate) fn paused(&self) -> bool {
        self.paused
    }

    /// Writes what the next start needs to be as the server is now. With `client_cas`, the file of
    /// their certificates, it demands client certificates.
    pub(crate) fn configure(
        &self,
        leaf: &Leaf,
        passwords: &Passwords,
        client_cas: Option<&Path>,
    ) -> Result<(), Failure> {
        let clients = match client_cas {
            Some(file) => format!("yes\ntls-ca-cert-file {}", quoted(file)),
            None => "no".to_owned(),
        };
        let protocols = match self.protocols {
            Some(protocols) => format!("tls-protocols \"{protocols}\"\n"),
            None => String::new(),
        };
        let text = format!(
            "# Written by redlatch lab; rewritten at every change.\n\
             port 0\n\
             tls-port {port}\n\
             bind 127.0.0.1\n\
             tls-cert-file {cert}\n\
             tls-key-file {key}\n\
             tls-auth-clients {clients}\n\
             {protocols}\
             unixsocket {socket}\n\
             unixsocketperm 700\n\
             dir {data}\n\
             save \"\"\n\
             appendonly yes\n\
             # Written before the reply: enough to survive SIGKILL, if not a power cut.\n\
             appendfsync no\n\
             enable-debug-command local\n\
             user default reset on {rules} ~* &* +@all\n\
             user {user} reset on {admin} ~* &* +@all\n",
            port = self.port,
            cert = quoted(&leaf.cert_file),
            key = quoted(&leaf.key_file),
            socket = quoted(&self.socket),
            data = quoted(&self.dir.join(files::DATA)),
            rules = rules(&passwords.accepted),
            user = admin::USER,
            admin = self.admin.rule(),
        );
        files::write_atomically(&self.dir.join(files::REDIS_CONF), text.as_bytes())
            .because("write redis.conf")
    }

    /// Starts the process with the configuration last written; returns once it answers.
    pub(crate) fn start(&mut self) -> Result<(), Failure> {
        let mut log = OpenOptions::new();
        log.create(true).append(true).mode(0o600);
        let log = log.open(self.dir.join(files::REDIS_LOG)).because("open redis.log")?;
        let mut command = Command::new(&self.program);
        command
            .arg(files::REDIS_CONF)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().because("open redis.log")?)
            .stderr(log)
            // Not in the terminal's foreground group: Ctrl-C is for the lab, which then ends it.
            .process_group(0);
        bind_to_lab(&mut command);
        let child = command.spawn().map_err(|error| self.not_started(&error))?;
        self.child = Some(child);
        self.paused = false;
        self.until_ready()
    }

    /// Kills the process and returns its id once it is gone.
    pub(crate) fn kill(&mut self) -> Result<u32, Failure> {
        let Some(mut child) = self.child.take() else { return Err(down()) };
        self.paused = false;
        child.kill().because("kill redis-server")?;
        child.wait().because("wait for redis-server")?;
        Ok(child.id())
    }

    /// Ends the process the friendly way if it runs; kills it if that takes too long.
    pub(crate) fn stop(&mut self) -> Result<(), Failure> {
        if self.child.is_none() {
            return Ok(());
        }
        self.signal(Signal::TERM)?;
        self.resume()?;
        let deadline = Instant::now() + STOP_PATIENCE;
        while Instant::now() < deadline {
            if self.reap().is_some() {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        self.kill().map(|_| ())
    }

    /// Freezes the process: the kernel still accepts connections and bytes for it.
    pub(crate) fn pause(&mut self) -> Result<u32, Failure> {
        self.signal(Signal::STOP)?;
        self.paused = true;
        self.pid().ok_or_else(down)
    }

    pub(crate) fn resume(&mut self) -> Result<(), Failure> {
        self.signal(Signal::CONT)?;
        self.paused = false;
        Ok(())
    }

    /// How the process ended, if it has and nobody asked for it.
    pub(crate) fn reap(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.try_wait().ok()??;
        self.child = None;
        self.paused = false;
        Some(status)
    }

    /// Runs one command as the lab's own user.
    pub(crate) fn call(&self, words: &[&str]) -> Result<String, Failure> {
        if self.child.is_none() {
            return Err(down());
        }
        if self.paused {
            return Err(Failure::new("redis-server is paused"));
        }
        let admin = Admin::open(&self.socket, self.admin.reveal());
        let reply = admin.and_then(|mut admin| admin.call(words));
        reply.because(format_args!("run {}", words.first().unwrap_or(&"")))
    }

    /// Presents `leaf` to new connections, by one command: the pair is never mixed.
    pub(crate) fn present(&self, leaf: &Leaf) -> Result<(), Failure> {
        let (cert, key) = (leaf.cert_file.to_string_lossy(), leaf.key_file.to_string_lossy());
        self.call(&["CONFIG", "SET", "tls-cert-file", &cert, "tls-key-file", &key]).map(|_| ())
    }

    /// Accepts certificates of exactly the client CAs in this file, of new connections.
    pub(crate) fn accept_clients_of(&self, cas: &Path) -> Result<(), Failure> {
        self.call(&["CONFIG", "SET", "tls-ca-cert-file", &cas.to_string_lossy()]).map(|_| ())
    }

    /// Closes every client's connection but the lab's own, and returns how many there were.
    pub(crate) fn disconnect(&self) -> Result<u64, Failure> {
        let mut closed = 0;
        for kind in ["normal", "pubsub"] {
            let count = self.call(&["CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes"])?;
            closed += count.parse::<u64>().because("understand CLIENT KILL")?;
        }
        Ok(closed)
    }

    /// Accepts exactly these passwords, of new connections.
    pub(crate) fn accept(&self, passwords: &[Password]) -> Result<(), Failure> {
        let rules = rules(passwords);
        let mut words = vec!["ACL", "SETUSER", "default", "resetpass"];
        words.extend(rules.split(' '));
        self.call(&words).map(|_| ())
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = self.child.as_ref().and_then(|child| Pid::from_raw(child.id().cast_signed()));
        kill_process(pid.ok_or_else(down)?, signal).because("signal redis-server")
    }

    /// Waits until PING is answered; that is after the data was loaded.
    fn until_ready(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            if let Some(status) = self.reap() {
                let why = self.last_words();
                return Err(Failure::new(format_args!("redis-server ended, {status}: {why}")));
            }
            match self.call(&["PING"]) {
                Ok(_) => return Ok(()),
                Err(failure) if Instant::now() > deadline => return Err(failure),
                Err(_) => thread::sleep(POLL),
            }
        }
    }

    fn not_started(&self, error: &io::Error) -> Failure {
        let program = self.program.to_string_lossy();
        if error.kind() == io::ErrorKind::NotFound {
            return Failure::new(format_args!(
                "{program} is not installed; install Redis 7 or later: `apt-get install \
                 redis-server` (Debian, Ubuntu) or `brew install redis` (macOS)"
            ));
        }
        Failure::new(format_args!("cannot run {program}: {error}"))
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.dir.join(files::REDIS_LOG)).unwrap_or_default();
        let lines: Vec<_> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(3)..].join("; ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // On the ways out that did not stop it; there is nobody left to tell.
        let _ = self.kill();
    }
}

/// Finds a port for the server.
///
/// Not one the kernel hands to outgoing connections: while the server is down, a client that keeps
/// redialing such a port of its own machine may get it as its own, and be connected to itself.
///
/// The datagram socket keeps other labs away from it, also while the server is down.
pub(crate) fn free_port() -> Result<(u16, UdpSocket), Failure> {
    for _ in 0..100 {
        let mut bytes = [0; 2];
        getrandom::fill(&mut bytes).because("get random bytes")?;
        let port = 20_000 + u16::from_ne_bytes(bytes) % 12_000;
        let here = (Ipv4Addr::LOCALHOST, port);
        if let (Ok(kept), Ok(_)) = (UdpSocket::bind(here), TcpListener::bind(here)) {
            return Ok((port, kept));
        }
    }
    Err(Failure::new("no free port between 20000 and 31999; pass --port"))
}

/// Keeps the server's files private, and on Linux ends it when the lab dies, in whatever way.
fn bind_to_lab(command: &mut Command) {
    let lab = getpid();
    let prepare = move || {
        umask(Mode::from_raw_mode(0o077));
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        match getppid() {
            Some(parent) if parent == lab => Ok(()),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    };
    // SAFETY: between fork and exec it only makes three system calls; it allocates nothing.
    unsafe { command.pre_exec(prepare) };
}

fn down() -> Failure {
    Failure::new("redis-server is not running; `restart` starts it")
}

fn rules(passwords: &[Password]) -> String {
    passwords.iter().map(Password::rule).collect::<Vec<_>>().join(" ")
}

/// A path as redis.conf takes it, whatever is in its name.
fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', r"\\").replace('"', "\\\"");
    format!("\"{}\"", path.replace('\n', "\\n"))
}

const POLL: Duration = Duration::from_millis(5);
const START_PATIENCE: Duration = Duration::from_secs(60);
const STOP_PATIENCE: Duration = Duration::from_secs(5);
