//! What people start from: a client, and its blocking connections.

use std::sync::Arc;

use redlatch_core::{
    Event, MaterialKind, Profile, Result, Secret,
    config::Value as Setting,
    document,
    resp::{Value, encode_command},
};

use crate::{
    clock,
    driver::Driver,
    open::open,
    provider::Providers,
    replies::{Collected, Nobody, Replies, record},
};

/// Settings with the trust, identity and credentials they name, from which connections are made.
///
/// Nothing is read and nothing is connected before the first command: a CA file that is missing
/// then is an error of that command, and a later one succeeds once the file is there.
///
/// ```
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// let client = redlatch::Client::open(&url)?;
/// client.connection().call(["SET", "greeting", "hello"])?;
/// # Ok::<(), redlatch::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    profile: Arc<Profile>,
    providers: Providers,
}

impl Client {
    /// A client of the server at a `redis://`, `rediss://`, `valkey://`, `valkeys://` or
    /// `unix://` URL; other settings may follow as its query.
    ///
    /// # Errors
    /// The `config` family. The URL is never repeated: it may hold a password.
    pub fn open(url: &str) -> Result<Self> {
        Self::new([("url", Setting::Text(url.to_owned()))])
    }

    /// A client of what `REDIS_URL`, or `REDIS_HOST` and its siblings, say.
    ///
    /// # Errors
    /// The `config` family.
    pub fn from_env() -> Result<Self> {
        open([], true).map(Self::from)
    }

    /// A client of named settings, see [the table](redlatch_core::config::SETTINGS).
    ///
    /// ```
    /// use redlatch::{Client, core::config::Value};
    ///
    /// let client = Client::new([
    ///     ("host", Value::Text("cache.internal".into())),
    ///     ("ca_file", Value::Text("/etc/redis/ca.pem".into())),
    ///     ("timeout", Value::Number(0.5)),
    /// ])?;
    /// # Ok::<(), redlatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// The `config` family.
    pub fn new<'a>(settings: impl IntoIterator<Item = (&'a str, Setting)>) -> Result<Self> {
        open(settings, false).map(Self::from)
    }

    /// A client that asks providers for its trusted CAs, its certificate, or username and secret.
    ///
    /// ```
    /// # let lab = redlatch_lab::Lab::up();
    /// # let (url, password) = (lab.url_without_password(), lab.password());
    /// use redlatch::{Client, Credentials, Providers, core::config::Value};
    ///
    /// let providers = Providers::new().credentials(move || {
    ///     // Ask a vault, or a cloud for a token.
    ///     Ok::<_, String>(Credentials {
    ///         username: None,
    ///         secret: password.as_str().into(),
    ///         expires: None,
    ///     })
    /// });
    /// let client = Client::with_providers([("url", Value::Text(url))], providers)?;
    /// client.connection().call(["PING"])?;
    /// # Ok::<(), redlatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// The `config` family.
    pub fn with_providers<'a>(
        settings: impl IntoIterator<Item = (&'a str, Setting)>,
        providers: Providers,
    ) -> Result<Self> {
        let asked: Vec<_> = providers.settings().collect();
        let profile = open(settings.into_iter().chain(asked), false)?;
        Ok(Self { profile, providers })
    }

    /// A blocking connection of its own, made at its first command.
    pub fn connection(&self) -> Connection {
        let driver = Driver::new(self.profile.clone(), self.providers.clone());
        Connection { driver, ticket: 0 }
    }

    /// Hands material in at any time, in place of what its source gave: the trusted CAs (one or
    /// more bundles), the client's certificate (chain, key), or username and secret (the secret, or
    /// [a document](redlatch_core::document::credentials)). A file that was watched is not looked
    /// at any more. Connections take it up at their next use.
    ///
    /// # Errors
    /// Why it cannot be used: the families `trust`, `identity` and `auth`; what was good stays.
    pub fn supply(&self, kind: MaterialKind, content: Vec<Secret>) -> Result<()> {
        self.profile.supply(kind, content, clock::now())
    }

    /// A connection that any number of tasks share, kept up in the background from now on.
    ///
    /// # Errors
    /// `client.misuse` outside a tokio runtime. A server that cannot be reached is an error of the
    /// commands, not of this call.
    #[cfg(feature = "tokio")]
    pub async fn async_connection(&self) -> Result<crate::aio::Connection> {
        crate::aio::Connection::spawn(self.profile.clone(), self.providers.clone())
    }

    /// The settings in force, as a JSON document: each by its name in the table, durations in
    /// seconds, what is not set null, secrets `***`; and `address`, `warnings`, `dangers`. For
    /// typed fields see [`Profile::config`].
    ///
    /// ```
    /// let client = redlatch::Client::open("redis://:secret@localhost/3")?;
    /// assert!(client.config().contains(r#""password":"***""#));
    /// # Ok::<(), redlatch::Error>(())
    /// ```
    pub fn config(&self) -> String {
        document::config(self.profile.config())
    }

    /// The settings and materials.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }
}

impl From<Arc<Profile>> for Client {
    fn from(profile: Arc<Profile>) -> Self {
        Self { profile, providers: Providers::default() }
    }
}

/// A connection that blocks the calling thread until the reply is there.
///
/// It follows rotations, reconnects, and notices a connection that ended, whenever it is used;
/// while it is idle it does nothing. Commands that change what later ones mean (`SELECT`, `WATCH`,
/// `SUBSCRIBE`, `MULTI` without `EXEC` in the same call) are `client.misuse`.
pub struct Connection {
    driver: Driver,
    ticket: u64,
}

impl Connection {
    /// Runs one command; a server's error is an error.
    ///
    /// # Errors
    /// Any code of the families `trust` to `client`.
    pub fn call<A: AsRef<[u8]>>(
        &mut self,
        arguments: impl IntoIterator<Item = A, IntoIter: ExactSizeIterator>,
    ) -> Result<Value> {
        let mut packed = Vec::new();
        encode_command(&mut packed, arguments);
        self.call_packed(packed, 1)?.into_value()
    }

    /// Runs packed commands in one flight; `commands` is how many there are.
    ///
    /// # Errors
    /// As [`Connection::call`], but a server's error is among the replies.
    pub fn call_packed(&mut self, packed: Vec<u8>, commands: u32) -> Result<Replies> {
        if commands == 0 && packed.is_empty() {
            return Ok(Replies::default());
        }
        let record = record(self.next_ticket(), commands, packed.len())?;
        let mut collected = Collected::of(commands);
        self.driver.call(&[record], packed, &mut collected, Collected::is_done, &mut || true);
        collected.into_result()
    }

    /// What happened since the last call, oldest first.
    pub fn events(&mut self) -> Vec<Event> {
        self.driver.events()
    }

    /// A status document.
    pub fn status(&self) -> String {
        self.driver.status()
    }

    /// Looks at all watched files now.
    pub fn reload(&mut self) {
        self.driver.reload(&mut Nobody);
    }

    /// Says goodbye to the server. Later calls are `client.closed`; closing again does nothing.
    pub fn close(&mut self) {
        self.driver.close(&mut Nobody);
    }

    pub(crate) fn next_ticket(&mut self) -> u64 {
        self.ticket += 1;
        self.ticket
    }

    pub(crate) fn driver_mut(&mut self) -> &mut Driver {
        &mut self.driver
    }

    #[cfg(feature = "redis")]
    pub(crate) fn driver(&self) -> &Driver {
        &self.driver
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let client = self.driver.client();
        write!(f, "Connection({}, {})", client.profile().config().address, client.state())
    }
}
