//! Black holes: a connection that is up and says nothing.

use redlatch_core::{Code, Role};

use crate::{
    assert_reply, text,
    world::{Outcome, World, seconds},
};

#[test]
fn a_silent_server_is_asked_and_then_given_up() {
    let mut world = World::new(&[("timeout", "60"), ("liveness", "5")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    let ticket = world.submit(&["SET", "k", "v"]);
    world.run();
    let sent = world.sent.len();
    world.advance(seconds(4.9));
    assert_eq!(world.sent.len(), sent);
    world.advance(seconds(0.2));
    assert_eq!(world.sent.len(), sent + 1);
    assert!(world.outcome(ticket).is_none());
    world.advance(seconds(5.0));
    let error = world.failure(ticket);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientInterrupted, true));
    assert!(error.evidence().contains(&("cause", "net.timeout".to_owned())));
    assert_eq!((world.dials.len(), &world.hangups[..]), (2, &[(1, false)][..]));
}

#[test]
fn a_sign_of_life_is_enough() {
    let mut world = World::new(&[("timeout", "60"), ("liveness", "5")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    let ticket = world.submit(&["GET", "k"]);
    for _ in 0..10 {
        world.advance(seconds(6.0));
        world.say(1, b">1\r\n+alive\r\n");
    }
    assert_eq!(world.dials.len(), 1);
    assert_eq!(world.failure(ticket).code(), Code::ClientTimeout);
}

/// The question for a sign of life is answered to nobody.
#[test]
fn a_slow_server_answers_in_order() {
    let mut world = World::new(&[("timeout", "60"), ("liveness", "5")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    let first = world.submit(&["ECHO", "1"]);
    world.advance(seconds(6.0));
    let second = world.submit(&["ECHO", "2"]);
    world.server.on_hold = false;
    world.run();
    assert_reply(world.outcome(first).unwrap(), text("1"));
    assert_reply(world.outcome(second).unwrap(), text("2"));
}

/// A host that slept must not take its own sleep for the server's.
#[test]
fn a_host_that_sleeps() {
    let mut world = World::new(&[("timeout", "0"), ("liveness", "5")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    let ticket = world.submit(&["ECHO", "e"]);
    world.run();
    world.pass(seconds(3600.0));
    world.client.tick(world.now, &mut world.log);
    world.client.tick(world.now, &mut world.log);
    world.advance(seconds(1.0));
    world.server.on_hold = false;
    world.run();
    assert_reply(world.outcome(ticket).unwrap(), text("e"));
    assert_eq!(world.dials.len(), 1);
}

#[test]
fn an_idle_session_owes_nothing() {
    let mut world = World::new(&[("liveness", "5")]);
    world.call(&["PING"]);
    let sent = world.sent.len();
    world.advance(seconds(600.0));
    assert_eq!((world.sent.len(), world.dials.len()), (sent, 1));
    // The first command after the pause is given its time.
    world.server.on_hold = true;
    let ticket = world.submit(&["ECHO", "e"]);
    world.advance(seconds(4.0));
    world.server.on_hold = false;
    world.run();
    assert_reply(world.outcome(ticket).unwrap(), text("e"));
    assert_eq!(world.sent.len(), sent + 1);
}

#[test]
fn a_blocking_command_may_be_silent() {
    let mut world = World::used_as(Role::Exclusive, &[("timeout", "0"), ("liveness", "5")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    world.server.answers.insert("BLPOP", b"*-1\r\n".to_vec());
    let ticket = world.submit(&["BLPOP", "k", "0"]);
    world.advance(seconds(600.0));
    assert_eq!(world.dials.len(), 1);
    world.server.on_hold = false;
    world.run();
    assert!(matches!(world.outcome(ticket), Some(Outcome::Reply(_))));
}

#[test]
fn liveness_can_be_turned_off() {
    let mut world = World::new(&[("timeout", "0"), ("liveness", "0")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    world.submit(&["ECHO", "e"]);
    world.advance(seconds(3600.0));
    assert_eq!((world.sent.len(), world.dials.len()), (3, 1));
}
