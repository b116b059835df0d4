use std::{collections::HashMap, sync::Arc, time::Duration};

use redlatch_core::{
    Action, Client, Config, Error, Link, Materials, Now, Profile, Record, Role, Sink,
    config::Value,
    document,
    material::NoFiles,
    resp::{Reply, encode_command},
};

/// A client whose server, network and callers do what the bytes say: whatever that is, each command
/// has one outcome, and nothing is left over at the end.
pub fn session(data: &[u8]) {
    let Some((&flavour, script)) = data.split_first() else { return };
    let mut world = World::new(flavour);
    let mut script = script;
    while let Some((&step, rest)) = script.split_first() {
        let length = usize::from(step >> 3).min(rest.len());
        let (argument, rest) = rest.split_at(length);
        world.step(step & 7, argument);
        world.act();
        script = rest;
    }
    world.end();
}

struct World {
    client: Client,
    now: Now,
    outcomes: Outcomes,
    links: Vec<Link>,
    ticket: u64,
    cancelled: Vec<u64>,
}

#[derive(Default)]
struct Outcomes {
    /// Replies still due for each ticket.
    due: HashMap<u64, u32>,
}

impl Sink for Outcomes {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        let _ = reply.to_value();
        let due = self.due.get_mut(&ticket).filter(|due| **due > 0);
        *due.unwrap_or_else(|| panic!("{ticket} is answered once more")) -= 1;
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        assert!(!document::error(error).contains(SECRET));
        let due = self.due.insert(ticket, 0);
        assert!(due.is_some_and(|due| due > 0), "{ticket} fails after its end");
    }
}

impl World {
    fn new(flavour: u8) -> Self {
        let settings = [
            ("password", SECRET),
            ("protocol", if flavour & 1 == 0 { "3" } else { "2" }),
            ("db", if flavour & 2 == 0 { "0" } else { "4" }),
            ("require_server_auth", if flavour & 4 == 0 { "false" } else { "true" }),
            ("max_reply_bytes", "4096"),
            ("max_queue", "16"),
        ];
        let settings = settings.map(|(name, value)| (name, Value::Text(value.to_owned())));
        let config = Config::parse(settings, None).unwrap_or_else(|error| panic!("{error}"));
        let profile = Profile::new(config, &Materials::new(Arc::new(NoFiles)));
        let profile = Arc::new(profile.unwrap_or_else(|error| panic!("{error}")));
        let second = Duration::from_secs(1);
        let now = Now { monotonic: second, wall: second * 1_767_225_600 };
        let role = if flavour & 8 == 0 { Role::Shared } else { Role::Exclusive };
        Self {
            client: Client::new(profile, role, u64::from(flavour), now),
            now,
            outcomes: Outcomes::default(),
            links: Vec::new(),
            ticket: 0,
            cancelled: Vec::new(),
        }
    }

    fn step(&mut self, kind: u8, argument: &[u8]) {
        let Self { client, now, outcomes, .. } = self;
        let first = argument.first().copied().unwrap_or_default();
        let link = self.links.get(usize::from(first) % self.links.len().max(1)).copied();
        match (kind, link) {
            (0, _) => self.submit(argument),
            (1, Some(link)) => client.dialed(*now, link, outcomes),
            (2, Some(link)) => {
                client.received(*now, link, argument.get(1..).unwrap_or_default(), outcomes);
            }
            // What a friendly server says first, so that the fuzzer need not find it.
            (3, Some(link)) => {
                let setup = b"%1\r\n$7\r\nversion\r\n$3\r\n7.0\r\n+OK\r\n+OK\r\n+OK\r\n+PONG\r\n";
                client.received(*now, link, setup, outcomes);
            }
            (4, Some(link)) => {
                let length = usize::from(first) % (self.links.len().max(1));
                let _ = self.links.remove(length.min(self.links.len() - 1));
                client.closed(*now, link, None, outcomes);
            }
            (5, _) => {
                let passed = Duration::from_millis(u64::from(first) * 40);
                now.monotonic += passed;
                now.wall += passed;
                client.tick(*now, outcomes);
            }
            (6, _) => {
                let ticket = u64::from(first) % (self.ticket + 1);
                client.cancel(*now, ticket, outcomes);
                if outcomes.due.insert(ticket, 0).is_some_and(|due| due > 0) {
                    self.cancelled.push(ticket);
                }
            }
            (7, Some(link)) if first & 1 == 0 => client.blocked(link),
            (7, Some(link)) => client.writable(*now, link, outcomes),
            _ => {}
        }
    }

    fn submit(&mut self, argument: &[u8]) {
        let words = argument.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let mut payload = Vec::new();
        encode_command(&mut payload, words.collect::<Vec<_>>());
        self.ticket += 1;
        let commands = 1 + u32::from(argument.len() > 20);
        if commands == 2 {
            encode_command(&mut payload, ["PING"]);
        }
        let record = Record {
            ticket: self.ticket,
            commands,
            length: payload.len() as u32,
            timeout_ms: 0,
            flags: u32::from(argument.len() & 1 == 1),
        };
        self.outcomes.due.insert(self.ticket, commands);
        self.client.submit(self.now, [record], payload, &mut self.outcomes);
    }

    fn act(&mut self) {
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::Dial { link, .. } => self.links.push(link),
                Action::Hangup { link, .. } => self.links.retain(|known| *known != link),
                _ => {}
            }
        }
        while let Some(event) = self.client.poll_event() {
            assert!(!document::event(&event).contains(SECRET));
        }
        assert!(!self.client.status(self.now).contains(SECRET));
    }

    fn end(mut self) {
        self.client.close(self.now, &mut self.outcomes);
        assert!(self.outcomes.due.values().all(|due| *due == 0), "somebody still waits");
        assert!(self.client.status(self.now).contains("\"open\":0,"));
        assert_eq!(self.client.deadline(), None);
    }
}

const SECRET: &str = "hunter2-hunter2";
