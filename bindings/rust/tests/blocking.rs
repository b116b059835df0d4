//! The blocking connection against a real TLS server.

use std::{
    net::TcpListener,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use redlatch::{
    Client, Code, Connection, Error, Event, EventKind,
    core::{
        config,
        resp::{Value, encode_command},
    },
};
use redlatch_lab::Lab;

#[test]
fn replies_come_whole() {
    let lab = Lab::up();
    let mut connection = Client::open(&lab.url()).unwrap().connection();

    let key = b"\x00\r\n\xff key";
    let large: Vec<u8> = (0..1 << 20).map(|at: u32| (at % 251) as u8).collect();
    let stored = connection.call([&b"SET"[..], key, &large]).unwrap();
    assert_eq!(stored, Value::Simple("OK".into()));
    assert_eq!(connection.call([&b"GET"[..], key]).unwrap(), Value::Bulk(large));
    assert_eq!(connection.call(["GET", "nothing"]).unwrap(), Value::Nil);

    let numbers: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let words: Vec<&str> =
        ["RPUSH", "list"].into_iter().chain(numbers.iter().map(String::as_str)).collect();
    assert_eq!(connection.call(words).unwrap(), Value::Int(100_000));
    let Value::Array(list) = connection.call(["LRANGE", "list", "0", "-1"]).unwrap() else {
        panic!("no array");
    };
    assert!(list.iter().map(|item| item.as_str().unwrap()).eq(&numbers));

    let error = connection.call(["INCR", "list"]).unwrap_err();
    assert_eq!(error.code(), Code::ServerWrongType);
    assert!(error.detail().starts_with("WRONGTYPE "), "{error}");
    connection.close();
}

#[test]
fn packed_commands_are_one_flight() {
    let lab = Lab::up();
    let mut connection = Client::open(&lab.url()).unwrap().connection();
    let mut packed = Vec::new();
    encode_command(&mut packed, ["SET", "a", "1"]);
    encode_command(&mut packed, ["INCR", "a", "too", "many"]);
    encode_command(&mut packed, ["GET", "a"]);
    let replies = connection.call_packed(packed.clone(), 3).unwrap();
    assert_eq!(replies.count(), 3);
    let replies: Vec<_> = replies.iter().map(|reply| reply.to_value()).collect();
    assert_eq!(replies[0], Value::Simple("OK".into()));
    assert!(matches!(&replies[1], Value::Error(text) if text.starts_with("ERR wrong number")));
    assert_eq!(replies[2], Value::Bulk(b"1".to_vec()));

    let misuse = connection.call_packed(packed, 2).unwrap_err();
    assert_eq!(misuse.code(), Code::ClientMisuse);
    assert_eq!(connection.call_packed(Vec::new(), 0).unwrap().count(), 0);
    assert_eq!(connection.call(["SELECT", "1"]).unwrap_err().code(), Code::ClientMisuse);
    assert_eq!(connection.call(["GET", "a"]).unwrap(), Value::Bulk(b"1".to_vec()));
}

#[test]
fn everything_rotates_under_load() {
    let lab = Lab::up();
    let url = lab.url_of_files() + "&poll_interval=0.2&distrust_grace=3";
    let connection = Client::open(&url).unwrap().connection();
    let work = Work::default();
    thread::scope(|scope| {
        let (sender, events) = mpsc::channel();
        let worker = scope.spawn(|| work.run(connection, sender));
        wait(&events, |event| event.kind == EventKind::Connected);

        lab.run(&["add-ca"]);
        wait(&events, |event| is_rotation(event, "trust", "2"));
        lab.run(&["switch-leaf"]);
        lab.run(&["drop-ca"]);
        wait(&events, |event| is_rotation(event, "trust", "3"));
        wait(&events, |event| event.kind == EventKind::Replaced);
        lab.run(&["rotate-password"]);
        wait(&events, |event| event.kind == EventKind::Reauthenticated);
        lab.run(&["rotate-password", "--finish"]);
        lab.run(&["empty"]);
        wait(&events, |event| event.kind == EventKind::Rejected);
        lab.run(&["repair"]);

        work.stop.store(true, Ordering::Relaxed);
        let (errors, status) = worker.join().unwrap();
        assert_eq!(errors, []);
        assert_eq!(status["counters"]["failures"], 0);
        assert_eq!(status["counters"]["replacements"], 1);
        assert_eq!(status["counters"]["reconnects"], 0);
    });
}

#[test]
fn a_killed_server_interrupts_at_most_what_is_under_way() {
    let lab = Lab::up();
    let connection = Client::open(&(lab.url() + "&timeout=60")).unwrap().connection();
    let work = Work::default();
    thread::scope(|scope| {
        let (sender, events) = mpsc::channel();
        let worker = scope.spawn(|| work.run(connection, sender));
        wait(&events, |event| event.kind == EventKind::Connected);
        // Its events come when its calls end, and the present one waits for the restart.
        lab.run(&["kill"]);
        lab.run(&["restart"]);
        wait(&events, |event| event.kind == EventKind::Connected);
        work.stop.store(true, Ordering::Relaxed);
        let (errors, status) = worker.join().unwrap();
        assert!(errors.len() <= 1, "{errors:?}");
        for error in errors {
            assert_eq!(error.code(), Code::ClientInterrupted);
            assert!(error.is_maybe_executed());
        }
        assert_eq!(status["counters"]["reconnects"], 1);
    });
}

#[test]
fn a_wrong_password_is_told_at_once() {
    let lab = Lab::up();
    let url = lab.url().replace(&lab.password(), "wrong");
    let mut connection = Client::open(&url).unwrap().connection();
    let error = connection.call(["PING"]).unwrap_err();
    assert_eq!(error.code(), Code::AuthRejected);
    assert!(!error.is_maybe_executed());
    assert!(!error.to_string().contains("wrong\""), "{error}");
    assert!(connection.events().iter().all(|event| event.kind != EventKind::Reconnecting));
}

#[test]
fn an_untrusted_server_is_told_with_evidence() {
    let (lab, other) = (Lab::up(), Lab::up());
    let error = Client::new([
        ("url", config::Value::Text(lab.url())),
        ("ca_file", config::Value::Text(other.ca_file().display().to_string())),
    ])
    .unwrap()
    .connection()
    .call(["PING"])
    .unwrap_err();
    assert_eq!(error.code(), Code::TlsUntrusted);
    let names: Vec<_> = error.evidence().iter().map(|(name, _)| *name).collect();
    for name in ["issuer", "presented_sha256", "trusted_sha256"] {
        assert!(names.contains(&name), "{error}");
    }
}

#[test]
fn a_silent_port_is_probably_plaintext() {
    let lab = Lab::up();
    // The system accepts connections for it; nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = lab.url().replace(&format!(":{}/", lab.port()), &format!(":{port}/"));
    let client = Client::open(&(url + "&handshake_timeout=100ms")).unwrap();
    let error = client.connection().call(["PING"]).unwrap_err();
    assert_eq!(error.code(), Code::TlsTimeout);
    assert!(error.to_string().contains("probably a plaintext port"), "{error}");
}

#[test]
fn nobody_at_home_is_told_when_time_is_up() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("redis://127.0.0.1:{closed}?timeout=50ms");
    let error = Client::open(&url).unwrap().connection().call(["PING"]).unwrap_err();
    assert_eq!(error.code(), Code::NetRefused);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let open = |url: &str| Client::open(url).unwrap_err();
    assert_eq!(open("localhost").code(), Code::ConfigInvalid);
    assert_eq!(open("redis://localhost?timeuot=1").code(), Code::ConfigUnknown);
    let secret = open("redis://user:hunter2@elsewhere.example");
    assert_eq!(secret.code(), Code::ConfigInsecure);
    assert!(!format!("{secret:?}").contains("hunter2"));
}

