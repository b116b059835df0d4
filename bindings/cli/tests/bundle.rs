//! `redlatch bundle show`, run as people run it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
use serde_json::{Value, json};

#[test]
fn what_gcloud_prints_is_two_certificates() {
    // gcloud … --format="value(serverCaCerts[].cert)"
    let (old, new) = (ca("old", 2040), ca("new", 2041));
    let printed = format!("{};{}\n", old.trim_end(), new.trim_end());
    let output = show(&["--json", "-"], printed.as_bytes());
    assert!(output.status.success());
    let document = json(&output.stdout);
    let certificates = document["certificates"].as_array().expect("a list");
    assert_eq!(certificates.len(), 2);
    assert_eq!(document["rejected"], json!([]));
    assert_eq!(document["notes"], json!(["joined by ';'"]));
    assert_eq!(document.as_object().expect("an object").len(), 3);

    let first = certificates[0].as_object().expect("an object");
    let mut names: Vec<_> = first.keys().collect();
    names.sort();
    assert_eq!(names, ["issuer", "kind", "not_after", "not_before", "sha256", "subject"]);
    assert_eq!(first["subject"], "CN=old");
    assert_eq!(first["issuer"], "CN=old");
    assert_eq!(first["not_before"], "2020-01-01T00:00:00Z");
    assert_eq!(first["not_after"], "2040-01-01T00:00:00Z");
    assert_eq!(first["kind"], "root");
    assert_eq!(first["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(certificates[1]["subject"], "CN=new");
}

#[test]
fn what_is_not_trusted_is_told_apart() {
    let bundle = [ca("good", 2040), ca("gone", 2021)].concat();
    let document = json(&show(&["--json", "-"], bundle.as_bytes()).stdout);
    assert_eq!(document["certificates"].as_array().map(Vec::len), Some(1));
    let rejected = &document["rejected"][0];
    assert_eq!(
        (&rejected["subject"], &rejected["code"]),
        (&json!("CN=gone"), &json!("trust.expired"))
    );
    assert!(rejected["reason"].as_str().expect("a reason").contains("expired"));

    let output = show(&["-"], bundle.as_bytes());
    let text = String::from_utf8(output.stdout).expect("text");
    for part in ["root  CN=good", "days left", "rejected  CN=gone", "1 trusted, 1 rejected"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_file_is_read_as_standard_input_is() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("bundle-{}.pem", std::process::id()));
    let bundle = ca("one", 2040);
    std::fs::write(&path, &bundle).expect("a file");
    let of_file = show(&["--json", path.to_str().expect("text")], b"");
    std::fs::remove_file(&path).expect("a file");
    assert_eq!(of_file.stdout, show(&["--json", "-"], bundle.as_bytes()).stdout);
}

#[test]
fn a_bad_bundle_is_a_coded_error() {
    let key = KeyPair::generate().expect("a key").serialize_pem();
    let with_key = [ca("one", 2040), key.clone()].concat();
    let cut = &ca("one", 2040)[..300];
    let gone = ca("gone", 2021);
    let too_large = vec![b'\n'; (1 << 20) + 1];
    let cases: [(&[u8], &str); 6] = [
        (b"", "trust.empty"),
        (with_key.as_bytes(), "trust.private_key"),
        (key.as_bytes(), "trust.private_key"),
        (cut.as_bytes(), "trust.malformed"),
        (gone.as_bytes(), "trust.expired"),
        (&too_large, "trust.malformed"),
    ];
    for (bundle, code) in cases {
        let output = show(&["-"], bundle);
        let text = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{code}");
        assert!(text.starts_with(&format!("redlatch: {code}: ")), "{text}");
        assert!(text.contains("\n  remedy: "), "{text}");
        assert!(!text.contains(key.lines().nth(1).expect("a line")));

        let output = show(&["--json", "-"], bundle);
        assert_eq!(output.status.code(), Some(1), "{code}");
        assert_eq!(output.stdout, b"");
        assert_eq!(json(&output.stderr)["code"], code);
    }
    let missing = json(&show(&["--json", "/nonexistent/ca.pem"], b"").stderr);
    assert_eq!(missing["code"], "trust.unreadable");
    assert_eq!(missing["evidence"]["path"], "/nonexistent/ca.pem");
    let folder = json(&show(&["--json", "/"], b"").stderr);
    assert_eq!(folder["code"], "trust.unreadable");
}

#[test]
fn the_table_of_errors_is_complete() {
    let output = redlatch(&["errors", "--json"], b"");
    let table = json(&output.stdout);
    let text = String::from_utf8(redlatch(&["errors"], b"").stdout).expect("text");
    let rows = table.as_array().expect("a list");
    assert_eq!(rows.len(), redlatch::Code::ALL.len());
    for row in rows {
        assert!(text.contains(row["code"].as_str().expect("a name")));
        assert!(text.contains(row["remedy"].as_str().expect("a remedy")));
    }
    let one = String::from_utf8(redlatch(&["errors", "tls.untrusted"], b"").stdout).expect("text");
    assert_eq!(one.lines().count(), 3);
    assert_eq!(redlatch(&["errors", "nonsense"], b"").status.code(), Some(1));
}

#[test]
fn the_table_of_settings_is_complete() {
    let table = json(&redlatch(&["settings", "--json"], b"").stdout);
    let text = String::from_utf8(redlatch(&["settings"], b"").stdout).expect("text");
    let rows = table.as_array().expect("a list");
    assert_eq!(rows.len(), redlatch::core::config::SETTINGS.len());
    for row in rows {
        assert!(text.contains(&format!("{}, ", row["name"].as_str().expect("a name"))));
        assert!(text.contains(row["sentence"].as_str().expect("a sentence")));
        for variable in row["environment"].as_array().expect("a list") {
            assert!(text.contains(variable.as_str().expect("a name")));
        }
    }
    let one =
        String::from_utf8(redlatch(&["settings", "poll_interval"], b"").stdout).expect("text");
    assert_eq!(one.lines().next(), Some("poll_interval, duration, default: 10"));
    let found = String::from_utf8(redlatch(&["settings", "REDIS_AUTH"], b"").stdout).expect("text");
    assert!(found.starts_with("password, secret\n"), "{found}");
    assert_eq!(redlatch(&["settings", "nonsense"], b"").status.code(), Some(1));
}

fn ca(name: &str, until: i32) -> String {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = Default::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().expect("a key");
    params.self_signed(&key).expect("a certificate").pem()
}

fn show(arguments: &[&str], input: &[u8]) -> Output {
    redlatch(&[&["bundle", "show"], arguments].concat(), input)
}

fn redlatch(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_redlatch"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("redlatch");
    // It may end without reading all.
    let _ = child.stdin.take().expect("stdin").write_all(input);
    child.wait_with_output().expect("an end")
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("JSON")
}
