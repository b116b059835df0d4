//! Seeded random worlds: bytes in pieces, resets, cancellations, backpressure, rotations. Whatever
//! happens, each command has one outcome, its own, and one caller's writes happen in order.
#![expect(clippy::panic, reason = "a panic is a failed test")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "sim/faults.rs"]
mod faults;
#[path = "sim/outcomes.rs"]
mod outcomes;
mod world;

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use faults::CAS;
use outcomes::{Asked, CALLERS, Outcomes};
use redlatch_core::{
    Action, Client, Code, Error, Link, Materials, Now, Profile, Record, Sharing, document,
};
use world::{
    config,
    disk::Disk,
    pack,
    server::{Conn, Server},
    start,
};

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn once_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }
}

/// Bytes under way on one connection.
struct Wire {
    conn: Conn,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

struct Sim {
    dice: Dice,
    client: Client,
    server: Server,
    disk: Arc<Disk>,
    now: Now,
    outcomes: Outcomes,
    wires: BTreeMap<Link, Wire>,
    dialing: Vec<Link>,
    ticket: u64,
    secret: u64,
    calm: bool,
    tls: bool,
    /// Which of the two CAs the bundle holds, and which one issued the server's certificate.
    bundle: usize,
}

impl Sim {
    fn new(seed: u64, tls: bool) -> Self {
        let disk = Arc::new(Disk::default());
        let mut server = Server::default();
        let mut settings = vec![
            ("host", if tls { "redis.test" } else { "localhost" }),
            ("password_file", "/secret"),
            ("poll_interval", "0.5"),
            ("liveness", "2"),
            ("timeout", "4"),
            ("distrust_grace", "10"),
        ];
        disk.write("/secret", "secret-0-secret");
        server.passwords = vec!["secret-0-secret".to_owned()];
        server.data.insert("k".to_owned(), "constant".to_owned());
        if tls {
            settings.push(("ca_file", "/ca.pem"));
            disk.write("/ca.pem", &CAS[0].0.pem);
            server.present(&CAS[0].1);
        }
        let profile = Profile::new(config(&settings), &Materials::new(disk.clone())).unwrap();
        Self {
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            client: Client::new(profile.into(), Sharing::Shared, seed, start()),
            server,
            disk,
            now: start(),
            outcomes: Outcomes::default(),
            wires: BTreeMap::new(),
            dialing: Vec::new(),
            ticket: 0,
            secret: 0,
            calm: false,
            tls,
            bundle: 0,
        }
    }

    /// Replies, interrupted commands, reconnects and replacements.
    fn run(mut self, steps: usize) -> [u64; 4] {
        self.client.connect(self.now, &mut self.outcomes);
        for _ in 0..steps {
            match self.dice.below(24) {
                0..6 => self.submit(),
                6..16 => self.move_bytes(),
                16 => self.cancel(),
                17 if self.dice.once_in(4) => self.reset(),
                18 => self.press(),
                19 if self.dice.once_in(3) => self.server.on_hold ^= true,
                20 if self.dice.once_in(4) => self.rotate_secret(),
                21 if self.tls && self.dice.once_in(3) => self.rotate_trust(),
                _ => self.pass(),
            }
            self.act();
        }
        self.settle();
        let failures = self.outcomes.failures.values();
        let interrupted = failures.filter(|it| it.code() == Code::ClientInterrupted).count();
        let counters = self.client.counters();
        self.outcomes.judge(&self.server);
        let status = self.client.status(self.now);
        assert!(status.contains("\"open\":0,") && status.contains("\"queued\":0,"), "{status}");
        [counters.replies, interrupted as u64, counters.reconnects, counters.replacements]
    }

    fn submit(&mut self) {
        let (mut payload, mut records) = (Vec::new(), Vec::new());
        for _ in 0..1 + self.dice.below(4) {
            self.ticket += 1;
            let ticket = self.ticket;
            let caller = ticket % CALLERS;
            let (asked, packed) = match self.dice.below(4) {
                0 => (Asked::Echo, pack(&["ECHO", &format!("echo {ticket}")])),
                1 => (Asked::Get, pack(&["GET", "k"])),
                _ => {
                    let key = format!("log {caller}");
                    (Asked::Append { caller }, pack(&["APPEND", &key, &format!("{ticket},")]))
                }
            };
            self.outcomes.asked.insert(ticket, asked);
            records.push(Record {
                ticket,
                commands: 1,
                length: packed.len() as u32,
                timeout_ms: if self.dice.once_in(9) { 200 } else { 0 },
                flags: 0,
            });
            payload.extend(packed);
        }
        self.client.submit(self.now, records, payload, &mut self.outcomes);
    }

