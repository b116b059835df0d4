//! TCP and Unix connections, made while other things go on.

use std::{io, time::Duration};

use redlatch_core::{Code, Error, config::Address};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream, lookup_host},
    time::{Instant, timeout_at},
};

use crate::dial::{explain, tune};

/// A connected socket.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl Stream for TcpStream {}
impl Stream for UnixStream {}

/// Connects to the addresses of a name one after the other, starting with another one at each
/// attempt; each gets a fair share of the time.
pub(super) async fn dial(
    address: Address,
    attempt: u32,
    timeout: Duration,
) -> Result<Box<dyn Stream>, Error> {
    let end = Instant::now() + timeout;
    let (host, port) = match &address {
        Address::Unix(path) => {
            let stream = within(end, UnixStream::connect(path)).await?;
            return Ok(Box::new(stream));
        }
        Address::Tcp { host, port } => (host.as_str(), *port),
    };
    let found = match timeout_at(end, lookup_host((host, port))).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return Err(Error::with_detail(Code::NetDns, error.to_string())),
        Err(_) => return Err(Error::with_detail(Code::NetDns, "no answer in time")),
    };
    let mut addresses: Vec<_> = found.collect();
    let count = addresses.len();
    if count == 0 {
        return Err(Error::new(Code::NetDns));
    }
    addresses.rotate_left(attempt as usize % count);
    let mut last = Error::new(Code::NetTimeout);
    for (at, address) in addresses.into_iter().enumerate() {
        let now = Instant::now();
        let share = end.saturating_duration_since(now) / (count - at) as u32;
        match within(now + share, TcpStream::connect(address)).await {
            Ok(stream) => {
                tune(&stream)?;
                return Ok(Box::new(stream));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn within<T>(end: Instant, connect: impl Future<Output = io::Result<T>>) -> Result<T, Error> {
    match timeout_at(end, connect).await {
        Ok(outcome) => outcome.map_err(|error| explain(&error)),
        Err(_) => Err(Error::new(Code::NetTimeout)),
    }
}
