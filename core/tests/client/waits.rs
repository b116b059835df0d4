//! Commands that block, and rotations that must not wait for them.

use redlatch_core::{Code, EventKind, Record, Role, resp::Value};

use crate::{
    assert_reply, ok, text,
    world::{Outcome, World, certs::Ca, seconds},
};

fn popped(key: &str, value: &str) -> Value {
    Value::Array(vec![text(key), text(value)])
}

#[test]
fn a_command_that_blocks_holds_up_nobody() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    let waiting = world.submit(&["BLPOP", "jobs", "0"]);
    world.run();
    assert_reply(world.call(&["SET", "k", "v"]), ok());
    assert_eq!(world.dials.len(), 2);
    assert!(world.outcome(waiting).is_none());
    world.call(&["RPUSH", "jobs", "one"]);
    assert_eq!(world.outcome(waiting), Some(Outcome::Reply(popped("jobs", "one"))));
    // Its connection serves the next one, which need not wait for anything to be set up.
    world.call(&["RPUSH", "jobs", "two"]);
    assert_reply(world.call(&["BLPOP", "jobs", "0"]), popped("jobs", "two"));
    assert_eq!(world.dials.len(), 2);
    assert_eq!(world.client.counters().replies, 6);
}

#[test]
fn commands_that_block_do_not_wait_for_each_other() {
    let mut world = World::new(&[]);
    let first = world.submit(&["BLPOP", "a", "0"]);
    let second = world.submit(&["BLPOP", "b", "0"]);
    world.run();
    world.call(&["RPUSH", "b", "2"]);
    assert_eq!(world.outcome(second), Some(Outcome::Reply(popped("b", "2"))));
    assert!(world.outcome(first).is_none());
    assert_eq!(world.dials.len(), 3);
}

#[test]
fn there_is_a_limit_to_connections() {
    let mut world = World::new(&[("max_connections", "2")]);
    world.call(&["PING"]);
    let first = world.submit(&["BLPOP", "a", "0"]);
    world.run();
    let second = world.submit(&["BLPOP", "b", "0"]);
    world.run();
    assert_eq!(world.failure(second).code(), Code::ClientQueueFull);
    world.call(&["RPUSH", "a", "1"]);
    assert!(matches!(world.outcome(first), Some(Outcome::Reply(_))));
    let third = world.submit(&["BLPOP", "b", "0"]);
    world.run();
    assert!(world.outcome(third).is_none());
}

#[test]
fn a_spare_connection_is_closed_after_a_while() {
    let mut world = World::new(&[]);
    world.call(&["RPUSH", "a", "1"]);
    world.call(&["BLPOP", "a", "0"]);
    assert_eq!(world.conns.len(), 2);
    world.advance(seconds(61.0));
    assert_eq!(world.conns.len(), 1);
    assert_eq!(world.status()["sessions"].as_array().unwrap().len(), 1);
}

#[test]
fn the_time_it_blocks_counts_apart() {
    for role in [Role::Shared, Role::Exclusive] {
        let mut world = World::used_as(role, &[("timeout", "2")]);
        let short = world.submit(&["BLPOP", "a", "3"]);
        world.advance(seconds(4.9));
        assert!(world.outcome(short).is_none());
        world.advance(seconds(0.2));
        assert_eq!(world.failure(short).code(), Code::ClientTimeout);
        let mut world = World::used_as(role, &[("timeout", "2")]);
        let forever = world.submit(&["BLPOP", "a", "0"]);
        world.advance(seconds(9999.0));
        assert!(world.outcome(forever).is_none());
        // What the caller says of this command comes first.
        let mut world = World::used_as(role, &[]);
        let record = Record { commands: 1, timeout_ms: 500, ..Record::default() };
        let own = world.submit_with(&["BLPOP", "a", "3"], record);
        world.advance(seconds(0.6));
        assert_eq!(world.failure(own).code(), Code::ClientTimeout);
    }
}

