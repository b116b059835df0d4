//! The client: blocking, for any number of threads.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use redlatch::{Code, Error, Probe, Replies, core::resp::encode_command, shared::Shared};

use crate::{
    error::CallError,
    event::Event,
    health::Health,
    held::Held,
    provider::{CredentialsProvider, IdentityProvider, Material, TrustProvider, providers},
    setting::{Setting, given, in_force, read},
    status::Status,
    subscriber::Subscriber,
    value::Value,
};

/// A client of one server that any number of threads share. Each call under way has a connection of
/// its own, up to `max_connections`; files that settings name are watched.
///
/// Nothing is read and nothing is connected before the first call.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Client {
    client: redlatch::Client,
    pool: Arc<Shared>,
}

#[uniffi::export]
impl Client {
    /// A client of the server at a `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`
    /// URL; other settings may follow as its query.
    #[uniffi::constructor]
    pub fn open(url: String) -> Result<Arc<Self>, CallError> {
        Ok(Self::of(redlatch::Client::open(&url)?))
    }

    /// A client of settings by their names in the table. With `from_env`, what they leave out is
    /// taken from `REDIS_URL`, or `REDIS_HOST` and its siblings. Providers are asked in place of
    /// files.
    #[uniffi::constructor(default(
        from_env = false,
        credentials_provider = None,
        trust_provider = None,
        identity_provider = None
    ))]
    pub fn with_settings(
        settings: HashMap<String, Setting>,
        from_env: bool,
        credentials_provider: Option<Arc<dyn CredentialsProvider>>,
        trust_provider: Option<Arc<dyn TrustProvider>>,
        identity_provider: Option<Arc<dyn IdentityProvider>>,
    ) -> Result<Arc<Self>, CallError> {
        let providers = providers(credentials_provider, trust_provider, identity_provider);
        let settings = given(&settings);
        Ok(Self::of(redlatch::Client::configured(settings, from_env, providers)?))
    }

    /// A client of what `REDIS_URL`, or `REDIS_HOST` and its siblings, say.
    #[uniffi::constructor]
    pub fn from_env() -> Result<Arc<Self>, CallError> {
        Ok(Self::of(redlatch::Client::from_env()?))
    }

    /// Runs one command: its name and its arguments. A server's error is thrown. No timeout means the
    /// setting `timeout`, zero no limit.
    ///
    /// `SELECT`, `WATCH`, `SUBSCRIBE` and `MULTI` without its `EXEC` are `client.misuse`, since the
    /// next call may use another connection.
    #[uniffi::method(default(timeout = None))]
    pub fn call(&self, args: Vec<Vec<u8>>, timeout: Option<Duration>) -> Result<Value, CallError> {
        Ok(self.pool.call(&args, timeout)?.into())
    }

    /// Runs commands in one flight; an error of the server is among the values.
    #[uniffi::method(default(timeout = None))]
    pub fn pipeline(
        &self,
        commands: Vec<Vec<Vec<u8>>>,
        timeout: Option<Duration>,
    ) -> Result<Vec<Value>, CallError> {
        let (packed, count) = pack(&commands, false)?;
        Ok(values(&self.pool.call_packed(packed, count, timeout)?))
    }

    /// Runs commands as one transaction: all or none of them, and nobody else's in between. What
    /// `EXEC` gave, in order; an error of the server is among the values.
    #[uniffi::method(default(timeout = None))]
    pub fn transaction(
        &self,
        commands: Vec<Vec<Vec<u8>>>,
        timeout: Option<Duration>,
    ) -> Result<Vec<Value>, CallError> {
        let (packed, count) = pack(&commands, true)?;
        Ok(results(&self.pool.call_packed(packed, count, timeout)?)?)
    }

    /// A connection for one caller, for `WATCH` and what follows it.
    pub fn hold(&self) -> Result<Arc<Held>, CallError> {
        Ok(Arc::new(Held::new(self.pool.hold()?)))
    }

    /// Subscriptions, on a connection of their own.
    pub fn subscriber(&self) -> Result<Arc<Subscriber>, CallError> {
        Ok(Arc::new(Subscriber::new(self.pool.subscriber()?)))
    }

    /// A snapshot: the connection used last, of those that no call is using, and the counters of all.
    pub fn status(&self) -> Result<Status, CallError> {
        read(&self.pool.status())
    }

    /// The settings in force by their names, durations in seconds, secrets `***`; and `address`,
    /// `warnings`, `dangers`. What is not set is left out.
    pub fn config(&self) -> HashMap<String, Setting> {
        in_force(self.client.profile().config())
    }

    /// How the client is: asks the server, and waits for its answer no longer than the limit, 900 ms
    /// unless it is given. With `read_only` a replica that takes no writes is ready, too.
    #[uniffi::method(default(limit = None, read_only = false))]
    pub fn health(&self, limit: Option<Duration>, read_only: bool) -> Result<Health, CallError> {
        let limit = limit.unwrap_or(Probe::default().limit);
        read(&self.pool.health(Probe { limit, read_only }))
    }

    /// The client's metrics, in Prometheus's text format.
    pub fn metrics(&self) -> String {
        redlatch::metrics([self.pool.status()])
    }

    /// What happened since the last time, oldest first. The latest 1024 are kept.
    pub fn events(&self) -> Vec<Event> {
        self.pool.events().into_iter().map(Event::from).collect()
    }

    /// The next event; none if none came in time, or the client was closed. No timeout means no limit.
    /// While a thread waits here, idle connections are looked after: rotations are heard of, and
    /// connections that are no longer trusted end in time.
    #[uniffi::method(default(timeout = None))]
    pub fn next_event(&self, timeout: Option<Duration>) -> Option<Event> {
        self.pool.next_event(timeout).map(Event::from)
    }

    /// Looks at all watched files now, and asks providers again. Connections follow at their next
    /// use.
    pub fn reload(&self) -> Result<(), CallError> {
        Ok(self.pool.reload()?)
    }

    /// Hands material in, in place of what its source gave; a file that was watched is not looked at
    /// any more. If it cannot be used, what was good stays.
    pub fn supply(&self, material: Material) -> Result<(), CallError> {
        let (kind, content) = material.into_content();
        Ok(self.client.supply(kind, content)?)
    }

    /// Ends calls under way and subscriptions with `client.closed`, and says goodbye to the server.
    pub fn shut_down(&self) {
        self.pool.close();
    }
}

