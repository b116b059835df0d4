//! Those who use the client: many at once, or one who waits for each answer.

use std::time::Duration;

use redlatch_core::{Admission, Record, Role};

use crate::{agenda::What, ledger::Asked, sim::Sim, totals::Fault, world::pack};

/// The caller of an exclusive client.
#[derive(Default)]
pub(crate) struct Caller {
    calling: Vec<u64>,
}

impl Caller {
    pub(crate) fn calls(&mut self, ticket: u64) {
        self.calling.push(ticket);
    }
}

impl Sim {
    /// Whether nobody lends the client a thread right now.
    pub(crate) fn is_idle(&self) -> bool {
        self.plan.role == Role::Exclusive && self.caller.calling.is_empty()
    }

    pub(crate) fn call(&mut self, caller: u64) {
        let exclusive = self.plan.role == Role::Exclusive;
        if exclusive && !self.is_idle() {
            return;
        }
        let looks_first = exclusive && (self.plan.planned || self.dice.percent(70));
        if looks_first {
            self.freshen();
        }
        let most = self.dice.pick(&[1, 2, 5]);
        let count = 1 + self.dice.below(most);
        let tickets = self.submit(caller, count);
        if exclusive {
            self.caller.calling = tickets;
            if !looks_first {
                self.obey();
                self.read_kept();
            }
        } else {
            if self.dice.percent(8) {
                self.obey();
                self.cancel();
            }
            let pause = self.dice.millis(0, self.plan.pace);
            self.agenda.add(self.now.monotonic + pause, What::Call(caller));
        }
    }

    /// What a blocking host does after a pause: looks at the clock and at its sockets.
    pub(crate) fn freshen(&mut self) {
        if self.client.deadline().is_some_and(|at| at <= self.now.monotonic) {
            self.tick();
            self.turn();
        }
        self.read_kept();
    }

    fn read_kept(&mut self) {
        for link in self.wires.keys().copied().collect::<Vec<_>>() {
            let Some(wire) = self.wires.get_mut(&link) else { continue };
            let is_over = std::mem::take(&mut wire.kept_end);
            for bytes in std::mem::take(&mut wire.kept) {
                if self.wires[&link].is_open {
                    self.hand_over(link, &bytes);
                    self.listen();
                    self.obey();
                }
            }
            if is_over {
                self.note(|_| format!("link {link} is found ended"));
                self.client.closed(self.now, link, None, &mut self.ledger);
                self.obey();
            }
        }
    }

    /// The call is over when all of it has ended; the next one follows some time later.
    pub(crate) fn end_call(&mut self) {
        if self.caller.calling.is_empty() {
            return;
        }
        let ledger = &self.ledger;
        self.caller.calling.retain(|ticket| ledger.is_open(*ticket));
        if self.caller.calling.is_empty() && !self.calm {
            let pause = match self.dice.below(12) {
                // Who does not look misses the steps of a rotation.
                0 if !self.plan.planned => self.dice.millis(500, 12_000),
                _ => self.dice.millis(0, self.plan.pace),
            };
            self.agenda.add(self.now.monotonic + pause, What::Call(0));
        }
    }

    /// Hands in some records at once. Their tickets.
    pub(crate) fn submit(&mut self, caller: u64, count: usize) -> Vec<u64> {
        let (mut payload, mut records, mut tickets) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..count {
            let ticket = self.ledger.next_ticket();
            let (asked, commands) = self.commands(caller, ticket);
            let timeout_ms = match self.dice.below(12) {
                0 if !self.plan.planned => self.dice.pick(&[50, 300, 3000]),
                1 if self.can_wait() => u32::MAX,
                _ => 0,
            };
            let timeout = match timeout_ms {
                0 => self.client.profile().config().timeout,
                u32::MAX => None,
                milliseconds => Some(Duration::from_millis(u64::from(milliseconds))),
            };
            let packed = commands.concat();
            let deadline = timeout.map(|timeout| self.now.monotonic + timeout);
            self.ledger.submit(caller, asked, commands.len() as u32, deadline);
            records.push(Record {
                ticket,
                commands: commands.len() as u32,
                length: packed.len() as u32,
                timeout_ms,
                flags: u32::from(asked == Asked::Repeatable) * Record::IDEMPOTENT,
            });
            payload.extend(packed);
            tickets.push(ticket);
        }
        self.note(|_| format!("caller {caller} submits {tickets:?}"));
        self.ledger.queue_full = 0;
        let admission = self.client.submit(self.now, records, payload, &mut self.ledger);
        let full = self.ledger.queue_full > 0;
        assert_eq!(admission == Admission::Full, full, "{tickets:?}: {admission:?}");
        tickets
    }

    /// Whether a command without a limit has an end at all: a black hole must be noticed.
    fn can_wait(&self) -> bool {
        self.client.profile().config().liveness.is_some()
    }

    /// What a caller asks for, each command packed. The last word tells the ticket.
    fn commands(&mut self, caller: u64, ticket: u64) -> (Asked, Vec<Vec<u8>>) {
        let log = format!("log {caller}");
        let tag = ticket.to_string();
        let append = pack(&["APPEND", &log, &format!("{ticket},")]);
        let read = pack(&["MGET", &log, &tag]);
        match self.dice.below(20) {
            0..4 => (Asked::Read, vec![pack(&["ECHO", &tag])]),
            4..8 => (Asked::Read, vec![read]),
            8..11 => {
                let key = format!("set {caller}");
                (Asked::Repeatable, vec![pack(&["SET", &key, &tag])])
            }
            11 => (Asked::Pipeline, vec![append, read, pack(&["ECHO", &tag])]),
            12 => (Asked::Transaction, vec![pack(&["MULTI"]), append, read, pack(&["EXEC"])]),
            13 => (Asked::Write, vec![pack(&["NOSUCH", &tag])]),
            14 if self.dice.percent(10) => {
                let size = self.dice.pick(&[1_000, 20_000, 200_000]);
                (Asked::Read, vec![pack(&["ECHO", &format!("{tag}:{}", "x".repeat(size))])])
            }
            15 if self.dice.percent(10) => {
                self.ledger.totals.count(Fault::Misuse);
                let words: &[&str] = match self.dice.below(3) {
                    0 => &["SELECT", "1"],
                    1 => &["SUBSCRIBE", "news"],
                    _ => &["MULTI"],
                };
                (Asked::Misuse, vec![pack(words)])
            }
            _ => (Asked::Write, vec![append]),
        }
    }

    pub(crate) fn cancel(&mut self) {
        if self.plan.role == Role::Exclusive {
            // An interrupt ends the whole call.
            for ticket in self.caller.calling.clone() {
                self.give_up(ticket);
            }
            return;
        }
        let last = self.ledger.next_ticket() - 1;
        let ticket = last.saturating_sub(self.dice.below(12) as u64).max(1);
        self.give_up(ticket);
    }

    pub(crate) fn give_up(&mut self, ticket: u64) {
        if ticket < self.ledger.next_ticket() && self.ledger.cancel(ticket) {
            self.ledger.totals.count(Fault::Cancel);
            self.note(|_| format!("cancel {ticket}"));
            self.client.cancel(self.now, ticket, &mut self.ledger);
        }
    }
}
