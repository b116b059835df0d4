//! What a host is told of a long reply before its end.

use redlatch_core::resp::Value;

use crate::{
    assert_reply, text,
    world::{Part, World, certs::Ca},
};

/// Above this, and to be told of.
const LONG: usize = 16 << 10;

fn worlds() -> [World; 2] {
    [World::new(&[]), World::secure(&Ca::new("A"), &[])]
}

/// Bytes reach the client piece by piece; `look` sees what it was told after each, and how many are
/// still to come.
fn piece_by_piece(
    world: &mut World,
    words: &[&str],
    mut look: impl FnMut(u64, Option<(usize, Option<Part>)>, usize),
) -> Value {
    let link = world.link();
    world.chunk = 7_000;
    let ticket = world.submit(words);
    while world.outcome(ticket).is_none() {
        world.log.awaited = None;
        world.step();
        let under_way = world.under_way(link);
        look(ticket, world.log.awaited.take(), under_way);
    }
    match world.outcome(ticket).unwrap() {
        crate::Outcome::Reply(value) => value,
        crate::Outcome::Failed(error) => panic!("{error:?}"),
    }
}

#[test]
fn of_one_string_what_has_come_and_how_long_it_is() {
    for mut world in worlds() {
        let value: String = (0..200_000).map(|at| char::from(b'a' + (at % 23) as u8)).collect();
        world.call(&["SET", "k", &value]);
        let (mut most, mut told) = (0, 0);
        let reply = piece_by_piece(&mut world, &["GET", "k"], |ticket, awaited, under_way| {
            let Some((bytes, part)) = awaited else { return };
            // A host that waits for more than there is would wait for ever.
            assert!(bytes <= under_way, "{bytes} of {under_way}");
            let part = part.unwrap();
            assert_eq!((part.whole, part.ticket), (value.len(), ticket));
            assert!(part.text.len() >= most && value.as_bytes().starts_with(&part.text));
            (most, told) = (part.text.len(), told + 1);
        });
        assert_eq!(reply, text(&value));
        assert!(told > 20 && most > value.len() - 2 * LONG, "{told} times, {most}");
    }
}

#[test]
fn of_several_strings_only_how_much_is_to_come() {
    for mut world in worlds() {
        let value = "x".repeat(100_000);
        world.call(&["PING"]);
        world.server.answers.insert(
            "MGET",
            format!("*2\r\n${0}\r\n{value}\r\n${0}\r\n{value}\r\n", value.len()).into_bytes(),
        );
        let mut told = 0;
        let reply = piece_by_piece(&mut world, &["MGET", "a", "b"], |_, awaited, under_way| {
            let Some((bytes, part)) = awaited else { return };
            assert!(bytes <= under_way && part.is_none());
            told += 1;
        });
        assert_eq!(reply, Value::Array(vec![text(&value), text(&value)]));
        assert!(told > 20, "{told}");
    }
}

#[test]
fn nothing_of_a_string_that_nobody_waits_for() {
    for mut world in worlds() {
        let value = "x".repeat(100_000);
        world.call(&["SET", "k", &value]);
        world.chunk = 7_000;
        let given_up = world.submit(&["GET", "k"]);
        while world.log.awaited.is_none() {
            world.step();
        }
        assert!(world.log.awaited.take().unwrap().1.is_some());
        world.client.cancel(world.now, given_up, &mut world.log);
        world.step();
        let (bytes, part) = world.log.awaited.take().unwrap();
        assert!(bytes > 0 && part.is_none());
        assert_reply(world.call(&["GET", "k"]), text(&value));
        assert!(world.outcome(given_up).is_none());
    }
}

#[test]
fn of_short_replies_nothing() {
    for mut world in worlds() {
        let value = "x".repeat(LONG - 100);
        world.call(&["SET", "k", &value]);
        let reply = piece_by_piece(&mut world, &["GET", "k"], |_, awaited, _| {
            assert!(awaited.is_none());
        });
        assert_eq!(reply, text(&value));
        assert_reply(world.call(&["PING"]), Value::Simple("PONG".to_owned()));
    }
}