/// Writes and reads as fast as it can and checks what it reads.
#[derive(Default)]
struct Work {
    stop: AtomicBool,
}

impl Work {
    fn run(
        &self,
        mut connection: Connection,
        events: Sender<Event>,
    ) -> (Vec<Error>, serde_json::Value) {
        let mut errors = Vec::new();
        let mut round = 0_u32;
        while !self.stop.load(Ordering::Relaxed) {
            round += 1;
            let value = round.to_string();
            if let Err(error) = connection.call(["SET", "round", &value]) {
                errors.push(error);
            }
            match connection.call(["GET", "round"]) {
                Ok(found) if errors.is_empty() => assert_eq!(found.as_str(), Some(&*value)),
                Ok(_) => {}
                Err(error) => errors.push(error),
            }
            for event in connection.events() {
                let _ = events.send(event);
            }
        }
        (errors, serde_json::from_str(connection.status().as_json()).expect("a document"))
    }
}

fn wait(events: &Receiver<Event>, wanted: impl Fn(&Event) -> bool) {
    assert!(events.iter().any(|event| wanted(&event)), "the worker ended");
}

fn is_rotation(event: &Event, material: &str, generation: &str) -> bool {
    event.kind == EventKind::Rotation
        && event.field("material") == Some(material)
        && event.field("generation") == Some(generation)
}
