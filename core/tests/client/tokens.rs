//! Secrets that end, or that the server refuses: when whoever provides them is asked again.

use redlatch_core::{Code, EventKind, MaterialKind};

use crate::{
    assert_reply,
    providers::{auths, provided, token},
    text,
    world::seconds,
};

/// Half of an hour, or four minutes before the end; the live session proves the new one in place.
#[test]
fn a_token_is_renewed_ahead_of_its_end() {
    let mut world = provided("token-1-secret", &[]);
    world.submit(&["PING"]);
    world.run();
    world.answer(Ok(&[&token("token-1-secret", 3600)])).unwrap();
    world.advance(seconds(1600.0));
    assert_eq!(world.needs, [], "too early");
    world.advance(seconds(201.0));
    assert_eq!(world.needs, [(MaterialKind::Credentials, 2)]);
    world.secrets.push("token-2-secret".to_owned());
    world.server.passwords.push("token-2-secret".to_owned());
    let busy = world.submit(&["APPEND", "log", "x"]);
    world.answer(Ok(&[&token("token-2-secret", 3600)])).unwrap();
    assert!(world.outcome(busy).is_some());
    assert_eq!(auths(&world), ["token-2-secret"]);
    assert_eq!((world.count(EventKind::Reauthenticated), world.dials.len()), (1, 1));
    let status = world.status();
    assert_eq!(status["sessions"][0]["credentials_generation"], 2);
    assert_eq!(status["credentials"]["expires_in"], 3600);
    // Six minutes leave two.
    world.secrets.push("token-3-secret".to_owned());
    world.advance(seconds(1801.0));
    world.answer(Ok(&[&token("token-3-secret", 360)])).unwrap();
    world.advance(seconds(100.0));
    assert_eq!(world.needs, [], "too early");
    world.advance(seconds(21.0));
    assert_eq!(world.needs.len(), 1);
}

/// The server does not know a token yet, and its end comes first: that is no reason to spin, and it
/// is proven once it is given again with a later end.
#[test]
fn a_token_that_ends_before_the_server_takes_it() {
    let mut world = provided("token-1-secret", &[]);
    world.submit(&["PING"]);
    world.run();
    world.answer(Ok(&[&token("token-1-secret", 600)])).unwrap();
    world.secrets.push("token-2-secret".to_owned());
    world.advance(seconds(301.0));
    world.answer(Ok(&[&token("token-2-secret", 30)])).unwrap();
    assert_eq!(world.count(EventKind::ReauthFailed), 1);
    world.advance(seconds(90.0));
    assert_eq!(world.dials.len(), 1, "the live session stays");
    let tried = auths(&world).len();
    world.server.passwords.push("token-2-secret".to_owned());
    world.answer(Ok(&[&token("token-2-secret", 600)])).unwrap();
    world.advance(seconds(20.0));
    assert_eq!((auths(&world).len(), world.dials.len()), (tried + 1, 1));
    assert_eq!(world.status()["sessions"][0]["credentials_generation"], 2);
}

#[test]
fn a_failed_renewal_keeps_what_is_good() {
    let mut world = provided("token-1-secret", &[]);
    world.submit(&["PING"]);
    world.run();
    world.answer(Ok(&[&token("token-1-secret", 3600)])).unwrap();
    world.advance(seconds(1801.0));
    world.answer(Err("HTTP 503")).unwrap_err();
    world.cut_all();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.status()["credentials"]["generation"], 1);
    assert_eq!(world.status()["credentials"]["refused"], "auth.unavailable");
    // Past its end it is not tried: the cause is the provider, not the server.
    while world.status()["credentials"]["expires_in"].as_i64() > Some(0) {
        world.advance(seconds(60.0));
        if !world.needs.is_empty() {
            world.answer(Err("HTTP 504")).unwrap_err();
        }
    }
    assert_eq!(world.conns.len(), 1, "the live session stays");
    let before = world.server.log.len();
    world.cut_all();
    let waiting = world.submit(&["GET", "k"]);
    for _ in 0..8 {
        world.advance(seconds(1.0));
        if !world.needs.is_empty() {
            world.answer(Err("HTTP 504")).unwrap_err();
        }
    }
    let error = world.failure(waiting);
    assert_eq!(error.code(), Code::AuthUnavailable);
    assert!(error.to_string().contains("HTTP 504"), "{error}");
    assert_eq!(world.server.log.len(), before, "an ended token was sent");
}

