//! What is compared, behind the same few words.

use std::{env, fs, sync::LazyLock};

use fred::prelude::{ClientLike, KeysInterface, ServerConfig};
use redis::{AsyncCommands, ClientTlsConfig, Commands, TlsCertificates};
use redlatch::{core::config::Value as Setting, core::resp::Reply};
use rustls::pki_types::{CertificateDer, pem::PemObject};

/// A client, or a handle to one that tasks share.
pub trait Peer: Sized + Send + 'static {
    /// Connects. `again`: its TLS session may go on where an earlier one ended, if it can do that.
    fn connect(again: bool) -> impl Future<Output = Self> + Send;
    fn share(&self) -> Self;
    fn get(&mut self, key: &str) -> impl Future<Output = Vec<u8>> + Send;
    fn set(&mut self, key: &str, value: &[u8]) -> impl Future<Output = ()> + Send;
    fn pipeline(&mut self, key: &str, count: usize) -> impl Future<Output = ()> + Send;
    fn ping(&mut self) -> impl Future<Output = ()> + Send;
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// redlatch under redis-rs's commands.
pub struct Redlatch(redlatch::aio::Connection);

impl Peer for Redlatch {
    async fn connect(again: bool) -> Self {
        Self(redlatch_client(again).async_connection().await.expect("a runtime"))
    }
    fn share(&self) -> Self {
        Self(self.0.clone())
    }
    async fn get(&mut self, key: &str) -> Vec<u8> {
        self.0.get(key).await.expect("a value")
    }
    async fn set(&mut self, key: &str, value: &[u8]) {
        self.0.set(key, value).await.expect("OK")
    }
    async fn pipeline(&mut self, key: &str, count: usize) {
        let values: Vec<Vec<u8>> =
            pipeline(key, count).query_async(&mut self.0).await.expect("values");
        assert_eq!(values.len(), count);
    }
    async fn ping(&mut self) {
        redis::cmd("PING").exec_async(&mut self.0).await.expect("PONG")
    }
    async fn close(self) {
        self.0.close().await
    }
}

/// redlatch's own call.
pub struct RedlatchCalls(redlatch::aio::Connection);

impl Peer for RedlatchCalls {
    async fn connect(again: bool) -> Self {
        Self(redlatch_client(again).async_connection().await.expect("a runtime"))
    }
    fn share(&self) -> Self {
        Self(self.0.clone())
    }
    async fn get(&mut self, key: &str) -> Vec<u8> {
        match self.0.call(["GET", key]).await.expect("a value") {
            redlatch::core::resp::Value::Bulk(value) => value,
            other => panic!("no string: {other:?}"),
        }
    }
    async fn set(&mut self, key: &str, value: &[u8]) {
        self.0.call([b"SET", key.as_bytes(), value]).await.expect("OK");
    }
    async fn pipeline(&mut self, key: &str, count: usize) {
        let mut packed = Vec::new();
        for _ in 0..count {
            redlatch::core::resp::encode_command(&mut packed, ["GET", key]);
        }
        let replies = self.0.call_packed(&packed, count as u32).await.expect("replies");
        let values: Vec<_> = replies.iter().map(Reply::to_value).collect();
        assert_eq!(values.len(), count);
    }
    async fn ping(&mut self) {
        self.0.call(["PING"]).await.expect("PONG");
    }
    async fn close(self) {
        self.0.close().await
    }
}

/// redlatch, blocking, under redis-rs's commands.
pub struct RedlatchBlocking(redlatch::Connection);

impl Peer for RedlatchBlocking {
    async fn connect(again: bool) -> Self {
        Self(redlatch_client(again).connection())
    }
    fn share(&self) -> Self {
        Self(redlatch_client(false).connection())
    }
    async fn get(&mut self, key: &str) -> Vec<u8> {
        self.0.get(key).expect("a value")
    }
    async fn set(&mut self, key: &str, value: &[u8]) {
        self.0.set(key, value).expect("OK")
    }
    async fn pipeline(&mut self, key: &str, count: usize) {
        let values: Vec<Vec<u8>> = pipeline(key, count).query(&mut self.0).expect("values");
        assert_eq!(values.len(), count);
    }
    async fn ping(&mut self) {
        redis::cmd("PING").exec(&mut self.0).expect("PONG")
    }
    async fn close(mut self) {
        self.0.close()
    }
}

/// redis-rs's connection for many tasks.
#[derive(Clone)]
pub struct RedisRs(redis::aio::MultiplexedConnection);

impl Peer for RedisRs {
    async fn connect(_again: bool) -> Self {
        Self(redis_client().get_multiplexed_async_connection().await.expect("connects"))
    }
    fn share(&self) -> Self {
        self.clone()
    }
    async fn get(&mut self, key: &str) -> Vec<u8> {
        self.0.get(key).await.expect("a value")
    }
    async fn set(&mut self, key: &str, value: &[u8]) {
        self.0.set(key, value).await.expect("OK")
    }
    async fn pipeline(&mut self, key: &str, count: usize) {
        let values: Vec<Vec<u8>> =
            pipeline(key, count).query_async(&mut self.0).await.expect("values");
        assert_eq!(values.len(), count);
    }
    async fn ping(&mut self) {
        redis::cmd("PING").exec_async(&mut self.0).await.expect("PONG")
    }
    async fn close(self) {}
}

