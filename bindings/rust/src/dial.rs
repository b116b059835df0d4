//! TCP and Unix connections, made in the calling thread.

use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    time::{Duration, Instant},
};

use redlatch_core::{Code, Error, config::Address};
use rustix::net::{Shutdown, shutdown};
use socket2::{SockRef, TcpKeepalive};

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Connects to the addresses of a name one after the other, starting with another one at each
    /// attempt; each gets a fair share of the time.
    pub(crate) fn dial(address: &Address, attempt: u32, timeout: Duration) -> Result<Self, Error> {
        let (host, port) = match address {
            Address::Unix(path) => {
                return UnixStream::connect(path).map(Self::Unix).map_err(|error| explain(&error));
            }
            Address::Tcp { host, port } => (host.as_str(), *port),
        };
        let end = Instant::now() + timeout;
        let mut addresses: Vec<SocketAddr> = (host, port)
            .to_socket_addrs()
            .map_err(|error| Error::with_detail(Code::NetDns, error.to_string()))?
            .collect();
        if addresses.is_empty() {
            return Err(Error::new(Code::NetDns));
        }
        let count = addresses.len();
        addresses.rotate_left(attempt as usize % count);
        let mut last = Error::new(Code::NetTimeout);
        for (at, address) in addresses.iter().enumerate() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(address, left / (count - at) as u32) {
                Ok(stream) => return tune(&stream).map(|()| Self::Tcp(stream)),
                Err(error) => last = explain(&error),
            }
        }
        Err(last)
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        io::Read::read(
            match self {
                Self::Tcp(stream) => stream as &mut dyn io::Read,
                Self::Unix(stream) => stream,
            },
            buffer,
        )
    }

    /// Ends the connection, whoever else has the socket.
    pub(crate) fn shut_down(&self) {
        // One that has ended already cannot be ended.
        let _ = shutdown(self, Shutdown::Both);
    }

    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        io::Write::write_all(
            match self {
                Self::Tcp(stream) => stream as &mut dyn io::Write,
                Self::Unix(stream) => stream,
            },
            bytes,
        )
    }

    pub(crate) fn set_write_timeout(&self, timeout: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_write_timeout(Some(timeout)),
            Self::Unix(stream) => stream.set_write_timeout(Some(timeout)),
        }
    }

    pub(crate) fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_read_timeout(Some(timeout)),
            Self::Unix(stream) => stream.set_read_timeout(Some(timeout)),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}

/// No delay, and a dead peer is noticed.
pub(crate) fn tune(stream: &impl AsFd) -> Result<(), Error> {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 3);
    socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&keepalive))
        .map_err(|error| explain(&error))
}

/// The code of a failure to connect, read or write.
pub fn explain(error: &io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Code::NetRefused,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Code::NetTimeout,
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::PermissionDenied => Code::NetUnreachable,
        _ => Code::NetClosed,
    };
    Error::with_detail(code, error.to_string())
}

const KEEPALIVE: Duration = Duration::from_secs(30);