    fn cancel(&mut self) {
        let ticket = 1 + self.dice.below(self.ticket as usize + 1) as u64;
        let open = !self.outcomes.replies.contains_key(&ticket)
            && !self.outcomes.failures.contains_key(&ticket);
        if ticket <= self.ticket && open && !self.outcomes.cancelled.contains(&ticket) {
            self.outcomes.cancelled.push(ticket);
        }
        self.client.cancel(ticket);
    }

    fn move_bytes(&mut self) {
        for link in self.wires.keys().copied().collect::<Vec<_>>() {
            let most = 1 + self.dice.below(if self.tls { 3000 } else { 200 });
            let most = if self.calm { usize::MAX } else { most };
            let Some(wire) = self.wires.get_mut(&link) else { continue };
            let some: Vec<_> = wire.to_server.drain(..most.min(wire.to_server.len())).collect();
            self.server.take(&mut wire.conn, &some);
            self.server.work(&mut wire.conn);
            wire.to_client.append(&mut wire.conn.out);
            let some: Vec<_> = wire.to_client.drain(..most.min(wire.to_client.len())).collect();
            if !some.is_empty() {
                self.client.received(self.now, link, &some, &mut self.outcomes);
            }
            if self.wires.get(&link).is_some_and(|it| it.conn.ended && it.to_client.is_empty()) {
                self.wires.remove(&link);
                self.client.closed(self.now, link, None, &mut self.outcomes);
            }
        }
        for link in std::mem::take(&mut self.dialing) {
            if !self.calm && self.dice.once_in(3) {
                let error = Error::new(Code::NetRefused);
                self.client.dial_failed(self.now, link, error, &mut self.outcomes);
            } else {
                let conn = self.server.accept(link);
                self.wires.insert(link, Wire { conn, to_server: vec![], to_client: vec![] });
                self.client.dialed(self.now, link, &mut self.outcomes);
            }
        }
    }

    fn pass(&mut self) {
        let by = Duration::from_millis(self.dice.below(400) as u64);
        self.now.monotonic += by;
        self.now.wall += by;
        self.server.wall.store(self.now.wall.as_secs(), Ordering::Relaxed);
        if self.client.deadline().is_some_and(|at| at <= self.now.monotonic) {
            self.client.tick(self.now, &mut self.outcomes);
        }
    }

    fn act(&mut self) {
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::Dial { link, .. } => self.dialing.push(link),
                Action::Write { link, bytes } => {
                    if let Some(wire) = self.wires.get_mut(&link) {
                        wire.to_server.extend(bytes);
                    }
                }
                Action::Hangup { link, .. } => {
                    self.wires.remove(&link);
                    self.dialing.retain(|known| *known != link);
                }
                other => panic!("{other:?}"),
            }
        }
        while let Some(event) = self.client.poll_event() {
            assert!(!document::event(&event).contains("-secret"), "{event:?}");
        }
    }

    /// Faults stop: the client is ready within a bound and every command has its outcome.
    fn settle(&mut self) {
        self.calm = true;
        self.server.on_hold = false;
        self.server.passwords = vec![format!("secret-{}-secret", self.secret)];
        if self.tls {
            self.disk.write("/ca.pem", &CAS[0].0.pem);
            self.server.present(&CAS[0].1);
        }
        for link in self.wires.keys().copied().collect::<Vec<_>>() {
            self.client.writable(self.now, link, &mut self.outcomes);
        }
        for _ in 0..400 {
            self.pass();
            self.act();
            self.move_bytes();
            self.act();
        }
        assert!(self.client.is_ready(), "{}", self.client.status(self.now));
        self.submit();
        let last = self.ticket;
        for _ in 0..3 {
            self.act();
            self.move_bytes();
        }
        assert!(self.outcomes.replies.contains_key(&last));
    }
}

/// Runs each seed; what happened in all of them together.
fn each(seeds: std::ops::Range<u64>, tls: bool, steps: usize) -> [u64; 4] {
    let mut sum = [0; 4];
    for seed in seeds {
        let Ok(tally) = std::panic::catch_unwind(|| Sim::new(seed, tls).run(steps)) else {
            panic!("seed {seed}, tls {tls}");
        };
        for (sum, number) in sum.iter_mut().zip(tally) {
            *sum += number;
        }
    }
    sum
}

#[test]
fn commands_keep_their_outcomes_in_clear() {
    let [replies, interrupted, reconnects, _] = each(1..400, false, 600);
    // Something happened in there.
    assert!(replies > 50_000 && interrupted > 1000 && reconnects > 500);
}

#[test]
fn commands_keep_their_outcomes_across_rotations_of_trust() {
    let [replies, _, _, replacements] = each(1..120, true, 800);
    assert!(replies > 10_000 && replacements > 20);
}
