//! Which live connections a rotation replaces, and a primary that becomes a replica.

use redlatch_core::{Code, EventKind, Role};

use crate::{
    assert_reply, ok, text,
    world::{
        Dialing, World,
        certs::{Ca, Leaf},
        seconds,
    },
};

const POLL: (&str, &str) = ("poll_interval", "1");
const READONLY: &[u8] = b"-READONLY You can't write against a read only replica.\r\n";

fn publish(world: &World, leaf: &Leaf) {
    world.disk.write("/client.pem", &leaf.cert_pem);
    world.disk.write("/client.key", &leaf.key_pem);
}

#[test]
fn all_connections_follow_if_asked_to() {
    let (ca, other) = (Ca::new("A"), Ca::new("B"));
    let settings =
        [POLL, ("cert_file", "/client.pem"), ("key_file", "/client.key"), ("recycle", "always")];
    let mut world = World::secure(&ca, &settings);
    let (first, second) = (ca.client(), ca.client());
    world.server.demand(&ca.leaf(), &ca);
    publish(&world, &first);
    assert_reply(world.call(&["SET", "k", "v"]), ok());
    publish(&world, &second);
    world.advance(seconds(12.0));
    let session = &world.status()["sessions"][0];
    assert_eq!((&session["identity_generation"], &session["stale"]), (&2.into(), &false.into()));
    assert_eq!((world.dials.len(), world.count(EventKind::Replaced)), (2, 1));
    assert_eq!(world.last(EventKind::Replaced).field("reason"), Some("recycled"));
    // A CA that is added, too.
    world.disk.write("/ca.pem", [ca.pem.as_str(), &other.pem].concat());
    world.advance(seconds(12.0));
    assert_eq!((world.dials.len(), world.count(EventKind::Replaced)), (3, 2));
    assert_eq!(world.count(EventKind::Distrusted), 0);
    world.advance(seconds(60.0));
    assert_eq!(world.dials.len(), 3, "once for each rotation");
}

#[test]
fn no_connection_follows_if_told_so() {
    let (ca, other) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&ca, &[POLL, ("recycle", "never")]);
    assert_reply(world.call(&["SET", "k", "v"]), ok());
    assert_eq!(world.last(EventKind::Danger).field("setting"), Some("recycle"));
    world.disk.write("/ca.pem", &other.pem);
    world.advance(seconds(120.0));
    assert_reply(world.call(&["GET", "k"]), text("v"));
    assert_eq!((world.dials.len(), world.count(EventKind::Distrusted)), (1, 0));
    // New ones do.
    world.server.present(&other.leaf());
    world.cut_all();
    world.advance(seconds(1.0));
    assert_eq!(world.status()["sessions"][0]["anchor_sha256"], other.sha256);
}

/// The name leads to another server now: the connection is replaced, and the write is not repeated.
#[test]
fn a_primary_that_became_a_replica_is_left() {
    for sharing in [Role::Shared, Role::Exclusive] {
        let mut world = World::used_as(sharing, &[]);
        assert_reply(world.call(&["SET", "k", "v"]), ok());
        world.server.answers.insert("SET", READONLY.to_vec());
        let told = world.call(&["SET", "k", "w"]);
        assert!(format!("{told:?}").contains("READONLY"), "{told:?}");
        world.server.answers.remove("SET");
        world.advance(seconds(0.1));
        assert_eq!((world.dials.len(), world.conns.len()), (2, 1));
        assert_reply(world.call(&["SET", "k", "w"]), ok());
        // Who writes to a replica on purpose does not get a connection for each answer.
        world.server.answers.insert("SET", READONLY.to_vec());
        for _ in 0..100 {
            world.call(&["SET", "k", "w"]);
            world.advance(seconds(0.2));
        }
        assert!(world.dials.len() < 6, "{} dials in 20 s", world.dials.len());
        assert_eq!(world.client.counters().failures, 0);
    }
}

/// The dial of a replacement finds the CA of the live session gone: with no grace that session ends
/// in the same tick.
#[test]
fn a_dial_that_finds_a_ca_gone_ends_its_session() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let settings = [("recycle", "always"), ("distrust_grace", "0"), ("poll_interval", "60")];
    let mut world = World::secure(&old, &settings);
    world.call(&["PING"]);
    world.dialing = Dialing::Fail(Code::NetRefused);
    world.disk.write("/ca.pem", [&old.pem[..], &new.pem].concat());
    world.client.reload(world.now, &mut world.log);
    world.advance(seconds(0.1));
    world.disk.write("/ca.pem", &new.pem);
    for _ in 0..4 {
        let due = world.client.deadline().unwrap();
        world.pass(due - world.now.monotonic);
        world.client.tick(world.now, &mut world.log);
        assert!(world.client.deadline().unwrap() > world.now.monotonic);
        world.run();
    }
    assert!(!world.client.is_ready());
}
