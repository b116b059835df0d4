//! Passwords: refused, rotated in a file, changed on the server first, proven on live sessions.

use redlatch_core::{Client, Code, EventKind, Profile, Role, Secret};

use crate::{
    assert_reply, ok, refused, text,
    world::{Dialing, World, certs::Ca, config, seconds},
};

const FILE: (&str, &str) = ("password_file", "/secret");

/// A world whose secret is in a file and accepted.
fn with_file(secret: &str) -> World {
    let mut world = World::new(&[FILE, ("poll_interval", "1")]);
    world.password(secret);
    world.disk.write("/secret", format!("{secret}\n"));
    world
}

/// The client shall say neither.
fn rotate(world: &mut World, secret: &str) {
    world.secrets.push(secret.to_owned());
    world.disk.write("/secret", secret);
}

fn auths(world: &World) -> usize {
    world.server.log.iter().filter(|(_, words)| words[0] == "AUTH").count()
}

#[test]
fn a_wrong_password_fails_on_the_first_attempt() {
    let mut world =
        World::secure(&Ca::new("A"), &[("password", "wrong-word"), ("username", "app")]);
    world.password("right-word");
    let waiting = world.submit(&["GET", "k"]);
    assert_eq!(refused(&mut world, &["PING"]), Code::AuthRejected);
    assert_eq!(world.failure(waiting).code(), Code::AuthRejected);
    assert_eq!(world.dials.len(), 1);
    assert_eq!(world.count(EventKind::Failing), 1);
    assert_eq!(world.client.state(), "failing");
}

/// Each call of a loop must not be a login attempt.
#[test]
fn callers_in_a_loop_do_not_storm() {
    let mut world = World::new(&[("password", "wrong-word")]);
    world.password("right-word");
    for _ in 0..1000 {
        assert_eq!(refused(&mut world, &["PING"]), Code::AuthRejected);
        world.advance(seconds(0.01));
    }
    assert!(world.dials.len() < 12, "{} attempts in 10 s", world.dials.len());
    // Who comes back later tries again.
    world.server.passwords = vec!["wrong-word".to_owned()];
    world.advance(seconds(31.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

/// The file is ahead of the server: the secret accepted before still works, and the session
/// proves the new one later.
#[test]
fn a_file_ahead_of_the_server() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    rotate(&mut world, "new-secret");
    world.cut_all();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    // The new one, the old one; and nobody noticed.
    assert_eq!((world.dials.len(), world.client.counters().failures), (3, 0));
    assert!(world.count(EventKind::ReauthFailed) > 0);
    world.server.passwords = vec!["new-secret".to_owned()];
    world.advance(seconds(20.0));
    assert_eq!(world.count(EventKind::Reauthenticated), 1);
    assert_eq!(world.status()["sessions"][0]["credentials_generation"], 2);
}

/// The server takes the new secret up between two attempts: the new one comes too early, the old one
/// too late.
#[test]
fn a_server_that_follows_between_two_attempts() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    rotate(&mut world, "new-secret");
    world.dialing = Dialing::Ignore;
    world.cut_all();
    let waiting = world.submit(&["ECHO", "e"]);
    world.run();
    let attempt = |world: &mut World| {
        let (_, link) = *world.dials.last().unwrap();
        world.conns.insert(link, world.server.accept(link));
        world.client.dialed(world.now, link, &mut world.log);
        world.run();
    };
    attempt(&mut world);
    assert_eq!(world.dials.len(), 3, "the new one was refused");
    world.server.passwords = vec!["new-secret".to_owned()];
    attempt(&mut world);
    assert_eq!(world.dials.len(), 4, "the old one was refused");
    attempt(&mut world);
    assert_reply(world.outcome(waiting).unwrap(), text("e"));
    assert_eq!(world.count(EventKind::Failing), 0);
}

/// The server is ahead of the file: the file is read again before anybody fails.
#[test]
fn a_server_ahead_of_the_file() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    world.server.passwords = vec!["new-secret".to_owned()];
    world.secrets.push("new-secret".to_owned());
    // Written within the time stamp's grain: only reading it tells.
    world.disk.write_unseen("/secret", "new-secret");
    world.cut_all();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.client.counters().failures, 0);
    assert_eq!(world.count(EventKind::Failing), 0);
}

