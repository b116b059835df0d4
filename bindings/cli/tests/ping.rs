//! `redlatch ping`, run as people run it against a lab.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use redlatch::core::config::{Kind, SETTINGS};
use redlatch_lab::Lab;
use serde_json::Value;

#[test]
fn it_tells_what_protects_the_connection() {
    let lab = lab();
    let output = ping(&lab, &["--from-env", "--count", "3", "--interval", "0"], "");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 7, "{text}");
    assert!(lines[0].contains(&format!("127.0.0.1:{}", lab.port())), "{text}");
    assert!(lines[1].contains("TLS") && lines[1].contains("verify=full"), "{text}");
    assert!(lines[2].contains("days left, sha256 "), "{text}");
    assert!(lines[5].starts_with("pong 3 in "), "{text}");
    assert!(lines[6].starts_with("3 sent, 3 answered, 0 lost; least "), "{text}");
    assert_eq!(output.stderr, b"");

    let twice = ["--from-env", "--count", "2", "--interval", "1ms", "--json"];
    let document = json(&ping(&lab, &twice, "").stdout);
    assert_eq!(document["pings_ms"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["lost"], 0);
    assert!(document["connect_ms"].is_number());
    assert_eq!(document["tls"]["anchor"]["sha256"].as_str().map(str::len), Some(64));
    assert!(document["tls"]["anchor"]["days_left"].as_i64().expect("days") > 0);
}

#[test]
fn the_password_comes_from_anywhere_but_a_flag() {
    let lab = lab();
    let port = lab.port().to_string();
    let ca = lab.ca_file().display().to_string();
    let place = ["--host", "127.0.0.1", "--port", &port, "--ca-file", &ca];
    let with = |more: &[&str], input: &str| ping(&lab, &[&place, more].concat(), input);

    let file = lab.password_file().display().to_string();
    assert!(with(&["--password-file", &file], "").status.success());
    let line = lab.password() + "\n";
    assert!(with(&["--password-file", "-"], &line).status.success());
    let empty = with(&["--password-file", "-", "--json"], "\n");
    assert_eq!(json(&empty.stderr)["code"], "auth.unavailable");
    // Not a flag: a usage error.
    assert_eq!(with(&["--password", "secret"], "").status.code(), Some(2));

    let output = ping(&lab, &[&lab.url()], "");
    assert!(output.status.success());
    let warning = String::from_utf8(output.stderr).expect("text");
    assert!(warning.contains("see the password") && warning.contains("--password-file"));
    assert!(!warning.contains(&lab.password()));
    assert_eq!(ping(&lab, &[&lab.url_of_files()], "").stderr, b"");
}

#[test]
fn failures_are_coded_and_have_a_remedy() {
    let (lab, other) = (lab(), Lab::with(Path::new(env!("CARGO_BIN_EXE_redlatch"))));
    let (url, ca) = (lab.url_of_files(), other.ca_file().display().to_string());
    let wrong = lab.write("wrong", b"wrong").display().to_string();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = silent.local_addr().expect("an address").port().to_string();
    let cases: [(&[&str], &str); 6] = [
        (&["--ca-file", &ca], "tls.untrusted"),
        (&["--password-file", &wrong], "auth.rejected"),
        (&["--expected-name", "elsewhere.example"], "tls.name_mismatch"),
        (&["--port", &silent, "--handshake-timeout", "100ms"], "tls.timeout"),
        (&["--ca-file", "/nonexistent"], "trust.unreadable"),
        (&["--tls=false"], "config.conflict"),
    ];
    for (flags, code) in cases {
        let output = ping(&lab, &[&[&*url], flags].concat(), "");
        let text = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{code}");
        assert_eq!(output.stdout, b"", "{code}");
        assert!(text.contains(&format!("redlatch: {code}: ")), "{text}");
        assert!(text.contains("\n  remedy: "), "{text}");
        assert!(!text.contains(&lab.password()));

        let output = ping(&lab, &[&[&*url, "--json"], flags].concat(), "");
        let error = String::from_utf8(output.stderr).expect("text");
        let error = json(error.lines().last().expect("a line").as_bytes());
        assert_eq!(error["code"], code);
    }
}

#[test]
fn it_asks_until_its_time_is_over_and_tells_what_was_lost() {
    let lab = lab();
    // A deadline shorter than the pause: one question.
    let short = ["--from-env", "--count", "0", "--deadline", "200ms", "--interval", "1h"];
    let output = ping(&lab, &short, "");
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).expect("text").matches("pong").count(), 1);

    let flags = ["--from-env", "--count", "0", "--interval", "1ms", "--timeout", "100ms"];
    let mut child = start(&lab, &flags);
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut hear = |wanted: &str| {
        lines.by_ref().map(|line| line.expect("text")).find(|line| line.starts_with(wanted))
    };
    assert!(hear("pong 2 ").is_some());
    lab.run(&["kill"]);
    // An outage is told and does not end it.
    assert!(hear("no answer to ").is_some());
    lab.run(&["restart"]);
    assert!(hear("pong ").is_some());
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.expect("kill").success());
    let summary = lines.map(|line| line.expect("text")).last().expect("a summary");
    assert!(summary.contains(" sent, ") && !summary.contains(" 0 lost"), "{summary}");
    assert_eq!(child.wait().expect("an end").code(), Some(1));
}

#[test]
fn every_setting_that_is_no_secret_is_a_flag() {
    let help = ping(&lab(), &["--help"], "").stdout;
    let help = String::from_utf8(help).expect("text");
    for row in SETTINGS {
        let flag = format!("--{}", row.name.replace('_', "-"));
        let named =
            help.split_whitespace().any(|word| word.split(['[', '=']).next() == Some(&*flag));
        let content = row.name.ends_with("_pem") || row.kind == Kind::Secret;
        let elsewhere = row.name == "url" || row.name.starts_with("provide_");
        assert_eq!(named, !content && !elsewhere, "{flag}");
    }
}

fn lab() -> Lab {
    Lab::with(Path::new(env!("CARGO_BIN_EXE_redlatch")))
}

/// In the environment that the lab's `env` makes.
fn ping(lab: &Lab, arguments: &[&str], input: &str) -> Output {
    let mut child = start(lab, arguments);
    // It may end without reading any.
    let _ = child.stdin.take().expect("stdin").write_all(input.as_bytes());
    child.wait_with_output().expect("an end")
}

fn start(lab: &Lab, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_redlatch"))
        .arg("ping")
        .args(arguments)
        .env_clear()
        .env("REDIS_HOST", "127.0.0.1")
        .env("REDIS_PORT", lab.port().to_string())
        .env("REDIS_SSL_CA_CERTS", lab.ca_file())
        .env("REDIS_PASSWORD_FILE", lab.password_file())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("redlatch")
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("JSON")
}
