//! Settings, from explicit arguments, a URL and the environment, to a [`Config`] that is valid.

mod command;
mod describe;
mod environment;
mod layers;
mod login;
mod settings;
mod tls;
mod url;

use std::{path::PathBuf, time::Duration};

use crate::{error::Result, secret::Secret};

pub use layers::Value;
pub use settings::{Kind, SETTINGS, Setting, setting};

pub(crate) use describe::describe;
use layers::Layers;

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Host name or IP address (no brackets), and port.
    Tcp {
        /// Name or IP address.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// Path of a Unix socket.
    Unix(PathBuf),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Address {
    /// Whether bytes to this address stay on this machine.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp { host, .. } => {
                host == "localhost"
                    || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
        }
    }
}

/// Where bytes of a material come from.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// Files, watched together.
    Files(Vec<PathBuf>),
    /// Content handed in, in the same order.
    Bytes(Vec<Secret>),
    /// The operating system's trust store.
    System,
    /// What the host answers when it is asked.
    Host,
    /// What a command prints: its name and arguments.
    Command(Vec<String>),
}

/// Shows no argument of a command: it may be a secret.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Files(paths) => write!(f, "Files({paths:?})"),
            Self::Bytes(parts) => write!(f, "Bytes({parts:?})"),
            Self::System => f.write_str("System"),
            Self::Host => f.write_str("Host"),
            Self::Command(words) => write!(f, "Command({:?}, ***)", words.first()),
        }
    }
}

impl Source {
    /// Whether somebody has to be asked, which takes time and can fail.
    pub fn is_fetched(&self) -> bool {
        matches!(self, Self::Host | Self::Command(_))
    }
}

/// How the server's certificate is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// Chain, dates, purpose and name.
    Full,
    /// Chain, dates and purpose.
    Ca,
    /// Nothing.
    DangerNone,
}

/// TLS settings.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Trusted CAs.
    pub trust: Source,
    /// Client certificate chain and key, if the server asks for one.
    pub identity: Option<Source>,
    /// How the server's certificate is checked.
    pub verify: Verify,
    /// Name expected in the certificate in place of the host.
    pub expected_name: Option<String>,
    /// What opens the client's key, unless it is the third part of `identity`.
    pub key_password: Option<Secret>,
    /// Certificate revocation lists.
    pub crls: Option<Source>,
    /// SHA-256 of public keys (SPKI), one of which must stand in the server's chain; empty means any.
    pub pins: Vec<[u8; 32]>,
    /// TLS 1.2 is not accepted.
    pub only_tls13: bool,
    /// Where secrets of TLS sessions are logged, for a packet analyser.
    pub danger_keylog_file: Option<PathBuf>,
}

/// Which live connections a rotation of trust or identity replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recycle {
    /// Those whose server is no longer trusted.
    Distrusted,
    /// All, one by one behind the traffic.
    Always,
    /// None, not even those: a danger.
    Never,
}

/// How the client proves who it is.
#[derive(Clone, Debug)]
pub struct Login {
    /// ACL user, unless it comes from a file.
    pub username: Option<String>,
    /// Whether the second file of `secret` holds the username.
    pub username_from_source: bool,
    /// The password, and the username if it comes from a file.
    pub secret: Source,
}

/// A valid set of settings. Only [`Config::parse`] makes one.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the server listens.
    pub address: Address,
    /// TLS, unless off.
    pub tls: Option<Tls>,
    /// Username and password, if any.
    pub login: Option<Login>,
    /// Logical database.
    pub db: u32,
    /// RESP version, 2 or 3.
    pub protocol: u8,
    /// Name shown by CLIENT LIST.
    pub client_name: Option<String>,
    /// Library name shown by CLIENT LIST.
    pub lib_name: String,
    /// Library version shown by CLIENT LIST.
    pub lib_version: String,
    /// Longest wait for a reply; none means no limit.
    pub timeout: Option<Duration>,
    /// Longest wait for the TCP connection.
    pub connect_timeout: Duration,
    /// Longest wait for TLS and authentication.
    pub handshake_timeout: Duration,
    /// Silence after which a sign of life is asked for.
    pub liveness: Option<Duration>,
    /// How long a thread looks for bytes before it sleeps for them; zero means not at all.
    pub busy_poll: Duration,
    /// How often watched files are looked at.
    pub poll_interval: Duration,
    /// How long a live session may go on after its CA was removed.
    pub distrust_grace: Duration,
    /// Which live connections a rotation replaces.
    pub recycle: Recycle,
    /// Whether a server that lets everybody in is refused.
    pub require_server_auth: bool,
    /// How often a provider is asked that names no end of what it gives; none means when needed.
    pub provider_interval: Option<Duration>,
    /// Longest run of a command.
    pub command_timeout: Duration,
    /// Longest wait before the second connection attempt.
    pub backoff_min: Duration,
    /// Longest wait between two connection attempts.
    pub backoff_max: Duration,
    /// Connections a client may hold at once.
    pub max_connections: usize,
    /// Commands that may wait for a connection.
    pub max_queue: usize,
    /// Bytes of commands that may wait or be under way.
    pub max_queue_bytes: usize,
    /// Largest reply accepted.
    pub max_reply_bytes: usize,
    /// What was corrected or looks like a mistake, for a `warning` event each.
    pub warnings: Vec<String>,
    /// Settings in force that weaken security, for a `danger` event each.
    pub dangers: Vec<&'static str>,
}

