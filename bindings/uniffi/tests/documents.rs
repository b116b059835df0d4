//! What the languages see, against a real TLS server.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{collections::HashMap, fs, time::Duration};

use redlatch::core::document;
use redlatch_lab::Lab;
use redlatch_uniffi::{Bundle, Client, Health, Setting, Status, Value, doctor, read_bundle};
use serde_json::Value as Json;

fn words(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

/// A record says no less than the core's document, and no more.
fn same<T: serde::de::DeserializeOwned + serde::Serialize>(document: &str) -> T {
    let record: T = serde_json::from_str(document).unwrap();
    let wanted: Json = serde_json::from_str(document).unwrap();
    assert_eq!(serde_json::to_value(&record).unwrap(), wanted);
    record
}

#[test]
fn records_say_what_documents_say() {
    let lab = Lab::up_with(&["--mtls"]);
    let leaf = lab.run(&["revoke"]);
    assert!(leaf.len() < 1000);
    let revoked = format!("{}&crl_file={}", lab.url_of_files(), lab.crl_file().display());
    let refused = redlatch::Client::open(&revoked).unwrap().shared();
    refused.call(["PING"], None).unwrap_err();
    let failing: Status = same(&refused.status());
    assert_eq!(failing.last_error.unwrap().code, "tls.revoked");
    assert!(failing.crl.unwrap().lists[0].revoked > 0);

    let pool = redlatch::Client::open(&lab.url_of_files()).unwrap().shared();
    pool.call(["PING"], None).unwrap();
    let status: Status = same(&pool.status());
    assert_eq!(status.state, "ready");
    assert!(status.identity.is_some() && status.credentials.is_some());
    assert!(status.sessions[0].peer.is_some());
    let health: Health = same(&pool.health(redlatch::Probe::default()));
    assert!(health.ok, "{health:?}");
    let health: Health = same(&refused.health(redlatch::Probe::default()));
    assert_eq!(health.problems[0].code, "tls.revoked");
    let text = fs::read(lab.ca_file()).unwrap();
    let bundle: Bundle = same(&document::bundle(&redlatch::read_bundle(&text).unwrap()));
    assert_eq!(read_bundle(text).unwrap(), bundle);
}

#[test]
fn a_client_of_settings_runs_commands() {
    let lab = Lab::up();
    let text = |value: String| Setting::Text { value };
    let settings = HashMap::from([
        ("host".to_owned(), text("127.0.0.1".into())),
        ("port".to_owned(), Setting::Integer { value: lab.port().into() }),
        (
            "ca_files".to_owned(),
            Setting::Texts { values: vec![lab.ca_file().display().to_string()] },
        ),
        ("password".to_owned(), text(lab.password())),
        ("timeout".to_owned(), Setting::Number { value: 2.5 }),
    ]);
    let report = doctor(settings.clone(), false, false, None, None, None).unwrap();
    assert!(report.ok, "{report:?}");
    assert!(report.stages.iter().any(|stage| !stage.evidence.is_empty()));
    let client = Client::with_settings(settings, false, None, None, None).unwrap();
    let reply = client.call(words(&["SET", "key", "\0"]), None).unwrap();
    assert_eq!(reply, Value::Simple { text: "OK".into() });
    let transaction = [words(&["GET", "key"]), words(&["INCR", "key"])];
    let values = client.transaction(transaction.to_vec(), None).unwrap();
    assert_eq!(values[0], Value::Bulk { data: vec![0] });
    assert!(matches!(&values[1], Value::Error { failure } if failure.code == "server.error"));
    assert_eq!(client.transaction(Vec::new(), None).unwrap(), []);
    let config = client.config();
    assert!(config["timeout"] == Setting::Number { value: 2.5 });
    assert!(config["password"] == text("***".into()));
    assert!(!config.contains_key("username"));
    let nameless = client.pipeline(vec![Vec::new()], None).unwrap_err();
    assert_eq!(nameless.failure().code, "client.misuse");
    client.shut_down();
    let closed = client.call(words(&["PING"]), Some(Duration::ZERO)).unwrap_err();
    assert_eq!((closed.failure().code.as_str(), closed.failure().number), ("client.closed", 904));
    assert_eq!(closed.to_string(), "client.closed: the client has been closed");
}
