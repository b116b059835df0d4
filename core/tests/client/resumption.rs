//! A resumed TLS session is not verified by rustls: it must never outlive the trust it rests on.

use redlatch_core::{Code, EventKind};

use crate::{
    assert_reply, refused, text,
    world::{
        World,
        certs::{Ca, DAY, EPOCH, Wish},
        seconds,
        server::Port,
    },
};

fn is_resumed(world: &World) -> bool {
    world.last(EventKind::Connected).field("resumed") == Some("true")
}

fn reconnect(world: &mut World) {
    world.cut_all();
    world.advance(seconds(5.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_session_is_resumed_within_a_generation() {
    let ca = Ca::new("A");
    let mut world = World::secure(&ca, &[]);
    world.call(&["PING"]);
    assert!(!is_resumed(&world));
    reconnect(&mut world);
    assert!(is_resumed(&world));
    // What is known of the peer is known again.
    assert_eq!(world.status()["sessions"][0]["anchor_sha256"], ca.sha256);
}

#[test]
fn no_session_is_resumed_across_generations() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[("poll_interval", "1")]);
    world.call(&["PING"]);
    // Tickets of the old generation are there and the server would take them.
    world.disk.write("/ca.pem", [old.pem.clone(), new.pem.clone()].concat());
    world.advance(seconds(1.0));
    reconnect(&mut world);
    assert!(!is_resumed(&world));
    world.disk.write("/ca.pem", &new.pem);
    world.advance(seconds(1.0));
    world.cut_all();
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsUntrusted);
}

/// A program that makes a client for each task.
#[test]
fn a_session_is_resumed_by_the_next_client() {
    let (ca, other) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&ca, &[]);
    world.call(&["PING"]);
    world.succeed("/ca.pem", &[]);
    world.call(&["PING"]);
    assert!(is_resumed(&world));
    // Whatever is verified in another way, or by other CAs, starts anew.
    world.disk.write("/both.pem", [ca.pem.clone(), other.pem.clone()].concat());
    world.succeed("/both.pem", &[]);
    world.call(&["PING"]);
    assert!(!is_resumed(&world));
    for more in [("verify", "ca"), ("tls_min_version", "1.3"), ("port", "7000")] {
        world.succeed("/ca.pem", &[more]);
        world.call(&["PING"]);
        assert!(!is_resumed(&world), "{more:?}");
    }
    world.succeed("/ca.pem", &[]);
    world.call(&["PING"]);
    assert!(is_resumed(&world));
    // The same file, without what it held.
    world.disk.write("/ca.pem", &other.pem);
    world.succeed("/ca.pem", &[]);
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsUntrusted);
}

#[test]
fn no_session_is_resumed_with_a_client_certificate_of_another_client() {
    let ca = Ca::new("A");
    let mut world = World::secure(&ca, &[]);
    let leaf = ca.client();
    world.disk.write("/client.pem", [leaf.cert_pem, leaf.key_pem].concat());
    let more: &[_] = &[("cert_file", "/client.pem")];
    for _ in 0..2 {
        world.succeed("/ca.pem", more);
        world.call(&["PING"]);
        assert!(!is_resumed(&world));
    }
}

/// The generation stays, but its anchor has ended.
#[test]
fn no_session_is_resumed_beyond_its_anchor() {
    let (old, new) = (Ca::until("A", EPOCH + DAY), Ca::new("B"));
    let mut world = World::secure(&old, &[]);
    world.disk.write("/ca.pem", [old.pem.clone(), new.pem.clone()].concat());
    world.call(&["PING"]);
    world.pass(seconds(2.0 * DAY as f64));
    world.cut_all();
    let heard = world.server.log.len();
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsUntrusted);
    assert_eq!(world.server.log.len(), heard, "the server was told something");
}

#[test]
fn no_session_is_resumed_beyond_its_leaf() {
    let ca = Ca::new("A");
    let mut world = World::secure(&ca, &[]);
    let leaf = |until| ca.issue(&Wish { until, ..Wish::default() });
    world.server.present(&leaf(EPOCH + 3600));
    let Port::Tls(first) = world.server.port.clone() else { panic!() };
    world.call(&["PING"]);
    world.pass(seconds(7200.0));
    // The new leaf takes tickets of the old one.
    let mut second = world.server.tls(&leaf(EPOCH + 365 * DAY), None);
    second.session_storage = first.session_storage.clone();
    world.server.port = Port::Tls(second.into());
    world.cut_all();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert!(!is_resumed(&world));
    // One that resumed, and one that did not.
    assert_eq!((world.dials.len(), world.client.counters().failures), (3, 0));
}

/// A session ticket may arrive in two records, and the host may close in between.
#[test]
fn a_ticket_in_pieces() {
    let ca = Ca::new("A");
    for steps in 0..120 {
        let mut world = World::secure(&ca, &[]);
        let mut config = world.server.tls(&ca.leaf(), None);
        config.max_fragment_size = Some(64);
        world.server.port = Port::Tls(config.into());
        world.chunk = 23;
        world.client.connect(world.now, &mut world.log);
        for _ in 0..steps {
            world.step();
        }
        let ready = world.client.is_ready();
        assert!(ready || steps < 119, "the steps do not reach the end");
        world.client.close(world.now, &mut world.log);
        world.run();
        assert_eq!(world.hangups.len(), 1);
    }
}
