//! Servers that are not talked to, and the evidence an operator gets.

use redlatch_core::{Action, Code, Error, EventKind};

use crate::{
    assert_reply, refused, text,
    world::{
        Outcome, World,
        certs::{Ca, DAY, EPOCH, Wish},
        seconds,
        server::Port,
    },
};

fn failure(world: &mut World) -> Error {
    match world.call(&["PING"]) {
        Outcome::Failed(error) => error,
        Outcome::Reply(value) => panic!("{value:?}"),
    }
}

#[track_caller]
fn evidence(error: &Error, name: &str) -> String {
    let found = error.evidence().iter().find(|(key, _)| *key == name);
    found.unwrap_or_else(|| panic!("no {name} in {error:?}")).1.clone()
}

/// Nothing but TLS may have reached a server that is not trusted.
fn assert_nothing_said(world: &World) {
    assert_eq!(world.server.log, []);
}

#[test]
fn an_untrusted_server_with_fingerprints() {
    let (trusted, other) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&trusted, &[("password", "pass-a-word")]);
    world.password("pass-a-word");
    let leaf = other.leaf();
    world.server.present(&leaf);
    let error = failure(&mut world);
    assert_eq!(error.code(), Code::TlsUntrusted);
    assert!(evidence(&error, "issuer").contains("CN=B"));
    assert_eq!(evidence(&error, "presented_sha256"), leaf.sha256);
    assert_eq!(evidence(&error, "trusted_sha256"), trusted.sha256);
    assert!(!error.is_maybe_executed());
    assert_nothing_said(&world);
    assert_eq!(world.dials.len(), 1);
}

/// rustls says `BadSignature` here.
#[test]
fn a_ca_of_the_same_name_with_another_key() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    world.server.present(&Ca::new("A").leaf());
    assert_eq!(failure(&mut world).code(), Code::TlsUntrusted);
}

#[test]
fn a_bundle_replaced_just_now_is_read_again() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[]);
    world.server.present(&new.leaf());
    world.client.tick(world.now, &mut world.log);
    world.disk.write_unseen("/ca.pem", &new.pem);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!((world.dials.len(), world.count(EventKind::Failing)), (2, 0));
}

