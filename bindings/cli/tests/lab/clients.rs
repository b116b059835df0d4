//! A server that demands client certificates.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::client::Client;
use crate::harness::{Folder, Lab, rest};

type Identity = (Vec<u8>, Vec<u8>);

#[test]
fn only_published_certificates_are_welcome() {
    for tls in ["1.2", "1.3"] {
        let lab = Lab::up_with(Folder::new(), &["--mtls", "--tls", tls]);
        assert!(welcome(&lab, &lab.identity()), "{tls}");
        let stranger = Client::connect(lab.port(), &lab.ca());
        assert!(!stranger.is_ok_and(Client::pings), "{tls}");

        let said = lab.run(&["rotate-client", "--untrusted"]);
        assert_eq!(said, "published client certificate 2 of an unknown CA");
        assert_eq!(lab.status()["client"]["pair"], "untrusted");
        assert!(!welcome(&lab, &lab.identity()), "{tls}");
        lab.run(&["rotate-client"]);
        assert!(welcome(&lab, &lab.identity()), "{tls}");
    }
}

#[test]
fn certificates_rotate_within_their_ca() {
    let lab = mtls();
    let first = lab.identity();
    let said = lab.run(&["rotate-client"]);
    assert_eq!(said, "published client certificate 2 of client CA A");
    let second = lab.identity();
    assert!(first.0 != second.0 && first.1 != second.1);
    assert!(welcome(&lab, &first) && welcome(&lab, &second));

    let status = lab.status();
    assert_eq!(status["client"]["accepted"], json!(["A"]));
    assert_eq!(status["client"]["leaf"]["serial"], 2);
    assert_eq!(status["client"]["pair"], "right");
    assert_eq!(status["client"]["generation"], 2);
}

#[test]
fn the_client_ca_rotates() {
    let lab = mtls();
    let first = lab.identity();
    assert!(lab.fail(&["rotate-client", "--finish"]).contains("unfinished"));

    let said = lab.run(&["rotate-client", "--new-ca"]);
    let expected = "the server accepts client CA A+B\n\
                    published client certificate 2 of client CA B";
    assert_eq!(said, expected);
    let second = lab.identity();
    assert!(welcome(&lab, &first) && welcome(&lab, &second));
    lab.run(&["restart"]);
    assert!(welcome(&lab, &first) && welcome(&lab, &second));

    assert_eq!(lab.run(&["rotate-client", "--finish"]), "the server accepts client CA B");
    assert!(!welcome(&lab, &first) && welcome(&lab, &second));
    lab.run(&["restart"]);
    assert!(!welcome(&lab, &first) && welcome(&lab, &second));

    // Nothing changes while the server cannot follow.
    lab.run(&["kill"]);
    assert!(lab.fail(&["rotate-client", "--new-ca"]).contains("not running"));
    assert_eq!(lab.status()["client"]["accepted"], json!(["B"]));
}

#[test]
fn a_pair_can_be_half_written() {
    let lab = mtls();
    let old = lab.identity();
    let (mut verb, mut stdout, line) = lab.begin(&["rotate-client", "--key-first", "--gap", "3"]);
    assert_eq!(line, "published the key of client certificate 2 beside certificate 1");
    let half = lab.identity();
    assert!(half.0 == old.0 && half.1 != old.1);
    let mismatch = Client::connect_as(lab.port(), &lab.ca(), (&half.0, &half.1)).err();
    assert!(mismatch.expect("an error").to_string().contains("KeyMismatch"));
    assert_eq!(lab.status()["client"]["pair"], "mismatched");
    assert!(lab.fail(&["rotate-client"]).contains("under way"));

    assert_eq!(rest(&mut stdout), "published client certificate 2 of client CA A");
    assert!(verb.wait().expect("an end").success());
    let new = lab.identity();
    assert!(new.0 != old.0 && new.1 == half.1);
    assert!(welcome(&lab, &new));
}

#[test]
fn the_files_are_named_and_change_as_the_kubelet_changes_them() {
    let lab = mtls();
    let folder = lab.folder.0.join("client");
    let data = || fs::read_link(folder.join("..data")).expect("..data");
    let first = data();
    lab.run(&["rotate-client"]);
    assert_ne!(data(), first);
    for name in ["client.pem", "client.key"] {
        let link = fs::read_link(folder.join(name)).expect("a link");
        assert_eq!(link, Path::new("..data").join(name));
    }

    let json = lab.json();
    let path = |name: &str| Path::new(json[name].as_str().expect("a path")).to_owned();
    assert_eq!(fs::read(path("cert_file")).expect("a file"), lab.identity().0);
    assert_eq!(fs::read(path("key_file")).expect("a file"), lab.identity().1);
    assert_eq!(fs::read(path("crl_file")).expect("a file"), lab.read("trust/crl.pem"));

    let script = ". \"$0/env\" && cat \"$REDIS_SSL_CERTFILE\" \"$REDIS_SSL_KEYFILE\"";
    let output = Command::new("sh").args(["-c", script]).arg(&lab.folder.0).output().expect("sh");
    assert_eq!(output.stdout, [lab.identity().0, lab.identity().1].concat());
}

#[test]
fn a_lab_without_client_certificates_says_so() {
    let lab = Lab::up();
    assert!(lab.fail(&["rotate-client"]).contains("--mtls"));
    assert_eq!(lab.status()["client"], Value::Null);
    assert_eq!(lab.json()["cert_file"], Value::Null);
    let env = String::from_utf8(lab.read("env")).expect("text");
    assert!(!env.contains("CERTFILE") && !env.contains("KEYFILE"));
}

fn mtls() -> Lab {
    Lab::up_with(Folder::new(), &["--mtls"])
}

fn welcome(lab: &Lab, (chain, key): &Identity) -> bool {
    Client::connect_as(lab.port(), &lab.ca(), (chain, key)).is_ok_and(Client::pings)
}
