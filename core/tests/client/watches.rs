//! WATCH: a session that belongs to one caller until EXEC.

use redlatch_core::{Code, EventKind, LaneId, MAIN, Record, Role, resp::Value};

use crate::{
    assert_reply, ok, text,
    world::{Outcome, World, certs::Ca, pack, seconds},
};

fn on(world: &mut World, lane: LaneId, words: &[&str]) -> u64 {
    on_packed(world, lane, pack(words), 1)
}

fn on_packed(world: &mut World, lane: LaneId, packed: Vec<u8>, commands: u32) -> u64 {
    let ticket = *world.tickets(1).start();
    let record = Record { ticket, commands, length: packed.len() as u32, ..Record::default() };
    world.client.submit_to(world.now, lane, [record], packed, &mut world.log);
    world.run();
    ticket
}

fn transaction() -> Vec<u8> {
    [pack(&["MULTI"]), pack(&["SET", "k", "v"]), pack(&["EXEC"])].concat()
}

fn replies(world: &World, ticket: u64) -> usize {
    world
        .log
        .outcomes
        .iter()
        .filter(|(of, it)| *of == ticket && matches!(it, Outcome::Reply(_)))
        .count()
}

#[test]
fn a_lent_lane_watches_apart_from_the_others() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    let lane = world.client.lend(world.now).unwrap();
    let watch = on(&mut world, lane, &["WATCH", "k"]);
    assert_eq!(world.outcome(watch), Some(Outcome::Reply(ok())));
    assert_eq!(world.heard(1).iter().filter(|it| **it == "WATCH").count(), 0);
    let ticket = on_packed(&mut world, lane, transaction(), 3);
    assert_eq!(replies(&world, ticket), 3);
    world.client.take_back(world.now, lane, &mut world.log);
    // Used again, with the session it has.
    assert_eq!(world.client.lend(world.now).unwrap(), lane);
    on(&mut world, lane, &["WATCH", "k"]);
    world.client.take_back(world.now, lane, &mut world.log);
    // That UNWATCH is under way disturbs nobody.
    assert_eq!(world.client.lend(world.now).unwrap(), lane);
    assert_ne!(world.client.lend(world.now).unwrap(), lane);
    assert_eq!(world.dials.len(), 2);
}

#[test]
fn what_is_watched_ends_when_the_lane_comes_back() {
    let mut world = World::new(&[]);
    let lane = world.client.lend(world.now).unwrap();
    on(&mut world, lane, &["WATCH", "k"]);
    let link = world.link();
    world.client.take_back(world.now, lane, &mut world.log);
    world.run();
    assert_eq!(world.heard(link).last(), Some(&"UNWATCH"));
    let lane = world.client.lend(world.now).unwrap();
    on(&mut world, lane, &["MULTI"]);
    on(&mut world, lane, &["SET", "k", "v"]);
    world.client.take_back(world.now, lane, &mut world.log);
    world.run();
    assert_eq!(world.heard(link).last(), Some(&"DISCARD"));
    assert!(world.server.data.is_empty());
}

#[test]
fn after_a_transaction_nothing_is_left_to_undo() {
    let mut world = World::new(&[]);
    let lane = world.client.lend(world.now).unwrap();
    on(&mut world, lane, &["WATCH", "k"]);
    on_packed(&mut world, lane, transaction(), 3);
    let link = world.link();
    world.client.take_back(world.now, lane, &mut world.log);
    world.run();
    assert_eq!(world.heard(link).last(), Some(&"EXEC"));
}

#[test]
fn only_who_holds_a_session_may_watch() {
    let mut world = World::used_as(Role::Exclusive, &[]);
    assert_eq!(crate::refused(&mut world, &["WATCH", "k"]), Code::ClientMisuse);
    world.client.hold();
    assert_reply(world.call(&["WATCH", "k"]), ok());
    world.client.take_back(world.now, MAIN, &mut world.log);
    world.run();
    assert_eq!(world.heard(1).last(), Some(&"UNWATCH"));
    assert_eq!(crate::refused(&mut world, &["WATCH", "k"]), Code::ClientMisuse);
}