/// The previously accepted secret once, the source once, the new secret once more, and then it is
/// said.
#[test]
fn a_secret_nobody_accepts_fails_after_three_attempts() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    rotate(&mut world, "new-secret");
    world.server.passwords = vec!["third-secret".to_owned()];
    world.cut_all();
    let tried = world.dials.len();
    assert_eq!(refused(&mut world, &["PING"]), Code::AuthRejected);
    assert_eq!(tried, 4);
    // Nobody waits for the slow retries: what heals it heals it at once.
    rotate(&mut world, "third-secret");
    world.advance(seconds(1.1));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

/// What was refused is not tried again just because it was accepted once.
#[test]
fn a_secret_that_was_changed_behind_the_client() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    world.server.passwords = vec!["new-secret".to_owned()];
    world.cut_all();
    assert_eq!(refused(&mut world, &["PING"]), Code::AuthRejected);
    assert_eq!(world.dials.len(), 2);
}

#[test]
fn a_rotated_secret_is_proven_in_place() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    rotate(&mut world, "new-secret");
    world.server.passwords.push("new-secret".to_owned());
    world.advance(seconds(1.0));
    assert_eq!(world.count(EventKind::Reauthenticated), 1);
    assert_eq!((world.dials.len(), auths(&world)), (1, 1));
    assert_reply(world.call(&["SET", "k", "v"]), ok());
    assert_eq!(world.status()["sessions"][0]["credentials_generation"], 2);
    // The server accepted it: it is what to fall back to.
    rotate(&mut world, "third-secret");
    world.server.passwords = vec!["new-secret".to_owned()];
    world.cut_all();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_failed_proof_keeps_the_session_and_is_repeated() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    rotate(&mut world, "new-secret");
    world.advance(seconds(1.0));
    assert_eq!(world.last(EventKind::ReauthFailed).field("code"), Some("auth.rejected"));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    world.advance(seconds(60.0));
    let tries = auths(&world);
    assert!((5..15).contains(&tries), "{tries} in a minute");
    world.server.passwords.push("new-secret".to_owned());
    world.advance(seconds(15.0));
    assert_eq!(world.count(EventKind::Reauthenticated), 1);
    world.advance(seconds(60.0));
    assert_eq!((world.dials.len(), world.count(EventKind::Disconnected)), (1, 0));
}

/// A proof on a session that was idle for long is no silence of the server.
#[test]
fn an_idle_session_survives_a_proof() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    world.advance(seconds(120.0));
    rotate(&mut world, "new-secret");
    world.server.passwords.push("new-secret".to_owned());
    world.server.on_hold = true;
    world.advance(seconds(8.0));
    world.server.on_hold = false;
    world.run();
    assert_eq!(world.count(EventKind::Reauthenticated), 1);
    assert_eq!(world.count(EventKind::Disconnected), 0);
}

/// Two rotations while the server is slow: one proof at a time, and the last one counts.
#[test]
fn rotations_faster_than_the_server() {
    let mut world = with_file("first-secret");
    world.call(&["PING"]);
    world.server.passwords =
        ["first-secret", "second-secret", "third-secret"].map(str::to_owned).into();
    world.server.on_hold = true;
    rotate(&mut world, "second-secret");
    world.advance(seconds(1.0));
    rotate(&mut world, "third-secret");
    world.advance(seconds(1.0));
    world.server.on_hold = false;
    world.run();
    assert_eq!((auths(&world), world.count(EventKind::Reauthenticated)), (2, 2));
    assert_eq!(world.status()["sessions"][0]["credentials_generation"], 3);
    assert_eq!(world.last(EventKind::Reauthenticated).field("generation"), Some("3"));
}

/// Proofs stand between units, never inside one.
#[test]
fn a_proof_does_not_split_a_unit() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    world.server.on_hold = true;
    world.server.passwords.push("new-secret".to_owned());
    for name in ["MULTI", "EXEC"] {
        world.server.answers.insert(name, b"+OK\r\n".to_vec());
    }
    let unit = ["MULTI", "PING", "EXEC"].map(|word| crate::world::pack(&[word])).concat();
    let record = redlatch_core::Record { commands: 3, ..Default::default() };
    world.submit_packed(unit.clone(), record);
    rotate(&mut world, "new-secret");
    world.advance(seconds(1.0));
    world.submit_packed(unit, record);
    world.server.on_hold = false;
    world.run();
    let heard = world.heard(1);
    let expected = ["MULTI", "PING", "EXEC", "AUTH", "MULTI", "PING", "EXEC"];
    assert_eq!(heard[heard.len() - 7..], expected);
}

