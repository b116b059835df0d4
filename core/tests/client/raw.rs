//! Bytes of the host's own: the same trust, and the same end of it.

use std::sync::Arc;

use redlatch_core::{Client, Code, EventKind, LaneId, MAIN, Role, config::Address};

use crate::world::{
    Dialing, World,
    certs::{Ca, Wish},
    pack, seconds,
    server::Port,
};

const LOGGED_IN: Role = Role::Raw { login: true };
const AS_IT_IS: Role = Role::Raw { login: false };

fn connected(role: Role, settings: &[(&str, &str)]) -> (World, Ca) {
    let ca = Ca::new("A");
    let settings = [&[("poll_interval", "1")], settings].concat();
    let mut world = World::secure_as(role, &ca, &settings);
    world.password("hunter2");
    world.client.connect(world.now, &mut world.log);
    world.run();
    (world, ca)
}

fn send(world: &mut World, words: &[&str]) -> Result<(), Code> {
    send_in(world, MAIN, words)
}

fn send_in(world: &mut World, lane: LaneId, words: &[&str]) -> Result<(), Code> {
    let sent = world.client.send(world.now, lane, &pack(words), &mut world.log);
    world.run();
    sent.map_err(|error| error.code())
}

#[test]
fn bytes_pass_as_they_are() {
    let (mut world, _) = connected(AS_IT_IS, &[("password", "hunter2")]);
    assert_eq!(world.log.opened, 1);
    // Not one command before the host's own.
    assert_eq!(world.heard(1), [""; 0]);
    assert_eq!(send(&mut world, &["AUTH", "hunter2"]), Ok(()));
    assert_eq!(send(&mut world, &["ECHO", "x"]), Ok(()));
    assert_eq!(world.log.bytes, b"+OK\r\n$1\r\nx\r\n");
}

#[test]
fn a_session_may_be_handed_over_after_login() {
    let (mut world, _) = connected(LOGGED_IN, &[("password", "hunter2"), ("db", "3")]);
    assert_eq!(world.log.opened, 1);
    assert!(world.heard(1).contains(&"SELECT"));
    // Answers to what the core asked are not the host's.
    assert!(world.log.bytes.is_empty());
    send(&mut world, &["ECHO", "x"]).unwrap();
    assert_eq!(world.log.bytes, b"$1\r\nx\r\n");
    assert_eq!(world.last(EventKind::Connected).field("credentials_generation"), Some("1"));
}

#[test]
fn without_tls_it_opens_at_once() {
    let mut world = World::used_as(AS_IT_IS, &[]);
    world.client.connect(world.now, &mut world.log);
    world.run();
    assert_eq!(world.log.opened, 1);
    send(&mut world, &["ECHO", "x"]).unwrap();
    assert_eq!(world.log.bytes, b"$1\r\nx\r\n");
}

#[test]
fn what_cannot_be_made_is_told_once_and_not_tried_again() {
    for (prepare, code) in [
        (
            (|world| world.dialing = Dialing::Fail(Code::NetRefused)) as fn(&mut World),
            Code::NetRefused,
        ),
        (|world| world.server.present(&Ca::new("B").leaf()), Code::TlsUntrusted),
        (|world| world.server.port = Port::Says(b"-ERR no\r\n"), Code::TlsPlaintextPeer),
    ] {
        let mut world = World::secure_as(LOGGED_IN, &Ca::new("A"), &[]);
        prepare(&mut world);
        world.client.connect(world.now, &mut world.log);
        world.run();
        let codes: Vec<_> = world.log.ended.iter().map(|error| error.code()).collect();
        assert_eq!((codes, world.log.opened), (vec![code], 0));
        let dials = world.dials.len();
        world.advance(seconds(60.0));
        assert_eq!(world.dials.len(), dials);
        assert_eq!(send(&mut world, &["PING"]), Err(code));
    }
}

#[test]
fn the_host_may_try_again() {
    let (mut world, _) = connected(LOGGED_IN, &[("password", "hunter2")]);
    world.cut(1);
    assert_eq!(world.log.ended[0].code(), Code::NetClosed);
    world.advance(seconds(60.0));
    assert_eq!(world.dials.len(), 1);
    world.client.connect(world.now, &mut world.log);
    world.run();
    assert_eq!(world.log.opened, 2);
    assert_eq!(send(&mut world, &["PING"]), Ok(()));
}

#[test]
fn distrust_ends_it_when_the_grace_is_over() {
    let (mut world, _) = connected(LOGGED_IN, &[("password", "hunter2")]);
    assert!(!world.client.is_stale(MAIN));
    world.disk.write("/ca.pem", &Ca::new("B").pem);
    world.advance(seconds(2.0));
    // Whoever has a choice leaves it now.
    assert!(world.client.is_stale(MAIN));
    assert_eq!(send(&mut world, &["PING"]), Ok(()));
    world.advance(seconds(30.0));
    assert_eq!(world.log.ended.len(), 1);
    assert_eq!(world.log.ended[0].code(), Code::TlsUntrusted);
    assert_eq!(send(&mut world, &["PING"]), Err(Code::TlsUntrusted));
    assert_eq!(world.hangups.last(), Some(&(1, false)));
}

