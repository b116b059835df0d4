//! Commands from hand-in to outcome: order, deadlines, cancellation.

use redlatch_core::{Admission, Code, EventKind, Record, Role, resp::Value};

use crate::{
    assert_reply, ok, text,
    world::{Outcome, World, certs::Ca, pack, seconds},
};

#[test]
fn a_command_is_answered_over_tls() {
    let mut world = World::secure(&Ca::new("A"), &[("password", "pass-a-word")]);
    world.password("pass-a-word");
    assert_reply(world.call(&["SET", "k", "v"]), ok());
    assert_reply(world.call(&["GET", "k"]), text("v"));
    assert_eq!(world.heard(1), ["HELLO", "CLIENT", "CLIENT", "PING", "SET", "GET"]);
    assert_eq!(world.count(EventKind::Connected), 1);
    assert_eq!(world.dials.len(), 1);
    assert_eq!(world.client.counters().replies, 2);
    let status = world.status();
    assert_eq!(
        (&status["state"], &status["sessions"][0]["tls"]),
        (&"ready".into(), &"TLSv1.3".into())
    );
}

#[test]
fn bytes_may_arrive_one_by_one() {
    let mut world = World::secure(&Ca::new("A"), &[("db", "3")]);
    world.chunk = 1;
    assert_reply(world.call(&["SET", "k", "v"]), ok());
    assert_reply(world.call(&["GET", "k"]), text("v"));
}

#[test]
fn a_large_value_passes_both_ways() {
    let mut world = World::secure(&Ca::new("A"), &[]);
    let large = "x".repeat(1 << 20);
    world.chunk = 1400;
    assert_reply(world.call(&["SET", "k", &large]), ok());
    assert_reply(world.call(&["GET", "k"]), text(&large));
}

/// A batch leaves as one write, in the order of its records.
#[test]
fn a_batch_is_one_write() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    let writes = world.sent.len();
    let tickets = world.tickets(100);
    let payload: Vec<u8> = tickets
        .clone()
        .flat_map(|ticket| pack(&["APPEND", "log", &format!("{ticket},")]))
        .collect();
    let records: Vec<_> = tickets
        .clone()
        .map(|ticket| {
            let length = pack(&["APPEND", "log", &format!("{ticket},")]).len() as u32;
            Record { ticket, commands: 1, length, ..Record::default() }
        })
        .collect();
    let admission = world.client.submit(world.now, records, payload, &mut world.log);
    assert_eq!(admission, Admission::Go);
    world.run();
    assert_eq!(world.sent.len(), writes + 1);
    let expected: String = tickets.map(|ticket| format!("{ticket},")).collect();
    assert_eq!(world.server.data["log"], expected);
}

/// A refused record at any place of a batch takes nothing from its neighbours.
#[test]
fn a_refused_record_leaves_the_others() {
    for bad in 0..3 {
        for connected in [false, true] {
            let mut world = World::new(&[]);
            if connected {
                world.call(&["PING"]);
            }
            let tickets: Vec<_> = world.tickets(3).collect();
            let (mut payload, mut records) = (Vec::new(), Vec::new());
            for (at, ticket) in tickets.iter().enumerate() {
                let words: &[&str] = if at == bad { &["SELECT", "1"] } else { &["ECHO", "e"] };
                let packed = pack(words);
                let length = packed.len() as u32;
                records.push(Record { ticket: *ticket, commands: 1, length, ..Record::default() });
                payload.extend(packed);
            }
            world.client.submit(world.now, records, payload, &mut world.log);
            world.run();
            for (at, ticket) in tickets.into_iter().enumerate() {
                if at == bad {
                    assert_eq!(world.failure(ticket).code(), Code::ClientMisuse);
                } else {
                    assert_reply(world.outcome(ticket).unwrap(), text("e"));
                }
            }
            assert_reply(world.call(&["ECHO", "after"]), text("after"));
            assert_eq!(world.status()["open"], 0);
        }
    }
}

#[test]
fn a_record_of_several_commands_gets_as_many_replies() {
    let mut world = World::new(&[]);
    let packed = [pack(&["ECHO", "1"]), pack(&["ECHO", "2"])].concat();
    let ticket = world.submit_packed(packed, Record { commands: 2, ..Record::default() });
    world.run();
    let replies: Vec<_> =
        world.log.outcomes.iter().map(|(of, it)| (*of, format!("{it:?}"))).collect();
    let reply = |word| (ticket, format!("{:?}", Outcome::Reply(text(word))));
    assert_eq!(replies, [reply("1"), reply("2")]);
}

#[test]
fn a_command_in_flight_times_out() {
    let mut world = World::new(&[("timeout", "2")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    let ticket = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(1.9));
    assert!(world.outcome(ticket).is_none());
    world.advance(seconds(0.2));
    let error = world.failure(ticket);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientTimeout, true));
    // Its reply comes late and belongs to nobody.
    world.server.on_hold = false;
    assert_reply(world.call(&["ECHO", "next"]), text("next"));
    let counters = world.client.counters();
    assert_eq!((counters.replies, counters.failures), (2, 1));
}