#[test]
fn one_that_is_given_up_takes_nothing() {
    for role in [Role::Shared, Role::Exclusive] {
        let mut world = World::used_as(role, &[]);
        world.call(&["PING"]);
        let waiting = world.submit(&["BLPOP", "a", "0"]);
        world.run();
        let link = world.link();
        world.cancel(waiting);
        world.run();
        assert!(!world.conns.contains_key(&link));
        world.call(&["RPUSH", "a", "1"]);
        assert_reply(world.call(&["BLPOP", "a", "0"]), popped("a", "1"));
    }
}

/// The CA of the server is replaced while a caller waits for an element.
fn rotated(role: Role, protocol: &str) -> (World, u64) {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let settings = [("poll_interval", "1"), ("protocol", protocol)];
    let mut world = World::secure_as(role, &old, &settings);
    let waiting = world.submit(&["BLPOP", "jobs", "20"]);
    world.run();
    world.disk.write("/ca.pem", &new.pem);
    world.server.present(&new.leaf());
    world.advance(seconds(10.0));
    (world, waiting)
}

#[test]
fn a_rotation_goes_past_a_command_that_blocks() {
    for role in [Role::Shared, Role::Exclusive] {
        for protocol in ["2", "3"] {
            let (mut world, waiting) = rotated(role, protocol);
            assert!(world.outcome(waiting).is_none());
            assert!(world.count(EventKind::Replaced) >= 1);
            let again = world.server.log.iter().rev().find(|(_, words)| words[0] == "BLPOP");
            let (link, words) = again.unwrap();
            assert_eq!(*link, world.link());
            let left: f64 = words[2].parse().unwrap();
            assert!((9.0..20.0).contains(&left), "{left}");
            // After the grace nobody but the new connection is left, and still an element comes.
            world.advance(seconds(5.0));
            world.server.lists.entry("jobs".into()).or_default().push_back("one".into());
            world.run();
            assert_eq!(world.outcome(waiting), Some(Outcome::Reply(popped("jobs", "one"))));
        }
    }
}

#[test]
fn what_is_left_of_the_time_is_all_there_is() {
    let (mut world, waiting) = rotated(Role::Shared, "3");
    world.server.unblocked.push(world.link());
    world.run();
    assert_eq!(world.outcome(waiting), Some(Outcome::Reply(Value::Nil)));
}

#[test]
fn a_command_that_blocks_for_ever_goes_on_for_ever() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[("poll_interval", "1")]);
    let waiting = world.submit(&["BLPOP", "jobs", "0"]);
    world.run();
    for (at, ca) in [new, Ca::new("C"), Ca::new("D")].iter().enumerate() {
        world.disk.write("/ca.pem", &ca.pem);
        world.server.present(&ca.leaf());
        world.advance(seconds(100.0));
        assert_eq!(world.count(EventKind::Replaced), at + 1);
    }
    assert!(world.outcome(waiting).is_none());
    world.server.lists.entry("jobs".into()).or_default().push_back("one".into());
    world.run();
    assert_eq!(world.outcome(waiting), Some(Outcome::Reply(popped("jobs", "one"))));
}

#[test]
fn a_lost_command_that_blocks_may_have_taken_something() {
    let mut world = World::new(&[]);
    let waiting = world.submit(&["BLPOP", "jobs", "0"]);
    world.run();
    world.cut(world.link());
    let error = world.failure(waiting);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientInterrupted, true));
}

#[test]
fn closing_ends_every_wait() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    let waiting = world.submit(&["BLPOP", "jobs", "0"]);
    world.run();
    world.client.close(world.now, &mut world.log);
    world.run();
    assert_eq!(world.failure(waiting).code(), Code::ClientClosed);
    assert!(world.conns.is_empty());
    assert_eq!(world.client.deadline(), None);
}

