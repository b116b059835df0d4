//! Subscriptions: they outlive sessions, and a planned change of session loses and repeats nothing.

use redlatch_core::{Code, EventKind, Record, Role, resp::Value};

use crate::world::{Outcome, World, certs::Ca, pack, seconds};

fn world(settings: &[(&str, &str)]) -> World {
    World::used_as(Role::Subscriber, settings)
}

/// What was told, without types that differ between RESP2 and RESP3.
fn told(world: &mut World) -> Vec<String> {
    let word = |value: &Value| match value {
        Value::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Int(number) => number.to_string(),
        Value::Nil => "nil".to_owned(),
        other => format!("{other:?}"),
    };
    let pushes = std::mem::take(&mut world.log.pushes);
    let line = |push: &Value| match push {
        Value::Array(parts) | Value::Push(parts) => {
            parts.iter().map(word).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    };
    pushes.iter().map(line).collect()
}

fn publish(world: &mut World, channel: &str, message: &str) {
    world.conns.values_mut().for_each(|conn| conn.publish(channel, message));
}

#[test]
fn messages_and_confirmations_come_in_order() {
    for protocol in ["2", "3"] {
        let mut world = world(&[("protocol", protocol)]);
        let two = world.submit(&["SUBSCRIBE", "a", "b"]);
        world.run();
        assert!(matches!(world.outcome(two), Some(Outcome::Reply(_))));
        publish(&mut world, "b", "one");
        world.call(&["PSUBSCRIBE", "p*"]);
        publish(&mut world, "pq", "two");
        world.call(&["SSUBSCRIBE", "s"]);
        world.conns.values_mut().for_each(|conn| conn.publish_in_shard("s", "three"));
        world.call(&["UNSUBSCRIBE", "a"]);
        publish(&mut world, "a", "never");
        world.call(&["PING"]);
        assert_eq!(
            told(&mut world),
            [
                "subscribe a 1",
                "subscribe b 2",
                "message b one",
                "psubscribe p* 3",
                "pmessage p* pq two",
                "ssubscribe s 1",
                "smessage s three",
                "unsubscribe a 2"
            ]
        );
    }
}

#[test]
fn ending_all_is_confirmed_one_by_one() {
    for protocol in ["2", "3"] {
        let mut world = world(&[("protocol", protocol)]);
        world.call(&["SUBSCRIBE", "a", "b", "c"]);
        told(&mut world);
        world.call(&["UNSUBSCRIBE"]);
        assert_eq!(told(&mut world), ["unsubscribe a 2", "unsubscribe b 1", "unsubscribe c 0"]);
        world.call(&["UNSUBSCRIBE"]);
        assert_eq!(told(&mut world), ["unsubscribe nil 0"]);
        // Nothing is left to come back for.
        world.cut(world.link());
        world.advance(seconds(60.0));
        assert_eq!(world.dials.len(), 1);
    }
}

#[test]
fn only_subscriptions_are_taken() {
    let mut world = world(&[]);
    assert_eq!(crate::refused(&mut world, &["GET", "k"]), Code::ClientMisuse);
    let both = [pack(&["PING"]), pack(&["PING"])].concat();
    let ticket = world.submit_packed(both, Record { commands: 2, ..Record::default() });
    assert_eq!(world.failure(ticket).code(), Code::ClientMisuse);
    world.call(&["SUBSCRIBE", "a"]);
    assert_eq!(told(&mut world), ["subscribe a 1"]);
}

#[test]
fn a_lost_session_is_followed_by_one_with_the_same_subscriptions() {
    for protocol in ["2", "3"] {
        let mut world = world(&[("protocol", protocol)]);
        world.call(&["SUBSCRIBE", "a", "b"]);
        world.call(&["PSUBSCRIBE", "p*"]);
        world.call(&["UNSUBSCRIBE", "b"]);
        told(&mut world);
        world.cut(world.link());
        world.advance(seconds(1.0));
        let names: Vec<_> =
            world.conns[&world.link()].subscribed.iter().map(|it| it.name.clone()).collect();
        assert_eq!(names, ["a", "p*"]);
        assert_eq!(world.last(EventKind::Gap).field("subscriptions"), Some("2"));
        publish(&mut world, "a", "after");
        world.run();
        // That it was subscribed again is no news to the callers.
        assert_eq!(told(&mut world), ["message a after"]);
    }
}

#[test]
fn commands_wait_for_a_session() {
    let mut world = world(&[]);
    world.dialing = crate::world::Dialing::Fail(Code::NetRefused);
    let ticket = world.submit(&["SUBSCRIBE", "a"]);
    world.advance(seconds(1.0));
    world.dialing = crate::world::Dialing::Accept;
    world.advance(seconds(3.0));
    assert!(matches!(world.outcome(ticket), Some(Outcome::Reply(_))));
    publish(&mut world, "a", "m");
    world.run();
    assert_eq!(told(&mut world), ["subscribe a 1", "message a m"]);
    assert_eq!(world.count(EventKind::Gap), 0);
}

#[test]
fn what_failed_is_not_subscribed_later() {
    let mut world = world(&[("timeout", "2")]);
    world.call(&["SUBSCRIBE", "a"]);
    world.dialing = crate::world::Dialing::Fail(Code::NetRefused);
    world.cut(world.link());
    let ticket = world.submit(&["SUBSCRIBE", "a", "late"]);
    world.advance(seconds(3.0));
    assert_eq!(world.failure(ticket).code(), Code::NetRefused);
    world.dialing = crate::world::Dialing::Accept;
    world.advance(seconds(5.0));
    let subscribed = &world.conns[&world.link()].subscribed;
    assert_eq!(subscribed.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn a_refusal_answers_for_the_whole_command() {
    let mut world = world(&[]);
    world.call(&["SUBSCRIBE", "a"]);
    let ticket = world.submit(&["SUBSCRIBE", "b", "forbidden"]);
    world.run();
    assert!(matches!(world.outcome(ticket), Some(Outcome::Reply(Value::Error(_)))));
    assert!(matches!(world.call(&["PING"]), Outcome::Reply(_)));
    world.cut(world.link());
    world.advance(seconds(1.0));
    let subscribed = &world.conns[&world.link()].subscribed;
    assert_eq!(subscribed.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["a"]);
}

/// Subscribed over TLS; the CA is replaced, and the session that is to take over is about to be
/// used: its server has not answered yet.
fn rotating(protocol: &str) -> World {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let settings = [("poll_interval", "1"), ("protocol", protocol)];
    let mut world = World::secure_as(Role::Subscriber, &old, &settings);
    world.call(&["SUBSCRIBE", "a"]);
    world.call(&["PSUBSCRIBE", "p*"]);
    told(&mut world);
    world.disk.write("/ca.pem", &new.pem);
    world.server.present(&new.leaf());
    world.server.on_hold = true;
    world.advance(seconds(2.0));
    let mut patience = 0;
    while world.dials.len() < 2 {
        world.advance(seconds(0.5));
        patience += 1;
        assert!(patience < 60);
    }
    world
}

#[test]
fn a_planned_change_loses_and_repeats_nothing() {
    for protocol in ["2", "3"] {
        // Messages are published after each step of the hand-over.
        for chunk in [1, 7, usize::MAX] {
            let mut world = rotating(protocol);
            world.chunk = chunk;
            world.server.on_hold = false;
            let mut sent = Vec::new();
            let mut steps = 0;
            while world.count(EventKind::Replaced) == 0 {
                // No faster than they can be delivered.
                let often = (400 / chunk).max(1);
                for channel in ["a", "pq"].iter().filter(|_| steps % often == 0) {
                    let message = format!("{}", sent.len());
                    publish(&mut world, channel, &message);
                    sent.push(message);
                }
                world.step();
                while let Some(event) = world.client.poll_event() {
                    world.events.push(event);
                }
                steps += 1;
                assert!(steps < 20_000, "it never takes over");
            }
            world.run();
            publish(&mut world, "a", "last");
            sent.push("last".to_owned());
            world.run();
            let heard: Vec<_> = told(&mut world)
                .iter()
                .map(|line| line.rsplit(' ').next().unwrap().to_owned())
                .collect();
            assert_eq!(heard, sent, "RESP{protocol}, pieces of {chunk}");
            assert_eq!((world.count(EventKind::Gap), world.conns.len()), (0, 1));
        }
    }
}

#[test]
fn a_loss_in_the_middle_of_a_change_is_a_gap() {
    let mut world = rotating("3");
    world.server.on_hold = false;
    let first = *world.conns.keys().next().unwrap();
    world.cut(first);
    world.advance(seconds(1.0));
    publish(&mut world, "a", "after");
    world.run();
    assert_eq!(told(&mut world), ["message a after"]);
    assert_eq!(world.count(EventKind::Gap), 1);
}

#[test]
fn commands_during_a_change_reach_the_session_that_stays() {
    let mut world = rotating("3");
    let ticket = world.submit(&["SUBSCRIBE", "new"]);
    world.server.on_hold = false;
    world.advance(seconds(1.0));
    assert!(matches!(world.outcome(ticket), Some(Outcome::Reply(_))));
    publish(&mut world, "new", "m");
    world.run();
    assert_eq!(told(&mut world).last().unwrap(), "message new m");
}

#[test]
fn a_new_secret_moves_subscriptions_in_resp2_and_is_proven_in_place_in_resp3() {
    for (protocol, dials) in [("2", 2), ("3", 1)] {
        let ca = Ca::new("A");
        let settings =
            [("poll_interval", "1"), ("password_file", "/secret"), ("protocol", protocol)];
        let mut world = World::secure_as(Role::Subscriber, &ca, &settings);
        world.disk.write("/secret", "first");
        world.password("first");
        world.call(&["SUBSCRIBE", "a"]);
        world.disk.write("/secret", "second");
        world.server.passwords.push("second".to_owned());
        world.advance(seconds(20.0));
        assert_eq!(world.dials.len(), dials);
        assert_eq!(world.count(EventKind::Reauthenticated), 2 - dials);
        told(&mut world);
        publish(&mut world, "a", "m");
        world.run();
        assert_eq!(told(&mut world), ["message a m"]);
    }
}

#[test]
fn a_listener_notices_that_nobody_speaks_any_more() {
    for protocol in ["2", "3"] {
        let mut world = world(&[("protocol", protocol), ("liveness", "2")]);
        world.call(&["SUBSCRIBE", "a"]);
        world.advance(seconds(60.0));
        assert_eq!(world.dials.len(), 1);
        world.server.on_hold = true;
        world.advance(seconds(8.5));
        assert_eq!(world.last(EventKind::Disconnected).field("code"), Some("net.timeout"));
        world.server.on_hold = false;
        world.advance(seconds(10.0));
        told(&mut world);
        publish(&mut world, "a", "m");
        world.run();
        assert_eq!(told(&mut world), ["message a m"]);
    }
}

#[test]
fn a_subscription_that_is_refused_on_the_next_session_is_told() {
    let mut world = world(&[]);
    world.call(&["SUBSCRIBE", "a"]);
    world.call(&["PSUBSCRIBE", "p*"]);
    told(&mut world);
    world.server.answers.insert("PSUBSCRIBE", b"-NOPERM no\r\n".to_vec());
    world.cut(world.link());
    world.advance(seconds(2.0));
    assert!(matches!(&world.log.pushes[..], [Value::Error(_)]), "{:?}", world.log.pushes);
    told(&mut world);
    publish(&mut world, "a", "m");
    world.run();
    assert_eq!(told(&mut world), ["message a m"]);
}

#[test]
fn many_may_listen_beside_commands() {
    let mut world = World::new(&[]);
    let lanes: Vec<_> =
        (0..3).map(|_| world.client.open(world.now, Role::Subscriber).unwrap()).collect();
    for lane in &lanes {
        let ticket = *world.tickets(1).start();
        let packed = pack(&["SUBSCRIBE", "a"]);
        let length = packed.len() as u32;
        let record = Record { ticket, commands: 1, length, ..Record::default() };
        world.client.submit_to(world.now, *lane, [record], packed, &mut world.log);
    }
    world.run();
    told(&mut world);
    world.client.shut(world.now, lanes[0], &mut world.log);
    world.run();
    publish(&mut world, "a", "m");
    world.run();
    assert_eq!(told(&mut world), ["message a m", "message a m"]);
    assert!(matches!(world.call(&["GET", "k"]), Outcome::Reply(Value::Nil)));
}

fn subscribed(world: &World) -> Vec<&str> {
    let all = &world.conns[&world.link()].subscribed;
    all.iter().map(|it| it.name.as_str()).collect()
}

#[test]
fn what_is_confirmed_too_late_holds_all_the_same() {
    for protocol in ["2", "3"] {
        let mut world = world(&[("protocol", protocol), ("timeout", "2"), ("liveness", "0")]);
        world.call(&["SUBSCRIBE", "a", "b"]);
        world.server.on_hold = true;
        let more = world.submit(&["SUBSCRIBE", "c"]);
        let less = world.submit(&["UNSUBSCRIBE", "b"]);
        world.advance(seconds(3.0));
        assert_eq!(world.failure(more).code(), Code::ClientTimeout);
        assert_eq!(world.failure(less).code(), Code::ClientTimeout);
        world.server.on_hold = false;
        world.run();
        assert_eq!(subscribed(&world), ["a", "c"]);
        world.cut(world.link());
        world.advance(seconds(1.0));
        assert_eq!(subscribed(&world), ["a", "c"]);
    }
}

#[test]
fn what_was_given_up_before_it_was_sent_changes_nothing() {
    let mut world = world(&[]);
    world.call(&["SUBSCRIBE", "a"]);
    world.dialing = crate::world::Dialing::Fail(Code::NetRefused);
    world.cut(world.link());
    for words in [["SUBSCRIBE", "b"], ["UNSUBSCRIBE", "a"]] {
        let ticket = world.submit(&words);
        world.cancel(ticket);
    }
    world.dialing = crate::world::Dialing::Accept;
    world.advance(seconds(3.0));
    assert_eq!(subscribed(&world), ["a"]);
    // Nor does it stand in the way of another one.
    world.call(&["SUBSCRIBE", "b"]);
    world.cut(world.link());
    world.advance(seconds(1.0));
    assert_eq!(subscribed(&world), ["a", "b"]);
}

#[test]
fn what_changes_while_the_next_session_subscribes_is_changed_there_too() {
    for protocol in ["2", "3"] {
        let mut world = rotating(protocol);
        world.server.on_hold = false;
        let next = world.link();
        while !world.heard(next).contains(&"PING") {
            world.step();
        }
        // Its subscriptions are not confirmed for a while.
        world.conns.get_mut(&next).unwrap().is_late = true;
        let more = world.submit(&["SUBSCRIBE", "b"]);
        let less = world.submit(&["PUNSUBSCRIBE", "p*"]);
        world.run();
        assert!(world.outcome(more).is_some() && world.outcome(less).is_some());
        publish(&mut world, "pq", "never");
        world.conns.get_mut(&next).unwrap().is_late = false;
        world.run();
        assert_eq!(world.count(EventKind::Replaced), 1);
        assert_eq!(subscribed(&world), ["a", "b"]);
        assert!(!told(&mut world).iter().any(|line| line.ends_with("never")));
    }
}

#[test]
fn a_secret_that_is_refused_is_not_tried_without_a_pause() {
    let ca = Ca::new("A");
    let settings = [
        ("poll_interval", "1"),
        ("password_file", "/secret"),
        ("protocol", "2"),
        ("distrust_grace", "0"),
    ];
    let mut world = World::secure_as(Role::Subscriber, &ca, &settings);
    world.disk.write("/secret", "first");
    world.password("first");
    world.call(&["SUBSCRIBE", "a"]);
    world.disk.write("/secret", "second");
    world.advance(seconds(60.0));
    assert!(world.dials.len() < 15, "{} attempts", world.dials.len());
    world.server.passwords = vec!["first".to_owned(), "second".to_owned()];
    world.advance(seconds(20.0));
    let dials = world.dials.len();
    world.advance(seconds(60.0));
    assert_eq!((world.dials.len(), subscribed(&world)), (dials, vec!["a"]));
}

#[test]
fn ending_all_does_not_rely_on_what_has_no_outcome() {
    let mut world = world(&[("timeout", "2"), ("liveness", "0")]);
    world.call(&["SUBSCRIBE", "a", "b"]);
    world.server.on_hold = true;
    let one = world.submit(&["UNSUBSCRIBE", "b"]);
    world.advance(seconds(1.0));
    let all = world.submit(&["UNSUBSCRIBE"]);
    world.advance(seconds(1.5));
    assert_eq!(world.failure(one).code(), Code::ClientTimeout);
    world.server.on_hold = false;
    world.cut(world.link());
    world.advance(seconds(1.0));
    assert!(matches!(world.outcome(all), Some(Outcome::Reply(_))));
    assert!(subscribed(&world).is_empty());
}
