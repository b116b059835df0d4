//! Providers and supplied material against a real TLS server.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use redlatch::{
    Client, Code, Credentials, EventKind, Providers,
    core::{MaterialKind, Secret, config::Value as Setting, resp::Value},
};
use redlatch_lab::Lab;

/// A vault whose secret changes with the lab's.
struct Vault {
    lab: Lab,
    secret: Mutex<String>,
    asked: AtomicUsize,
    at_once: AtomicUsize,
    lives: Option<Duration>,
}

impl Vault {
    fn new(lives: Option<Duration>) -> Arc<Self> {
        let lab = Lab::up();
        let secret = Mutex::new(lab.password());
        Arc::new(Self {
            lab,
            secret,
            asked: AtomicUsize::new(0),
            at_once: AtomicUsize::new(0),
            lives,
        })
    }

    /// The server takes another password; the vault knows it.
    fn rotate(&self, how: &str) {
        self.lab.run(&["rotate-password", how]);
        *self.secret.lock().unwrap() = self.lab.password();
    }

    fn ask(&self) -> Result<Credentials, String> {
        assert_eq!(self.at_once.fetch_add(1, Ordering::SeqCst), 0, "asked twice at once");
        self.asked.fetch_add(1, Ordering::SeqCst);
        let secret = self.secret.lock().unwrap().as_str().into();
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let expires = self.lives.map(|lives| SystemTime::now() + lives);
        Ok(Credentials { username: None, secret, expires })
    }

    fn client(self: &Arc<Self>) -> Client {
        let vault = self.clone();
        let providers = Providers::new().credentials(move || vault.ask());
        let url = Setting::Text(self.lab.url_without_password());
        Client::with_providers([("url", url)], providers).unwrap()
    }
}