#[test]
fn what_another_client_of_the_files_has_read_is_due_at_once() {
    let (mut world, _) = connected(LOGGED_IN, &[("password", "hunter2")]);
    let mut other = Client::new(world.client.profile().clone(), Role::Shared, 8, world.now);
    world.disk.write("/ca.pem", &Ca::new("B").pem);
    world.pass(seconds(2.0));
    other.tick(world.now, &mut world.log);
    assert!(world.client.deadline() <= Some(world.now.monotonic), "the other one looked in time");
    world.advance(seconds(0.0));
    assert!(world.client.is_stale(MAIN));
    assert!(world.client.deadline() > Some(world.now.monotonic));
}

#[test]
fn no_byte_passes_after_the_grace_though_nobody_ticked() {
    let (mut world, _) = connected(LOGGED_IN, &[("password", "hunter2")]);
    world.disk.write("/ca.pem", &Ca::new("B").pem);
    world.advance(seconds(2.0));
    world.pass(seconds(60.0));
    let heard = world.conns[&1].heard;
    world.conns.get_mut(&1).unwrap().send(b"$4\r\nlate\r\n");
    assert_eq!(send(&mut world, &["PING"]), Err(Code::TlsUntrusted));
    assert!(world.log.bytes.is_empty());
    assert_eq!(world.conns.get(&1).map_or(heard, |conn| conn.heard), heard);
}

#[test]
fn a_new_secret_makes_it_stale_only_if_it_was_proven_here() {
    for (role, stale) in [(LOGGED_IN, true), (AS_IT_IS, false)] {
        let ca = Ca::new("A");
        let settings = [("poll_interval", "1"), ("password_file", "/secret")];
        let mut world = World::secure_as(role, &ca, &settings);
        world.disk.write("/secret", "first");
        world.password("first");
        world.client.connect(world.now, &mut world.log);
        world.run();
        world.disk.write("/secret", "second");
        world.server.passwords.push("second".to_owned());
        world.advance(seconds(3.0));
        assert_eq!(world.client.is_stale(MAIN), stale);
        assert_eq!(world.heard(1).iter().filter(|name| **name == "AUTH").count(), 0);
        assert_eq!(send(&mut world, &["PING"]), Ok(()));
    }
}

#[test]
fn who_is_done_still_hears_the_rest() {
    let (mut world, _) = connected(AS_IT_IS, &[]);
    send(&mut world, &["ECHO", "x"]).unwrap();
    let before = world.conns[&1].heard;
    world.client.finish(world.now, MAIN, &mut world.log);
    world.run();
    assert!(world.conns[&1].is_done, "TLS was not told");
    assert_eq!(world.conns[&1].heard, before);
    world.conns.get_mut(&1).unwrap().send(b"$4\r\nlate\r\n");
    world.run();
    assert!(world.log.bytes.ends_with(b"late\r\n"));
}

/// Nodes of one deployment: each has its own name, and all share the materials.
#[test]
fn other_servers_of_the_same_settings() {
    let ca = Ca::new("A");
    let settings = [("provide_credentials", "true"), ("poll_interval", "1")];
    let mut world = World::secure_as(LOGGED_IN, &ca, &settings);
    world.password("from-a-vault");
    world.client.connect(world.now, &mut world.log);
    world.run();
    world.answer(Ok(&["from-a-vault"])).unwrap();
    assert_eq!(world.log.opened, 1);
    let node = |host: &str| Address::Tcp { host: host.to_owned(), port: 7001 };
    let profile = world.client.profile().clone();
    let mut connect = |host: &str| {
        let profile = Arc::new(profile.at(node(host)).unwrap());
        world.client = Client::new(profile, LOGGED_IN, 8, world.now);
        world.server.present(&ca.issue(&Wish { names: &["node-1.test"], ..Wish::default() }));
        world.client.connect(world.now, &mut world.log);
        world.run();
        world.log.opened
    };
    assert_eq!(connect("node-1.test"), 2);
    assert_eq!(connect("node-2.test"), 2);
    assert_eq!(world.log.ended[0].code(), Code::TlsNameMismatch);
    assert!(world.needs.is_empty(), "asked again for what all share");
    assert_eq!(world.client.profile().config().address, node("node-2.test"));
}

#[test]
fn it_may_be_opened_beside_commands() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    let lane = world.client.open(world.now, AS_IT_IS).unwrap();
    world.client.connect_to(world.now, lane, &mut world.log);
    world.run();
    send_in(&mut world, lane, &["ECHO", "x"]).unwrap();
    assert_eq!(world.log.bytes, b"$1\r\nx\r\n");
    world.client.shut(world.now, lane, &mut world.log);
    world.run();
    assert_eq!(world.conns.len(), 1);
    assert_eq!(send_in(&mut world, lane, &["PING"]), Err(Code::ClientClosed));
}
