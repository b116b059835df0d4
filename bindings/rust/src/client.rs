//! What people start from: a client, and its blocking connections.

#[cfg(feature = "tracing")]
use std::collections::VecDeque;
use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use redlatch_core::{
    Event, MAIN, MaterialKind, Profile, Record, Result, Role, Secret,
    config::Value as Setting,
    document,
    resp::{Value, encode_command},
};

use crate::{
    builder::Builder,
    clock,
    driver::Driver,
    open::open,
    pipeline::Pipeline,
    pool::Pool,
    provider::Providers,
    pubsub::Subscriber,
    replies::{Collected, Limit, Nobody, Replies, record},
    status::Status,
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

    /// Settings with types, one after the other.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A client of what `REDIS_URL`, or `REDIS_HOST` and its siblings, say.
    ///
    /// # Errors
    /// The `config` family.
    pub fn from_env() -> Result<Self> {
        open([], true).map(Self::from)
    }

    /// A client of named settings, see [the table](redlatch_core::config::SETTINGS); with types they are
    /// methods of [`Client::builder`].
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
        Self::configured(settings, false, providers)
    }

    /// A client of named settings, if asked of what they leave out from the environment, and of
    /// providers.
    ///
    /// # Errors
    /// The `config` family.
    pub fn configured<'a>(
        settings: impl IntoIterator<Item = (&'a str, Setting)>,
        from_env: bool,
        providers: Providers,
    ) -> Result<Self> {
        let asked: Vec<_> = providers.settings().collect();
        let profile = open(settings.into_iter().chain(asked), from_env)?;
        Ok(Self { profile, providers })
    }

    /// A blocking connection of its own, made at its first command.
    pub fn connection(&self) -> Connection {
        Connection::new(self.driver(Role::Exclusive))
    }

    /// Blocking connections for any number of threads, made when they are needed and used again.
    pub fn pool(&self) -> Pool {
        Pool::new(self.clone())
    }

    /// Subscriptions of one thread, with a connection of their own that is made by the first.
    pub fn subscriber(&self) -> Subscriber {
        Subscriber::new(self)
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

    pub(crate) fn of(profile: Arc<Profile>, providers: Providers) -> Self {
        Self { profile, providers }
    }

    pub(crate) fn driver(&self, role: Role) -> Driver {
        Driver::for_role(self.profile.clone(), self.providers.clone(), role)
    }

    pub(crate) fn providers(&self) -> &Providers {
        &self.providers
    }
}

impl From<Arc<Profile>> for Client {
    fn from(profile: Arc<Profile>) -> Self {
        Self { profile, providers: Providers::default() }
    }
}

/// A connection that blocks the calling thread until the reply is there.
///
/// It belongs to one thread at a time; for several there is [`Client::pool`]. It follows rotations,
/// reconnects, and notices a connection that ended, whenever it is used; while it is idle it does
/// nothing. Commands that change what later ones mean (`SELECT`, `WATCH`, `MULTI` without `EXEC` in the
/// same call) are `client.misuse` outside of [`Connection::exclusive`].
pub struct Connection {
    driver: Driver,
    ticket: u64,
    limit: Limit,
    flags: u32,
    /// Events that were told to `tracing`, and not taken yet.
    #[cfg(feature = "tracing")]
    told: VecDeque<Event>,
}

impl Connection {
    fn new(driver: Driver) -> Self {
        Self {
            driver,
            ticket: 0,
            limit: Limit::default(),
            flags: 0,
            #[cfg(feature = "tracing")]
            told: VecDeque::new(),
        }
    }

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

    /// Runs commands in one flight; one result for each.
    ///
    /// # Errors
    /// As [`Connection::call`], but a server's error is the result of its command. Of a transaction,
    /// what discarded it.
    pub fn run(&mut self, pipeline: &Pipeline) -> Result<Vec<Result<Value>>> {
        if pipeline.is_empty() {
            return Ok(Vec::new());
        }
        let (packed, commands) = pipeline.packed();
        pipeline.results(&self.call_packed(packed, commands)?)
    }