impl Client {
    fn of(client: redlatch::Client) -> Arc<Self> {
        let pool = Arc::new(client.shared());
        Arc::new(Self { client, pool })
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.pool
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = self.client.profile().config();
        write!(f, "Client({})", config.address)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Commands in RESP, and how many there are.
pub(crate) fn pack(commands: &[Vec<Vec<u8>>], atomic: bool) -> redlatch::Result<(Vec<u8>, u32)> {
    let mut packed = Vec::new();
    if atomic && !commands.is_empty() {
        encode_command(&mut packed, ["MULTI"]);
    }
    for command in commands {
        if command.is_empty() {
            return Err(Error::with_detail(Code::ClientMisuse, "a command has no name"));
        }
        encode_command(&mut packed, command);
    }
    let mut count = commands.len();
    if atomic && count > 0 {
        encode_command(&mut packed, ["EXEC"]);
        count += 2;
    }
    let count = u32::try_from(count)
        .map_err(|_| Error::with_detail(Code::ClientMisuse, "there are too many commands"))?;
    Ok((packed, count))
}

/// Replies in order; errors of the server are among them.
pub(crate) fn values(replies: &Replies) -> Vec<Value> {
    replies.iter().map(|reply| reply.to_value().into()).collect()
}

/// What EXEC gave.
pub(crate) fn results(replies: &Replies) -> redlatch::Result<Vec<Value>> {
    let exec = replies.executed()?;
    Ok(exec.into_iter().map(Value::from).collect())
}
