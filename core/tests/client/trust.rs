//! Trust that changes under live sessions: added, removed, ended, and the grace that follows.

use redlatch_core::{Code, EventKind, Record, Role};

use crate::{
    assert_reply, ok, refused, text,
    world::{
        Dialing, World,
        certs::{Ca, DAY, EPOCH},
        pack, seconds,
    },
};

const POLL: (&str, &str) = ("poll_interval", "1");

/// Connected to a server of `old`, which `new` is to replace.
fn connected(old: &Ca, more: &[(&str, &str)]) -> World {
    let mut world = World::secure(old, &[&[POLL], more].concat());
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    world
}

fn publish(world: &World, cas: &[&Ca]) {
    let bundle: String = cas.iter().map(|ca| ca.pem.as_str()).collect();
    world.disk.write("/ca.pem", bundle);
}

#[test]
fn a_ca_added_leaves_sessions_alone() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = connected(&old, &[]);
    publish(&world, &[&old, &new]);
    world.advance(seconds(60.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!((world.dials.len(), world.count(EventKind::Rotation)), (1, 2));
    assert_eq!(world.count(EventKind::Distrusted), 0);
    let status = world.status();
    assert_eq!(status["sessions"][0]["trust_generation"], 2);
    assert_eq!(status["sessions"][0]["anchor_sha256"], old.sha256);
    // It serves new connections at once.
    world.server.present(&new.leaf());
    world.cut_all();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

/// The same CAs in another order and form are no rotation.
#[test]
fn a_bundle_that_is_written_anew() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = connected(&old, &[]);
    publish(&world, &[&old, &new]);
    world.advance(seconds(2.0));
    world
        .disk
        .write("/ca.pem", format!("# comment\n{};{}", new.pem, old.pem).replace('\n', "\r\n"));
    world.advance(seconds(2.0));
    assert_eq!(
        (world.count(EventKind::Rotation), world.status()["trust"]["generation"].as_u64()),
        (2, Some(2))
    );
    // Not even after it was broken in between.
    world.disk.write("/ca.pem", "broken");
    world.advance(seconds(5.0));
    publish(&world, &[&new, &old]);
    world.advance(seconds(5.0));
    assert_eq!(world.status()["trust"]["generation"], 2);
    assert_eq!(world.status()["trust"]["refused"], serde_json::Value::Null);
}

#[test]
fn a_full_rotation_loses_no_command() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = connected(&old, &[]);
    let mut told = Vec::new();
    let mut step = |world: &mut World| {
        for _ in 0..20 {
            told.push(world.submit(&["APPEND", "log", "x"]));
            world.advance(seconds(0.5));
        }
    };
    publish(&world, &[&old, &new]);
    step(&mut world);
    world.server.present(&new.leaf());
    step(&mut world);
    publish(&world, &[&new]);
    step(&mut world);
    for ticket in &told {
        assert!(matches!(world.outcome(*ticket), Some(crate::Outcome::Reply(_))));
    }
    assert_eq!(world.server.data["log"].len(), 60);
    assert_eq!((world.dials.len(), world.count(EventKind::Replaced)), (2, 1));
    let counters = world.client.counters();
    assert_eq!((counters.failures, counters.replacements, counters.reconnects), (0, 1, 0));
    assert_eq!(world.status()["sessions"][0]["anchor_sha256"], new.sha256);
}

/// After the grace not a byte passes, whoever calls, and in either direction.
#[test]
fn nothing_passes_after_the_grace() {
    for by in 0..4 {
        let (old, new) = (Ca::new("A"), Ca::new("B"));
        let mut world =
            connected(&old, &[("distrust_grace", "5"), ("timeout", "60"), ("liveness", "0")]);
        world.dialing = Dialing::Ignore;
        world.server.on_hold = true;
        let waiting = world.submit(&["SET", "k", "v"]);
        world.client.blocked(1);
        let kept = world.submit(&["GET", "k"]);
        publish(&world, &[&new]);
        world.advance(seconds(1.0));
        assert_eq!(world.count(EventKind::Distrusted), 1);
        // The host does not tick.
        world.pass(seconds(6.0));
        let last = world.sent.len();
        match by {
            0 => {
                world.server.on_hold = false;
                world.run();
            }
            1 => world.client.writable(world.now, 1, &mut world.log),
            2 => drop(world.submit(&["GET", "k"])),
            _ => world.client.tick(world.now, &mut world.log),
        }
        world.run();
        assert_eq!(world.sent.len(), last, "sent after the grace, by way {by}");
        let error = world.failure(waiting);
        assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientInterrupted, true));
        assert!(error.evidence().contains(&("cause", "tls.untrusted".to_owned())));
        // What was not sent waits for a server that is trusted.
        assert!(world.outcome(kept).is_none());
        assert!(world.hangups.contains(&(1, false)));
    }
}

