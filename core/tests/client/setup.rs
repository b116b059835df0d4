//! From a connection to a session that is ready, on servers old and new.

use redlatch_core::{Code, EventKind, resp::Value};

use crate::{
    assert_reply, ok, refused, text,
    world::{Outcome, World, certs::Ca, seconds},
};

/// Everything a server was told before the first command.
fn setup(world: &mut World) -> Vec<String> {
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let words = world.server.log.iter().map(|(_, words)| words.join(" "));
    words.take_while(|words| words != "ECHO e").collect()
}

#[test]
fn setup_is_one_flight() {
    let mut world = World::new(&[
        ("password", "pass-a-word"),
        ("username", "app"),
        ("client_name", "me"),
        ("db", "2"),
        ("lib_version", "9"),
    ]);
    world.password("pass-a-word");
    let expected = [
        "HELLO 3 AUTH app pass-a-word SETNAME me",
        "CLIENT SETINFO LIB-NAME redlatch",
        "CLIENT SETINFO LIB-VER 9",
        "SELECT 2",
        "PING",
    ];
    assert_eq!(setup(&mut world), expected);
    assert_eq!(world.sent.len(), 2);
    assert_eq!(world.status()["sessions"][0]["server_version"], "7.4.0");
}

#[test]
fn without_a_password_nothing_is_proven() {
    let mut world = World::new(&[("protocol", "2"), ("lib_version", "9")]);
    assert_eq!(setup(&mut world)[0], "HELLO 2");
}

#[test]
fn an_old_server_is_asked_in_the_old_way() {
    let mut world = World::new(&[("password", "pass-a-word"), ("client_name", "me"), ("db", "2")]);
    world.password("pass-a-word");
    world.server.knows_hello = false;
    let words = setup(&mut world);
    let second = words.iter().position(|words| words.starts_with("AUTH")).unwrap();
    assert_eq!(words[second..][..2], ["AUTH pass-a-word", "CLIENT SETNAME me"]);
    assert_eq!(words[words.len() - 2..], ["SELECT 2", "PING"]);
    // Whoever asked for RESP3 can see that it is not spoken.
    assert_eq!(world.status()["sessions"][0]["protocol"], 2);
}

/// An old server repeats the arguments of commands it does not know: the secret among them.
#[test]
fn a_server_that_repeats_the_secret_is_not_quoted() {
    for name in ["AUTH", "HELLO"] {
        let mut world = World::new(&[("password", "pass-a-word")]);
        world.password("pass-a-word");
        world.server.knows_hello = name == "HELLO";
        let answer =
            format!("-ERR no such thing `{name}`, with args beginning with: `pass-a-wo\r\n");
        world.server.answers.insert(name, answer.into());
        let ticket = world.submit(&["PING"]);
        world.run();
        assert_eq!(world.failure(ticket).detail(), format!("ERR no such thing `{name}`"));
        let answer = format!("-ERR {name} does not like pass-a-word\r\n");
        world.server.answers.insert(name, answer.into());
        world.advance(seconds(40.0));
        let ticket = world.submit(&["PING"]);
        world.run();
        assert_eq!(world.failure(ticket).detail(), format!("ERR {name} does not like ***"));
    }
}

#[test]
fn a_server_that_wants_a_password() {
    let mut world = World::new(&[]);
    world.password("pass-a-word");
    assert_eq!(refused(&mut world, &["PING"]), Code::AuthRequired);
    assert_eq!(world.dials.len(), 1);
}

#[test]
fn an_old_server_that_wants_none() {
    let mut world = World::new(&[("password", "pass-a-word")]);
    world.server.knows_hello = false;
    let answer = b"-ERR Client sent AUTH, but no password is set\r\n".to_vec();
    world.server.answers.insert("AUTH", answer);
    assert_eq!(refused(&mut world, &["PING"]), Code::AuthUnexpected);
}

#[test]
fn a_loading_server_is_waited_for() {
    let mut world = World::new(&[]);
    world.server.is_loading = true;
    let patient = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(2.0));
    assert!(world.outcome(patient).is_none());
    assert!(world.count(EventKind::Reconnecting) > 1);
    world.server.is_loading = false;
    world.advance(seconds(2.5));
    assert_reply(world.outcome(patient).unwrap(), ok());
    // Longer than a command can wait, its deadline tells the cause.
    world.cut_all();
    world.server.is_loading = true;
    world.cut_all();
    let late = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(6.0));
    assert_eq!(world.failure(late).code(), Code::ServerLoading);
}

#[test]
fn a_database_that_does_not_exist() {
    let mut world = World::new(&[("db", "99")]);
    world.server.answers.insert("SELECT", b"-ERR DB index is out of range\r\n".to_vec());
    let Outcome::Failed(error) = world.call(&["PING"]) else { panic!() };
    assert_eq!((error.code(), error.detail()), (Code::ServerError, "ERR DB index is out of range"));
}

#[test]
fn courtesies_may_fail() {
    let mut world = World::new(&[]);
    world.server.answers.insert("CLIENT", b"-NOPERM no\r\n".to_vec());
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    // So may the question whether the server is ready, if it is not allowed.
    let mut world = World::new(&[]);
    world.server.answers.insert("PING", b"-NOPERM no\r\n".to_vec());
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn an_answer_to_authentication_that_never_comes() {
    let mut world = World::secure(&Ca::new("A"), &[("handshake_timeout", "3")]);
    world.server.on_hold = true;
    let ticket = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(5.1));
    let error = world.failure(ticket);
    assert_eq!(error.code(), Code::NetTimeout);
    assert!(error.to_string().contains("authentication"), "{error}");
    assert!(!error.is_maybe_executed());
    assert!(world.dials.len() > 1);
}

#[test]
fn a_reply_nobody_asked_for_ends_the_session() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    world.say(1, b"+SURPRISE\r\n");
    assert_eq!(world.last(EventKind::Disconnected).field("code"), Some("protocol.malformed"));
    // A server that ends a connection tells why first.
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let link = world.link();
    world.say(link, b"-ERR max number of clients reached\r\n");
    assert_eq!(world.last(EventKind::Disconnected).field("code"), Some("server.max_clients"));
    let ticket = world.submit(&["GET", "k"]);
    world.advance(seconds(1.0));
    assert_reply(world.outcome(ticket).unwrap(), Value::Nil);
}
