//! Settings with types.

mod choice;

use std::{fmt, path::Path, time::Duration};

use redlatch_core::{Code, Error, MaterialKind, Result, config::Value as Setting};

pub use choice::{Protocol, Recycle, TlsVersion, Verify};

use crate::{
    client::Client,
    doctor::{self, Asked, Report},
    open::open,
    provider::{Providers, SecretText},
};

/// Settings of a client, one after the other. What is not set has the default of
/// [the table](redlatch_core::config::SETTINGS).
///
/// ```
/// # let lab = redlatch_lab::Lab::up();
/// # let (port, ca_file, password_file) = (lab.port(), lab.ca_file(), lab.password_file());
/// use std::time::Duration;
///
/// let client = redlatch::Client::builder()
///     .host("127.0.0.1")
///     .port(port)
///     .ca_file(ca_file)
///     .password_file(password_file)
///     .timeout(Duration::from_millis(500))
///     .build()?;
/// client.connection().call(["PING"])?;
/// # Ok::<(), redlatch::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Builder {
    settings: Vec<(String, Setting)>,
    from_env: bool,
    providers: Providers,
    /// The first value that cannot be a setting.
    error: Option<Error>,
}

macro_rules! settings {
    ($($kind:tt $name:ident $sentence:literal)*) => {
        /// Each by its name.
        impl Builder {
            $(settings!(@ $kind $name $sentence);)*
        }

        #[cfg(test)]
        const DESCRIBED: &[(&str, &str)] = &[$((stringify!($name), $sentence),)*];
    };
    (@ text $name:ident $sentence:literal) => {
        #[doc = $sentence]
        pub fn $name(self, value: impl Into<String>) -> Self {
            self.set(stringify!($name), Setting::Text(value.into()))
        }
    };
    (@ secret $name:ident $sentence:literal) => {
        #[doc = $sentence]
        pub fn $name(self, value: impl Into<SecretText>) -> Self {
            self.set(stringify!($name), Setting::Text(value.into().0))
        }
    };
    (@ path $name:ident $sentence:literal) => {
        #[doc = $sentence]
        pub fn $name(self, value: impl AsRef<Path>) -> Self {
            self.set_path(stringify!($name), value.as_ref())
        }
    };
    (@ bool $name:ident $sentence:literal) => {
        #[doc = $sentence]
        pub fn $name(self, value: bool) -> Self {
            self.set(stringify!($name), Setting::Bool(value))
        }
    };
    (@ seconds $name:ident $sentence:literal) => {
        #[doc = $sentence]
        pub fn $name(self, value: Duration) -> Self {
            self.set(stringify!($name), Setting::Number(value.as_secs_f64()))
        }
    };
    (@ list $name:ident $sentence:literal) => {
        #[doc = $sentence]
        pub fn $name(self, value: impl IntoIterator<Item = impl Into<String>>) -> Self {
            let texts = value.into_iter().map(Into::into).collect();
            self.set(stringify!($name), Setting::List(texts))
        }
    };
    (@ ($integer:ty) $name:ident $sentence:literal) => {
        #[doc = $sentence]
        pub fn $name(self, value: $integer) -> Self {
            let number = i64::try_from(value).unwrap_or(i64::MAX);
            self.set(stringify!($name), Setting::Integer(number))
        }
    };
    (@ [$choice:ty] $name:ident $sentence:literal) => {
        #[doc = $sentence]
        pub fn $name(self, value: $choice) -> Self {
            self.set(stringify!($name), Setting::Text(value.word().to_owned()))
        }
    };
}

