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
    let call = || Client::open(&url).expect("a URL").connection().call(["PING"]);
    call().expect("PONG");
    lab.run(&["revoke"]);
    assert_eq!(call().expect_err("a refusal").code(), Code::TlsRevoked);
    lab.run(&["rotate-leaf"]);
    call().expect("PONG");
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
