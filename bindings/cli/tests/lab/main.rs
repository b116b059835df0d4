//! The lab, run as people run it, and watched by real TLS clients.

mod client;
mod clients;
mod harness;
mod life;
mod revocation;

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use client::Client;
use harness::{Lab, rest};

#[test]
fn trust_rotates() {
    let lab = Lab::up();
    let a = lab.ca();
    let mut early = lab.client();
    assert_eq!(lab.status()["cas"], json!(["A"]));

    assert_eq!(lab.run(&["add-ca"]), "published CA A+B");
    let both = lab.ca();
    assert_eq!(certificates(&both), 2);
    assert!(both.starts_with(&a));
    let b = &both[a.len()..];
    assert_eq!(lab.client().leaf(), early.leaf());
    assert!(untrusted(&lab, b));

    assert_eq!(lab.run(&["switch-leaf"]), "the server presents certificate 2 of CA B");
    assert!(untrusted(&lab, &a));
    assert_eq!(early.call(&["PING"]), "+PONG");
    let second = lab.client().leaf();
    assert_ne!(second, early.leaf());
    let status = lab.status();
    assert_eq!(status["leaf"]["sha256"], second.as_str());
    assert_eq!(status["leaf"]["ca"], "B");

    assert_eq!(lab.run(&["drop-ca"]), "published CA B");
    assert_eq!(lab.ca(), b);
    assert_eq!(lab.client().leaf(), second);
    assert!(lab.fail(&["drop-ca"]).contains("only B"));

    lab.run(&["rotate-leaf"]);
    let third = lab.client().leaf();
    assert_ne!(third, second);

    // A leaf of the CA that was dropped: rotate-leaf stays with the issuer, switch-leaf leaves it.
    lab.run(&["add-ca"]);
    lab.run(&["drop-ca"]);
    lab.run(&["rotate-leaf"]);
    assert!(untrusted(&lab, &lab.ca()));
    lab.run(&["switch-leaf"]);
    assert_eq!(lab.client().call(&["PING"]), "+PONG");
    assert_eq!(lab.status()["cas"], json!(["C"]));
}

#[test]
fn the_password_rotates_with_an_overlap() {
    let lab = Lab::up();
    let mut early = lab.client();
    let old = lab.password();
    assert!(lab.fail(&["rotate-password", "--finish"]).contains("unfinished"));

    let said = lab.run(&["rotate-password"]);
    assert_eq!(said, "the server accepts password 1 and 2\npublished password 2");
    let new = lab.password();
    assert_ne!(new, old);
    assert_eq!(new.len(), 32);
    assert!(accepts(&lab, &old) && accepts(&lab, &new));
    // Both, after a restart too.
    lab.run(&["restart"]);
    assert!(accepts(&lab, &old) && accepts(&lab, &new));
    drop(early);
    early = Client::open(lab.port(), &lab.ca(), &old);

    assert_eq!(lab.run(&["rotate-password", "--finish"]), "the server accepts password 2");
    assert!(!accepts(&lab, &old));
    assert!(accepts(&lab, &new));
    assert_eq!(early.call(&["PING"]), "+PONG");

    // An overlap drops what was accepted before the published one.
    lab.run(&["rotate-password", "--overlap"]);
    lab.run(&["rotate-password", "--overlap"]);
    assert!(!accepts(&lab, &new));
    assert_eq!(lab.status()["password"], json!({"accepted": [3, 4], "published": 4}));
}

#[test]
fn the_password_rotates_on_the_server_first() {
    let lab = Lab::up();
    let old = lab.password();
    let (mut verb, mut stdout, line) =
        lab.begin(&["rotate-password", "--server-first", "--gap", "3"]);
    assert_eq!(line, "the server accepts password 2");
    assert_eq!(lab.password(), old);
    assert!(!accepts(&lab, &old));
    assert!(lab.fail(&["rotate-password"]).contains("under way"));

    assert_eq!(rest(&mut stdout), "published password 2");
    assert!(verb.wait().expect("an end").success());
    assert!(accepts(&lab, &lab.password()));
}

#[test]
fn the_password_rotates_in_the_file_first() {
    let lab = Lab::up();
    let old = lab.password();
    let (mut verb, mut stdout, line) =
        lab.begin(&["rotate-password", "--file-first", "--gap", "3"]);
    assert_eq!(line, "published password 2");
    let new = lab.password();
    assert_ne!(new, old);
    assert!(accepts(&lab, &old) && !accepts(&lab, &new));

    assert_eq!(rest(&mut stdout), "the server accepts password 2");
    assert!(verb.wait().expect("an end").success());
    assert!(!accepts(&lab, &old) && accepts(&lab, &new));
}

