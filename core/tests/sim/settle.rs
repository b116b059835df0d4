//! After the faults: the client is ready within a bound, nothing is left over, and it can be closed.

use std::time::Duration;

use redlatch_core::{Admission, Record, Role};
use serde_json::Value;

use crate::{
    agenda::What,
    ledger::{Asked, MARK},
    plan::SECRET,
    sim::Sim,
    world::{pack, seconds},
};

impl Sim {
    /// Faults stop, and what was wrong is mended.
    pub(crate) fn settle(&mut self) {
        self.note(|_| "faults stop".to_owned());
        self.calm = true;
        self.agenda.retain(|what| {
            !matches!(
                what,
                What::Call(_)
                    | What::Fault
                    | What::File(..)
                    | What::Mend(_)
                    | What::Trust(_)
                    | What::Leaf(_)
                    | What::Passwords(_)
                    | What::Wait(_)
                    | What::Push
                    | What::Listen
                    | What::Publish
                    | What::Watch(_)
                    | What::Touch
                    | What::Raw
            )
        });
        let zero = Duration::ZERO;
        (self.network.refusing, self.network.losing, self.network.full) = (zero, zero, zero);
        self.server.is_loading = false;
        self.wake();
        for wire in self.wires.values_mut() {
            wire.stalled = Duration::ZERO;
        }
        self.shelf.cas |= 1 << self.network.ca;
        let config = self.client.profile().config().clone();
        if config.liveness.is_none() {
            self.cut_all();
        }
        // Who waits for ever notices only what the host does: that keep-alives are not answered.
        let lost =
            |link: &redlatch_core::Link| self.wires[link].is_lost || self.wires[link].is_deaf;
        for link in self.links().into_iter().filter(lost).collect::<Vec<_>>() {
            if self.plan.has_company() {
                self.cut(link);
            }
        }
        self.server.passwords = vec![self.shelf.secret()];
        self.disk.forget_accidents();
        let poll = self.shelf.interval;
        let waits = !self.plan.planned && !self.plan.provided;
        let bound = match waits && self.dice.percent(30) {
            true => {
                self.keep_waiting();
                // What failed for want of a file works as soon as the file is there.
                poll + config.backoff_max + seconds(2.0)
            }
            false => {
                let noticing = config.liveness.unwrap_or_default() * 2;
                let trying = config.connect_timeout + config.handshake_timeout;
                // 30 s is the longest pause after a permanent failure, 6 s the longest stall.
                // A vault that failed is asked again after 30 s at the latest, and one whose secret
                // is refused twice in 30 s.
                let asking = seconds(if self.plan.provided { 70.0 } else { 0.0 });
                noticing + trying + asking + poll * 2 + config.backoff_max + seconds(38.0)
            }
        };
        self.mend_all();
        self.answer_all();
        self.answered_within(bound);
        for _ in 0..4 {
            self.answered_within(seconds(1.0));
        }
        // Long enough for everything that was published to be adopted.
        let rest = self.now.monotonic + poll * 2 + seconds(8.0);
        self.until(rest);
        // An exclusive client only goes on with a rotation while somebody calls.
        for _ in 0..4 {
            self.answered_within(seconds(5.0));
        }
        self.until(self.now.monotonic + seconds(1.0));
        if self.plan.has_company() {
            self.see_off(bound);
        }
        self.check_books();
    }

    /// Those who use the client beside ordinary callers come to an end.
    fn see_off(&mut self, bound: Duration) {
        self.feed();
        self.give_all_back();
        self.shut_raw();
        if self.plan.listens {
            self.check_ears(bound);
        }
        self.until(self.now.monotonic + seconds(1.0));
    }

    /// Everything works but for a file, for a while.
    fn keep_waiting(&mut self) {
        self.disk.write(SECRET, format!("{MARK}-wrong-{MARK}"));
        self.cut_all();
        let most = self.dice.pick(&[100, 2_000, 20_000]);
        // Long enough for the file to be read: else nothing changes for the client afterwards.
        let seen = self.shelf.interval * 2 + seconds(1.0);
        let end = self.now.monotonic + seen + self.dice.millis(0, most);
        while self.now.monotonic < end {
            self.probe();
            let pause = self.dice.millis(10, 3000);
            self.until((self.now.monotonic + pause).min(end));
        }
        // None of the losses of before may count: only the file was in the way.
        self.cut_all();
        self.until(self.now.monotonic + seconds(0.01));
    }

