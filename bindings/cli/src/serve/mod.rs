//! `redlatch serve`: health and metrics of a server over HTTP, for programs in other languages.
//!
//! ```text
//! keeper ── each interval ──▶ Watched (one client) ◀── /readyz ── one thread for each request
//!                                │                                        ▲
//!                                └── what was seen last ── /healthz /metrics /status
//! ```

mod answer;
mod http;
mod watched;

use std::io;
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use redlatch::Probe;
use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::failure::{Because as _, Failure, print, warn};
use crate::settings::Settings;
use watched::{Keeper, Watched};

#[derive(Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9121")]
    listen: String,
    /// Seconds between two looks at the server.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    interval: Duration,
    /// Seconds within which the server has to answer.
    #[arg(long, value_name = "SECONDS", default_value = "0.9", value_parser = seconds)]
    limit: Duration,
    /// Be ready on a replica that takes no writes, too.
    #[arg(long)]
    read_only: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(crate) const EXAMPLES: &str = "\
Answers:
  /healthz  200 as long as this process works, whatever becomes of the server
  /readyz   200 if the server answers, is trusted, has let us in and takes writes; otherwise 503.
            JSON with the code of the first problem and its remedy
  /metrics  Prometheus's text format
  /status   JSON: certificates, generations, counters

Examples:
  redlatch serve --from-env
  redlatch serve rediss://cache.internal --ca-file ca.pem --password-file secret --listen 0.0.0.0:9121

Whoever can connect sees names of hosts and certificates, but no secret and no data. Events, such as
a CA bundle that is refused, are lines of JSON on standard error.";

/// Runs `redlatch serve` until a signal ends it.
pub(crate) fn run(serve: &Serve) -> Result<(), Failure> {
    let failed = |error| Failure::coded(error, false);
    let profile = serve.settings.open().map_err(failed)?;
    let probe = Probe { limit: serve.limit, read_only: serve.read_only };
    let (listener, address) = listen(&serve.listen)?;
    let ended = signals().because("watch signals")?;
    let watched = Arc::new(Watched::new(profile, probe, serve.interval));
    let keeper = Keeper::start(watched.clone()).because("start a thread")?;
    print(&format!("listening on http://{address}\n"))?;
    let visitors = Arc::new(AtomicUsize::new(0));
    while wait(&listener, &ended) {
        match listener.accept() {
            Ok((stream, _)) => welcome(stream, &watched, &visitors),
            Err(error) if is_passing(&error) => {}
            Err(error) => {
                warn(format_args!("cannot take a connection: {error}"));
                // Of file descriptors there may be more soon.
                std::thread::sleep(PAUSE);
            }
        }
    }
    drop(listener);
    keeper.stop();
    let patience = Instant::now() + LEAVE_WITHIN;
    while visitors.load(Ordering::Acquire) > 0 && Instant::now() < patience {
        std::thread::sleep(PAUSE);
    }
    watched.close();
    Ok(())
}

fn listen(place: &str) -> Result<(TcpListener, std::net::SocketAddr), Failure> {
    let action = format_args!("listen on {place}").to_string();
    let places: Vec<_> = place.to_socket_addrs().because(&action)?.collect();
    let listener = TcpListener::bind(&places[..]).because(&action)?;
    listener.set_nonblocking(true).because(&action)?;
    let address = listener.local_addr().because(&action)?;
    Ok((listener, address))
}

/// Can be read once a signal has asked to end.
fn signals() -> io::Result<UnixStream> {
    let (ended, told) = UnixStream::pair()?;
    for signal in [SIGTERM, SIGINT] {
        signal_hook::low_level::pipe::register(signal, told.try_clone()?)?;
    }
    Ok(ended)
}

/// Waits for a visitor; not for one more once a signal has come.
fn wait(listener: &TcpListener, ended: &UnixStream) -> bool {
    let mut polled = [PollFd::new(listener, PollFlags::IN), PollFd::new(ended, PollFlags::IN)];
    // A signal interrupts it; then the other end says so.
    let _ = poll(&mut polled, None);
    polled[1].revents().is_empty()
}

/// A thread for each visitor, of which there are few.
fn welcome(stream: TcpStream, watched: &Arc<Watched>, visitors: &Arc<AtomicUsize>) {
    if visitors.fetch_add(1, Ordering::AcqRel) >= MOST_VISITORS {
        visitors.fetch_sub(1, Ordering::AcqRel);
        return;
    }
    let guest = Visitor { watched: watched.clone(), visitors: visitors.clone() };
    // Without a thread the visitor is turned away.
    let _ =
        std::thread::Builder::new().name("visitor".to_owned()).spawn(move || guest.serve(stream));
}

struct Visitor {
    watched: Arc<Watched>,
    visitors: Arc<AtomicUsize>,
}

impl Visitor {
    fn serve(&self, stream: TcpStream) {
        // One who leaves early or is too slow is no concern of ours.
        let _ = http::exchange(stream, |path| answer::to(path, &self.watched));
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.visitors.fetch_sub(1, Ordering::AcqRel);
    }
}

fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | ConnectionAborted | ConnectionReset)
}

/// Reads a number of seconds from the command line.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() && duration <= LONGEST => Ok(duration),
        _ => Err("must be more than 0 s and at most an hour".to_owned()),
    }
}

/// Scrapers and probes are few; whoever opens more is turned away.
const MOST_VISITORS: usize = 32;
/// Answers under way get so much time when the process ends.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(3600);