impl Config {
    /// Reads explicit settings and, if given, the environment.
    ///
    /// Explicit settings win over the URL and its query, which win over the environment. Inside
    /// the environment a URL and a single variable that differ are a conflict.
    ///
    /// # Errors
    /// `config.unknown`, `config.invalid`, `config.conflict`, `config.missing`,
    /// `config.insecure`, `config.unsupported`.
    pub fn parse<'a>(
        explicit: impl IntoIterator<Item = (&'a str, Value)>,
        environment: Option<&[(String, String)]>,
    ) -> Result<Self> {
        Self::parse_over(explicit, environment, [])
    }

    /// As [`Config::parse`], over defaults of the host's own: those of the library whose place it
    /// takes.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn parse_over<'a>(
        explicit: impl IntoIterator<Item = (&'a str, Value)>,
        environment: Option<&[(String, String)]>,
        defaults: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<Self> {
        let mut layers = Layers::default();
        layers.explicit(explicit)?;
        if let Some(variables) = environment {
            layers.environment(variables)?;
        }
        layers.defaults(defaults)?;
        Self::build(layers)
    }

    /// Reads one URL.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn from_url(url: &str) -> Result<Self> {
        Self::parse([("url", Value::Text(url.to_owned()))], None)
    }

    /// The same settings for another server, as the nodes of one deployment have.
    ///
    /// # Errors
    /// `config.insecure` if a secret would be sent to another machine without TLS.
    pub fn at(&self, address: Address) -> Result<Self> {
        if self.tls.is_none()
            && let Some(login) = &self.login
            && !address.is_local()
        {
            login::accept_plaintext(login, &address, self.dangers.contains(&login::PLAINTEXT))?;
        }
        Ok(Self { address, ..self.clone() })
    }

    fn build(mut layers: Layers) -> Result<Self> {
        let address = match layers.path("path") {
            Some(path) => {
                layers.exclude("path", &["host", "port"])?;
                Address::Unix(path)
            }
            None => Address::Tcp {
                host: host(&layers)?,
                port: layers.integer("port", 1, 65_535)? as u16,
            },
        };
        let mut dangers = Vec::new();
        let tls = tls::read(&layers, &address, &mut dangers)?;
        let login = login::read(&layers, &address, tls.is_some(), &mut dangers)?;
        let recycle = match layers.text("recycle").as_deref() {
            Some("distrusted") => Recycle::Distrusted,
            Some("always") => Recycle::Always,
            Some("never") => {
                dangers.push("recycle");
                Recycle::Never
            }
            _ => return Err(layers.invalid("recycle", "must be distrusted, always or never")),
        };
        let require_server_auth = layers.bool("require_server_auth")?;
        if require_server_auth && login.is_none() {
            return Err(layers.missing("password", "require_server_auth"));
        }
        Ok(Self {
            address,
            tls,
            login,
            db: layers.integer("db", 0, i64::from(u32::MAX))? as u32,
            protocol: layers.integer("protocol", 2, 3)? as u8,
            client_name: layers.word("client_name")?,
            lib_name: layers.word("lib_name")?.unwrap_or_default(),
            lib_version: layers
                .word("lib_version")?
                .unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned()),
            timeout: layers.optional_seconds("timeout")?,
            connect_timeout: layers.seconds("connect_timeout")?,
            handshake_timeout: layers.seconds("handshake_timeout")?,
            liveness: layers.optional_seconds("liveness")?,
            busy_poll: layers.moment("busy_poll", BUSY_POLL_LIMIT)?,
            poll_interval: layers.seconds("poll_interval")?,
            distrust_grace: layers.optional_seconds("distrust_grace")?.unwrap_or_default(),
            recycle,
            require_server_auth,
            provider_interval: layers.optional_seconds("provider_interval")?,
            command_timeout: layers.seconds("command_timeout")?,
            backoff_min: layers.seconds("backoff_min")?,
            backoff_max: layers.seconds("backoff_max")?,
            max_connections: layers.size("max_connections", 1)?,
            max_queue: layers.size("max_queue", 1)?,
            max_queue_bytes: layers.size("max_queue_bytes", 1)?,
            max_reply_bytes: layers.size("max_reply_bytes", 1024)?,
            warnings: std::mem::take(&mut layers.warnings),
            dangers,
        })
    }
}

fn host(layers: &Layers) -> Result<String> {
    let host = layers.text("host").unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
    if bare.is_empty() || bare.contains(|c: char| c.is_whitespace() || c == '/' || c == '@') {
        return Err(layers.invalid("host", "is not a host name or IP address"));
    }
    if bare.contains(':') && bare.parse::<std::net::Ipv6Addr>().is_err() {
        return Err(
            layers.invalid("host", "holds a colon but is no IPv6 address; give the port apart")
        );
    }
    Ok(bare.to_owned())
}

/// Longer than this a look holds a core that others could use.
const BUSY_POLL_LIMIT: Duration = Duration::from_millis(10);
