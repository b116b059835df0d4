//! Health and metrics of both connections, against a real TLS server.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use redlatch::{Client, Probe, metrics};
use redlatch_lab::Lab;
use serde_json::Value;

fn parsed(document: &str) -> Value {
    serde_json::from_str(document).unwrap()
}

#[test]
fn ready_until_the_server_is_gone() {
    let lab = Lab::up();
    let mut connection = Client::open(&lab.url_of_files()).unwrap().connection();
    let health = parsed(connection.health(Probe::default()).as_json());
    assert_eq!((&health["ok"], &health["role"]), (&true.into(), &"primary".into()), "{health}");
    assert!(health["seconds"].as_f64().unwrap() > 0.0);

    lab.run(&["kill"]);
    let health = parsed(connection.health(Probe::default()).as_json());
    assert_eq!((&health["ok"], &health["live"]), (&false.into(), &true.into()), "{health}");
    assert_eq!(health["code"], "net.refused", "{health}");
    assert!(connection.metrics().contains("redlatch_last_error_info{"));
}

/// The answer comes within the limit, whatever the time limit of commands is.
#[test]
fn a_server_that_does_not_answer() {
    let lab = Lab::up();
    let url = lab.url_of_files() + "&timeout=600&liveness=0";
    let mut connection = Client::open(&url).unwrap().connection();
    connection.call(["PING"]).unwrap();
    connection.call(["CLIENT", "PAUSE", "60000"]).unwrap();
    let probe = Probe { limit: std::time::Duration::from_millis(50), ..Probe::default() };
    let health = parsed(connection.health(probe).as_json());
    assert_eq!((&health["alive"], &health["code"]), (&false.into(), &"client.timeout".into()));
}

#[test]
fn a_replica_is_enough_for_readers() {
    let lab = Lab::up();
    let mut connection = Client::open(&lab.url_of_files()).unwrap().connection();
    connection.call(["REPLICAOF", "127.0.0.1", "1"]).unwrap();
    let health = parsed(connection.health(Probe::default()).as_json());
    assert_eq!((&health["code"], &health["writable"]), (&"server.readonly".into(), &false.into()));
    let health = parsed(connection.health(Probe { read_only: true, ..Probe::default() }).as_json());
    assert_eq!((&health["ok"], &health["role"]), (&true.into(), &"replica".into()), "{health}");
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn on_tokio() {
    let lab = Lab::up();
    let client = Client::open(&lab.url_of_files()).unwrap();
    let connection = client.async_connection().await.unwrap();
    let health = parsed(connection.health(Probe::default()).await.unwrap().as_json());
    assert_eq!(health["ok"], true, "{health}");
    assert!(connection.metrics().await.unwrap().contains("redlatch_up{"));

    lab.run(&["kill"]);
    let health = parsed(connection.health(Probe::default()).await.unwrap().as_json());
    assert_eq!((&health["ok"], &health["live"]), (&false.into(), &true.into()), "{health}");

    connection.close().await;
    let health = parsed(connection.health(Probe::default()).await.unwrap().as_json());
    assert_eq!((&health["live"], &health["code"]), (&false.into(), &"client.closed".into()));
}

#[test]
fn several_clients_in_one_exposition() {
    let lab = Lab::up();
    let client = Client::open(&lab.url_of_files()).unwrap();
    let mut busy = client.connection();
    busy.call(["PING"]).unwrap();
    let text = metrics([busy.status(), client.connection().status()]);
    let address = format!("127.0.0.1:{}", lab.port());
    assert!(text.contains(&format!("redlatch_up{{client=\"{address}\"}} 1\n")), "{text}");
    assert!(text.contains(&format!("redlatch_up{{client=\"{address}-2\"}} 0\n")), "{text}");
    assert!(!text.contains(&lab.password()));
}
