//! Revocation lists under a real server.

use std::path::Path;

use redlatch::{Client, Code, EventKind};
use redlatch_lab::Lab;

use crate::PROGRAM;
use crate::load::{under_load, wait};

#[test]
fn a_revoked_server_is_refused_until_it_has_another_certificate() {
    let lab = Lab::with(Path::new(PROGRAM));
    let url = url(&lab);
    let mut connection = Client::open(&url).expect("a URL").connection();
    connection.call(["PING"]).expect("PONG");
    lab.run(&["revoke"]);
    let mut connection = Client::open(&url).expect("a URL").connection();
    let error = connection.call(["PING"]).expect_err("a refusal");
    assert_eq!(error.code(), Code::TlsRevoked);
    // At once, not because time was up.
    assert!(connection.events().iter().any(|event| event.kind == EventKind::Failing), "{error}");
    lab.run(&["rotate-leaf"]);
    connection.call(["PING"]).expect("PONG");
}

#[test]
fn a_certificate_is_revoked_under_load() {
    let lab = Lab::with(Path::new(PROGRAM));
    let status = under_load(&url(&lab), |events| {
        for _ in 0..2 {
            lab.run(&["revoke", "--and-switch"]);
            let distrusted = wait(events, |event| event.kind == EventKind::Distrusted);
            assert_eq!(distrusted.field("code"), Some("tls.revoked"));
            wait(events, |event| event.kind == EventKind::Replaced);
        }
    });
    assert_eq!(status["counters"]["replacements"], 2);
}

fn url(lab: &Lab) -> String {
    format!("{}&crl_file={}", lab.url_of_files(), lab.crl_file().display())
}