settings! {
    text url "redis://, rediss://, valkey://, valkeys:// or unix:// address; other settings may follow as its query."
    text host "Name or IP address of the server."
    (u16) port "TCP port of the server."
    path path "Unix socket of the server, in place of host and port."
    (u32) db "Number of the logical database."
    text username "ACL user; empty means the default user."
    path username_file "File that holds the username; watched."
    secret password "Password or token of the user."
    path password_file "File that holds the password; watched, and used at once when it changes."
    text password_command "Command that prints the secret, alone or as JSON with username, password, and expires_in or expires_at; words split at blanks, or a JSON array. No shell."
    seconds command_timeout "Longest run of password_command."
    seconds provider_interval "How often a provider is asked that names no end of what it gives; 0 means only when needed. A known end counts instead: half the remaining life, and no later than 4 minutes before."
    bool require_server_auth "Refuse a server that lets everybody in: it is asked without the secret first, and must answer NOAUTH."
    bool tls "Whether to use TLS; a CA or client certificate turns it on."
    path ca_file "File of trusted CA certificates in any text form, or a folder of such files; watched. Only these are trusted."
    list ca_files "Several files or folders of trusted CA certificates, in place of ca_file."
    text ca_pem "Trusted CA certificates themselves, in place of ca_file."
    path cert_file "Client certificate chain, PEM; watched together with key_file."
    path key_file "Key of the client certificate, PEM; may stand in cert_file too."
    secret key_password "Password of an encrypted key (PKCS#8)."
    path key_password_file "File that holds the password of the key; watched together with it."
    text cert_pem "Client certificate chain itself, in place of cert_file."
    secret key_pem "Key of the client certificate itself, in place of key_file."
    [Verify] verify "full: chain and name. ca: chain only, for a CA that issues to nobody but this server."
    text expected_name "Name or IP address the server's certificate must carry, in place of host."
    list pin_sha256 "SHA-256 of public keys (SPKI), base64 or hexadecimal; one of them must stand in the verified chain, whatever else holds. Give the next key's pin too before it is used."
    path crl_file "File of certificate revocation lists, PEM or DER, or a folder of such files; watched. A certificate whose issuer has no list in it passes."
    [TlsVersion] tls_min_version "Oldest TLS version accepted: 1.2 or 1.3."
    bool danger_accept_any_certificate "Verify nothing: anyone in between can read and change everything."
    bool danger_plaintext_auth "Send the password without TLS to a server that is not on this machine."
    path danger_keylog_file "Append the secrets of each TLS session to this file (NSS key log): whoever has it can decrypt recorded traffic."
    [Protocol] protocol "RESP version, 2 or 3."
    text client_name "Name shown by CLIENT LIST."
    text lib_name "Library name shown by CLIENT LIST."
    text lib_version "Library version shown by CLIENT LIST."
    seconds timeout "Longest wait for a command's reply, reconnection included; 0 means no limit."
    seconds connect_timeout "Longest wait for the TCP connection, name resolution included."
    seconds handshake_timeout "Longest wait for TLS and authentication."
    seconds liveness "Silence with commands in flight after which the server is asked for a sign of life, and after as long again given up; 0 turns it off."
    seconds busy_poll "How long a blocking caller who is alone looks for a reply before it sleeps, at most 10 ms: to sleep and be woken takes longer than a server nearby takes to answer. Where replies come later it sleeps at once; 0 turns it off. Event loops never do it."
    seconds poll_interval "How often watched files are looked at."
    seconds distrust_grace "How long a live session may go on after its CA was removed."
    [Recycle] recycle "Live connections a rotation replaces. distrusted: those whose CA is gone. always: all. never: none, so that a removed CA goes on protecting them."
    seconds backoff_min "Longest wait before the second connection attempt; doubles with each attempt."
    seconds backoff_max "Longest wait between two connection attempts."
    (usize) max_connections "Connections a client may hold at once: commands that block, WATCH, subscriptions and each busy thread of a blocking client have one of their own."
    (usize) max_queue "Commands that may wait for a connection."
    (usize) max_queue_bytes "Bytes of commands that may wait or be under way."
    (usize) max_reply_bytes "Largest reply accepted, in bytes."
}

impl Builder {
    /// What the environment says counts too, where nothing is set here: `REDIS_URL`, or `REDIS_HOST` and
    /// its siblings.
    pub fn from_env(mut self) -> Self {
        self.from_env = true;
        self
    }

    /// Where CAs, certificate and secret come from in place of settings; see [`Providers`].
    pub fn providers(mut self, providers: Providers) -> Self {
        self.providers = providers;
        self
    }

    /// A setting whose name is known only when the program runs.
    pub fn set(mut self, name: &str, value: Setting) -> Self {
        self.settings.push((name.to_owned(), value));
        self
    }

    /// A client of these settings. Nothing is read and nothing is connected yet.
    ///
    /// # Errors
    /// The `config` family.
    pub fn build(self) -> Result<Client> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let settings = all(&self.settings, &self.providers);
        let profile = open(settings, self.from_env)?;
        Ok(Client::of(profile, self.providers))
    }

    /// Finds out step by step why a client of these settings does not connect, or that it does; see
    /// [`doctor::examine`]. Providers are asked.
    ///
    /// ```
    /// let report = redlatch::Client::builder().host("cache.invalid").doctor();
    /// let (_, why) = report.failure().expect("there is no such host");
    /// assert_eq!(why.code(), redlatch::Code::NetDns);
    /// println!("{}", report.remedy.as_deref().unwrap_or_default());
    /// ```
    #[must_use]
    pub fn doctor(&self) -> Report {
        let provided = self.providers.kinds().map(|kind| (kind, self.providers.ask_alone(kind)));
        let asked =
            Asked { provided: provided.collect::<Vec<(MaterialKind, _)>>(), ..Asked::default() };
        doctor::examine(all(&self.settings, &self.providers), self.from_env, asked)
    }

    fn set_path(mut self, name: &str, path: &Path) -> Self {
        match path.to_str() {
            Some(text) => self.set(name, Setting::Text(text.to_owned())),
            None => {
                let error = Error::with_detail(Code::ConfigInvalid, "the path is not Unicode");
                self.error.get_or_insert(error.with("setting", name));
                self
            }
        }
    }
}

/// The settings, and those that make a client ask.
fn all<'a>(
    settings: &'a [(String, Setting)],
    providers: &'a Providers,
) -> impl Iterator<Item = (&'a str, Setting)> {
    let given = settings.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let asked = providers.settings().map(|(name, value)| -> (&'a str, _) { (name, value) });
    given.chain(asked)
}

/// Shows names only: a value may be a password.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.settings.iter().map(|(name, _)| name).collect();
        f.debug_struct("Builder")
            .field("settings", &names)
            .field("from_env", &self.from_env)
            .field("providers", &self.providers)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use redlatch_core::config::SETTINGS;

    use super::*;

    #[test]
    fn every_setting_has_a_method_that_says_the_same() {
        // Durations have units of their own, and providers are set in one piece.
        let rows = SETTINGS.iter().filter(|row| !row.name.starts_with("provide_"));
        let table: Vec<_> =
            rows.map(|row| (row.name, row.sentence.replace(", in seconds", ""))).collect();
        let described: Vec<_> = DESCRIBED
            .iter()
            .map(|(name, sentence)| (*name, sentence.replace(", in seconds", "")))
            .collect();
        assert_eq!(described, table);
    }
}