/// redis-rs, blocking.
pub struct RedisRsBlocking(redis::Connection);

impl Peer for RedisRsBlocking {
    async fn connect(_again: bool) -> Self {
        Self(redis_client().get_connection().expect("connects"))
    }
    fn share(&self) -> Self {
        Self(redis_client().get_connection().expect("connects"))
    }
    async fn get(&mut self, key: &str) -> Vec<u8> {
        self.0.get(key).expect("a value")
    }
    async fn set(&mut self, key: &str, value: &[u8]) {
        self.0.set(key, value).expect("OK")
    }
    async fn pipeline(&mut self, key: &str, count: usize) {
        let values: Vec<Vec<u8>> = pipeline(key, count).query(&mut self.0).expect("values");
        assert_eq!(values.len(), count);
    }
    async fn ping(&mut self) {
        redis::cmd("PING").exec(&mut self.0).expect("PONG")
    }
    async fn close(self) {}
}

/// fred.
#[derive(Clone)]
pub struct Fred(fred::clients::Client);

impl Peer for Fred {
    async fn connect(again: bool) -> Self {
        let settings = &*SETTINGS;
        let config = fred::types::config::Config {
            server: ServerConfig::new_centralized(settings.host.clone(), settings.port),
            password: Some(settings.password.clone()),
            version: fred::types::RespVersion::RESP3,
            tls: Some(match again {
                true => FRED_TLS.clone().into(),
                false => tls_config().into(),
            }),
            ..Default::default()
        };
        let client = fred::types::Builder::from_config(config).build().expect("a client");
        client.init().await.expect("connects");
        Self(client)
    }
    fn share(&self) -> Self {
        self.clone()
    }
    async fn get(&mut self, key: &str) -> Vec<u8> {
        self.0.get(key).await.expect("a value")
    }
    async fn set(&mut self, key: &str, value: &[u8]) {
        self.0.set(key, value, None, None, false).await.expect("OK")
    }
    async fn pipeline(&mut self, key: &str, count: usize) {
        let pipeline = self.0.pipeline();
        for _ in 0..count {
            let _: () = pipeline.get(key).await.expect("queued");
        }
        let values: Vec<Vec<u8>> = pipeline.all().await.expect("values");
        assert_eq!(values.len(), count);
    }
    async fn ping(&mut self) {
        self.0.ping(None).await.expect("PONG")
    }
    async fn close(self) {
        self.0.quit().await.expect("OK")
    }
}

struct Settings {
    host: String,
    port: u16,
    password: String,
    ca_file: String,
    ca: String,
}

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let variable = |name: &str| env::var(name).expect("the lab's environment");
    let read = |file: String| fs::read_to_string(file).expect("a file of the lab");
    Settings {
        host: variable("REDIS_HOST"),
        port: variable("REDIS_PORT").parse().expect("a port"),
        password: read(variable("REDIS_PASSWORD_FILE")).trim().to_owned(),
        ca: read(variable("REDIS_SSL_CA_CERTS")),
        ca_file: variable("REDIS_SSL_CA_CERTS"),
    }
});

/// What fred's clients have in common, and with it the TLS sessions to go on with.
static FRED_TLS: LazyLock<fred::types::config::TlsConnector> =
    LazyLock::new(|| tls_config().into());

/// The same for redlatch.
static REDLATCH: LazyLock<redlatch::Client> = LazyLock::new(|| new_redlatch_client(true));

fn redlatch_client(again: bool) -> redlatch::Client {
    match again {
        true => REDLATCH.clone(),
        false => new_redlatch_client(false),
    }
}

/// A CA handed in as text is nobody else's: nothing is left of an earlier session.
fn new_redlatch_client(again: bool) -> redlatch::Client {
    let settings = &*SETTINGS;
    let trust = match again {
        true => ("ca_file", settings.ca_file.clone()),
        false => ("ca_pem", settings.ca.clone()),
    };
    let texts = [("host", settings.host.clone()), ("password", settings.password.clone()), trust];
    let all = texts.into_iter().map(|(name, text)| (name, Setting::Text(text)));
    let port = ("port", Setting::Integer(settings.port.into()));
    redlatch::Client::new(all.chain([port])).expect("settings")
}

fn redis_client() -> redis::Client {
    let Settings { host, port, password, ca, .. } = &*SETTINGS;
    let url = format!("rediss://:{password}@{host}:{port}/?protocol=resp3");
    let root_cert = Some(ca.clone().into_bytes());
    redis::Client::build_with_tls(
        url,
        TlsCertificates { client_tls: None::<ClientTlsConfig>, root_cert },
    )
    .expect("settings")
}

fn tls_config() -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    for ca in CertificateDer::pem_slice_iter(SETTINGS.ca.as_bytes()) {
        roots.add(ca.expect("a certificate")).expect("a CA");
    }
    rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

fn pipeline(key: &str, count: usize) -> redis::Pipeline {
    let mut pipeline = redis::pipe();
    for _ in 0..count {
        pipeline.get(key);
    }
    pipeline
}
