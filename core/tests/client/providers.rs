//! Secrets, certificates and CAs from somebody who has to be asked.

use redlatch_core::{
    Client, Code, Error, EventKind, MaterialKind, Profile, Role, Secret, material::Progress,
};

use crate::{
    assert_reply, ok, refused, text,
    world::{Log, World, certs::Ca, config, later, seconds},
};

const PROVIDED: (&str, &str) = ("provide_credentials", "true");

/// A server of `/ca.pem` that accepts `secret`, which a provider has.
pub(super) fn provided(secret: &str, more: &[(&str, &str)]) -> World {
    let mut world = World::secure(&Ca::new("A"), &[&[PROVIDED], more].concat());
    world.password(secret);
    world
}

pub(super) fn token(secret: &str, lives: u64) -> String {
    format!(r#"{{"username":"app","token":"{secret}","expires_in":{lives}}}"#)
}

pub(super) fn auths(world: &World) -> Vec<&str> {
    let log = world.server.log.iter().filter(|(_, words)| words[0] == "AUTH");
    log.map(|(_, words)| words[2].as_str()).collect()
}

#[test]
fn a_connection_waits_for_its_secret() {
    let mut world = provided("from-a-vault", &[]);
    let waiting = world.submit(&["ECHO", "e"]);
    world.run();
    assert_eq!(world.needs, [(MaterialKind::Credentials, 1)]);
    assert_eq!((world.dials.len(), world.client.state()), (0, "connecting"));
    assert_eq!(world.status()["awaiting"], "credentials");
    world.advance(seconds(1.0));
    assert_eq!((world.needs.len(), world.outcome(waiting).is_none()), (1, true));
    world.answer(Ok(&["from-a-vault"])).unwrap();
    assert_reply(world.outcome(waiting).unwrap(), text("e"));
    assert_eq!(world.dials.len(), 1);
    assert_eq!(world.status()["awaiting"], serde_json::Value::Null);
}

/// The deadline tells who kept them waiting, and the answer is still good for the next.
#[test]
fn a_provider_that_takes_too_long() {
    let mut world = provided("from-a-vault", &[("timeout", "2")]);
    let waiting = world.submit(&["ECHO", "e"]);
    world.advance(seconds(2.1));
    let error = world.failure(waiting);
    assert_eq!(error.code(), Code::AuthUnavailable);
    assert!(error.to_string().contains("has not answered"), "{error}");
    world.advance(seconds(600.0));
    assert_eq!(world.needs.len(), 1, "asked again while it was at work");
    world.answer(Ok(&["from-a-vault"])).unwrap();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_provider_that_fails_is_asked_again_ever_later() {
    let mut world = provided("from-a-vault", &[]);
    let waiting = world.submit(&["ECHO", "e"]);
    world.run();
    let error = world.answer(Err("HTTP 503\nwith a body")).unwrap_err();
    assert_eq!(error.code(), Code::AuthUnavailable);
    assert!(error.to_string().contains("HTTP 503") && !error.to_string().contains("body"));
    assert_eq!(world.last(EventKind::Rejected).field("material"), Some("credentials"));
    let mut asked = 1;
    for _ in 0..300 {
        world.advance(seconds(1.0));
        if !world.needs.is_empty() {
            asked += 1;
            world.answer(Err("HTTP 503")).unwrap_err();
        }
    }
    assert!((10..20).contains(&asked), "asked {asked} times in 5 minutes");
    let error = world.failure(waiting);
    assert_eq!(error.code(), Code::AuthUnavailable);
    assert!(error.to_string().contains("HTTP 503"), "{error}");
    while world.needs.is_empty() {
        world.advance(seconds(1.0));
    }
    world.answer(Ok(&["from-a-vault"])).unwrap();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

/// A provider of trust that fails once is asked again before those who wait give up.
#[test]
fn trust_that_comes_at_the_second_question() {
    let ca = Ca::new("A");
    let mut world = World::new(&[("host", "redis.test"), ("provide_trust", "true")]);
    world.server.present(&ca.leaf());
    let waiting = world.submit(&["ECHO", "e"]);
    world.run();
    assert_eq!(world.answer(Err("HTTP 503")).unwrap_err().code(), Code::TrustUnreadable);
    assert!(world.outcome(waiting).is_none());
    assert_eq!((world.count(EventKind::Failing), world.dials.len()), (0, 0));
    world.advance(seconds(0.6));
    world.answer(Ok(&[&ca.pem])).unwrap();
    assert_reply(world.outcome(waiting).unwrap(), text("e"));
}

/// Who hangs is overtaken by whoever hands it in.
#[test]
fn what_is_handed_in_ends_the_wait() {
    let mut world = provided("from-a-vault", &[]);
    let waiting = world.submit(&["ECHO", "e"]);
    world.run();
    let (now, kind) = (world.now, MaterialKind::Credentials);
    let given = Ok(vec![Secret::new("from-a-vault")]);
    world.client.supply(now, kind, None, given, &mut world.log).unwrap();
    world.run();
    assert_reply(world.outcome(waiting).unwrap(), text("e"));
    world.answer(Err("too late")).unwrap_err();
    assert_reply(world.call(&["ECHO", "f"]), text("f"));
}

/// An answer is for all: it counts though the lane that asked is gone.
#[test]
fn the_question_of_a_lane_that_is_shut_stays_open() {
    let mut world = provided("from-a-vault", &[]);
    let lane = world.client.open(world.now, Role::Raw { login: true }).unwrap();
    world.client.connect_to(world.now, lane, &mut world.log);
    world.run();
    assert_eq!(world.needs.len(), 1);
    world.client.shut(world.now, lane, &mut world.log);
    let waiting = world.submit(&["ECHO", "e"]);
    world.run();
    assert_eq!(world.needs.len(), 1, "asked again while somebody was at work");
    world.answer(Ok(&["from-a-vault"])).unwrap();
    assert_reply(world.outcome(waiting).unwrap(), text("e"));
}

/// A stream of secrets that breaks is news, though nobody asked.
#[test]
fn a_failure_nobody_asked_for_is_told() {
    let mut world = provided("from-a-vault", &[]);
    world.submit(&["PING"]);
    world.run();
    world.answer(Ok(&["from-a-vault"])).unwrap();
    let failure = Err(MaterialKind::Credentials.unavailable("the stream broke"));
    let (now, kind) = (world.now, MaterialKind::Credentials);
    world.client.supply(now, kind, None, failure, &mut world.log).unwrap_err();
    world.run();
    assert!(world.last(EventKind::Rejected).field("error").unwrap().contains("stream broke"));
    assert_eq!(world.status()["credentials"]["refused"], "auth.unavailable");
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn what_a_provider_gives_is_checked() {
    for (given, why) in [
        ("", "empty"),
        ("one\ntwo", "several lines"),
        ("{\"password\":", "is none"),
        ("{\"username\":\"app\"}", "has no password"),
        ("{\"password\":\"hidden-word\",\"expires_in\":\"soon\"}", "expires_in"),
        ("{\"password\":\"hidden-word\",\"expires_at\":\"tomorrow\"}", "expires_at"),
        ("{\"password\":\"hidden-word\",\"expires_at\":1000}", "already ended"),
        ("{\"password\":\"hidden-word\",\"expires_in\":-1}", "expires_in"),
    ] {
        let mut world = provided("hidden-word", &[]);
        world.submit(&["PING"]);
        world.run();
        let error = world.answer(Ok(&[given])).unwrap_err();
        assert_eq!(error.code(), Code::AuthUnavailable);
        assert!(error.to_string().contains(why), "{given}: {error}");
    }
    for given in [
        "hidden-word\n",
        r#"{"secret":"hidden-word"}"#,
        r#"{"access_token":"hidden-word","expires_in":"3599","token_type":"Bearer"}"#,
        r#"{"accessToken":"hidden-word","expires_on":1767229200}"#,
        r#"{"token":"hidden-word","expiration":"2026-01-01T01:00:00+00:00"}"#,
        r#"{"password":"hidden-word","expires_at":null,"username":null}"#,
    ] {
        let mut world = provided("hidden-word", &[]);
        world.submit(&["PING"]);
        world.run();
        world.answer(Ok(&[given])).unwrap();
        assert_reply(world.call(&["ECHO", "e"]), text("e"));
        let end = &world.status()["credentials"]["expires_in"];
        assert!(end.is_null() || matches!(end.as_i64(), Some(3599..=3600)), "{given}: {end}");
    }
}

/// A secret that cannot be sent as a token is not sent in clear, not even to this machine.
#[test]
fn a_token_is_never_sent_in_clear() {
    let mut world = World::new(&[PROVIDED]);
    world.password("token-1-secret");
    let waiting = world.submit(&["PING"]);
    world.run();
    world.answer(Ok(&[&token("token-1-secret", 3600)])).unwrap();
    assert_eq!(world.failure(waiting).code(), Code::ConfigInsecure);
    assert!(world.sent.is_empty());
    // A password may, on this machine; a token in its place is refused then, too.
    let mut world = World::new(&[PROVIDED]);
    world.password("a-password");
    world.submit(&["PING"]);
    world.run();
    world.answer(Ok(&["a-password"])).unwrap();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let given = vec![Secret::new(token("token-1-secret", 3600))];
    let (now, kind) = (world.now, MaterialKind::Credentials);
    world.client.supply(now, kind, None, Ok(given), &mut world.log).unwrap();
    world.run();
    assert_eq!(auths(&world), [""; 0]);
    assert_eq!(refused(&mut world, &["PING"]), Code::ConfigInsecure);
}

/// Trust and identity come from providers in the same way.
#[test]
fn all_materials_can_be_provided() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let leaf = clients.client();
    let settings =
        [("host", "redis.test"), ("provide_trust", "true"), ("provide_identity", "true"), PROVIDED];
    let mut world = World::new(&settings);
    world.password("from-a-vault");
    world.server.demand(&ca.leaf(), &clients);
    let waiting = world.submit(&["ECHO", "e"]);
    world.run();
    assert_eq!(world.needs.len(), 3, "all at once");
    world.answer(Ok(&[&ca.pem])).unwrap();
    world.answer(Ok(&[&leaf.cert_pem, &leaf.key_pem])).unwrap();
    world.answer(Ok(&["from-a-vault"])).unwrap();
    assert_reply(world.outcome(waiting).unwrap(), text("e"));
    // A CA that is not ours leads to one question before anybody fails.
    let other = Ca::new("B");
    world.server.demand(&other.leaf(), &clients);
    world.cut_all();
    let waiting = world.submit(&["ECHO", "f"]);
    world.run();
    assert_eq!(world.needs, [(MaterialKind::Trust, 2)]);
    world.answer(Ok(&[&ca.pem, &other.pem])).unwrap();
    assert_reply(world.outcome(waiting).unwrap(), text("f"));
}

#[test]
fn a_host_supplies_when_it_likes() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[]);
    assert_reply(world.call(&["SET", "k", "v"]), ok());
    world.server.present(&new.leaf());
    let (now, kind) = (world.now, MaterialKind::Trust);
    let supply = |world: &mut World, text: &str| {
        let content = Ok(vec![Secret::new(text)]);
        let outcome = world.client.supply(now, kind, None, content, &mut world.log);
        world.run();
        outcome
    };
    assert_eq!(supply(&mut world, "rubbish").unwrap_err().code(), Code::TrustEmpty);
    supply(&mut world, &new.pem).unwrap();
    world.advance(seconds(10.0));
    assert_eq!(world.status()["sessions"][0]["anchor_sha256"], new.sha256);
    assert_eq!(world.client.counters().failures, 0);
    // An answer nobody asked for,
    let (answer, log) = (Ok(vec![Secret::new(old.pem.as_str())]), &mut world.log);
    let error = world.client.supply(now, kind, Some(1), answer, log);
    assert_eq!(error.unwrap_err().code(), Code::ClientMisuse);
    assert_eq!(world.status()["trust"]["generation"], 2);
    // Nothing at all: not the same as an empty set of CAs, with which nobody could be trusted.
    let error = world.client.supply(now, kind, None, Ok(Vec::new()), &mut world.log);
    assert_eq!(error.unwrap_err().code(), Code::TrustUnreadable);
    assert_eq!(world.status()["trust"]["generation"], 2);
    // A material this client does not have, and a client that is closed.
    let kind = MaterialKind::Identity;
    let error = world.client.supply(now, kind, None, Ok(Vec::new()), &mut world.log);
    assert_eq!(error.unwrap_err().code(), Code::ClientMisuse);
    world.client.close(now, &mut world.log);
    let late: Result<_, Error> = Ok(Vec::new());
    let error = world.client.supply(now, MaterialKind::Trust, None, late, &mut world.log);
    assert_eq!(error.unwrap_err().code(), Code::ClientClosed);
}

/// Two clients of one provider: one is asked, both go on; and if that one goes away, the other is.
#[test]
fn clients_share_an_answer() {
    let mut world = provided("from-a-vault", &[]);
    world.submit(&["PING"]);
    world.run();
    let profile = world.client.profile().clone();
    let mut other = Client::new(profile, Role::Shared, 8, world.now);
    let mut log = Log::default();
    other.connect(world.now, &mut log);
    assert!(other.poll_action().is_none(), "asked twice");
    // The second one looks now and then: nobody tells it.
    assert!(other.deadline().unwrap() <= world.now.monotonic + seconds(0.1));
    world.answer(Ok(&["from-a-vault"])).unwrap();
    other.tick(later(world.now, 0.1), &mut log);
    assert!(format!("{:?}", other.poll_action()).contains("Dial"));

    let mut world = provided("from-a-vault", &[]);
    world.submit(&["PING"]);
    world.run();
    let profile = world.client.profile().clone();
    let mut other = Client::new(profile, Role::Shared, 8, world.now);
    other.connect(world.now, &mut log);
    world.client.close(world.now, &mut world.log);
    other.tick(later(world.now, 0.1), &mut log);
    assert!(format!("{:?}", other.poll_action()).contains("Need"));
}

#[test]
fn a_command_prints_the_secret() {
    let command = r#"["/bin/vault","read","a b"]"#;
    let mut world = World::secure(&Ca::new("A"), &[("password_command", command)]);
    world.password("from-a-vault");
    let waiting = world.submit(&["ECHO", "e"]);
    world.run();
    let (started, running) = world.disk.commands();
    assert_eq!(
        (started, running),
        (vec![["/bin/vault", "read", "a b"].map(str::to_owned).into()], 1)
    );
    world.advance(seconds(0.5));
    assert!(world.outcome(waiting).is_none());
    world.disk.command_does(Progress::Done(Ok(Secret::new("from-a-vault\n"))));
    world.advance(seconds(0.1));
    assert_reply(world.outcome(waiting).unwrap(), text("e"));
    assert_eq!(world.disk.commands().1, 0);
    // It names no end: it runs again after `provider_interval`.
    world.advance(seconds(260.0));
    assert_eq!(world.disk.commands().0.len(), 1);
    world.advance(seconds(41.0));
    assert!(world.disk.commands().0.len() > 1);
}

#[test]
fn a_command_that_fails() {
    let settings = [("password_command", "/bin/vault read"), ("command_timeout", "3")];
    let mut world = World::secure(&Ca::new("A"), &settings);
    world.password("from-a-vault");
    let waiting = world.submit(&["PING"]);
    world.advance(seconds(3.1));
    assert_eq!(world.disk.commands().1, 0, "it goes on after its time");
    assert!(world.last(EventKind::Rejected).field("error").unwrap().contains("in time"));
    world.disk.command_does(Progress::Done(Err("the command failed: exit status: 1".to_owned())));
    world.advance(seconds(2.0));
    let error = world.failure(waiting);
    assert_eq!(error.code(), Code::AuthUnavailable);
    assert!(error.to_string().contains("exit status: 1"), "{error}");
    let mut world = World::secure(&Ca::new("A"), &[("password_command", "/missing")]);
    let waiting = world.submit(&["PING"]);
    world.advance(seconds(6.0));
    assert!(world.failure(waiting).to_string().contains("no such program"));
    assert!(config(&[("password_command", "x")]).login.is_some());
    assert!(Profile::new(config(&[PROVIDED]), &world.materials).is_ok());
}