#[test]
fn volumes_change_as_the_kubelet_changes_them() {
    let lab = Lab::up();
    lab.run(&["add-ca"]);
    let right = lab.ca();
    let trust = lab.folder.0.join("trust");
    let data = || fs::read_link(trust.join("..data")).expect("..data");
    let first = data();

    assert_eq!(lab.run(&["truncate"]), "published CA A+B, truncated");
    let cut = lab.ca();
    assert!(right.starts_with(&cut));
    assert_eq!(certificates(&cut), 2);
    assert_eq!(text(&cut).matches("-----END").count(), 1);

    assert_ne!(data(), first);
    assert!(!trust.join(&first).exists());
    assert_eq!(fs::read_link(trust.join("ca.pem")).expect("a link"), Path::new("..data/ca.pem"));
    let mut names: Vec<_> = fs::read_dir(&trust)
        .expect("trust")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    assert_eq!(names, [text(data().as_os_str().as_encoded_bytes()), "..data", "ca.pem", "crl.pem"]);

    lab.run(&["empty"]);
    assert_eq!(lab.ca(), b"");

    fs::write(lab.folder.0.join("mine"), [0, 159, 146, 150]).expect("mine");
    lab.run(&["publish", lab.folder.0.join("mine").to_str().expect("text")]);
    assert_eq!(lab.ca(), [0, 159, 146, 150]);
    assert!(lab.fail(&["publish", "/nonexistent"]).contains("/nonexistent"));
    assert_eq!(lab.status()["published"]["what"], "file");

    lab.run(&["repair"]);
    assert_eq!(lab.ca(), right);
    let published = &lab.status()["published"];
    assert_eq!(published["what"], "right");
    assert_eq!(published["generation"], 6);
    assert_eq!(published["bytes"], right.len());
}

#[test]
fn the_server_is_killed_and_restarted_as_it_was() {
    let mut lab = Lab::up();
    lab.run(&["rotate-leaf"]);
    lab.run(&["rotate-password", "--server-first"]);
    let (port, pid, leaf) = (lab.port(), lab.server_pid(), lab.client().leaf());
    assert_eq!(lab.client().call(&["SET", "key", "value"]), "+OK");

    lab.run(&["kill"]);
    assert!(lab.refuses_connections());
    assert_eq!(lab.json()["server_pid"], Value::Null);
    for verb in ["kill", "switch-leaf", "rotate-password", "connections"] {
        assert!(lab.fail(&[verb]).contains("not running"), "{verb}");
    }

    lab.run(&["restart"]);
    assert_eq!(lab.port(), port);
    assert_ne!(lab.server_pid(), pid);
    let mut client = lab.client();
    assert_eq!(client.leaf(), leaf);
    assert_eq!(client.call(&["GET", "key"]), "value");

    // It may also end by itself.
    harness::signal("-KILL", lab.server_pid());
    assert!(harness::next_line(&mut lab.stderr).contains("redis-server ended"));
    lab.run(&["restart"]);
    assert_eq!(lab.client().call(&["GET", "key"]), "value");
}

#[test]
fn a_paused_server_says_nothing() {
    let lab = Lab::up();
    let mut client = lab.client();
    let (mut verb, mut stdout, line) = lab.begin(&["pause", "2"]);
    assert!(line.starts_with("paused"));
    client.send(&["PING"]);
    assert!(!client.hears_within(Duration::from_millis(100)));
    assert_eq!(lab.status()["server"]["paused"], true);
    assert!(lab.fail(&["pause", "1"]).contains("already"));
    assert!(lab.fail(&["connections"]).contains("paused"));

    assert!(rest(&mut stdout).ends_with("goes on"));
    assert!(verb.wait().expect("an end").success());
    assert_eq!(client.reply(), "+PONG");

    // A server that is killed while paused does not stay behind.
    let (mut verb, mut stdout, _) = lab.begin(&["pause", "1"]);
    lab.run(&["kill"]);
    lab.run(&["restart"]);
    assert!(rest(&mut stdout).ends_with("has ended meanwhile"));
    assert!(verb.wait().expect("an end").success());
    assert_eq!(lab.client().call(&["PING"]), "+PONG");
}

#[test]
fn connections_are_listed() {
    let lab = Lab::up();
    assert_eq!(lab.run(&["connections"]), "");
    let mut one = lab.client();
    let mut two = lab.client();
    assert_eq!(one.call(&["CLIENT", "SETNAME", "one"]), "+OK");
    assert_eq!(two.call(&["CLIENT", "SETNAME", "2"]), "+OK");
    let list = lab.run(&["connections"]);
    let list: Vec<Value> =
        list.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let mut names: Vec<_> = list.iter().map(|client| client["name"].clone()).collect();
    names.sort_by_key(Value::to_string);
    assert_eq!(names, [json!("2"), json!("one")]);
    assert!(list.iter().all(|client| client["id"].is_u64() && client["user"] == "default"));

    assert_eq!(lab.run(&["disconnect"]), "closed 2 connections");
    assert_eq!(lab.run(&["connections"]), "");
    assert!(!one.pings());
    assert_eq!(lab.client().call(&["PING"]), "+PONG");
}

fn untrusted(lab: &Lab, trust: &[u8]) -> bool {
    match Client::connect(lab.port(), trust) {
        Ok(_) => false,
        Err(error) => error.to_string().contains("UnknownIssuer"),
    }
}

fn accepts(lab: &Lab, password: &str) -> bool {
    let mut client = Client::connect(lab.port(), &lab.ca()).expect("a handshake");
    match client.call(&["AUTH", password]).as_str() {
        "+OK" => true,
        reply => {
            assert!(reply.starts_with("-WRONGPASS"), "{reply}");
            false
        }
    }
}

fn certificates(pem: &[u8]) -> usize {
    text(pem).matches("-----BEGIN CERTIFICATE-----").count()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}
