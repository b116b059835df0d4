//! Connections that cannot be made, and connections that are lost.

use std::time::Duration;

use redlatch_core::{Action, Code, Error, EventKind, Record, Role};

use crate::{
    assert_reply, ok, refused, text,
    world::{Dialing, Outcome, World, certs::Ca, seconds},
};

#[test]
fn a_refused_connection_is_tried_until_the_deadline() {
    let mut world = World::new(&[("timeout", "10")]);
    world.dialing = Dialing::Fail(Code::NetRefused);
    let ticket = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(9.9));
    assert!(world.outcome(ticket).is_none());
    world.advance(seconds(0.2));
    let error = world.failure(ticket);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::NetRefused, false));
    assert!(error.evidence().contains(&("address", "localhost:6379".to_owned())));
    assert!(error.evidence().contains(&("command", "SET".to_owned())));
    // Ever later, and never more than the longest pause apart.
    let moments: Vec<_> = world.dials.iter().map(|(at, _)| *at).collect();
    let pauses: Vec<_> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!((6..40).contains(&moments.len()), "{moments:?}");
    assert!(pauses.iter().all(|pause| *pause <= seconds(2.0)), "{pauses:?}");
    assert!(pauses[0] <= seconds(0.05), "{pauses:?}");
    world.dialing = Dialing::Accept;
    world.advance(seconds(2.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_dial_nobody_answers() {
    let mut world = World::new(&[("connect_timeout", "2"), ("timeout", "5")]);
    world.dialing = Dialing::Ignore;
    let ticket = world.submit(&["PING"]);
    world.advance(seconds(5.1));
    assert_eq!(world.failure(ticket).code(), Code::NetTimeout);
    assert!(world.dials.len() >= 2);
    assert!(world.hangups.contains(&(1, false)));
    // An answer that comes after all means nothing.
    world.client.dialed(world.now, 1, &mut world.log);
    world.client.dial_failed(world.now, 1, Error::new(Code::NetRefused), &mut world.log);
    // With less patience than it takes, the phase tells what it waited for.
    let mut world = World::new(&[("timeout", "1")]);
    world.dialing = Dialing::Ignore;
    let ticket = world.submit(&["PING"]);
    world.advance(seconds(1.1));
    let error = world.failure(ticket);
    assert!(error.evidence().contains(&("phase", "dialing".to_owned())), "{error}");
}

#[test]
fn links_and_attempts_are_counted() {
    let mut world = World::new(&[]);
    world.client.connect(world.now, &mut world.log);
    for expected in 0..3 {
        let Some(Action::Dial { link, attempt, .. }) = world.client.poll_action() else { panic!() };
        assert_eq!((link, attempt), (u64::from(expected) + 1, expected));
        world.client.dial_failed(world.now, link, Error::new(Code::NetDns), &mut world.log);
        assert!(matches!(world.client.poll_action(), Some(Action::Hangup { .. })));
        world.pass(seconds(2.0));
        world.client.tick(world.now, &mut world.log);
    }
}

/// A caller who allows repetition still learns that the first attempt may have worked.
#[test]
fn what_waits_to_be_sent_again_may_have_been_executed() {
    let mut world = World::new(&[("timeout", "2")]);
    world.call(&["SET", "k", "v"]);
    world.server.on_hold = true;
    let again = Record { commands: 1, flags: Record::IDEMPOTENT, ..Record::default() };
    let sent = world.submit_with(&["APPEND", "log", "1"], again);
    world.run();
    world.dialing = Dialing::Ignore;
    world.cut_all();
    let unsent = world.submit_with(&["APPEND", "log", "2"], again);
    world.advance(seconds(2.1));
    assert!(world.failure(sent).is_maybe_executed());
    assert!(!world.failure(unsent).is_maybe_executed());
}

/// Reads are sent again, the unsent keeps its place, and what may have been done is told.
#[test]
fn a_lost_connection_sorts_its_commands() {
    let mut world = World::new(&[]);
    world.call(&["SET", "k", "v"]);
    world.server.on_hold = true;
    let read = world.submit(&["GET", "k"]);
    let write = world.submit(&["APPEND", "log", "1"]);
    let again = world.submit_with(
        &["APPEND", "log", "2"],
        Record { commands: 1, flags: Record::IDEMPOTENT, ..Record::default() },
    );
    world.run();
    world.client.blocked(1);
    let unsent = world.submit(&["APPEND", "log", "3"]);
    let link = world.link();
    world.conns.remove(&link);
    world.server.on_hold = false;
    world.client.closed(world.now, link, Some(Error::new(Code::NetClosed)), &mut world.log);
    world.run();
    assert_reply(world.outcome(read).unwrap(), text("v"));
    let error = world.failure(write);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientInterrupted, true));
    assert!(error.evidence().contains(&("cause", "net.closed".to_owned())));
    for ticket in [again, unsent] {
        assert!(matches!(world.outcome(ticket), Some(Outcome::Reply(_))));
    }
    assert_eq!(world.server.data["log"], "23");
    let counters = world.client.counters();
    assert_eq!((counters.connects, counters.reconnects, counters.failures), (2, 1, 1));
}

/// A unit that was answered in part is not sent again, though it only reads.
#[test]
fn half_a_unit_is_not_repeated() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    world.server.hangs_up_at = Some("TTL");
    let packed = [crate::world::pack(&["GET", "k"]), crate::world::pack(&["TTL", "k"])].concat();
    let ticket = world.submit_packed(packed, Record { commands: 2, ..Record::default() });
    world.run();
    let outcomes: Vec<_> = world.log.outcomes.iter().filter(|(of, _)| *of == ticket).collect();
    assert!(matches!(outcomes[..], [(_, Outcome::Reply(_)), (_, Outcome::Failed(_))]));
}

