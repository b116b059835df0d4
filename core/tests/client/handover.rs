//! Make before break: the order of one caller's commands survives the change of session.

use redlatch_core::EventKind;

use crate::{
    assert_reply, ok, text,
    world::{Outcome, World, certs::Ca, seconds},
};

/// Connected to a server that has been distrusted, with the replacement ready and commands of the
/// old session still in flight.
fn handing_over() -> (World, Vec<u64>) {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world =
        World::secure(&old, &[("poll_interval", "1"), ("liveness", "0"), ("timeout", "60")]);
    world.call(&["PING"]);
    world.disk.write("/ca.pem", &new.pem);
    world.server.present(&new.leaf());
    // The old session's commands are answered late; the new session is set up meanwhile.
    let first = world.conns.remove(&1).unwrap();
    let mut tickets =
        vec![world.submit(&["APPEND", "log", "1"]), world.submit(&["APPEND", "log", "2"])];
    let mut bytes = Vec::new();
    while let Some(action) = world.client.poll_action() {
        if let redlatch_core::Action::Write { bytes: more, .. } = action {
            bytes.extend(more);
        }
    }
    world.advance(seconds(6.0));
    assert_eq!(world.dials.len(), 2);
    world.conns.insert(1, first);
    world.server.on_hold = true;
    let conn = world.conns.get_mut(&1).unwrap();
    world.server.take(conn, &bytes);
    tickets.push(world.submit(&["APPEND", "log", "3"]));
    tickets.push(world.submit(&["APPEND", "log", "4"]));
    world.run();
    (world, tickets)
}

#[test]
fn commands_wait_until_the_old_session_owes_nothing() {
    let (mut world, tickets) = handing_over();
    assert_eq!(world.count(EventKind::Replaced), 0);
    assert!(!world.heard(2).contains(&"APPEND"));
    world.server.on_hold = false;
    world.run();
    for ticket in &tickets {
        assert!(matches!(world.outcome(*ticket), Some(Outcome::Reply(_))));
    }
    assert_eq!(world.server.data["log"], "1234");
    assert_eq!(world.heard(2).iter().filter(|it| **it == "APPEND").count(), 2);
    assert_eq!(world.count(EventKind::Replaced), 1);
    assert_eq!(world.hangups, [(1, true)]);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn the_old_session_may_be_lost_in_between() {
    let (mut world, tickets) = handing_over();
    world.server.on_hold = false;
    world.cut(1);
    // What may have been executed fails; what waited is sent.
    for ticket in &tickets[..2] {
        assert!(world.failure(*ticket).is_maybe_executed());
    }
    for ticket in &tickets[2..] {
        assert!(matches!(world.outcome(*ticket), Some(Outcome::Reply(_))));
    }
    assert_eq!(world.server.data["log"], "34");
    let counters = world.client.counters();
    assert_eq!((counters.replacements, counters.reconnects, counters.connects), (0, 1, 2));
    assert!(world.status()["last_error"].is_null());
}

#[test]
fn the_new_session_may_be_lost_in_between() {
    let (mut world, tickets) = handing_over();
    world.server.on_hold = false;
    world.cut(2);
    world.advance(seconds(5.0));
    for ticket in &tickets {
        assert!(matches!(world.outcome(*ticket), Some(Outcome::Reply(_))));
    }
    assert_eq!(world.server.data["log"], "1234");
    assert_eq!(world.count(EventKind::Replaced), 1);
}

#[test]
fn a_cancelled_command_is_waited_for_too() {
    let (mut world, tickets) = handing_over();
    world.cancel(tickets[0]);
    world.cancel(tickets[1]);
    world.cancel(tickets[2]);
    world.server.on_hold = false;
    world.run();
    assert_eq!(world.server.data["log"], "124");
    assert_eq!(world.log.outcomes.iter().filter(|(of, _)| tickets.contains(of)).count(), 1);
}

#[test]
fn a_rotation_during_a_handover() {
    let (mut world, tickets) = handing_over();
    let third = Ca::new("C");
    world.disk.write("/ca.pem", &third.pem);
    world.server.present(&third.leaf());
    world.advance(seconds(1.0));
    world.server.on_hold = false;
    world.run();
    world.advance(seconds(10.0));
    assert_eq!(world.server.data["log"], "1234");
    for ticket in &tickets {
        assert!(matches!(world.outcome(*ticket), Some(Outcome::Reply(_))));
    }
    assert_eq!(world.status()["sessions"][0]["anchor_sha256"], third.sha256);
    assert_eq!(world.conns.len(), 1);
    assert_reply(world.call(&["SET", "k", "v"]), ok());
}

/// Many clients of one bundle do not come back in one moment.
#[test]
fn replacements_are_spread() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut moments = Vec::new();
    for seed in 0..8 {
        let mut world = World::secure(&old, &[("poll_interval", "1")]);
        world.client = redlatch_core::Client::new(
            world.client.profile().clone(),
            redlatch_core::Role::Shared,
            seed,
            world.now,
        );
        world.call(&["PING"]);
        world.disk.write("/ca.pem", &new.pem);
        world.server.present(&new.leaf());
        world.advance(seconds(10.0));
        moments.push(world.dials[1].0);
    }
    moments.sort();
    moments.dedup();
    assert!(moments.len() > 6, "{moments:?}");
    assert!(moments[7 - 1] - moments[0] > seconds(1.0), "{moments:?}");
}
