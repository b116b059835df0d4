//! The lab's own way into the server: a few RESP commands over its unix socket.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// One authenticated connection of the lab's own user.
pub(crate) struct Admin {
    stream: BufReader<UnixStream>,
}

/// Name of the server user the lab keeps for itself.
pub(crate) const USER: &str = "lab";

impl Admin {
    /// Connects and authenticates.
    pub(crate) fn open(socket: &Path, password: &str) -> Result<Admin, Error> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut admin = Admin { stream: BufReader::new(stream) };
        admin.call(&["AUTH", USER, password])?;
        Ok(admin)
    }

    /// Sends one command and returns the text of its reply (status, integer or bulk).
    pub(crate) fn call(&mut self, words: &[&str]) -> Result<String, Error> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let (kind, text) = line.trim_end().split_at_checked(1).unwrap_or_default();
        match kind {
            "+" | ":" => Ok(text.to_owned()),
            "-" => Err(Error::Refused(text.to_owned())),
            "$" => {
                let length: usize = text.parse().map_err(|_| strange(&line))?;
                let mut bytes = vec![0; length + 2];
                self.stream.read_exact(&mut bytes)?;
                bytes.truncate(length);
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => Err(strange(&line).into()),
        }
    }
}

/// Why a command got no good reply.
pub(crate) enum Error {
    /// The server's own error reply.
    Refused(String),
    /// No reply.
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(text) => write!(f, "the server says: {text}"),
            Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock => {
                write!(f, "the server did not answer within {PATIENCE:?}")
            }
            Error::Io(error) => write!(f, "{error}"),
        }
    }
}

fn strange(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("unexpected reply {line:?}"))
}

const PATIENCE: Duration = Duration::from_secs(5);