/// A server that ends each session at once, ready or not, is not stormed.
#[test]
fn a_server_that_ends_every_session() {
    let mut world = World::new(&[("timeout", "20")]);
    world.server.hangs_up_at = Some("GET");
    let read = world.submit(&["GET", "k"]);
    world.advance(seconds(20.5));
    assert_eq!(world.failure(read).code(), Code::NetClosed);
    assert!((8..60).contains(&world.dials.len()), "{} sessions in 20 s", world.dials.len());
    world.server.hangs_up_at = None;
    world.advance(seconds(2.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

/// What no reply can be read of fails by itself, and does not end one session after the other.
#[test]
fn a_reply_that_is_too_large_or_no_reply() {
    for (answer, code) in [
        (format!("${}\r\n", 1 << 20), Code::ProtocolLimit),
        ("?what\r\n".to_owned(), Code::ProtocolMalformed),
    ] {
        let mut world = World::new(&[("max_reply_bytes", "100000")]);
        world.call(&["PING"]);
        world.server.answers.insert("TTL", answer.into());
        let bad = world.submit(&["TTL", "k"]);
        let good = world.submit(&["GET", "k"]);
        world.run();
        let error = world.failure(bad);
        assert_eq!((error.code(), error.is_maybe_executed()), (code, true));
        assert!(matches!(world.outcome(good), Some(Outcome::Reply(_))));
        assert_eq!(world.dials.len(), 2);
    }
}

#[test]
fn a_shared_client_reconnects_by_itself() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    world.cut_all();
    assert_eq!((world.dials.len(), world.client.state()), (2, "ready"));
    // An exclusive one waits until somebody needs it.
    let mut world = World::used_as(Role::Exclusive, &[]);
    world.call(&["PING"]);
    world.cut_all();
    assert_eq!((world.dials.len(), world.client.state()), (1, "idle"));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_server_that_says_goodbye() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    world.call(&["PING"]);
    world.server.hangs_up_at = Some("SET");
    let Outcome::Failed(error) = world.call(&["SET", "k", "v"]) else { panic!() };
    assert_eq!(error.code(), Code::ClientInterrupted);
    world.server.hangs_up_at = None;
    assert_reply(world.call(&["SET", "k", "v"]), ok());
}

/// Records that are not TLS end the session, and what they answered is not made up.
#[test]
fn broken_records() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    let ticket = world.submit(&["SET", "k", "v"]);
    world.run();
    let forged = [&[0x17, 3, 3, 0, 32][..], &[7; 32]].concat();
    world.client.received(world.now, 1, &forged, &mut world.log);
    let error = world.failure(ticket);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientInterrupted, true));
    assert_eq!(world.count(EventKind::Connected), 1);
    world.run();
    world.server.on_hold = false;
    world.run();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    // In the middle of a handshake, from whoever answers at the address.
    for garbage in
        [&[0x16, 3, 3, 0, 4, 2, 0, 0, 0][..], &[0x15, 3, 3, 0, 2, 2, 70], &[0x16, 3, 3, 255, 255]]
    {
        let mut world = World::secure(&Ca::new("A"), &[("timeout", "1")]);
        world.dialing = Dialing::Ignore;
        let ticket = world.submit(&["PING"]);
        world.run();
        world.client.dialed(world.now, 1, &mut world.log);
        world.client.received(world.now, 1, garbage, &mut world.log);
        world.advance(seconds(6.0));
        assert!(
            matches!(world.failure(ticket).code(), Code::TlsProtocol | Code::TlsPlaintextPeer),
            "{garbage:?}"
        );
    }
}

/// The host may say the same twice, or too late, or of links that never were.
#[test]
fn a_confused_host() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    let (now, log) = (world.now, &mut world.log);
    for link in [0, 1, 99] {
        world.client.dialed(now, link, log);
        world.client.received(now, link, b"+OK\r\n", log);
        world.client.writable(now, link, log);
        world.client.blocked(link);
        world.client.closed(now, link, None, log);
        world.client.dial_failed(now, link, Error::new(Code::NetRefused), log);
    }
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let link = world.link();
    world.client.dialed(now, link, &mut world.log);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    // Time that stands still or a deadline that is far over.
    world.client.tick(now, &mut world.log);
    world.pass(Duration::from_secs(86_400 * 400));
    world.client.tick(world.now, &mut world.log);
    assert_eq!(refused(&mut world, &["SELECT", "1"]), Code::ClientMisuse);
}

/// What failed for good yesterday is no reason to fail, or to storm, when the server is down today.
#[test]
fn a_permanent_failure_gives_way_to_a_passing_one() {
    let mut world = World::new(&[("password", "wrong-word"), ("timeout", "10")]);
    world.password("right-word");
    world.client.connect(world.now, &mut world.log);
    assert_eq!(refused(&mut world, &["PING"]), Code::AuthRejected);
    world.dialing = Dialing::Fail(Code::NetRefused);
    world.advance(seconds(31.0));
    let dials = world.dials.len();
    let submit = |world: &mut World| {
        let ticket = world.submit(&["SET", "k", "v"]);
        world.run();
        ticket
    };
    let tickets: Vec<_> = (0..1000).map(|_| submit(&mut world)).collect();
    assert!(world.dials.len() <= dials + 2, "{} dials", world.dials.len() - dials);
    assert!(tickets.iter().all(|ticket| world.outcome(*ticket).is_none()));
    world.server.passwords = vec!["wrong-word".to_owned()];
    world.dialing = Dialing::Accept;
    world.advance(seconds(2.0));
    assert!(tickets.iter().all(|ticket| world.outcome(*ticket).is_some()));
    assert_eq!(world.client.counters().failures, 1);
}