#[test]
fn a_rotation_while_disconnected() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    world.dialing = Dialing::Fail(Code::NetRefused);
    world.cut_all();
    rotate(&mut world, "new-secret");
    world.server.passwords = vec!["new-secret".to_owned()];
    let waiting = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(2.0));
    world.dialing = Dialing::Accept;
    world.advance(seconds(2.5));
    assert_reply(world.outcome(waiting).unwrap(), ok());
    assert_eq!(auths(&world), 0);
}

#[test]
fn a_secret_file_that_comes_late_or_empties() {
    let mut world = World::new(&[FILE, ("poll_interval", "1")]);
    world.password("late-secret");
    let waiting = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(2.0));
    assert!(world.outcome(waiting).is_none());
    world.disk.write("/secret", "late-secret");
    world.advance(seconds(2.0));
    assert_reply(world.outcome(waiting).unwrap(), ok());
    world.disk.write("/secret", "");
    world.advance(seconds(5.0));
    assert_eq!(world.last(EventKind::Rejected).field("code"), Some("auth.unavailable"));
    world.cut_all();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    // And one that never comes is told by name.
    let mut world = World::new(&[FILE]);
    let waiting = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(6.0));
    let error = world.failure(waiting);
    assert_eq!(error.code(), Code::AuthUnavailable);
    assert!(error.evidence().contains(&("path", "/secret".to_owned())));
}

#[test]
fn a_host_may_supply_a_secret() {
    let mut world = World::new(&[("password", "old-secret")]);
    world.password("old-secret");
    world.call(&["PING"]);
    world.server.passwords.push("new-secret".to_owned());
    world.secrets.push("new-secret".to_owned());
    let material = &world.client.profile().credentials().unwrap().material;
    assert!(material.supply(vec![Secret::new("")], world.now).is_err());
    material.supply(vec![Secret::new("new-secret")], world.now).unwrap();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(auths(&world), 1);
}

/// Clients of one file share it: what one was told is not new to a later one.
#[test]
fn a_later_client_does_not_repeat_events() {
    let mut world = with_file("old-secret");
    world.call(&["PING"]);
    assert_eq!(world.count(EventKind::Rotation), 1);
    let profile = Profile::new(config(&[FILE, ("poll_interval", "1")]), &world.materials).unwrap();
    let mut later = Client::new(profile.into(), Role::Shared, 1, world.now);
    later.connect(world.now, &mut world.log);
    assert!(std::iter::from_fn(|| later.poll_event()).all(|it| it.kind != EventKind::Rotation));
    rotate(&mut world, "new-secret");
    world.advance(seconds(1.0));
    later.tick(world.now, &mut world.log);
    let heard =
        std::iter::from_fn(|| later.poll_event()).filter(|it| it.kind == EventKind::Rotation);
    assert_eq!((heard.count(), world.count(EventKind::Rotation)), (1, 2));
}

/// A server that lost its configuration lets everybody in, and would learn the secret.
#[test]
fn a_server_that_lets_everybody_in() {
    let ca = Ca::new("A");
    let settings = [("password", "a-password"), ("require_server_auth", "true")];
    let mut world = World::secure(&ca, &settings);
    world.password("a-password");
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.heard(world.link())[..2], ["PING", "HELLO"]);
    world.server.passwords.clear();
    world.cut_all();
    world.server.log.clear();
    assert_eq!(refused(&mut world, &["PING"]), Code::AuthUnexpected);
    let words: String = world.server.log.iter().flat_map(|(_, words)| words.clone()).collect();
    assert!(!words.contains("a-password"), "the secret was sent");
    // A default user who may do nothing lets nobody in who has a name.
    let named = [&settings[..], &[("username", "app")]].concat();
    for (settings, good) in [(&named[..], true), (&settings[..], false)] {
        let mut world = World::secure(&ca, settings);
        world.password("a-password");
        let refusal = b"-NOPERM User default has no permissions to run the 'ping' command\r\n";
        world.server.answers.insert("PING", refusal.to_vec());
        match good {
            true => assert_reply(world.call(&["ECHO", "e"]), text("e")),
            false => assert_eq!(refused(&mut world, &["ECHO", "e"]), Code::AuthUnexpected),
        }
    }
    // Still loading is no answer to the question.
    let mut world = World::secure(&ca, &settings);
    world.server.answers.insert("PING", b"-LOADING Redis is loading\r\n".to_vec());
    let waiting = world.submit(&["ECHO", "e"]);
    world.advance(seconds(6.0));
    assert_eq!(world.failure(waiting).code(), Code::ServerLoading);
}
