//! Our failures as redis-rs's errors, and back to a code.
//!
//! | ours | redis-rs's `kind` |
//! |---|---|
//! | `config` | `InvalidClientConfig` |
//! | `auth.required`, `rejected`, `unexpected` | `AuthenticationFailed` |
//! | what the server answered | `Server` or `Extension`, the text kept |
//! | `client.misuse`, `closed`, `cancelled`, `internal` | `Client` |
//! | all others | `Io`, our error at the end of its sources |
//!
//! `Io` carries the retry class as the kind of I/O error, so that `retry_method` follows it:
//! `never` and `after_rotation` are `NoRetry`, `reconnect` is `Reconnect`, `backoff` is
//! `Reconnect` after a lost or refused connection and `RetryImmediately` otherwise.

use std::{error::Error as _, fmt, io};

use redis::{ErrorKind, RedisError, Value};
use redlatch_core::{Code, Error, Retry};

use super::value;

/// The code of an error that came through redis-rs, if it is one of ours or of the server.
///
/// ```
/// # use redlatch::{Client, Code};
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url().replace(&lab.password(), "wrong");
/// let failed = redis::cmd("PING").exec(&mut Client::open(&url)?.connection());
/// let error = failed.expect_err("the password is wrong");
/// assert_eq!(error.kind(), redis::ErrorKind::AuthenticationFailed);
/// assert_eq!(redlatch::code(&error), Some(Code::AuthRejected));
/// # Ok::<(), redlatch::Error>(())
/// ```
pub fn code(error: &RedisError) -> Option<Code> {
    if let Some(ours) = cause(error) {
        return Some(ours.code());
    }
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => {
            let text = format!("{} {}", error.code()?, error.detail().unwrap_or_default());
            Some(Code::of_server_text(&text))
        }
        // These have no source; their text starts with the name.
        _ => {
            let text = error.to_string();
            let (name, _) = text.split_once(" - ")?;
            Code::ALL.iter().copied().find(|code| code.name() == name)
        }
    }
}

/// Our error at the end of a redis-rs error's sources, with its evidence: of connections, TLS and trust.
pub fn cause(error: &RedisError) -> Option<&Error> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(ours) = inner.downcast_ref::<Error>() {
            return Some(ours);
        }
        source = inner.source();
    }
    None
}

pub(super) fn of(error: Error) -> RedisError {
    let code = error.code();
    let kind = match (code.family(), code) {
        ("config", _) => ErrorKind::InvalidClientConfig,
        (_, Code::AuthRequired | Code::AuthRejected | Code::AuthUnexpected) => {
            ErrorKind::AuthenticationFailed
        }
        ("server", _) | (_, Code::AuthDenied) if !error.detail().is_empty() => {
            return of_server(error.detail());
        }
        (_, Code::ClientMisuse | Code::ClientClosed | Code::ClientCancelled) | ("internal", _) => {
            ErrorKind::Client
        }
        _ => return io::Error::new(io_kind(code), Coded(error)).into(),
    };
    RedisError::from((kind, code.name(), error.to_string()))
}

pub(super) fn of_server(text: &str) -> RedisError {
    match value::error(text) {
        Value::ServerError(error) => error.into(),
        // Only if redis-rs could not read its own form.
        _ => redis::make_extension_error(text.to_owned(), None),
    }
}

/// A transaction that the server discarded because it refused to queue commands of it.
pub(super) fn discarded(refusals: &[(usize, String)]) -> RedisError {
    // MULTI comes first.
    let reasons = refusals.iter().map(|(at, text)| match at.checked_sub(1) {
        Some(index) => format!("command {index}: {text}"),
        None => text.clone(),
    });
    let reasons: Vec<_> = reasons.collect();
    of_server(&format!("EXECABORT {}", reasons.join("; ")))
}

fn io_kind(code: Code) -> io::ErrorKind {
    match code {
        Code::NetRefused => io::ErrorKind::ConnectionRefused,
        Code::ClientInterrupted => io::ErrorKind::ConnectionReset,
        Code::NetTimeout | Code::TlsTimeout | Code::ClientTimeout => io::ErrorKind::TimedOut,
        Code::NetDns | Code::NetUnreachable => io::ErrorKind::HostUnreachable,
        _ => match code.retry() {
            Retry::Never => io::ErrorKind::Unsupported,
            Retry::AfterRotation => io::ErrorKind::PermissionDenied,
            Retry::Reconnect => io::ErrorKind::ConnectionAborted,
            Retry::Backoff => io::ErrorKind::Other,
        },
    }
}

/// Our error where only the text of the outermost one may be seen.
#[derive(Debug)]
struct Coded(Error);

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code(), self.0)
    }
}

impl std::error::Error for Coded {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
