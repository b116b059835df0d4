//! `redlatch watch`: what a connection lives through, in lines.

use serde_json::Value;

use crate::program::{Running, json, lab, redlatch, text};

fn happened(line: &Value, kind: &str) -> bool {
    line["events"].as_array().expect("a list").iter().any(|event| event["kind"] == kind)
}

#[test]
fn rotations_and_restarts_are_seen() {
    let lab = lab();
    let url = lab.url_of_files();
    let fast = ["--interval", "50ms", "--ping-interval", "10ms", "--poll-interval", "100ms"];
    let mut watch = Running::start(&[&["watch", "--json", &url], &fast[..]].concat());
    let first =
        watch.next(|line| line["status"]["state"] == "ready" && line["ping_ms"]["count"] != 0);
    let status = &first["status"];
    assert_eq!(status["sessions"][0]["tls"], "TLSv1.3");
    assert!(status["sessions"][0]["peer"]["days_left"].as_i64().expect("days") > 0);
    assert_eq!(status["trust"]["certificates"].as_array().map(Vec::len), Some(1));
    assert!(first["ping_ms"]["p50"].as_f64().expect("a time") > 0.0);
    watch.next(|line| line["server_commands_per_second"].is_u64());

    lab.run(&["add-ca"]);
    let rotated = watch.next(|line| happened(line, "rotation"));
    assert_eq!(rotated["status"]["trust"]["generation"], 2);
    assert_eq!(rotated["status"]["trust"]["certificates"].as_array().map(Vec::len), Some(2));

    lab.run(&["kill"]);
    watch.next(|line| happened(line, "disconnected"));
    lab.run(&["restart"]);
    let back = watch.next(|line| line["status"]["state"] == "ready");
    assert_eq!(back["status"]["counters"]["reconnects"], 1);
    assert_eq!(watch.end("-TERM").0, Some(0));
}

#[test]
fn so_many_lines_and_no_more() {
    let lab = lab();
    let url = lab.url_of_files();
    let output = redlatch(&["watch", &url, "--count", "2", "--interval", "300ms"], b"");
    assert_eq!(output.status.code(), Some(0));
    let lines = text(output.stdout);
    let status: Vec<_> = lines.lines().filter(|line| line.contains("; 127.0.0.1:")).collect();
    assert_eq!(status.len(), 2, "{lines}");
    assert!(lines.contains("rotation: material=trust generation=1"), "{lines}");
    for part in ["ready; TLSv1.3; certificate ", "1 CAs (generation 1, first ends in "] {
        assert!(status[1].contains(part), "{part}: {lines}");
    }
}

#[test]
fn a_server_that_is_not_trusted_is_watched_too() {
    let (lab, other) = (lab(), lab());
    let url = format!("rediss://127.0.0.1:{}", lab.port());
    let ca = other.ca_file().display().to_string();
    let output = redlatch(&["watch", &url, "--ca-file", &ca, "--json", "--count", "2"], b"");
    assert_eq!(output.status.code(), Some(0));
    let lines = text(output.stdout);
    let last = json(lines.lines().last().expect("a line").as_bytes());
    assert_eq!(last["status"]["state"], "failing");
    assert_eq!(last["status"]["last_error"]["code"], "tls.untrusted");
    let wrong = redlatch(&["watch", "--tls=false", "--ca-file", &ca, "--json"], b"");
    assert_eq!(json(&wrong.stderr)["code"], "config.conflict");
}

#[test]
fn who_stops_reading_ends_it() {
    use std::io::BufRead as _;
    let lab = lab();
    let mut child = crate::program::command(&["watch", &lab.url_of_files(), "--interval", "20ms"])
        .spawn()
        .expect("redlatch");
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("stdout"));
    stdout.read_line(&mut String::new()).expect("a line");
    drop(stdout);
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}