#[test]
fn a_lost_session_fails_the_transaction_and_nothing_later() {
    let mut world = World::used_as(Role::Exclusive, &[]);
    world.client.hold();
    assert_reply(world.call(&["WATCH", "k"]), ok());
    assert_reply(world.call(&["GET", "k"]), Value::Nil);
    world.cut(world.link());
    let read = world.submit(&["GET", "k"]);
    assert_eq!(world.failure(read).code(), Code::ClientWatchLost);
    let ticket = on_packed(&mut world, MAIN, transaction(), 3);
    assert_eq!(world.failure(ticket).code(), Code::ClientWatchLost);
    assert!(world.server.data.is_empty());
    let ticket = on_packed(&mut world, MAIN, transaction(), 3);
    assert_eq!(replies(&world, ticket), 3);
}

#[test]
fn giving_up_what_was_watched_needs_no_session() {
    let mut world = World::used_as(Role::Exclusive, &[]);
    world.client.hold();
    world.call(&["WATCH", "k"]);
    world.cut(world.link());
    assert_reply(world.call(&["UNWATCH"]), ok());
    assert_reply(world.call(&["GET", "k"]), Value::Nil);
}

#[test]
fn a_read_in_flight_is_not_repeated_elsewhere() {
    let mut world = World::used_as(Role::Exclusive, &[]);
    world.client.hold();
    world.call(&["WATCH", "k"]);
    world.server.on_hold = true;
    let read = world.submit(&["GET", "k"]);
    world.run();
    world.cut(world.link());
    assert_eq!(world.failure(read).code(), Code::ClientWatchLost);
}

#[test]
fn a_transaction_in_flight_may_have_been_executed() {
    let mut world = World::used_as(Role::Exclusive, &[]);
    world.client.hold();
    world.call(&["WATCH", "k"]);
    world.server.on_hold = true;
    let ticket = on_packed(&mut world, MAIN, transaction(), 3);
    world.cut(world.link());
    let error = world.failure(ticket);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientInterrupted, true));
    world.server.on_hold = false;
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

/// WATCH, then the CA is replaced.
fn rotated() -> World {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure_as(Role::Exclusive, &old, &[("poll_interval", "1")]);
    world.client.hold();
    world.call(&["WATCH", "k"]);
    world.disk.write("/ca.pem", &new.pem);
    world.server.present(&new.leaf());
    world.advance(seconds(10.0));
    world
}

#[test]
fn a_rotation_waits_for_the_transaction() {
    let mut world = rotated();
    assert_eq!(world.count(EventKind::Replaced), 0);
    let first = *world.conns.keys().next().unwrap();
    assert_reply(world.call(&["GET", "k"]), Value::Nil);
    let ticket = on_packed(&mut world, MAIN, transaction(), 3);
    assert_eq!(replies(&world, ticket), 3);
    assert_eq!(world.heard(first).last(), Some(&"EXEC"));
    assert_eq!(world.count(EventKind::Replaced), 1);
    assert_reply(world.call(&["GET", "k"]), text("v"));
    assert_ne!(world.link(), first);
}

#[test]
fn the_grace_ends_for_those_who_watch_too() {
    let mut world = rotated();
    world.advance(seconds(30.0));
    let ticket = on_packed(&mut world, MAIN, transaction(), 3);
    assert_eq!(world.failure(ticket).code(), Code::ClientWatchLost);
    assert!(world.server.data.is_empty());
}