#[test]
fn a_record_may_have_a_time_limit_of_its_own() {
    let mut world = World::new(&[("timeout", "2"), ("liveness", "0")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    let record = Record { commands: 1, ..Record::default() };
    let soon = world.submit_with(&["GET", "a"], Record { timeout_ms: 300, ..record });
    let never = world.submit_with(&["GET", "b"], Record { timeout_ms: u32::MAX, ..record });
    world.advance(seconds(0.4));
    assert_eq!(world.failure(soon).code(), Code::ClientTimeout);
    world.advance(seconds(600.0));
    assert!(world.outcome(never).is_none());
}

#[test]
fn cancelling_never_mixes_replies() {
    for connected in [false, true] {
        let mut world = World::new(&[]);
        if connected {
            world.call(&["PING"]);
        }
        world.server.on_hold = true;
        let tickets: Vec<_> =
            (0..6).map(|at| world.submit(&["ECHO", &format!("echo {at}")])).collect();
        world.cancel(tickets[0]);
        world.cancel(tickets[3]);
        world.cancel(tickets[3]);
        world.cancel(tickets[5]);
        world.cancel(999);
        world.server.on_hold = false;
        world.run();
        for (at, ticket) in tickets.into_iter().enumerate() {
            match (at, world.outcome(ticket)) {
                (0 | 3 | 5, outcome) => assert!(outcome.is_none()),
                (_, outcome) => assert_reply(outcome.unwrap(), text(&format!("echo {at}"))),
            }
        }
        let sent = world.server.log.iter().filter(|(_, words)| words[0] == "ECHO").count();
        // What was not sent yet is never sent.
        assert_eq!(sent, if connected { 6 } else { 3 });
        assert_eq!(world.status()["open"], 0);
    }
}

#[test]
fn pushes_reach_the_sink_and_answer_nothing() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    let ticket = world.submit(&["ECHO", "e"]);
    world.run();
    world.say(1, b">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n");
    assert!(world.outcome(ticket).is_none());
    world.server.on_hold = false;
    world.run();
    assert_reply(world.outcome(ticket).unwrap(), text("e"));
    let push = Value::Push(vec![Value::Simple("invalidate".into()), Value::Array(vec![text("k")])]);
    assert_eq!(world.log.pushes, [push]);
}

#[test]
fn an_error_reply_is_a_reply() {
    let mut world = World::new(&[]);
    let error = Value::Error("ERR unknown command 'NOSUCH'".to_owned());
    assert_reply(world.call(&["NOSUCH"]), error);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn what_changes_a_shared_connection_is_misuse() {
    for words in [&["SELECT", "1"][..], &["SUBSCRIBE", "c"], &["MULTI"], &["WATCH", "k"]] {
        let mut world = World::new(&[]);
        let ticket = world.submit(words);
        let error = world.failure(ticket);
        assert_eq!(error.code(), Code::ClientMisuse);
        assert!(error.evidence().contains(&("command", words[0].to_owned())));
    }
    // One caller at a time may block.
    let mut world = World::used_as(Role::Exclusive, &[]);
    world.server.answers.insert("BLPOP", b"*-1\r\n".to_vec());
    assert_reply(world.call(&["BLPOP", "k", "0"]), Value::Nil);
    assert_eq!(crate::refused(&mut world, &["SELECT", "1"]), Code::ClientMisuse);
}

#[test]
fn malformed_records_are_misuse() {
    let one = Record { commands: 1, ..Record::default() };
    for (packed, record) in [
        (b"PING\r\n".to_vec(), one),
        (b"*1\r\n$4\r\nPIN".to_vec(), one),
        (b"*0\r\n$4\r\nPING\r\n".to_vec(), one),
        ([pack(&["PING"]), pack(&["PING"])].concat(), one),
        (pack(&["PING"]), Record { commands: 2, ..Record::default() }),
        (pack(&["PING"]), Record { commands: 0, ..Record::default() }),
    ] {
        let mut world = World::new(&[]);
        let ticket = world.submit_packed(packed, record);
        assert_eq!(world.failure(ticket).code(), Code::ClientMisuse);
        assert_reply(world.call(&["ECHO", "e"]), text("e"));
    }
    // Longer than its payload, or a ticket that was used before.
    let mut world = World::new(&[]);
    let long = Record { ticket: 1, commands: 1, length: 99, ..Record::default() };
    world.client.submit(world.now, [long], pack(&["PING"]), &mut world.log);
    assert_eq!(world.failure(1).code(), Code::ClientMisuse);
    let packed = pack(&["PING"]);
    let record = |ticket| Record { ticket, length: packed.len() as u32, ..one };
    world.client.submit(world.now, [record(9)], packed.clone(), &mut world.log);
    world.client.submit(world.now, [record(8)], packed.clone(), &mut world.log);
    assert_eq!(world.failure(8).code(), Code::ClientMisuse);
}