    fn cut_all(&mut self) {
        for link in self.links() {
            self.cut(link);
        }
        for link in std::mem::take(&mut self.dialing) {
            self.dialing.insert(link);
            self.agenda
                .add(self.now.monotonic, What::DialFailed(link, redlatch_core::Code::NetRefused));
        }
        self.until(self.now.monotonic);
    }

    /// One command that can only fail because of the connection.
    fn probe(&mut self) -> Option<u64> {
        let exclusive = self.plan.role == Role::Exclusive;
        if exclusive {
            if !self.is_idle() {
                return None;
            }
            self.freshen();
        }
        let ticket = self.ledger.next_ticket();
        let packed = pack(&["ECHO", &ticket.to_string()]);
        let timeout = self.client.profile().config().timeout;
        let deadline = timeout.map(|timeout| self.now.monotonic + timeout);
        self.ledger.submit(PROBER, Asked::Read, 1, deadline);
        let record =
            Record { ticket, commands: 1, length: packed.len() as u32, ..Record::default() };
        self.note(|_| format!("probe {ticket}"));
        self.client.submit(self.now, [record], packed, &mut self.ledger);
        if exclusive {
            self.caller.calls(ticket);
        }
        self.turn();
        Some(ticket)
    }

    fn answered_within(&mut self, bound: Duration) {
        let start = self.now.monotonic;
        let mut probes = Vec::new();
        loop {
            probes.extend(self.probe());
            self.until(self.now.monotonic + seconds(0.15));
            if probes.iter().any(|ticket| self.ledger.is_replied(*ticket)) {
                return;
            }
            assert!(
                self.now.monotonic < start + bound,
                "no answer within {bound:?}: {}",
                self.client.status(self.now)
            );
        }
    }

    fn check_books(&mut self) {
        self.overhear();
        let status = self.client.status(self.now);
        let fields: Value = serde_json::from_str(&status).unwrap();
        assert_eq!(self.ledger.open, 0, "commands stay open: {status}");
        assert_eq!((&fields["open"], &fields["queued"]), (&0.into(), &0.into()), "{status}");
        assert_eq!(fields["state"], "ready", "{status}");
        let sessions = fields["sessions"].as_array().unwrap();
        // A replacement that nobody ticks for stands where it stood.
        let most = match self.plan.role {
            Role::Exclusive => 2,
            // What has timed out is still waited for, in a lane that others cannot use.
            _ if self.plan.has_company() && !self.plan.planned => usize::MAX,
            // What was given up is still waited for as well.
            _ => 1 + self.plan.company(),
        };
        assert!((1..=most).contains(&sessions.len()), "{status}");
        for session in sessions.iter().filter(|session| session["phase"] == "ready") {
            assert_eq!(session["in_flight"], 0, "{status}");
        }
        if self.plan.is_secure() {
            assert_eq!(self.authority.current(), self.shelf.cas, "{status}");
        }
        if self.plan.planned {
            assert_eq!(self.ledger.failed, 0, "a command failed although all went as planned");
        }
    }

    /// The client is closed, whatever it was doing.
    pub(crate) fn close(&mut self) {
        self.client.close(self.now, &mut self.ledger);
        self.turn();
        assert_eq!(self.ledger.open, 0, "commands stay open after the end");
        assert!(self.client.deadline().is_none(), "a closed client waits for something");
        assert!(self.dialing.is_empty() && self.wires.values().all(|wire| !wire.is_open));
        let ticket = self.ledger.next_ticket();
        self.ledger.submit(PROBER, Asked::Misuse, 1, None);
        let packed = pack(&["PING"]);
        let record =
            Record { ticket, commands: 1, length: packed.len() as u32, ..Record::default() };
        let admission = self.client.submit(self.now, [record], packed, &mut self.ledger);
        assert!(admission == Admission::Go && !self.ledger.is_open(ticket), "{admission:?}");
        assert!(self.client.poll_action().is_none(), "a closed client acts");
    }
}

const PROBER: u64 = 99;
