//! `redlatch lab up`: the supervisor. It owns the server and does one verb at a time.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::control::{self, Caller};
use super::files;
use super::passwords::Password;
use super::server::{self, Server};
use super::state::Lab;
use super::verbs::{Next, Step, Verb};
use crate::failure::{Because, Failure};

#[derive(Args)]
pub(crate) struct Options {
    /// Port of the server; without it a free one is chosen.
    #[arg(long)]
    port: Option<u16>,
    /// The server to run.
    #[arg(long, default_value = "redis-server", value_name = "PROGRAM")]
    server: OsString,
    /// Demand client certificates; `client/client.pem` and `client/client.key` are one.
    #[arg(long)]
    mtls: bool,
    /// Speak only this version of TLS.
    #[arg(long, value_name = "VERSION")]
    tls: Option<Tls>,
    /// End when standard input does: a test that dies takes its lab along.
    #[arg(long)]
    until_eof: bool,
}

/// A version of TLS.
#[derive(Clone, Copy, ValueEnum)]
enum Tls {
    #[value(name = "1.2")]
    V12,
    #[value(name = "1.3")]
    V13,
}

impl Tls {
    /// As redis.conf names it.
    fn name(self) -> &'static str {
        match self {
            Tls::V12 => "TLSv1.2",
            Tls::V13 => "TLSv1.3",
        }
    }
}

/// Runs a lab in `dir` until a signal or `down` ends it.
pub(crate) fn up(dir: &Path, options: &Options) -> Result<(), Failure> {
    let (sender, events) = channel();
    watch_signals(sender.clone()).because("watch signals")?;
    if options.until_eof {
        watch_stdin(sender.clone());
    }
    let dir = files::prepare(dir)?;
    let sockets = Sockets::create()?;
    let control = sockets.0.join("control.sock");
    let listener = UnixListener::bind(&control).because("listen for verbs")?;

    let (port, _kept) = match options.port {
        Some(port) => (port, None),
        None => server::free_port().map(|(port, kept)| (port, Some(kept)))?,
    };
    let tls = options.tls.map(Tls::name);
    let server = Server::new(options.server.clone(), dir.clone(), &sockets.0, port, tls)?;
    let mut lab = Lab::create(&dir, control, server, options.mtls)?;
    lab.start_server()?;
    thread::spawn(move || listen(&listener, &sender));
    let _ = writeln!(io::stdout(), "ready");
    let _ = io::stdout().flush();

    let down = serve(&mut lab, &events);
    let stopped = lab.server.stop().and_then(|()| lab.write_files());
    drop(sockets);
    if let Some(caller) = down {
        caller.finish(stopped.map(|()| "the lab is down".to_owned()));
        return Ok(());
    }
    stopped
}

/// What can happen to a lab.
enum Event {
    Ask(Verb, Caller),
    /// The server may have ended.
    Child,
    Stop,
}

/// A verb whose second part is due at `at`.
struct Later {
    at: Instant,
    step: Step,
    caller: Caller,
}

/// Handles events until the lab is to end; returns the caller of `down`, if that was it.
fn serve(lab: &mut Lab, events: &Receiver<Event>) -> Option<Caller> {
    let mut delayed: Vec<Later> = Vec::new();
    loop {
        let now = Instant::now();
        if let Some(index) = delayed.iter().position(|later| later.at <= now) {
            let later = delayed.swap_remove(index);
            later.caller.finish(lab.proceed(later.step));
        }
        let next = delayed.iter().map(|later| later.at).min();
        let wait = next.map_or(IDLE, |at| at.saturating_duration_since(now));
        match events.recv_timeout(wait) {
            Ok(Event::Ask(verb, mut caller)) => match lab.perform(verb, &mut caller) {
                Ok(Next::Done(line)) => caller.finish(Ok(line)),
                Ok(Next::After(wait, step)) => {
                    delayed.push(Later { at: Instant::now() + wait, step, caller });
                }
                Ok(Next::Down) => return Some(caller),
                Err(failure) => caller.finish(Err(failure)),
            },
            Ok(Event::Child) => tell_of_death(lab),
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn tell_of_death(lab: &mut Lab) {
    if let Some(status) = lab.server.reap() {
        eprintln!("redlatch lab: redis-server ended, {status}; `restart` starts it again");
        if let Err(failure) = lab.write_files() {
            eprintln!("redlatch lab: {failure}");
        }
    }
}

fn watch_signals(sender: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGCHLD])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let event = if signal == SIGCHLD { Event::Child } else { Event::Stop };
            if sender.send(event).is_err() {
                return;
            }
        }
    });
    Ok(())
}

fn watch_stdin(sender: Sender<Event>) {
    thread::spawn(move || {
        let mut buffer = [0; 256];
        while matches!(io::stdin().read(&mut buffer), Ok(1..)) {}
        // The receiver is gone only when the lab is.
        let _ = sender.send(Event::Stop);
    });
}

fn listen(listener: &UnixListener, sender: &Sender<Event>) {
    for stream in listener.incoming().flatten() {
        let sender = sender.clone();
        thread::spawn(move || receive(stream, &sender));
    }
}

fn receive(stream: UnixStream, sender: &Sender<Event>) {
    match control::read_request(&stream) {
        Ok(verb) => {
            let _ = sender.send(Event::Ask(verb, Caller::new(stream)));
        }
        Err(error) => Caller::new(stream).finish(Err(error).because("understand the request")),
    }
}

/// A private folder with a short path, for sockets; removed at the end.
struct Sockets(PathBuf);

impl Sockets {
    fn create() -> Result<Sockets, Failure> {
        let name = format!("{}{}", files::SOCKETS, &Password::random(0)?.reveal()[..8]);
        let mut folder = std::env::temp_dir();
        if folder.as_os_str().len() > LONGEST_FOLDER || folder.to_str().is_none() {
            folder = PathBuf::from("/tmp");
        }
        let path = folder.join(name);
        files::private_dir(&path).because(format_args!("make {}", path.display()))?;
        Ok(Sockets(path))
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const IDLE: Duration = Duration::from_secs(3600);
/// A socket's path has at most 103 bytes (macOS), and ours ends in 35 of its own.
const LONGEST_FOLDER: usize = 64;
