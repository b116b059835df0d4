//! The one table of settings.

/// What a setting's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Free text.
    Text,
    /// Text that is masked everywhere.
    Secret,
    /// A path of the file system.
    Path,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// A duration: a number of seconds, or text such as `500ms`, `5s`, `2m`.
    Seconds,
    /// One of the words listed in the sentence.
    Choice,
}

impl Kind {
    /// Whether two texts say the same.
    pub(super) fn is_same(self, left: &str, right: &str) -> bool {
        match self {
            Self::Bool => truth(left).is_some() && truth(left) == truth(right) || left == right,
            Self::Integer => match (left.parse::<i64>(), right.parse::<i64>()) {
                (Ok(left), Ok(right)) => left == right,
                _ => left == right,
            },
            _ => left == right,
        }
    }
}

/// A truth value in any of its spellings.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Name in every language, up to its spelling conventions.
    pub name: &'static str,
    /// What its value looks like.
    pub kind: Kind,
    /// Default, as text; empty means unset.
    pub default: &'static str,
    /// Environment variables read by `from_env`, first one preferred.
    pub environment: &'static [&'static str],
    /// What it does, with its unit.
    pub sentence: &'static str,
}

macro_rules! settings {
    ($($name:literal $kind:ident $default:literal [$($env:literal),*] $sentence:literal)*) => {
        /// Every setting.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: $name, kind: Kind::$kind, default: $default,
            environment: &[$($env),*], sentence: $sentence,
        },)*];
    };
}

settings! {
    "url" Text "" ["REDIS_URL"] "redis://, rediss://, valkey://, valkeys:// or unix:// address; other settings may follow as its query."
    "host" Text "localhost" ["REDIS_HOST"] "Name or IP address of the server."
    "port" Integer "6379" ["REDIS_PORT"] "TCP port of the server."
    "path" Path "" [] "Unix socket of the server, in place of host and port."
    "db" Integer "0" ["REDIS_DB"] "Number of the logical database."
    "username" Text "" ["REDIS_USERNAME"] "ACL user; empty means the default user."
    "username_file" Path "" ["REDIS_USERNAME_FILE"] "File that holds the username; watched."
    "password" Secret "" ["REDIS_PASSWORD", "REDIS_AUTH"] "Password or token of the user."
    "password_file" Path "" ["REDIS_PASSWORD_FILE", "REDIS_AUTH_FILE"] "File that holds the password; watched, and used at once when it changes."
    "tls" Bool "" ["REDIS_SSL_ENABLED"] "Whether to use TLS; a CA or client certificate turns it on."
    "ca_file" Path "" ["REDIS_SSL_CA_CERTS", "REDIS_CA_CERT"] "File of trusted CA certificates in any text form; watched. Only these are trusted."
    "ca_pem" Text "" [] "Trusted CA certificates themselves, in place of ca_file."
    "cert_file" Path "" ["REDIS_SSL_CERTFILE"] "Client certificate chain, PEM; watched together with key_file."
    "key_file" Path "" ["REDIS_SSL_KEYFILE"] "Key of the client certificate, PEM."
    "cert_pem" Text "" [] "Client certificate chain itself, in place of cert_file."
    "key_pem" Secret "" [] "Key of the client certificate itself, in place of key_file."
    "verify" Choice "full" [] "full: chain and name. ca: chain only, for a CA that issues to nobody but this server."
    "expected_name" Text "" [] "Name or IP address the server's certificate must carry, in place of host."
    "danger_accept_any_certificate" Bool "false" [] "Verify nothing: anyone in between can read and change everything."
    "danger_plaintext_auth" Bool "false" [] "Send the password without TLS to a server that is not on this machine."
    "protocol" Integer "3" [] "RESP version, 2 or 3."
    "client_name" Text "" [] "Name shown by CLIENT LIST."
    "lib_name" Text "redlatch" [] "Library name shown by CLIENT LIST."
    "lib_version" Text "" [] "Library version shown by CLIENT LIST."
    "timeout" Seconds "5" [] "Longest wait for a command's reply, reconnection included, in seconds; 0 means no limit."
    "connect_timeout" Seconds "5" [] "Longest wait for the TCP connection, name resolution included, in seconds."
    "handshake_timeout" Seconds "5" [] "Longest wait for TLS and authentication, in seconds."
    "liveness" Seconds "5" [] "Silence with commands in flight after which the server is asked for a sign of life, and after as long again given up; 0 turns it off."
    "poll_interval" Seconds "10" [] "How often watched files are looked at, in seconds."
    "distrust_grace" Seconds "30" [] "How long a live session may go on after its CA was removed, in seconds."
    "backoff_min" Seconds "0.05" [] "Longest wait before the second connection attempt, in seconds; doubles with each attempt."
    "backoff_max" Seconds "2" [] "Longest wait between two connection attempts, in seconds."
    "max_queue" Integer "100000" [] "Commands that may wait for a connection."
    "max_queue_bytes" Integer "268435456" [] "Bytes of commands that may wait or be under way."
    "max_reply_bytes" Integer "1073741824" [] "Largest reply accepted, in bytes."
}

/// The row of a name.
pub fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}
