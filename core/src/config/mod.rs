//! Settings, from explicit arguments, a URL and the environment, to a [`Config`] that is valid.

mod environment;
mod layers;
mod settings;
mod url;

use std::{path::PathBuf, time::Duration};

use crate::{
    error::{Code, Error, Result},
    secret::Secret,
};

pub use layers::Value;
pub use settings::{Kind, SETTINGS, Setting, setting};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Files, watched together.
    Files(Vec<PathBuf>),
    /// Content handed in, in the same order.
    Bytes(Vec<Secret>),
    /// The operating system's trust store.
    System,
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
    /// How often watched files are looked at.
    pub poll_interval: Duration,
    /// How long a live session may go on after its CA was removed.
    pub distrust_grace: Duration,
    /// Longest wait before the second connection attempt.
    pub backoff_min: Duration,
    /// Longest wait between two connection attempts.
    pub backoff_max: Duration,
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
        let mut layers = Layers::default();
        layers.explicit(explicit)?;
        if let Some(variables) = environment {
            layers.environment(variables)?;
        }
        Self::build(layers)
    }

    /// Reads one URL.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn from_url(url: &str) -> Result<Self> {
        Self::parse([("url", Value::Text(url.to_owned()))], None)
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
        let login = login(&layers)?;
        let mut dangers = Vec::new();
        let tls = tls(&layers, &address, &mut dangers)?;
        if login.is_some() && tls.is_none() && !address.is_local() {
            if !layers.bool("danger_plaintext_auth")? {
                return Err(Error::with_detail(
                    Code::ConfigInsecure,
                    "a password would be sent without TLS to another machine",
                )
                .with(
                    "setting",
                    layers.origin(match layers.is_set("password_file") {
                        true => "password_file",
                        false => "password",
                    }),
                )
                .with("address", &address));
            }
            dangers.push("danger_plaintext_auth");
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
            poll_interval: layers.seconds("poll_interval")?,
            distrust_grace: layers.optional_seconds("distrust_grace")?.unwrap_or_default(),
            backoff_min: layers.seconds("backoff_min")?,
            backoff_max: layers.seconds("backoff_max")?,
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

fn login(layers: &Layers) -> Result<Option<Login>> {
    layers.exclude("password_file", &["password"])?;
    layers.exclude("username_file", &["username"])?;
    let username = layers.text("username");
    let secret = if let Some(path) = layers.path("password_file") {
        let mut files = vec![path];
        files.extend(layers.path("username_file"));
        Source::Files(files)
    } else if let Some(password) = layers.text("password") {
        if layers.is_set("username_file") {
            return Err(layers.missing("password_file", "username_file"));
        }
        Source::Bytes(vec![Secret::new(password)])
    } else if layers.is_set("username") || layers.is_set("username_file") {
        return Err(layers.missing("password", "username"));
    } else {
        return Ok(None);
    };
    Ok(Some(Login { username, username_from_source: layers.is_set("username_file"), secret }))
}

fn tls(layers: &Layers, address: &Address, dangers: &mut Vec<&'static str>) -> Result<Option<Tls>> {
    const TLS_ONLY: [&str; 7] =
        ["ca_file", "ca_pem", "cert_file", "key_file", "cert_pem", "key_pem", "expected_name"];
    let wanted = TLS_ONLY.into_iter().find(|name| layers.is_set(name));
    let on = match layers.is_set("tls") {
        true => layers.bool("tls")?,
        false => wanted.is_some(),
    };
    if !on {
        // Fail closed: whoever names a CA believes that the connection is protected.
        return match wanted {
            Some(name) => Err(layers.conflict("tls", name)),
            None => Ok(None),
        };
    }
    if matches!(address, Address::Unix(_)) && !layers.is_set("expected_name") {
        return Err(Error::with_detail(
            Code::ConfigMissing,
            "TLS over a Unix socket has no host name to verify",
        )
        .with("setting", "expected_name"));
    }
    layers.exclude("ca_pem", &["ca_file"])?;
    layers.exclude("cert_pem", &["cert_file"])?;
    layers.exclude("key_pem", &["key_file"])?;
    let mut trust = match (layers.path("ca_file"), layers.text("ca_pem")) {
        (Some(path), _) => Source::Files(vec![path]),
        (None, Some(pem)) => Source::Bytes(vec![Secret::new(pem)]),
        (None, None) => Source::System,
    };
    let identity = match (layers.path("cert_file"), layers.path("key_file")) {
        (Some(cert), Some(key)) => Some(Source::Files(vec![cert, key])),
        // As OpenSSL users expect: one file may hold both.
        (Some(cert), None) => Some(Source::Files(vec![cert])),
        (None, Some(_)) => return Err(layers.missing("cert_file", "key_file")),
        (None, None) => match (layers.text("cert_pem"), layers.text("key_pem")) {
            (Some(cert), Some(key)) => {
                Some(Source::Bytes(vec![Secret::new(cert), Secret::new(key)]))
            }
            (Some(cert), None) => Some(Source::Bytes(vec![Secret::new(cert)])),
            (None, Some(_)) => return Err(layers.missing("cert_pem", "key_pem")),
            (None, None) => None,
        },
    };
    let verify = if layers.bool("danger_accept_any_certificate")? {
        dangers.push("danger_accept_any_certificate");
        if trust == Source::System {
            // Nothing is verified, so a machine without a trust store must not fail.
            trust = Source::Bytes(Vec::new());
        }
        Verify::DangerNone
    } else {
        match layers.text("verify").as_deref() {
            Some("ca") if trust == Source::System => {
                return Err(Error::with_detail(
                    Code::ConfigInsecure,
                    "verify=ca needs a CA of your own: public CAs issue to everybody",
                )
                .with("setting", layers.origin("verify")));
            }
            Some("full") => Verify::Full,
            Some("ca") => Verify::Ca,
            _ => return Err(layers.invalid("verify", "must be full or ca")),
        }
    };
    Ok(Some(Tls { trust, identity, verify, expected_name: layers.text("expected_name") }))
}
