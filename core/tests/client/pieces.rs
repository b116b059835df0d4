//! A large payload leaves in pieces, as the host takes them.

use redlatch_core::{Action, Code};

use crate::{
    assert_reply, ok, text,
    world::{Outcome, World, certs::Ca, seconds},
};

fn large() -> String {
    "x".repeat(500_000)
}

/// The host takes one action.
fn take_one(world: &mut World) -> usize {
    match world.client.poll_action() {
        Some(Action::Write { link, bytes }) => {
            let conn = world.conns.get_mut(&link).unwrap();
            world.server.take(conn, &bytes);
            bytes.len()
        }
        None => 0,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_behind_it_does_not_overtake_it() {
    for mut world in [World::new(&[]), World::secure(&Ca::new("A"), &[])] {
        world.call(&["PING"]);
        let value = large();
        let set = world.submit(&["SET", "k", &value]);
        let get = world.submit(&["GET", "k"]);
        world.run();
        assert_reply(world.outcome(set).unwrap(), ok());
        assert_reply(world.outcome(get).unwrap(), text(&value));
        let most = world.sent.iter().map(|(.., length)| *length).max().unwrap();
        // The longest segment within a machine.
        assert!(most <= 65_483, "{most}");
        assert_reply(world.call(&["ECHO", "e"]), text("e"));
    }
}

#[test]
fn the_first_piece_is_soon_there() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    world.call(&["PING"]);
    world.submit(&["SET", "k", &large()]);
    let (first, second) = (take_one(&mut world), take_one(&mut world));
    assert!(first < 33_000 && second > 64_000, "{first}, {second}");
}

#[test]
fn a_host_that_is_full_gets_no_more() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    world.call(&["PING"]);
    let set = world.submit(&["SET", "k", &large()]);
    assert!(take_one(&mut world) > 0);
    world.client.blocked(1);
    assert_eq!(take_one(&mut world), 0);
    world.client.writable(world.now, 1, &mut world.log);
    assert!(take_one(&mut world) > 0);
    // Nor does one that gave it up stop in its middle.
    world.client.cancel(world.now, set, &mut world.log);
    let echo = world.submit(&["ECHO", "e"]);
    world.run();
    assert_reply(world.outcome(echo).unwrap(), text("e"));
    assert!(world.outcome(set).is_none());
}

#[test]
fn a_new_secret_is_proven_behind_it() {
    let mut world = World::secure(&Ca::new("A"), &[("password_file", "/secret")]);
    world.disk.write("/secret", "old");
    world.password("old");
    world.call(&["PING"]);
    let set = world.submit(&["SET", "k", &large()]);
    assert!(take_one(&mut world) > 0);
    world.password("new");
    world.disk.write("/secret", "new");
    world.client.reload(world.now, &mut world.log);
    world.run();
    assert_reply(world.outcome(set).unwrap(), ok());
    assert!(world.heard(1).ends_with(&["SET", "AUTH"]), "{:?}", world.heard(1));
}

#[test]
fn a_loss_in_its_middle_loses_it_once() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    world.call(&["PING"]);
    let set = world.submit(&["APPEND", "k", &large()]);
    assert!(take_one(&mut world) > 0);
    world.cut(1);
    let error = world.failure(set);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientInterrupted, true));
    // Not one byte of it is left to send.
    world.advance(seconds(5.0));
    assert_reply(world.call(&["SET", "k", "v"]), ok());
    match world.call(&["GET", "k"]) {
        Outcome::Reply(value) => assert_eq!(value.as_str(), Some("v")),
        Outcome::Failed(error) => panic!("{error:?}"),
    }
}

#[test]
fn the_start_leaves_before_the_rest_is_there() {
    for mut world in [World::new(&[]), World::secure(&Ca::new("A"), &[])] {
        world.call(&["PING"]);
        let value = large();
        let (set, mut taken) = world.submit_start(&["SET", "k", &value]);
        assert!(taken < 33_000, "{taken}");
        let get = world.submit(&["GET", "k"]);
        while taken < value.len() {
            let part = world.client.append(set, &value.as_bytes()[taken..]);
            // The next one is handed in while the server works on this one.
            assert!(part > 0 && part < 130_000, "{part}");
            world.run();
            taken += part;
            assert_eq!(world.outcome(set).is_some(), taken == value.len(), "{taken}");
        }
        assert_reply(world.outcome(set).unwrap(), ok());
        assert_reply(world.outcome(get).unwrap(), text(&value));
        // What comes too late is nobody's.
        assert_eq!(world.client.append(set, b"more"), 4);
        assert_reply(world.call(&["ECHO", "e"]), text("e"));
    }
}

#[test]
fn what_may_not_leave_at_once_is_taken_as_a_whole() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    let value = large();
    let whole = |world: &mut World, words: &[&str]| {
        let (ticket, taken) = world.submit_start(words);
        world.run();
        (taken == words[words.len() - 1].len()).then(|| world.outcome(ticket).unwrap())
    };
    // Nobody is connected yet.
    assert_reply(whole(&mut world, &["SET", "k", &value]).unwrap(), ok());
    assert_reply(whole(&mut world, &["SET", "k", &value[..100_000]]).unwrap(), ok());
    // The text decides what the command does.
    match whole(&mut world, &["CLIENT", "SETNAME", &value]).unwrap() {
        Outcome::Failed(error) => assert_eq!(error.code(), Code::ClientMisuse),
        Outcome::Reply(other) => panic!("{other:?}"),
    }
    // Another one is on its way.
    let (first, mut begun) = world.submit_start(&["APPEND", "k", &value]);
    let (second, taken) = world.submit_start(&["SET", "k", &value]);
    assert_eq!(taken, value.len());
    while begun < value.len() {
        assert!(world.outcome(second).is_none(), "it overtook one that is not there");
        begun += world.client.append(first, &value.as_bytes()[begun..]);
        world.run();
    }
    assert_reply(world.outcome(second).unwrap(), ok());
}

#[test]
fn a_loss_before_the_rest_is_there_loses_it_once() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    world.call(&["PING"]);
    let value = large();
    let (set, taken) = world.submit_start(&["SET", "k", &value]);
    world.run();
    world.cut(1);
    let error = world.failure(set);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientInterrupted, true));
    assert_reply(world.call(&["SET", "k", "v"]), ok());
    let (again, mut begun) = world.submit_start(&["SET", "k", &value]);
    // The host does not know yet, and is told that no more is needed.
    let late = "y".repeat(value.len() - taken);
    assert_eq!(world.client.append(set, late.as_bytes()), late.len());
    while begun < value.len() {
        begun += world.client.append(again, &value.as_bytes()[begun..]);
        world.run();
    }
    assert_reply(world.outcome(again).unwrap(), ok());
    assert_reply(world.call(&["GET", "k"]), text(&value));
}
