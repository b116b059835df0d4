//! Client certificates: demanded, refused, replaced.

use redlatch_core::{Code, EventKind};

use crate::{
    assert_reply, refused, text,
    world::{
        World,
        certs::{Ca, DAY, EPOCH, Leaf, Wish},
        seconds,
    },
};

const FILES: [(&str, &str); 3] =
    [("cert_file", "/client.pem"), ("key_file", "/client.key"), ("poll_interval", "1")];

fn publish(world: &mut World, leaf: &Leaf, key: &Leaf) {
    world
        .secrets
        .extend(key.key_pem.lines().filter(|line| !line.starts_with('-')).map(str::to_owned));
    world.disk.write("/client.pem", &leaf.cert_pem);
    world.disk.write("/client.key", &key.key_pem);
}

/// A server that demands certificates of `clients`.
fn world(ca: &Ca, clients: &Ca) -> World {
    let mut world = World::secure(ca, &FILES);
    world.server.demand(&ca.leaf(), clients);
    world
}

#[test]
fn a_client_shows_its_certificate() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = world(&ca, &clients);
    let leaf = clients.client();
    publish(&mut world, &leaf, &leaf);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.status()["identity"]["sha256"], leaf.sha256);
}

#[test]
fn one_file_may_hold_both() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = World::secure(&ca, &FILES[..1]);
    world.server.demand(&ca.leaf(), &clients);
    let leaf = clients.client();
    world.disk.write("/client.pem", [leaf.cert_pem, leaf.key_pem].concat());
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_server_that_demands_one() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = World::secure(&ca, &[]);
    world.server.demand(&ca.leaf(), &clients);
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsClientCertRequired);
}

/// What heals it heals it at once, as with trust and passwords.
#[test]
fn a_refused_certificate_is_replaced() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = world(&ca, &clients);
    let wrong = Ca::new("D").client();
    publish(&mut world, &wrong, &wrong);
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsClientCertRejected);
    // By now the pauses between attempts are long.
    for _ in 0..8 {
        world.advance(seconds(31.0));
        assert_eq!(refused(&mut world, &["PING"]), Code::TlsClientCertRejected);
    }
    let right = clients.client();
    publish(&mut world, &right, &right);
    world.advance(seconds(1.2));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn certificate_and_key_change_together_or_not_at_all() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = world(&ca, &clients);
    let (first, second) = (clients.client(), clients.client());
    publish(&mut world, &first, &first);
    world.call(&["PING"]);
    // Half of a replacement.
    publish(&mut world, &second, &first);
    world.advance(seconds(5.0));
    assert_eq!(world.last(EventKind::Rejected).field("code"), Some("identity.mismatch"));
    world.cut_all();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.status()["identity"]["generation"], 1);
    publish(&mut world, &second, &second);
    world.advance(seconds(5.0));
    assert_eq!(world.status()["identity"]["generation"], 2);
    // Live sessions stay; new ones use it and resume nothing of the old one.
    assert_eq!(world.conns.len(), 1);
    world.cut_all();
    world.advance(seconds(5.0));
    assert_eq!(world.last(EventKind::Connected).field("resumed"), Some("false"));
    assert_eq!(world.status()["sessions"][0]["identity_generation"], 2);
    let broken = "-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----\n";
    let mut world = crate::world::World::secure(&ca, &FILES);
    world.disk.write("/client.pem", &first.cert_pem);
    world.disk.write("/client.key", broken);
    assert_eq!(refused(&mut world, &["PING"]), Code::IdentityMalformed);
}

/// Clocks differ: a certificate of the next minute becomes good without being written again.
#[test]
fn a_certificate_that_is_not_valid_yet() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = world(&ca, &clients);
    let usage = rcgen::ExtendedKeyUsagePurpose::ClientAuth;
    let early = clients.issue(&Wish { from: EPOCH + 60, usage: usage.clone(), ..Wish::default() });
    publish(&mut world, &early, &early);
    assert_eq!(refused(&mut world, &["PING"]), Code::IdentityExpired);
    world.advance(seconds(63.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.count(EventKind::Rejected), 1);
    // One that has ended stays refused.
    let mut world = World::secure(&ca, &FILES);
    let late = clients.issue(&Wish { until: EPOCH - DAY / 2, usage, ..Wish::default() });
    publish(&mut world, &late, &late);
    assert_eq!(refused(&mut world, &["PING"]), Code::IdentityExpired);
}