#[test]
fn what_the_holder_sets_holds_on_every_session() {
    let mut world = World::used_as(Role::Exclusive, &[]);
    assert_eq!(crate::refused(&mut world, &["SELECT", "3"]), Code::ClientMisuse);
    assert_eq!(crate::refused(&mut world, &["CLIENT", "NO-TOUCH", "ON"]), Code::ClientMisuse);
    assert_reply(world.call(&["CLIENT", "SETNAME", "anybody's"]), ok());
    world.client.hold();
    assert_reply(world.call(&["SELECT", "3"]), ok());
    assert_reply(world.call(&["CLIENT", "SETNAME", "mine"]), ok());
    assert_reply(world.call(&["SELECT", "4"]), ok());
    assert_eq!(crate::refused(&mut world, &["CLIENT", "REPLY", "OFF"]), Code::ClientMisuse);
    world.cut(world.link());
    assert_reply(world.call(&["GET", "k"]), Value::Nil);
    let link = world.link();
    let log = world.server.log.iter().filter(|(from, _)| *from == link);
    let said: Vec<_> = log.map(|(_, words)| words.join(" ")).collect();
    assert_eq!(said[said.len() - 3..], ["SELECT 4", "CLIENT SETNAME mine", "GET k"]);
    // Nobody else gets a session in this state.
    world.client.take_back(world.now, MAIN, &mut world.log);
    world.run();
    assert!(!world.conns.contains_key(&link));
    assert_reply(world.call(&["GET", "k"]), Value::Nil);
    assert!(!world.heard(world.link()).contains(&"SELECT"));
}

#[test]
fn what_was_refused_is_not_set_again() {
    let mut world = World::used_as(Role::Exclusive, &[]);
    world.client.hold();
    assert_reply(world.call(&["SELECT", "3"]), ok());
    world.server.answers.insert("SELECT", b"-ERR DB index is out of range\r\n".to_vec());
    assert!(matches!(world.call(&["SELECT", "99"]), Outcome::Reply(Value::Error(_))));
    world.server.answers.remove("SELECT");
    world.cut(world.link());
    world.call(&["GET", "k"]);
    let link = world.link();
    let databases: Vec<_> = world
        .server
        .log
        .iter()
        .filter(|(from, words)| *from == link && words[0] == "SELECT")
        .map(|(_, words)| words[1].clone())
        .collect();
    assert_eq!(databases, ["3"]);
}

#[test]
fn a_write_lost_with_what_was_watched_may_have_been_executed() {
    let mut world = World::used_as(Role::Exclusive, &[]);
    world.client.hold();
    world.call(&["WATCH", "k"]);
    world.server.on_hold = true;
    let write = world.submit(&["APPEND", "other", "v"]);
    let read = world.submit(&["GET", "k"]);
    world.cut(world.link());
    for (ticket, may_have_run) in [(write, true), (read, false)] {
        let error = world.failure(ticket);
        assert_eq!(error.code(), Code::ClientWatchLost);
        assert_eq!(error.is_maybe_executed(), may_have_run);
    }
}

#[test]
fn nothing_of_the_client_becomes_part_of_a_transaction() {
    let settings = [("poll_interval", "1"), ("password_file", "/secret"), ("liveness", "1")];
    let mut world = World::used_as(Role::Exclusive, &settings);
    world.disk.write("/secret", "first");
    world.password("first");
    world.client.hold();
    world.call(&["WATCH", "k"]);
    world.call(&["MULTI"]);
    world.disk.write("/secret", "second");
    world.server.passwords.push("second".to_owned());
    world.advance(seconds(3.0));
    let link = world.link();
    assert_eq!(world.heard(link).last(), Some(&"MULTI"));
    // The server takes its time; it is not asked whether it is there.
    world.server.on_hold = true;
    let queued = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(1.5));
    world.server.on_hold = false;
    world.run();
    assert_eq!(world.outcome(queued), Some(Outcome::Reply(Value::Simple("QUEUED".into()))));
    assert_reply(world.call(&["EXEC"]), Value::Array(vec![ok()]));
    assert_eq!(world.heard(link).last(), Some(&"AUTH"));
    assert_eq!(world.count(EventKind::Reauthenticated), 1);
}
