//! Client certificates, as redlatch presents them to a server that demands one.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use redlatch::{Client, Code, EventKind};
use redlatch_lab::Lab;
use serde_json::Value;

use crate::PROGRAM;
use crate::load::{is_rotation, under_load, wait};
use crate::relay::{End, relay};

#[test]
fn a_missing_certificate_is_told() {
    for tls in ["1.2", "1.3"] {
        let lab = mtls(&["--tls", tls]);
        always(&lab.url_without_certificate(), Code::TlsClientCertRequired, tls);
    }
}

#[test]
fn a_refused_certificate_is_told() {
    for tls in ["1.2", "1.3"] {
        let lab = mtls(&["--tls", tls]);
        lab.run(&["rotate-client", "--untrusted"]);
        always(&lab.url_of_files(), Code::TlsClientCertRejected, tls);
    }
}

#[test]
fn a_refusal_without_a_word_is_told() {
    let lab = mtls(&["--tls", "1.3"]);
    lab.run(&["rotate-client", "--untrusted"]);
    for end in [End::Eof, End::Reset] {
        let port = format!(":{}/", relay(lab.port(), end));
        let through = |url: String| url.replace(&format!(":{}/", lab.port()), &port);
        let case = format!("1.3, {end:?}");
        always(&through(lab.url_of_files()), Code::TlsClientCertRejected, &case);
        always(&through(lab.url_without_certificate()), Code::TlsClientCertRequired, &case);
    }
}

#[test]
fn a_certificate_of_a_retired_ca_is_refused_until_another_is_published() {
    let lab = mtls(&[]);
    let old = ["client.pem", "client.key"].map(|name| {
        let file = lab.path("cert_file").with_file_name(name);
        lab.write(name, &std::fs::read(file).expect("a file")).display().to_string()
    });
    lab.run(&["rotate-client", "--new-ca"]);
    lab.run(&["rotate-client", "--finish"]);
    let url = lab.url_without_certificate();
    let url = format!("{url}&cert_file={}&key_file={}&poll_interval=0.05", old[0], old[1]);
    let mut connection = Client::open(&url).expect("a URL").connection();
    let error = connection.call(["PING"]).expect_err("a refusal");
    assert_eq!(error.code(), Code::TlsClientCertRejected, "{error}");

    for (name, old) in ["cert_file", "key_file"].into_iter().zip(&old) {
        std::fs::copy(lab.path(name), old).expect("a copy");
    }
    connection.reload();
    connection.call(["PING"]).expect("PONG");
}

#[test]
fn ping_tells_both() {
    let lab = mtls(&[]);
    assert_eq!(ping(&lab.url_of_files()), None);
    let missing = ping(&lab.url_without_certificate());
    assert_eq!(missing.as_deref(), Some("tls.client_cert_required"));
    lab.run(&["rotate-client", "--untrusted"]);
    assert_eq!(ping(&lab.url_of_files()).as_deref(), Some("tls.client_cert_rejected"));
}

#[test]
fn certificates_rotate_under_load() {
    let lab = mtls(&[]);
    let status = under_load(&lab.url_of_files(), |events| {
        for generation in ["2", "3", "4"] {
            lab.run(&["rotate-client"]);
            wait(events, |event| is_rotation(event, "identity", generation));
        }
        // The server takes only the new ones from now on, so that who connects has one.
        lab.run(&["rotate-client", "--new-ca"]);
        wait(events, |event| is_rotation(event, "identity", "5"));
        lab.run(&["rotate-client", "--finish"]);
        lab.run(&["add-ca"]);
        lab.run(&["switch-leaf"]);
        lab.run(&["drop-ca"]);
        wait(events, |event| event.kind == EventKind::Replaced);
    });
    is_presented(&status, 5, &lab);
}

#[test]
fn a_half_written_pair_never_replaces_a_good_one() {
    let lab = mtls(&[]);
    let status = under_load(&lab.url_of_files(), |events| {
        let half = thread::scope(|scope| {
            let half = scope.spawn(|| lab.run(&["rotate-client", "--key-first", "--gap", "1.5"]));
            let refused = wait(events, |event| event.kind == EventKind::Rejected);
            assert_eq!(refused.field("material"), Some("identity"));
            assert_eq!(refused.field("code"), Some("identity.mismatch"));
            half.join().expect("an end")
        });
        assert!(half.ends_with("published client certificate 2 of client CA A"), "{half}");
        wait(events, |event| is_rotation(event, "identity", "2"));
        lab.run(&["add-ca"]);
        lab.run(&["switch-leaf"]);
        lab.run(&["drop-ca"]);
        wait(events, |event| event.kind == EventKind::Replaced);
    });
    is_presented(&status, 2, &lab);
}

/// The connection in use has this generation of the client certificate: the published one.
fn is_presented(status: &Value, generation: u64, lab: &Lab) {
    assert_eq!(status["identity"]["generation"], generation);
    assert_eq!(status["identity"]["sha256"], lab.status()["client"]["leaf"]["sha256"]);
    assert_eq!(status["identity"]["refused"], Value::Null);
    let sessions = status["sessions"].as_array().expect("sessions");
    let active = sessions.iter().find(|session| session["active"] == true);
    assert_eq!(active.expect("a session")["identity_generation"], generation);
}

/// How a TLS 1.3 server's refusal arrives depends on who is faster: it is asked for many times.
fn always(url: &str, code: Code, case: &str) {
    for _ in 0..20 {
        let mut connection = Client::open(url).expect("a URL").connection();
        let error = connection.call(["PING"]).expect_err("a refusal");
        assert_eq!(error.code(), code, "TLS {case}: {error}");
    }
}

/// The code that `redlatch ping` fails with.
fn ping(url: &str) -> Option<String> {
    let output = Command::new(PROGRAM)
        .args(["ping", "--json", url])
        .stdin(Stdio::null())
        .output()
        .expect("redlatch");
    if output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stderr).expect("text");
    let error: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    Some(error["code"].as_str().expect("a code").to_owned())
}

fn mtls(options: &[&str]) -> Lab {
    Lab::with_options(Path::new(PROGRAM), &[&["--mtls"], options].concat())
}
