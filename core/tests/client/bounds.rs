//! Nothing grows without bound, in memory or in time.

use redlatch_core::{Admission, Code, Record, Retry};

use crate::{
    assert_reply, ok, refused, text,
    world::{Dialing, Outcome, World, pack, seconds},
};

/// Hands in `count` commands as one batch; their tickets.
fn flood(world: &mut World, count: u64, timeout_ms: impl Fn(u64) -> u32) -> Vec<u64> {
    let packed = pack(&["GET", "k"]);
    let tickets: Vec<_> = world.tickets(count).collect();
    let records: Vec<_> = tickets
        .iter()
        .map(|ticket| Record {
            ticket: *ticket,
            commands: 1,
            length: packed.len() as u32,
            timeout_ms: timeout_ms(*ticket),
            flags: 0,
        })
        .collect();
    let payload = packed.repeat(count as usize);
    world.client.submit(world.now, records, payload, &mut world.log);
    tickets
}

#[test]
fn the_queue_is_bounded_by_commands() {
    let mut world = World::new(&[("max_queue", "3")]);
    world.dialing = Dialing::Ignore;
    let tickets: Vec<_> = (0..5).map(|_| world.submit(&["PING"])).collect();
    let full: Vec<_> = tickets.iter().filter(|it| world.outcome(**it).is_some()).collect();
    assert_eq!(full, [&tickets[3], &tickets[4]]);
    assert_eq!(world.failure(tickets[4]).code(), Code::ClientQueueFull);
    assert!(!world.failure(tickets[4]).is_maybe_executed());
    // A place is free again.
    world.cancel(tickets[1]);
    let later = world.submit(&["PING"]);
    assert!(world.outcome(later).is_none());
}

#[test]
fn commands_are_bounded_by_bytes() {
    let mut world = World::new(&[("max_queue_bytes", "100")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    let value = "x".repeat(60);
    let first = world.submit(&["SET", "k", &value]);
    let packed = pack(&["SET", "k", &value]);
    let ticket = world.tickets(1).next().unwrap();
    let record = Record { ticket, commands: 1, length: packed.len() as u32, ..Record::default() };
    let admission = world.client.submit(world.now, [record], packed, &mut world.log);
    assert_eq!(admission, Admission::Full);
    assert_eq!(world.failure(ticket).code(), Code::ClientQueueFull);
    world.server.on_hold = false;
    world.run();
    assert_reply(world.outcome(first).unwrap(), ok());
    // One command alone may be larger than the bound.
    assert_reply(world.call(&["SET", "k", &"x".repeat(200)]), ok());
}

#[test]
fn backpressure_holds_commands_back() {
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    world.client.blocked(1);
    let packed = pack(&["ECHO", "e"]);
    let ticket = world.tickets(1).next().unwrap();
    let record = Record { ticket, commands: 1, length: packed.len() as u32, ..Record::default() };
    let writes = world.sent.len();
    let admission = world.client.submit(world.now, [record], packed, &mut world.log);
    assert_eq!(admission, Admission::Wait);
    world.run();
    assert_eq!(world.sent.len(), writes);
    world.client.writable(world.now, 1, &mut world.log);
    world.run();
    assert_reply(world.outcome(ticket).unwrap(), text("e"));
}

#[test]
fn a_backlog_waits_for_its_deadline_when_nobody_takes_it() {
    let mut world = World::new(&[("timeout", "1")]);
    world.call(&["PING"]);
    world.client.blocked(1);
    let ticket = world.submit(&["SET", "k", "v"]);
    world.advance(seconds(1.5));
    let error = world.failure(ticket);
    assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientTimeout, false));
}

/// A hundred thousand of anything stays linear: each of these takes minutes if it is quadratic.
#[test]
fn many_commands_cost_their_number() {
    const MANY: u64 = 100_000;

    // Given up in the worst order, in line and in flight.
    let mut world = World::new(&[]);
    world.dialing = Dialing::Ignore;
    let waiting = flood(&mut world, MANY, |_| 0);
    for step in 0..7 {
        for at in (step..waiting.len()).step_by(7) {
            world.cancel(waiting[at]);
        }
    }
    assert_eq!(world.status()["open"], 0);
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    for ticket in flood(&mut world, MANY, |_| 0).into_iter().rev() {
        world.cancel(ticket);
    }

    // Each with a deadline of its own, and a tick at each.
    let mut world = World::new(&[("liveness", "0")]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    flood(&mut world, MANY, |ticket| 1000 + (ticket % 2000) as u32);
    let before = world.ticks;
    world.advance(seconds(4.0));
    assert!(world.ticks - before < 1000, "{} passes", world.ticks - before);
    assert_eq!(world.client.counters().failures, MANY);

    // Lost and sent again.
    let mut world = World::new(&[]);
    world.call(&["PING"]);
    world.server.on_hold = true;
    flood(&mut world, MANY, |_| 0);
    world.cut_all();
    assert_eq!((world.status()["open"].clone(), world.dials.len()), (MANY.into(), 2));
    world.client.close(world.now, &mut world.log);
    assert_eq!(world.client.counters().failures, MANY);
}

#[test]
fn events_nobody_asks_for_are_bounded() {
    let mut world = World::new(&[]);
    world.dialing = Dialing::Fail(Code::NetRefused);
    world.client.connect(world.now, &mut world.log);
    for _ in 0..5000 {
        while let Some(action) = world.client.poll_action() {
            if let redlatch_core::Action::Dial { link, .. } = action {
                let error = redlatch_core::Error::new(Code::NetRefused);
                world.client.dial_failed(world.now, link, error, &mut world.log);
            }
        }
        world.pass(seconds(3.0));
        world.client.tick(world.now, &mut world.log);
    }
    let events = std::iter::from_fn(|| world.client.poll_event()).count();
    assert!(events <= 1024, "{events}");
    assert!(world.status()["events_dropped"].as_u64() > Some(0));
}

#[test]
fn closing_fails_what_is_open_and_takes_nothing_more() {
    let mut world = World::new(&[("password_file", "/secret")]);
    world.disk.write("/secret", "any");
    world.call(&["PING"]);
    world.server.on_hold = true;
    let sent = world.submit(&["SET", "k", "v"]);
    world.run();
    world.client.blocked(1);
    let waiting = world.submit(&["SET", "k", "v"]);
    world.client.close(world.now, &mut world.log);
    world.run();
    for (ticket, executed) in [(sent, true), (waiting, false)] {
        let error = world.failure(ticket);
        assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientClosed, executed));
        assert_eq!(error.code().retry(), Retry::Never);
    }
    assert_eq!(world.hangups, [(1, true)]);
    assert_eq!(refused(&mut world, &["PING"]), Code::ClientClosed);
    // Nothing is due any more, and whatever the host still does changes nothing.
    assert_eq!(world.client.deadline(), None);
    world.client.tick(world.now, &mut world.log);
    world.client.connect(world.now, &mut world.log);
    world.client.reload(world.now, &mut world.log);
    world.client.received(world.now, 1, b"+OK\r\n", &mut world.log);
    world.client.dialed(world.now, 1, &mut world.log);
    world.client.closed(world.now, 1, None, &mut world.log);
    world.client.close(world.now, &mut world.log);
    world.run();
    assert_eq!((world.dials.len(), world.client.state()), (1, "closed"));
    assert!(matches!(world.outcome(sent), Some(Outcome::Failed(_))));
}
