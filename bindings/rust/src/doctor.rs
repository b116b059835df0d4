//! The doctor with this machine's sockets.

use std::{
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use redlatch_core::{
    Code, Error, MaterialKind, Now, Result, Secret,
    config::Value,
    doctor::{self, Heard, Host, Place, Target, Transport},
    document,
    material::{FileSystem, OsFiles},
};

pub use redlatch_core::doctor::{Expected, Part, Report, Stage, Status};

use crate::{
    clock,
    dial::{Stream, explain, tune},
    driver::SIGNAL_CHECK,
    gate::without,
    open::configure,
};

/// What an examination may need of whoever asks for it.
#[derive(Default)]
pub struct Asked<'a> {
    /// Of the server.
    pub expected: Expected,
    /// What providers gave, or why they gave nothing, of each material that the settings leave to
    /// one.
    pub provided: Vec<(MaterialKind, Result<Vec<Secret>>)>,
    /// Hears of each step when it is done.
    pub progress: Option<&'a mut dyn FnMut(&Stage)>,
    /// Asked now and then; `false` ends the examination with `client.cancelled`.
    pub goes_on: Option<&'a mut dyn FnMut() -> bool>,
}

/// Finds out step by step why the server of these settings, and, if asked, of the environment,
/// cannot be reached, or that it can: settings, materials, names, TCP, TLS, chain, name, client
/// certificate, authentication, the server's state, and its latency. It takes as long as the
/// settings allow each step, and shares nothing with clients.
///
/// ```
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// use redlatch::{core::config::Value, doctor};
///
/// let report = doctor::examine([("url", Value::Text(url))], false, doctor::Asked::default());
/// assert!(report.failure().is_none(), "{}", report.to_json());
/// ```
pub fn examine<'a>(
    settings: impl IntoIterator<Item = (&'a str, Value)>,
    from_env: bool,
    asked: Asked<'_>,
) -> Report {
    let config = configure(settings, from_env, []);
    doctor::examine(config, asked.expected, &mut Machine(asked))
}

/// The same for settings in one JSON object, see [`document::settings`]: a document that is none is a
/// finding, too.
pub fn examine_document(settings: &str, from_env: bool, asked: Asked<'_>) -> Report {
    let config = document::settings(settings).and_then(|settings| {
        let settings = settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
        configure(settings, from_env, [])
    });
    doctor::examine(config, asked.expected, &mut Machine(asked))
}

struct Machine<'a>(Asked<'a>);

impl Host for Machine<'_> {
    fn now(&self) -> Now {
        clock::now()
    }

    fn resolve(&mut self, name: &str, port: u16) -> Result<Vec<SocketAddr>> {
        let mut found = Vec::new();
        let all = without(|| (name, port).to_socket_addrs())
            .map_err(|error| Error::with_detail(Code::NetDns, error.to_string()))?;
        for address in all {
            if !found.contains(&address) {
                found.push(address);
            }
        }
        Ok(found)
    }

    fn connect(&mut self, target: &Target, limit: Duration) -> Result<Box<dyn Transport>> {
        self.check()?;
        let stream = without(|| match target {
            Target::Tcp(address) => TcpStream::connect_timeout(address, limit).map(Stream::Tcp),
            Target::Unix(path) => UnixStream::connect(path).map(Stream::Unix),
        })
        .map_err(|error| explain(&error))?;
        if let Stream::Tcp(tcp) = &stream {
            tune(tcp)?;
        }
        // A peer that does not read must not hold the examination up for ever.
        stream.set_write_timeout(limit).map_err(|error| explain(&error))?;
        Ok(Box::new(Socket { stream, buffer: vec![0; BUFFER].into_boxed_slice() }))
    }

    fn provide(&mut self, material: MaterialKind) -> Result<Vec<Secret>> {
        let found = self.0.provided.iter().find(|(known, _)| *known == material);
        match found {
            Some((_, given)) => given.clone(),
            None => Err(material.unavailable("the doctor was given none")),
        }
    }

    fn pause(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        loop {
            self.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            without(|| std::thread::sleep(left.min(SIGNAL_CHECK)));
        }
    }

    fn check(&mut self) -> Result<()> {
        let goes_on = self.0.goes_on.as_mut().is_none_or(without);
        match goes_on {
            true => Ok(()),
            false => Err(Error::new(Code::ClientCancelled)),
        }
    }

    fn place(&self) -> Place {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Place::of(is_set, |path| Path::new(path).exists())
    }

    fn files(&self) -> Arc<dyn FileSystem> {
        Arc::new(OsFiles)
    }

    fn finished(&mut self, stage: &Stage) {
        if let Some(progress) = &mut self.0.progress {
            progress(stage);
        }
    }
}

struct Socket {
    stream: Stream,
    buffer: Box<[u8]>,
}

impl Transport for Socket {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        without(|| self.stream.write_all(bytes)).map_err(|error| explain(&error))
    }

    fn receive(&mut self, into: &mut Vec<u8>, limit: Duration) -> Result<Heard> {
        let limit = limit.max(Duration::from_millis(1));
        self.stream.set_read_timeout(limit).map_err(|error| explain(&error))?;
        match without(|| self.stream.read(&mut self.buffer)) {
            Ok(0) => Ok(Heard::End),
            Ok(read) => {
                into.extend_from_slice(&self.buffer[..read]);
                Ok(Heard::Bytes)
            }
            Err(error) => match error.kind() {
                std::io::ErrorKind::WouldBlock
                | std::io::ErrorKind::TimedOut
                | std::io::ErrorKind::Interrupted => Ok(Heard::Nothing),
                _ => Err(explain(&error)),
            },
        }
    }
}

const BUFFER: usize = 32 * 1024;
