//! `redlatch bench`: what it tells, and what it leaves behind.

use redlatch::Client;
use redlatch::core::resp::Value as Reply;
use redlatch_lab::Lab;
use serde_json::Value;

use crate::program::{Running, json, lab, redlatch, text};

/// A key that looks like one of the bench's, and another one.
const FOREIGN: [&str; 2] = ["redlatch-bench:mine", "other"];

fn with_foreign_keys(lab: &Lab) -> redlatch::Connection {
    let mut connection = Client::open(&lab.url()).expect("a URL").connection();
    for key in FOREIGN {
        connection.call(["SET", key, "kept"]).expect("OK");
    }
    connection
}

/// Exactly the keys of others are there.
fn assert_only_foreign(connection: &mut redlatch::Connection) {
    for key in FOREIGN {
        let value = connection.call(["GET", key]).expect("a value");
        assert_eq!(value, Reply::Bulk(b"kept".to_vec()));
    }
    assert_eq!(connection.call(["DBSIZE"]).expect("a number"), Reply::Int(2));
}

/// The Unix socket of the lab's server: the same server without TLS.
fn socket(lab: &Lab) -> String {
    lab.path("control").with_file_name("redis.sock").display().to_string()
}

#[test]
fn tls_is_measured_beside_plaintext_and_nothing_is_left() {
    let lab = lab();
    let mut connection = with_foreign_keys(&lab);
    let (url, file) = (lab.url_of_files(), lab.password_file().display().to_string());
    let plain = format!("unix://{}", socket(&lab));
    let arguments = ["bench", &url, "--compare", &plain, "--password-file", &file];
    let more = ["--requests", "500", "--keys", "50", "--clients", "2", "--pipeline", "3"];
    let last = ["--commands", "set,get,mixed", "--handshakes", "3", "--size", "100", "--json"];
    let output = redlatch(&[&arguments[..], &more, &last].concat(), b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
    // No progress where nobody sees it.
    assert_eq!(output.stderr, b"");
    let document = json(&output.stdout);
    assert_eq!(document["interrupted"], false);
    for (name, value) in [("clients", 2), ("pipeline", 3), ("size", 100), ("keys", 50)] {
        assert_eq!(document[name], value);
    }
    let endpoints = document["endpoints"].as_array().expect("a list");
    assert_eq!(endpoints.len(), 2);
    assert_eq!(endpoints[0]["tls"]["version"], "TLSv1.3");
    assert_eq!(endpoints[1]["tls"], Value::Null);
    for endpoint in endpoints {
        let workloads = endpoint["workloads"].as_array().expect("a list");
        let names: Vec<_> = workloads.iter().map(|it| it["workload"].clone()).collect();
        assert_eq!(names, ["set", "get", "mixed"]);
        for workload in workloads {
            assert_eq!(workload["commands"], 500);
            assert!(workload["commands_per_second"].as_f64().expect("a rate") > 0.0);
            let latency = &workload["latency_ms"];
            let figures = ["p50", "p90", "p99", "p99_9", "max"];
            let figures = figures.map(|name| latency[name].as_f64().expect("a figure"));
            assert!(figures.is_sorted() && figures[0] > 0.0, "{latency}");
        }
        assert!(endpoint["connection"]["full_ms"].as_f64().expect("a time") > 0.0);
    }
    assert_eq!(endpoints[0]["connection"]["resumed_count"], 3);
    assert_eq!(endpoints[1]["connection"]["resumed_ms"], Value::Null);
    assert_eq!(document["cost"].as_array().map(Vec::len), Some(3));
    assert!(document["cost"][0]["throughput_ratio"].as_f64().expect("a ratio") > 0.0);
    assert_only_foreign(&mut connection);
}

#[test]
fn people_get_a_table() {
    let lab = lab();
    let few = ["--requests", "50", "--keys", "5", "--handshakes", "2"];
    let output = redlatch(&[&["bench", &lab.url_of_files()], &few[..]].concat(), b"");
    let table = text(output.stdout);
    for part in ["(TLS): version ", "commands/s", "p99.9", "SET TLS", "GET TLS", "TLS resumed "] {
        assert!(table.contains(part), "{part}: {table}");
    }
}

#[test]
fn an_interruption_tells_what_was_measured_and_cleans_up() {
    let lab = lab();
    let mut connection = with_foreign_keys(&lab);
    let url = lab.url_of_files();
    let long = ["--seconds", "1h", "--keys", "20", "--handshakes", "0", "--json"];
    let bench = Running::start(&[&["bench", "--commands", "get", &url], &long[..]].concat());
    while !text_of(&mut connection).contains("cmdstat_get:") {}
    let (code, printed) = bench.end("-INT");
    assert_eq!(code, Some(130));
    let document = json(printed.concat().as_bytes());
    assert_eq!(document["interrupted"], true);
    let measured = &document["endpoints"][0]["workloads"][0]["commands"];
    assert!(measured.as_u64().expect("a count") > 0);
    assert_only_foreign(&mut connection);
}

#[test]
fn a_failure_is_coded_and_cleans_up_as_well() {
    let lab = lab();
    let mut connection = with_foreign_keys(&lab);
    // It may write its keys, but not read them.
    let rules = ["ACL", "SETUSER", "writer", "on", ">secret", "~redlatch-bench:*", "+@all", "-get"];
    connection.call(rules).expect("OK");
    let secret = lab.write("writer", b"secret").display().to_string();
    let url = lab.url_without_password();
    let user = ["--username", "writer", "--password-file", &secret];
    let few = ["--requests", "50", "--keys", "5", "--handshakes", "0", "--json"];
    let output = redlatch(&[&["bench", &url], &user[..], &few].concat(), b"");
    assert_eq!((output.status.code(), output.stdout), (Some(1), vec![]));
    assert_eq!(json(&output.stderr)["code"], "auth.denied");
    assert_only_foreign(&mut connection);
}

#[test]
fn a_second_signal_does_not_wait() {
    let lab = lab();
    let url = lab.url_of_files();
    let long = ["--seconds", "1h", "--keys", "20", "--handshakes", "0", "--timeout", "1h"];
    let bench = Running::start(&[&["bench", &url], &long[..]].concat());
    let mut connection = Client::open(&lab.url()).expect("a URL").connection();
    while !text_of(&mut connection).contains("cmdstat_set:") {}
    // No command comes back, so a clean end has to wait.
    lab.run(&["kill"]);
    assert_eq!(bench.insist("-INT"), None);
}

fn text_of(connection: &mut redlatch::Connection) -> String {
    let info = connection.call(["INFO", "commandstats"]).expect("a text");
    text(info.as_bytes().expect("a text").to_vec())
}