#[test]
fn a_blocking_connection_asks_in_its_thread() {
    let vault = Vault::new(None);
    let client = vault.client();
    let mut connection = client.connection();
    assert_eq!(connection.call(["ECHO", "e"]).unwrap(), Value::Bulk(b"e".into()));
    let mut second = client.connection();
    assert_eq!(second.call(["ECHO", "e"]).unwrap(), Value::Bulk(b"e".into()));
    assert_eq!(vault.asked.load(Ordering::SeqCst), 1, "connections of a client share the answer");
    // The server knows better: the vault is asked before anybody fails.
    vault.rotate("--server-first");
    let mut third = client.connection();
    assert_eq!(third.call(["ECHO", "e"]).unwrap(), Value::Bulk(b"e".into()));
    assert_eq!(vault.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asynchronous_connection_renews_ahead_of_the_end() {
    let vault = Vault::new(Some(Duration::from_secs(2)));
    let connection = vault.client().async_connection().await.unwrap();
    let mut events = connection.events();
    assert_eq!(connection.call(["ECHO", "e"]).await.unwrap(), Value::Bulk(b"e".into()));
    vault.rotate("--overlap");
    // Commands go on; the one connection proves the new secret in place.
    loop {
        connection.call(["INCR", "n"]).await.unwrap();
        let event = tokio::time::timeout(Duration::from_millis(1), events.next()).await;
        if event.is_ok_and(|event| event.unwrap().kind == EventKind::Reauthenticated) {
            break;
        }
    }
    let counters = connection.status().await.unwrap().counters;
    assert_eq!((counters.connects, counters.failures), (1, 0));
    connection.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_is_the_cause() {
    let lab = Lab::up();
    let providers = Providers::new().credentials(|| Err::<Credentials, _>("vault is sealed"));
    let url = Setting::Text(lab.url_without_password());
    let timeout = Setting::Number(0.3);
    let client = Client::with_providers([("url", url), ("timeout", timeout)], providers).unwrap();
    let error = client.connection().call(["PING"]).unwrap_err();
    assert_eq!(error.code(), Code::AuthUnavailable);
    assert!(error.to_string().contains("vault is sealed"), "{error}");
    let connection = client.async_connection().await.unwrap();
    let error = connection.call(["PING"]).await.unwrap_err();
    assert!(error.to_string().contains("vault is sealed"), "{error}");
    // What it could not give, somebody hands in.
    let secret = vec![Secret::new(lab.password())];
    connection.supply(MaterialKind::Credentials, secret).await.unwrap();
    assert_eq!(connection.call(["ECHO", "e"]).await.unwrap(), Value::Bulk(b"e".into()));
    let error = connection.supply(MaterialKind::Trust, vec![Secret::new("x")]).await.unwrap_err();
    assert_eq!(error.code(), Code::TrustEmpty);
    connection.close().await;
}

/// It would wait for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_must_not_use_its_client() {
    let lab = Lab::up();
    let itself: Arc<Mutex<Option<Client>>> = Arc::default();
    let seen: Arc<Mutex<Vec<Code>>> = Arc::default();
    let (client, codes, password) = (itself.clone(), seen.clone(), lab.password());
    let providers = Providers::new().credentials(move || {
        let client = client.lock().unwrap().clone().unwrap();
        codes.lock().unwrap().push(client.connection().call(["PING"]).unwrap_err().code());
        let secret = password.as_str().into();
        Ok::<_, String>(Credentials { username: None, secret, expires: None })
    });
    let url = Setting::Text(lab.url_without_password());
    let client = Client::with_providers([("url", url)], providers).unwrap();
    *itself.lock().unwrap() = Some(client.clone());
    let blocking = client.clone();
    let called = tokio::task::spawn_blocking(move || blocking.connection().call(["PING"]));
    called.await.unwrap().unwrap();
    assert_eq!(*seen.lock().unwrap(), [Code::ClientMisuse]);
    *itself.lock().unwrap() = None;
}

#[test]
fn supplied_trust_rotates_a_blocking_client() {
    let lab = Lab::up();
    let url = lab.url();
    let client = Client::open(&(url + "&distrust_grace=0.2")).unwrap();
    let mut connection = client.connection();
    connection.call(["SET", "k", "v"]).unwrap();
    lab.run(&["add-ca"]);
    lab.run(&["switch-leaf"]);
    lab.run(&["drop-ca"]);
    let bundle = std::fs::read(lab.ca_file()).unwrap();
    client.supply(MaterialKind::Trust, vec![Secret::new(bundle)]).unwrap();
    let generation = |connection: &redlatch::Connection| {
        connection.status().sessions.first().map(|session| session.trust_generation)
    };
    while generation(&connection) != Some(2) {
        assert_eq!(connection.call(["GET", "k"]).unwrap(), Value::Bulk(b"v".into()));
    }
}

/// On tokio it is a task; a thread runs it by itself, also one of a runtime.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_may_be_asynchronous() {
    let lab = Lab::up();
    let (password, bundle) = (lab.password(), std::fs::read(lab.ca_file()).unwrap());
    let providers = Providers::new()
        .credentials_async(move || {
            let secret = password.as_str().into();
            async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                Ok::<_, String>(Credentials { username: None, secret, expires: None })
            }
        })
        .trust_async(move || std::future::ready(Ok::<_, String>(bundle.clone())));
    let client =
        Client::builder().host("127.0.0.1").port(lab.port()).providers(providers).build().unwrap();
    let connection = client.async_connection().await.unwrap();
    assert_eq!(connection.call(["ECHO", "e"]).await.unwrap(), Value::Bulk(b"e".into()));
    assert_eq!(connection.status().await.unwrap().trust.unwrap().certificates.len(), 1);
    connection.close().await;

    let fails = Providers::new().credentials_async(|| async { Err::<Credentials, _>("sealed") });
    let client = Client::builder().url(lab.url_without_password()).providers(fails);
    let client = client.timeout(Duration::from_millis(300)).build().unwrap();
    let error = client.connection().call(["PING"]).unwrap_err();
    assert_eq!(error.code(), Code::AuthUnavailable);
    assert!(error.to_string().contains("sealed"), "{error}");
}

/// Nor when it is asynchronous: in a task, and in the thread a blocking connection runs it in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asynchronous_provider_must_not_use_its_client() {
    let lab = Lab::up();
    for blocking in [false, true] {
        let itself: Arc<Mutex<Option<Client>>> = Arc::default();
        let seen: Arc<Mutex<Vec<Code>>> = Arc::default();
        let (client, codes, password) = (itself.clone(), seen.clone(), lab.password());
        let providers = Providers::new().credentials_async(move || {
            let (client, codes, password) = (client.clone(), codes.clone(), password.clone());
            async move {
                tokio::task::yield_now().await;
                let client = client.lock().unwrap().clone().unwrap();
                codes.lock().unwrap().push(client.connection().call(["PING"]).unwrap_err().code());
                Ok::<_, String>(Credentials {
                    username: None,
                    secret: password.into(),
                    expires: None,
                })
            }
        });
        let client = Client::builder().url(lab.url_without_password()).providers(providers);
        let client = client.build().unwrap();
        *itself.lock().unwrap() = Some(client.clone());
        match blocking {
            true => client.connection().call(["PING"]).unwrap(),
            false => client.async_connection().await.unwrap().call(["PING"]).await.unwrap(),
        };
        assert_eq!(*seen.lock().unwrap(), [Code::ClientMisuse]);
        *itself.lock().unwrap() = None;
    }
}