#[test]
fn a_replacement_that_fails_is_tried_until_the_grace() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = connected(&old, &[]);
    // The server still has its old certificate.
    publish(&world, &[&new]);
    world.advance(seconds(20.0));
    let tried = world.dials.len();
    assert!((5..60).contains(&tried), "{tried} attempts");
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.count(EventKind::Failing), 0);
    world.advance(seconds(15.0));
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsUntrusted);
    assert_eq!(world.last(EventKind::Disconnected).field("code"), Some("tls.untrusted"));
    world.server.present(&new.leaf());
    world.advance(seconds(31.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_ca_that_returns_heals_its_sessions() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = connected(&old, &[("distrust_grace", "10")]);
    world.dialing = Dialing::Ignore;
    publish(&world, &[&new]);
    world.advance(seconds(2.0));
    publish(&world, &[&old]);
    world.advance(seconds(60.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.count(EventKind::Disconnected), 0);
}

/// A new secret is not told to a server that is no longer trusted.
#[test]
fn a_distrusted_server_learns_no_new_secret() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[POLL, ("password_file", "/secret")]);
    world.password("old-secret");
    world.disk.write("/secret", "old-secret");
    world.call(&["PING"]);
    world.dialing = Dialing::Ignore;
    publish(&world, &[&new]);
    world.disk.write("/secret", "new-secret");
    world.secrets.push("new-secret".to_owned());
    world.advance(seconds(20.0));
    assert!(!world.heard(1).contains(&"AUTH"));
    // It is, once trusted again.
    world.server.passwords.push("new-secret".to_owned());
    publish(&world, &[&old]);
    world.advance(seconds(1.0));
    assert_eq!(world.heard(1).last(), Some(&"AUTH"));
}

/// A handshake under way when its CA is removed ends before anything is said.
#[test]
fn trust_removed_in_mid_handshake() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[POLL, ("password", "pass-a-word")]);
    world.password("pass-a-word");
    world.client.tick(world.now, &mut world.log);
    let ticket = world.submit(&["SET", "k", "v"]);
    // The connection is up and the ClientHello is written, but not moved yet.
    world.dialing = Dialing::Ignore;
    world.run();
    world.conns.insert(1, world.server.accept(1));
    world.client.dialed(world.now, 1, &mut world.log);
    publish(&world, &[&new]);
    world.pass(seconds(1.0));
    world.client.tick(world.now, &mut world.log);
    world.server.on_hold = true;
    world.run();
    world.server.on_hold = false;
    world.run();
    assert_eq!(world.heard(1), [""; 0]);
    assert!(world.hangups.contains(&(1, false)));
    // The next attempt is under way at once, with the trust in force.
    assert_eq!(world.dials.len(), 2);
    world.server.present(&new.leaf());
    world.conns.insert(2, world.server.accept(2));
    world.client.dialed(world.now, 2, &mut world.log);
    world.run();
    assert_reply(world.outcome(ticket).unwrap(), ok());
}

/// The same while the server still thinks about the password.
#[test]
fn trust_removed_in_mid_authentication() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[POLL]);
    world.server.on_hold = true;
    let ticket = world.submit(&["SET", "k", "v"]);
    world.run();
    publish(&world, &[&new]);
    world.server.present(&new.leaf());
    world.server.on_hold = false;
    world.pass(seconds(1.0));
    world.client.tick(world.now, &mut world.log);
    world.run();
    assert_reply(world.outcome(ticket).unwrap(), ok());
    assert_eq!((world.heard(1).len(), world.dials.len()), (0, 2));
}