/// The same secret with a later end is no rotation, but its end moves.
#[test]
fn the_same_token_again() {
    let mut world = provided("token-1-secret", &[]);
    world.submit(&["PING"]);
    world.run();
    world.answer(Ok(&[&token("token-1-secret", 600)])).unwrap();
    world.advance(seconds(301.0));
    world.answer(Ok(&[&token("token-1-secret", 600)])).unwrap();
    let status = world.status();
    assert_eq!(status["credentials"]["generation"], 1);
    assert_eq!(status["credentials"]["expires_in"], 600);
    assert_eq!(auths(&world), [""; 0]);
}

/// The server refuses the secret in force: the provider is asked once before anybody fails.
#[test]
fn a_refused_secret_is_asked_for_again() {
    let mut world = provided("new-secret-word", &[]);
    world.secrets.push("old-secret-word".to_owned());
    let waiting = world.submit(&["ECHO", "e"]);
    world.run();
    world.answer(Ok(&["old-secret-word"])).unwrap();
    assert_eq!((world.needs.len(), world.outcome(waiting).is_none()), (1, true));
    world.answer(Ok(&["new-secret-word"])).unwrap();
    assert_reply(world.outcome(waiting).unwrap(), text("e"));
    assert_eq!(world.count(EventKind::Failing), 0);
    // With the same one again it fails, and callers in a loop do not storm the provider.
    world.server.passwords = vec!["another-word".to_owned()];
    world.cut_all();
    let mut asked = 0;
    for _ in 0..100 {
        let waiting = world.submit(&["GET", "k"]);
        world.run();
        while !world.needs.is_empty() {
            asked += 1;
            world.answer(Ok(&["new-secret-word"])).unwrap();
        }
        assert_eq!(world.failure(waiting).code(), Code::AuthRejected);
        world.advance(seconds(0.1));
    }
    assert!((1..5).contains(&asked), "asked {asked} times in 10 s");
}

/// A provider that is down when the server refuses its secret may have another one: that is worth
/// waiting for, as long as the callers do.
#[test]
fn a_refused_secret_and_a_provider_that_is_down() {
    let mut world = provided("new-secret-word", &[]);
    world.secrets.push("old-secret-word".to_owned());
    let patient = world.submit(&["ECHO", "e"]);
    world.run();
    world.answer(Ok(&["old-secret-word"])).unwrap();
    world.answer(Err("HTTP 503")).unwrap_err();
    assert!(world.outcome(patient).is_none());
    let attempts = world.dials.len();
    world.advance(seconds(0.6));
    world.answer(Ok(&["new-secret-word"])).unwrap();
    assert_reply(world.outcome(patient).unwrap(), text("e"));
    assert_eq!(world.dials.len(), attempts + 1, "the refused one was tried in between");
    // The cause is said to those who cannot wait.
    world.advance(seconds(60.0));
    world.server.passwords = vec!["another-word".to_owned()];
    world.cut_all();
    let waiting = world.submit(&["SET", "k", "v"]);
    world.run();
    for _ in 0..6 {
        while !world.needs.is_empty() {
            world.answer(Err("HTTP 504")).unwrap_err();
        }
        world.advance(seconds(1.0));
    }
    let error = world.failure(waiting);
    assert_eq!(error.code(), Code::AuthUnavailable);
    assert!(error.to_string().contains("after=auth.rejected"), "{error}");
}
