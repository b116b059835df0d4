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
    /// A duration: a number of seconds, or text such as `200us`, `500ms`, `5s`, `2m`.
    Seconds,
    /// One of the words listed in the sentence.
    Choice,
    /// Several texts: a list, a JSON array of strings, or texts separated by commas.
    List,
}

impl Kind {
    /// As tables name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Secret => "secret",
            Self::Path => "path",
            Self::Bool => "bool",
            Self::Integer => "integer",
            Self::Seconds => "seconds",
            Self::Choice => "choice",
            Self::List => "list",
        }
    }

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
    "password_command" Text "" [] "Command that prints the secret, alone or as JSON with username, password, and expires_in or expires_at; words split at blanks, or a JSON array. No shell."
    "command_timeout" Seconds "10" [] "Longest run of password_command, in seconds."
    "provide_credentials" Bool "false" [] "The host is asked for username and secret; set by credentials_provider."
    "provider_interval" Seconds "300" [] "How often a provider is asked that names no end of what it gives, in seconds; 0 means only when needed. A known end counts instead: half the remaining life, and no later than 4 minutes before."
    "require_server_auth" Bool "false" [] "Refuse a server that lets everybody in: it is asked without the secret first, and must answer NOAUTH."
    "tls" Bool "" ["REDIS_SSL_ENABLED"] "Whether to use TLS; a CA or client certificate turns it on."
    "ca_file" Path "" ["REDIS_SSL_CA_CERTS", "REDIS_CA_CERT"] "File of trusted CA certificates in any text form, or a folder of such files; watched. Only these are trusted."
    "ca_files" List "" [] "Several files or folders of trusted CA certificates, in place of ca_file."
    "ca_pem" Text "" [] "Trusted CA certificates themselves, in place of ca_file."
    "provide_trust" Bool "false" [] "The host is asked for the trusted CA certificates; set by trust_provider."
    "cert_file" Path "" ["REDIS_SSL_CERTFILE"] "Client certificate chain, PEM; watched together with key_file."
    "key_file" Path "" ["REDIS_SSL_KEYFILE"] "Key of the client certificate, PEM; may stand in cert_file too."
    "key_password" Secret "" ["REDIS_SSL_KEYFILE_PASSWORD"] "Password of an encrypted key (PKCS#8)."
    "key_password_file" Path "" ["REDIS_SSL_KEYFILE_PASSWORD_FILE"] "File that holds the password of the key; watched together with it."
    "cert_pem" Text "" [] "Client certificate chain itself, in place of cert_file."
    "key_pem" Secret "" [] "Key of the client certificate itself, in place of key_file."
    "provide_identity" Bool "false" [] "The host is asked for the client certificate and its key; set by identity_provider."
    "verify" Choice "full" [] "full: chain and name. ca: chain only, for a CA that issues to nobody but this server."
    "expected_name" Text "" [] "Name or IP address the server's certificate must carry, in place of host."
    "pin_sha256" List "" [] "SHA-256 of public keys (SPKI), base64 or hexadecimal; one of them must stand in the verified chain, whatever else holds. Give the next key's pin too before it is used."
    "crl_file" Path "" [] "File of certificate revocation lists, PEM or DER, or a folder of such files; watched. A certificate whose issuer has no list in it passes."
    "tls_min_version" Choice "1.2" [] "Oldest TLS version accepted: 1.2 or 1.3."
    "danger_accept_any_certificate" Bool "false" [] "Verify nothing: anyone in between can read and change everything."
    "danger_plaintext_auth" Bool "false" [] "Send the password without TLS to a server that is not on this machine."
    "danger_keylog_file" Path "" [] "Append the secrets of each TLS session to this file (NSS key log): whoever has it can decrypt recorded traffic."
    "protocol" Integer "3" [] "RESP version, 2 or 3."
    "client_name" Text "" [] "Name shown by CLIENT LIST."
    "lib_name" Text "redlatch" [] "Library name shown by CLIENT LIST."
    "lib_version" Text "" [] "Library version shown by CLIENT LIST."
    "timeout" Seconds "5" [] "Longest wait for a command's reply, reconnection included, in seconds; 0 means no limit."
    "connect_timeout" Seconds "5" [] "Longest wait for the TCP connection, name resolution included, in seconds."
    "handshake_timeout" Seconds "5" [] "Longest wait for TLS and authentication, in seconds."
    "liveness" Seconds "5" [] "Silence with commands in flight after which the server is asked for a sign of life, and after as long again given up; 0 turns it off."
    "busy_poll" Seconds "0.0002" [] "How long a blocking caller who is alone looks for a reply before it sleeps, in seconds, at most 10 ms: to sleep and be woken takes longer than a server nearby takes to answer. Where replies come later it sleeps at once; 0 turns it off. Event loops never do it."
    "poll_interval" Seconds "10" [] "How often watched files are looked at, in seconds."
    "distrust_grace" Seconds "30" [] "How long a live session may go on after its CA was removed, in seconds."
    "recycle" Choice "distrusted" [] "Live connections a rotation replaces. distrusted: those whose CA is gone. always: all. never: none, so that a removed CA goes on protecting them."
    "backoff_min" Seconds "0.05" [] "Longest wait before the second connection attempt, in seconds; doubles with each attempt."
    "backoff_max" Seconds "2" [] "Longest wait between two connection attempts, in seconds."
    "max_connections" Integer "1024" [] "Connections a client may hold at once: commands that block, WATCH, subscriptions and each busy thread of a blocking client have one of their own."
    "max_queue" Integer "100000" [] "Commands that may wait for a connection."
    "max_queue_bytes" Integer "268435456" [] "Bytes of commands that may wait or be under way."
    "max_reply_bytes" Integer "1073741824" [] "Largest reply accepted, in bytes."
}

/// The row of a name.
pub fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}
