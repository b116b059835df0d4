//! What the doctor borrows from the machine it runs on.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use super::{Place, Stage};
use crate::{client::MaterialKind, error::Result, material::FileSystem, secret::Secret, time::Now};

/// Lends sockets, clocks and files. Each call may block as long as it says, and may end early with
/// `client.cancelled`, which ends the examination.
pub trait Host {
    /// Both clocks.
    fn now(&self) -> Now;

    /// Every address of a name.
    ///
    /// # Errors
    /// `net.dns`.
    fn resolve(&mut self, name: &str, port: u16) -> Result<Vec<SocketAddr>>;

    /// Connects, in `limit` at most.
    ///
    /// # Errors
    /// The `net` family.
    fn connect(&mut self, target: &Target, limit: Duration) -> Result<Box<dyn Transport>>;

    /// What a provider of the caller's gives.
    ///
    /// # Errors
    /// Why it gives nothing: [`MaterialKind::unavailable`].
    fn provide(&mut self, material: MaterialKind) -> Result<Vec<Secret>>;

    /// Lets time pass.
    ///
    /// # Errors
    /// `client.cancelled`.
    fn pause(&mut self, time: Duration) -> Result<()>;

    /// Whether to go on.
    ///
    /// # Errors
    /// `client.cancelled`.
    fn check(&mut self) -> Result<()> {
        Ok(())
    }

    /// What surrounds this process.
    fn place(&self) -> Place;

    /// Where watched files are.
    fn files(&self) -> Arc<dyn FileSystem>;

    /// A step is done, or failed; for those who watch.
    fn finished(&mut self, stage: &Stage) {
        let _ = stage;
    }
}

/// One address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// IP address and port.
    Tcp(SocketAddr),
    /// Path of a Unix socket.
    Unix(PathBuf),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A connected socket, closed when dropped.
pub trait Transport {
    /// Sends all of it.
    ///
    /// # Errors
    /// The `net` family.
    fn send(&mut self, bytes: &[u8]) -> Result<()>;

    /// Appends what has come, in `limit` at most.
    ///
    /// # Errors
    /// The `net` family, and `client.cancelled`.
    fn receive(&mut self, into: &mut Vec<u8>, limit: Duration) -> Result<Heard>;
}

/// Waits for bytes, and asks now and then whether to go on.
pub(super) fn listen(
    transport: &mut dyn Transport,
    into: &mut Vec<u8>,
    limit: Duration,
    host: &mut dyn Host,
) -> Result<Heard> {
    let until = host.now().monotonic + limit;
    loop {
        host.check()?;
        let left = until.saturating_sub(host.now().monotonic);
        match transport.receive(into, left.clamp(SHORTEST, SLICE))? {
            Heard::Nothing if left > SLICE => {}
            heard => return Ok(heard),
        }
    }
}

const SHORTEST: Duration = Duration::from_millis(1);
const SLICE: Duration = Duration::from_millis(100);

/// What came of waiting for a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Bytes.
    Bytes,
    /// Nothing in the time there was.
    Nothing,
    /// The peer ended the connection.
    End,
}