#[test]
fn a_permanent_failure_is_over_as_soon_as_trust_rotates() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[("poll_interval", "1")]);
    world.server.present(&new.leaf());
    assert_eq!(failure(&mut world).code(), Code::TlsUntrusted);
    world.advance(seconds(20.0));
    assert_eq!(failure(&mut world).code(), Code::TlsUntrusted);
    world.disk.write("/ca.pem", &new.pem);
    world.advance(seconds(1.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_name_that_does_not_match() {
    let ca = Ca::new("A");
    let mut world = World::secure(&ca, &[]);
    world
        .server
        .present(&ca.issue(&Wish { names: &["other.test", "10.0.0.9"], ..Wish::default() }));
    let error = failure(&mut world);
    assert_eq!(error.code(), Code::TlsNameMismatch);
    assert_eq!(evidence(&error, "expected"), "redis.test");
    assert!(evidence(&error, "presented").contains("other.test"));
    assert_nothing_said(&world);
    world.server.present(&ca.issue(&Wish { names: &[], ..Wish::default() }));
    world.advance(seconds(1.0));
    assert!(evidence(&failure(&mut world), "presented").contains("no subjectAltName"));
}

#[test]
fn an_expected_name_stands_in_for_the_host() {
    let ca = Ca::new("A");
    for (names, expected, code) in [
        (&["redis.test"][..], "redis.test", None),
        (&["other.test"], "other.test", None),
        (&["127.0.0.1"], "127.0.0.1", None),
        (&["redis.test"], "other.test", Some(Code::TlsNameMismatch)),
    ] {
        let mut world = World::secure(&ca, &[("expected_name", expected)]);
        world.server.present(&ca.issue(&Wish { names, ..Wish::default() }));
        match code {
            None => assert_reply(world.call(&["ECHO", "e"]), text("e")),
            Some(code) => assert_eq!(refused(&mut world, &["PING"]), code),
        }
    }
}

#[test]
fn verify_ca_looks_at_everything_but_the_name() {
    let ca = Ca::new("A");
    let other_name = Wish { names: &["other.test"], ..Wish::default() };
    let mut world = World::secure(&ca, &[("verify", "ca")]);
    world.server.present(&ca.issue(&other_name));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    for (leaf, code) in [
        (Ca::new("B").issue(&other_name), Code::TlsUntrusted),
        (ca.issue(&Wish { until: EPOCH - 1, ..other_name }), Code::TlsExpired),
        (ca.client(), Code::TlsBadCertificate),
    ] {
        let mut world = World::secure(&ca, &[("verify", "ca")]);
        world.server.present(&leaf);
        assert_eq!(failure(&mut world).code(), code);
        assert_nothing_said(&world);
    }
}

#[test]
fn dates_are_compared_with_the_hosts_clock() {
    let ca = Ca::new("A");
    let mut world = World::secure(&ca, &[]);
    world.server.present(&ca.issue(&Wish { until: EPOCH + DAY, ..Wish::default() }));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    world.pass(seconds(2.0 * DAY as f64));
    world.advance(seconds(60.0));
    // A leaf may end while its session lives on.
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    world.cut_all();
    let error = failure(&mut world);
    assert_eq!(error.code(), Code::TlsExpired);
    assert_eq!(evidence(&error, "not_after"), (EPOCH + DAY).to_string());
    // Not yet valid is a matter of waiting.
    let mut world = World::secure(&ca, &[]);
    world.server.present(&ca.issue(&Wish { from: EPOCH + 3, ..Wish::default() }));
    let ticket = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(4.9));
    assert_reply(world.outcome(ticket).unwrap(), crate::ok());
}

#[test]
fn nothing_is_verified_only_on_demand() {
    let mut world = World::new(&[
        ("host", "redis.test"),
        ("tls", "true"),
        ("danger_accept_any_certificate", "true"),
    ]);
    world.server.present(&Ca::new("B").issue(&Wish { names: &["x.test"], ..Wish::default() }));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(
        world.last(EventKind::Danger).field("setting"),
        Some("danger_accept_any_certificate")
    );
    assert_eq!(world.status()["verify"], "danger_none");
}

#[test]
fn a_bundle_that_cannot_be_used() {
    let ca = Ca::new("A");
    let key = ca.leaf().key_pem;
    let mut with_key = World::secure(&ca, &[]);
    with_key.secrets.push(key.lines().nth(1).unwrap().to_owned());
    with_key.disk.write("/ca.pem", [ca.pem.clone(), key].concat());
    assert_eq!(refused(&mut with_key, &["PING"]), Code::TrustPrivateKey);
    for (content, code) in [
        ("", Code::TrustEmpty),
        (&ca.pem[..ca.pem.len() / 2], Code::TrustMalformed),
        (&Ca::until("old", EPOCH - 1).pem, Code::TrustExpired),
    ] {
        let mut world = World::secure(&ca, &[]);
        world.disk.write("/ca.pem", content);
        assert_eq!(refused(&mut world, &["PING"]), code);
        assert_nothing_said(&world);
    }
    let mut missing = World::secure(&ca, &[]);
    missing.disk.remove("/ca.pem");
    assert_eq!(refused(&mut missing, &["PING"]), Code::TrustUnreadable);
    // It appears, and all is well.
    missing.disk.write("/ca.pem", &ca.pem);
    missing.advance(seconds(1.0));
    assert_reply(missing.call(&["ECHO", "e"]), text("e"));
}

/// A plaintext Redis never answers a ClientHello.
#[test]
fn a_silent_port_is_probably_plaintext() {
    let mut world = World::secure(&Ca::new("A"), &[("handshake_timeout", "2"), ("timeout", "9")]);
    world.server.port = Port::Silent;
    let ticket = world.submit(&["PING"]);
    world.advance(seconds(2.1));
    let error = world.failure(ticket);
    assert_eq!(error.code(), Code::TlsTimeout);
    assert!(error.to_string().contains("plaintext port"), "{error}");
}

#[test]
fn a_server_that_answers_in_clear() {
    for (words, code) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], Code::TlsPlaintextPeer),
        (b"-ERR unknown command\r\n", Code::TlsPlaintextPeer),
        (b"-DENIED Redis is running in protected mode\r\n", Code::ServerProtectedMode),
        (b"\x05\x01not tls", Code::TlsPlaintextPeer),
    ] {
        for chunk in [usize::MAX, 1] {
            let mut world = World::secure(&Ca::new("A"), &[]);
            world.server.port = Port::Says(words);
            world.chunk = chunk;
            let error = failure(&mut world);
            assert_eq!(error.code(), code, "{words:?}");
            if let Some(rest) = words.strip_prefix(b"HTTP") {
                assert_eq!(evidence(&error, "answer"), "HTTP/1.1 400 Bad Request", "{rest:?}");
            }
        }
    }
    // No room is no reason to give up.
    let mut world = World::secure(&Ca::new("A"), &[]);
    world.server.port = Port::Says(b"-ERR max number of clients reached\r\n");
    let ticket = world.submit(&["PING"]);
    world.advance(seconds(6.0));
    assert_eq!(world.failure(ticket).code(), Code::ServerMaxClients);
}

/// A retry that finds a new secret on its way does not ask to be called for another one at once.
#[test]
fn a_dial_under_way_is_not_due_again() {
    let mut world = World::new(&[("password_file", "/secret")]);
    world.password("right");
    world.disk.write("/secret", "wrong");
    world.client.connect(world.now, &mut world.log);
    assert_eq!(refused(&mut world, &["GET", "k"]), Code::AuthRejected);
    world.disk.write("/secret", "right");
    loop {
        let due = world.client.deadline().unwrap();
        world.pass(due - world.now.monotonic);
        world.client.tick(world.now, &mut world.log);
        assert!(world.client.deadline().unwrap() > world.now.monotonic);
        if let Some(action) = world.client.poll_action() {
            assert!(matches!(action, Action::Dial { .. }), "{action:?}");
            break;
        }
    }
}