    /// The same with commands that are packed already; `commands` is how many there are.
    ///
    /// # Errors
    /// As [`Connection::call`], but a server's error is among the replies.
    pub fn call_packed(&mut self, packed: Vec<u8>, commands: u32) -> Result<Replies> {
        if commands == 0 && packed.is_empty() {
            return Ok(Replies::default());
        }
        let (ticket, timeout_ms, flags) = (self.next_ticket(), self.limit.0, self.flags);
        let header = Record { ticket, timeout_ms, flags, ..Record::default() };
        let record = record(header, commands, packed.len())?;
        let mut collected = Collected::of(commands);
        self.driver.call(&[record], packed, &mut collected, Collected::is_done, &mut || true);
        #[cfg(feature = "tracing")]
        self.trace();
        collected.into_result()
    }

    /// Calls wait this long at most from now on, reconnection included, in place of the setting
    /// `timeout`. `Duration::MAX` is no limit.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.limit = Limit::of(timeout);
    }

    /// Whether commands may be sent again when the connection is lost while they are under way: to
    /// execute one twice does no harm. Those that only read are sent again anyway.
    pub fn set_idempotent(&mut self, idempotent: bool) {
        self.flags = if idempotent { Record::IDEMPOTENT } else { 0 };
    }

    /// The connection for whoever changes what later commands mean: for `WATCH`, for `MULTI` and `EXEC`
    /// in calls of their own, for another database. When the guard is dropped, what is still watched or
    /// queued is undone.
    ///
    /// ```
    /// # let lab = redlatch_lab::Lab::up();
    /// # let url = lab.url();
    /// # #[cfg(feature = "redis")] {
    /// use redis::Commands;
    ///
    /// let mut redis = redlatch::Client::open(&url)?.connection();
    /// let mut session = redis.exclusive();
    /// let (sold,): (i64,) = redis::transaction(&mut *session, &["sold"], |redis, pipe| {
    ///     let sold: Option<i64> = redis.get("sold")?;
    ///     pipe.set("sold", sold.unwrap_or(0) + 1).ignore().get("sold").query(redis)
    /// })?;
    /// assert_eq!(sold, 1);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exclusive(&mut self) -> Exclusive<'_> {
        self.driver.hold();
        Exclusive { connection: self }
    }

    /// What happened since the last call, oldest first.
    pub fn events(&mut self) -> Vec<Event> {
        #[cfg(feature = "tracing")]
        {
            self.trace();
            self.told.drain(..).collect()
        }
        #[cfg(not(feature = "tracing"))]
        self.driver.events()
    }

    /// What the client can tell about itself.
    pub fn status(&self) -> Status {
        Status::read(self.driver.status())
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

    pub(crate) fn driver(&self) -> &Driver {
        &self.driver
    }

    /// As it was when it was made, for whoever uses it next.
    pub(crate) fn reset(&mut self) {
        (self.limit, self.flags) = (Limit::default(), 0);
    }

    #[cfg(feature = "tracing")]
    fn trace(&mut self) {
        for event in self.driver.events() {
            crate::trace::tell(&event, self.driver.client().profile());
            if self.told.len() == EVENTS_KEPT {
                self.told.pop_front();
            }
            self.told.push_back(event);
        }
    }
}

/// A [`Connection`] of which one caller may change what commands mean; see
/// [`Connection::exclusive`].
#[derive(Debug)]
pub struct Exclusive<'a> {
    connection: &'a mut Connection,
}

impl Deref for Exclusive<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl DerefMut for Exclusive<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection
    }
}

impl Drop for Exclusive<'_> {
    fn drop(&mut self) {
        let driver = self.connection.driver_mut();
        driver.input(&mut Nobody, |client, now, sink| client.take_back(now, MAIN, sink));
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let client = self.driver.client();
        write!(f, "Connection({}, {})", client.profile().config().address, client.state())
    }
}

/// Events that nobody takes must not fill the memory.
#[cfg(feature = "tracing")]
const EVENTS_KEPT: usize = 1024;