#[test]
fn one_that_times_out_takes_nothing() {
    for role in [Role::Shared, Role::Exclusive] {
        let mut world = World::used_as(role, &[]);
        world.call(&["PING"]);
        let record = Record { commands: 1, timeout_ms: 500, ..Record::default() };
        let waiting = world.submit_with(&["BLPOP", "a", "0"], record);
        world.run();
        let link = world.link();
        world.advance(seconds(1.0));
        assert_eq!(world.failure(waiting).code(), Code::ClientTimeout);
        assert!(!world.conns.contains_key(&link));
        world.call(&["RPUSH", "a", "1"]);
        assert_reply(world.call(&["BLPOP", "a", "0"]), popped("a", "1"));
    }
}

#[test]
fn what_follows_a_command_that_blocks_is_run_behind_it() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world =
        World::secure_as(Role::Exclusive, &old, &[("poll_interval", "1"), ("timeout", "60")]);
    let waiting = world.submit(&["BLPOP", "jobs", "20"]);
    let next = world.submit(&["SET", "k", "v"]);
    world.run();
    world.disk.write("/ca.pem", &new.pem);
    world.server.present(&new.leaf());
    world.advance(seconds(10.0));
    assert_eq!(world.count(EventKind::Replaced), 1);
    assert!(world.server.data.is_empty());
    world.server.lists.entry("jobs".into()).or_default().push_back("one".into());
    world.run();
    assert_eq!(world.outcome(waiting), Some(Outcome::Reply(popped("jobs", "one"))));
    assert_eq!(world.outcome(next), Some(Outcome::Reply(ok())));
}

#[test]
fn a_wait_that_has_not_begun_is_ended_later() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure_as(Role::Exclusive, &old, &[("poll_interval", "1")]);
    world.call(&["PING"]);
    let first = world.link();
    world.conns.get_mut(&first).unwrap().is_late = true;
    let waiting = world.submit(&["BLPOP", "jobs", "20"]);
    world.disk.write("/ca.pem", &new.pem);
    world.server.present(&new.leaf());
    // The request to end it overtakes it.
    world.advance(seconds(8.0));
    assert!(world.server.log.iter().any(|(_, words)| words.contains(&"UNBLOCK".to_owned())));
    world.conns.get_mut(&first).unwrap().is_late = false;
    world.advance(seconds(2.0));
    assert_eq!(world.count(EventKind::Replaced), 1);
    world.server.lists.entry("jobs".into()).or_default().push_back("one".into());
    world.run();
    assert_eq!(world.outcome(waiting), Some(Outcome::Reply(popped("jobs", "one"))));
}

#[test]
fn what_nobody_needs_any_more_is_not_connected_again() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let settings = [("poll_interval", "1"), ("recycle", "always"), ("distrust_grace", "0")];
    let mut world = World::secure_as(Role::Exclusive, &old, &settings);
    world.call(&["PING"]);
    let first = world.link();
    world.conns.get_mut(&first).unwrap().is_late = true;
    let waiting = world.submit(&["BLPOP", "jobs", "20"]);
    world.disk.write("/ca.pem", [old.pem.as_str(), &new.pem].concat());
    world.advance(seconds(1.5));
    assert_eq!(world.conns.len(), 2, "one is to take over");
    world.disk.write("/ca.pem", &new.pem);
    world.advance(seconds(5.0));
    assert_eq!(world.failure(waiting).code(), Code::ClientInterrupted);
    assert_eq!((world.dials.len(), world.conns.len()), (2, 0));
}

#[test]
fn a_wait_that_never_began_is_not_ended_all_the_time() {
    let settings = [("poll_interval", "1"), ("recycle", "always"), ("timeout", "0")];
    let ca = Ca::new("A");
    let mut world = World::secure_as(Role::Exclusive, &ca, &settings);
    world.call(&["PING"]);
    let first = world.link();
    // The network swallows it.
    world.conns.get_mut(&first).unwrap().is_late = true;
    world.submit(&["BLPOP", "jobs", "0"]);
    world.disk.write("/ca.pem", [ca.pem.as_str(), &Ca::new("B").pem].concat());
    world.advance(seconds(600.0));
    let asked = world.server.log.iter().filter(|(_, words)| words.contains(&"UNBLOCK".to_owned()));
    let asked = asked.count();
    assert!((10..200).contains(&asked), "asked {asked} times in 10 minutes");
}
