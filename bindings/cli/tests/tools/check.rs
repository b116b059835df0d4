//! `redlatch bundle check` against a live server.

use std::fs;

use crate::program::{ca, json, lab, redlatch, text};

#[test]
fn the_next_bundle_is_tried_before_it_is_published() {
    let lab = lab();
    let (file, port) = (lab.ca_file().display().to_string(), lab.port());
    let server = format!("rediss://127.0.0.1:{port}");
    let first = lab.write("first.pem", &fs::read(&file).expect("a bundle")).display().to_string();
    lab.run(&["add-ca"]);
    let output = redlatch(&["bundle", "check", &first, "--next", &file, &server, "--json"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
    let document = json(&output.stdout);
    assert_eq!(document["trusted"], true);
    assert_eq!(document["tls"]["version"], "TLSv1.3");
    let leaf = &document["chain"][0];
    assert_eq!(leaf["subject"], "CN=redlatch lab server");
    assert!(leaf["names"].as_array().expect("names").contains(&"IP:127.0.0.1".into()));
    assert!(leaf["days_left"].as_i64().expect("days") > 0);
    let anchor = &document["bundles"][1]["anchor"];
    assert_eq!(anchor["subject"], "CN=redlatch lab CA A");
    assert_eq!(anchor["sha256"].as_str().map(str::len), Some(64));

    // The server changes over: the old bundle no longer does, the new one still does.
    lab.run(&["switch-leaf"]);
    let output = redlatch(&["bundle", "check", &first, "--next", &file, &server, "--json"], b"");
    assert_eq!(output.status.code(), Some(1));
    let document = json(&output.stdout);
    assert_eq!(document["trusted"], false);
    assert_eq!(document["bundles"][0]["error"]["code"], "tls.untrusted");
    assert_eq!(document["bundles"][1]["anchor"]["subject"], "CN=redlatch lab CA B");
    let report = text(redlatch(&["bundle", "check", &first, "--next", &file, &server], b"").stdout);
    assert!(report.contains(&format!("{first}: NOT trusted: tls.untrusted: ")), "{report}");
    assert!(
        report.contains(&format!("{file}: trusted through CN=redlatch lab CA B, ")),
        "{report}"
    );
}

#[test]
fn other_rules_than_the_chain_count_and_no_login_is_needed() {
    let lab = lab();
    let bundle = fs::read(lab.ca_file()).expect("a bundle");
    let server = format!("rediss://127.0.0.1:{}", lab.port());
    let check = |more: &[&str]| {
        let output =
            redlatch(&[&["bundle", "check", "-", &server, "--json"], more].concat(), &bundle);
        (output.status.code(), json(&[output.stdout, output.stderr].concat()))
    };
    // A password that cannot be read is of no interest.
    assert_eq!(check(&["--password-file", "/nonexistent"]).0, Some(0));
    let (code, document) = check(&["--expected-name", "elsewhere.example"]);
    assert_eq!(code, Some(1));
    assert_eq!(document["bundles"][0]["error"]["code"], "tls.name_mismatch");
    assert_eq!(document["chain"][0]["subject"], "CN=redlatch lab server");
    // Nobody logged in, and nobody tried to.
    assert_eq!(lab.run(&["connections"]), "");
}

#[test]
fn a_bad_bundle_is_the_answer_about_it_and_no_server_is_an_error() {
    let lab = lab();
    let server = format!("rediss://127.0.0.1:{}", lab.port());
    let file = lab.ca_file().display().to_string();
    let output =
        redlatch(&["bundle", "check", &file, "--next", "-", &server, "--json"], b"truncated");
    assert_eq!(output.status.code(), Some(1));
    let document = json(&output.stdout);
    assert_eq!(document["bundles"][0]["trusted"], true);
    assert_eq!(document["bundles"][1]["error"]["code"], "trust.empty");
    let other = ca("other", 2040);
    let nobody =
        redlatch(&["bundle", "check", "-", "rediss://127.0.0.1:1", "--json"], other.as_bytes());
    assert_eq!((nobody.status.code(), nobody.stdout), (Some(1), vec![]));
    assert_eq!(json(&nobody.stderr)["code"], "net.refused");
}

#[test]
fn a_server_that_demands_a_certificate_is_looked_at_with_one() {
    let lab = redlatch_lab::Lab::with_options(
        std::path::Path::new(env!("CARGO_BIN_EXE_redlatch")),
        &["--mtls"],
    );
    let file = lab.ca_file().display().to_string();
    let output = redlatch(&["bundle", "check", &file, &lab.url_of_files(), "--json"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
    assert_eq!(json(&output.stdout)["trusted"], true);
}