#[test]
fn an_anchor_ends_by_timer() {
    let (old, new) = (Ca::until("A", EPOCH + DAY), Ca::new("B"));
    let mut world = connected(&old, &[]);
    publish(&world, &[&old, &new]);
    world.advance(seconds(1.0));
    world.pass(seconds(DAY as f64 - 10.0));
    world.advance(seconds(8.0));
    assert_eq!(world.count(EventKind::Distrusted), 0);
    world.server.present(&new.leaf());
    world.advance(seconds(10.0));
    assert_eq!(world.count(EventKind::Expired), 1);
    assert_eq!((world.count(EventKind::Distrusted), world.count(EventKind::Replaced)), (1, 1));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

/// The wall clock may be set while the monotonic one runs on.
#[test]
fn an_anchor_ends_when_the_wall_clock_is_set() {
    let (old, new) = (Ca::until("A", EPOCH + DAY), Ca::new("B"));
    let mut world = connected(&old, &[]);
    publish(&world, &[&old, &new]);
    world.advance(seconds(1.0));
    world.now.wall += seconds(2.0 * DAY as f64);
    world.advance(seconds(1.0));
    assert_eq!(world.count(EventKind::Distrusted), 1);
}

#[test]
fn the_last_anchor_ends() {
    let only = Ca::until("A", EPOCH + DAY);
    let mut world = connected(&only, &[]);
    world.pass(seconds(DAY as f64 - 10.0));
    world.advance(seconds(130.0));
    // Sessions stay: nothing could take over.
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!((world.dials.len(), world.count(EventKind::Expired)), (1, 1));
    world.cut_all();
    assert_eq!(refused(&mut world, &["PING"]), Code::TrustExpired);
    let next = Ca::new("B");
    publish(&world, &[&next]);
    world.server.present(&next.leaf());
    world.advance(seconds(1.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_bad_bundle_changes_nothing() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = connected(&old, &[]);
    for bad in ["", &new.pem[..new.pem.len() / 2], "no certificate at all"] {
        world.disk.write("/ca.pem", bad);
        world.advance(seconds(5.0));
        world.cut_all();
        assert_reply(world.call(&["ECHO", "e"]), text("e"));
        world.advance(seconds(5.0));
        assert_eq!(world.status()["trust"]["generation"], 1);
    }
    assert_eq!(world.count(EventKind::Rejected), 3);
    publish(&world, &[&old]);
    world.advance(seconds(1.0));
    assert!(world.status()["trust"]["refused"].is_null());
    assert_eq!((world.count(EventKind::Rotation), world.count(EventKind::Distrusted)), (1, 0));
}

/// A blocking client sleeps between calls: the first call after the removal finds a session that
/// must not be used, and makes another one.
#[test]
fn an_idle_exclusive_client() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure_as(Role::Exclusive, &old, &[POLL]);
    world.call(&["PING"]);
    publish(&world, &[&new]);
    world.server.present(&new.leaf());
    world.pass(seconds(300.0));
    world.client.tick(world.now, &mut world.log);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!((world.heard(1).last(), world.heard(2).last()), (Some(&"PING"), Some(&"ECHO")));
    // One in the middle of its work keeps its session for the grace.
    publish(&world, &[&old]);
    world.server.on_hold = true;
    let ticket = world.submit_with(&["SET", "k", "v"], Record { commands: 1, ..Record::default() });
    world.advance(seconds(2.0));
    world.server.on_hold = false;
    world.run();
    assert_reply(world.outcome(ticket).unwrap(), ok());
}

#[test]
fn what_one_lane_has_read_all_know() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[("poll_interval", "1000"), ("distrust_grace", "5")]);
    world.call(&["PING"]);
    let first = world.link();
    world.disk.write("/ca.pem", &new.pem);
    world.server.present(&new.leaf());
    // Another lane connects, and looks at the file for that.
    let lane = world.client.open(world.now, Role::Exclusive).unwrap();
    world.client.connect_to(world.now, lane, &mut world.log);
    world.run();
    assert_eq!(world.count(EventKind::Distrusted), 1);
    world.advance(seconds(6.0));
    assert!(!world.conns.contains_key(&first));
}

/// A host that slept: the grace ended before its next input, whatever that is.
#[test]
fn the_end_of_the_grace_comes_before_any_goodbye() {
    for closes in [true, false] {
        let (old, new) = (Ca::new("A"), Ca::new("B"));
        let mut world = World::secure(&old, &[POLL, ("distrust_grace", "5")]);
        let lane = world.client.lend(world.now).unwrap();
        let packed = pack(&["WATCH", "k"]);
        let ticket = *world.tickets(1).start();
        let length = packed.len() as u32;
        let record = Record { ticket, commands: 1, length, ..Record::default() };
        world.client.submit_to(world.now, lane, [record], packed, &mut world.log);
        world.run();
        world.dialing = Dialing::Ignore;
        publish(&world, &[&new]);
        world.advance(seconds(2.0));
        assert_eq!(world.count(EventKind::Distrusted), 1);
        world.pass(seconds(10.0));
        let before = world.sent.len();
        match closes {
            true => world.client.close(world.now, &mut world.log),
            false => world.client.take_back(world.now, lane, &mut world.log),
        }
        world.run();
        assert_eq!((world.sent.len(), world.conns.len()), (before, 0));
    }
}
