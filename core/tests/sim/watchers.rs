//! Callers who watch a key, and change it only if nobody else has.

use std::collections::BTreeMap;

use redlatch_core::{LaneId, Link, Record};

use crate::{
    agenda::What,
    ledger::{Asked, Ledger},
    sim::Sim,
    totals::Deed,
    world::pack,
};

/// What was watched for which transaction.
#[derive(Default)]
pub(crate) struct Watches {
    watchers: BTreeMap<u64, Watcher>,
    /// The WATCH of each transaction, if it has one.
    watched: BTreeMap<u64, Option<u64>>,
    /// The EXEC that follows a command in a transaction.
    pub(crate) exec_of: BTreeMap<u64, u64>,
}

#[derive(Clone, Default)]
struct Watcher {
    lane: Option<LaneId>,
    steps: Vec<Step>,
    latest: u64,
    watch: Option<u64>,
    queued: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Watch,
    Read,
    Write,
    /// MULTI to EXEC at once.
    Transaction,
    Begin,
    Queue,
    Commit,
}

impl Ledger {
    /// The server ran a transaction on a connection that watched these.
    pub(crate) fn committed(&mut self, link: Link, watched: &[(String, u64)]) {
        let Some(exec) = self.exec_on(link) else { return };
        let Some(Some(watch)) = self.watches.watched.get(&exec) else { return };
        let watch = watch.to_string();
        assert!(
            watched.iter().any(|(key, _)| *key == watch),
            "{exec} is run on {link}, where {watch} watched nothing: {watched:?}"
        );
        self.totals.did(Deed::Commit);
    }

    /// The server did not run a transaction because of what was watched.
    pub(crate) fn conflicted(&mut self, link: Link) {
        let Some(exec) = self.exec_on(link) else { return };
        let watch = self.watches.watched.get(&exec).copied().flatten();
        assert!(watch.is_some(), "{exec} is not run on {link}, for what another one watched");
        self.totals.did(Deed::Conflict);
    }
}

impl Sim {
    /// One watcher's next step.
    pub(crate) fn watch(&mut self, number: u64) {
        let mut it = self.ledger.watches.watchers.remove(&number).unwrap_or_default();
        self.step_on(number, &mut it);
        self.ledger.watches.watchers.insert(number, it);
        let pause = match self.dice.below(4) {
            0 => self.dice.millis(1, 400),
            _ => self.dice.millis(1, 40),
        };
        self.agenda.add(self.now.monotonic + pause, What::Watch(number));
    }

    fn step_on(&mut self, number: u64, it: &mut Watcher) {
        let Some(lane) = it.lane else {
            if self.dice.percent(30) {
                it.lane = self.client.lend(self.now).ok();
                it.steps = self.plan_watch();
                (it.latest, it.watch, it.queued) = (0, None, 0);
            }
            return;
        };
        if it.latest > 0 && self.ledger.is_open(it.latest) {
            if self.dice.percent(1) {
                self.give_up(it.latest);
                self.give_back(it, lane);
            }
            return;
        }
        // A failure ends the attempt.
        if it.steps.is_empty() || (it.latest > 0 && !self.ledger.is_done(it.latest)) {
            self.give_back(it, lane);
            return;
        }
        let step = it.steps.remove(0);
        let ticket = self.ledger.next_ticket();
        let tag = ticket.to_string();
        let log = format!("log {number}");
        let write = pack(&["SET", KEY, &tag]);
        let (asked, commands) = match step {
            Step::Watch => {
                it.watch = Some(ticket);
                (Asked::Watch, vec![pack(&["WATCH", KEY, &tag])])
            }
            Step::Read => (Asked::Read, vec![pack(&["MGET", KEY, &tag])]),
            Step::Write => (Asked::Write, vec![pack(&["APPEND", &log, &format!("{tag},")])]),
            Step::Transaction => {
                self.ledger.watches.watched.insert(ticket, it.watch);
                (Asked::Transaction, vec![pack(&["MULTI"]), write, pack(&["EXEC"])])
            }
            Step::Begin => (Asked::Begin, vec![pack(&["MULTI"])]),
            Step::Queue => {
                it.queued = ticket;
                (Asked::Queued, vec![write])
            }
            Step::Commit => {
                self.ledger.watches.watched.insert(ticket, it.watch);
                self.ledger.watches.exec_of.insert(it.queued, ticket);
                (Asked::Commit, vec![pack(&["EXEC"])])
            }
        };
        it.latest = ticket;
        let deadline = self.client.profile().config().timeout.map(|it| self.now.monotonic + it);
        self.ledger.submit(WATCHERS + number, asked, commands.len() as u32, deadline);
        let packed = commands.concat();
        let record = Record {
            ticket,
            commands: commands.len() as u32,
            length: packed.len() as u32,
            ..Record::default()
        };
        self.note(|_| format!("watcher {number} submits {asked:?} to lane {lane}: {ticket}"));
        self.client.submit_to(self.now, lane, [record], packed, &mut self.ledger);
    }

    fn plan_watch(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.dice.percent(80) {
            steps.push(Step::Watch);
        }
        match self.dice.below(4) {
            0 => steps.push(Step::Read),
            1 => steps.push(Step::Write),
            _ => {}
        }
        match self.dice.below(10) {
            // Given back as it is.
            0..2 => {}
            2 => steps.extend([Step::Begin, Step::Queue]),
            3..6 => steps.extend([Step::Begin, Step::Queue, Step::Commit]),
            _ => steps.push(Step::Transaction),
        }
        steps
    }

    fn give_back(&mut self, it: &mut Watcher, lane: LaneId) {
        self.note(|_| format!("lane {lane} is taken back"));
        self.client.take_back(self.now, lane, &mut self.ledger);
        it.lane = None;
    }

    /// Somebody else writes.
    pub(crate) fn touch(&mut self) {
        if !self.server.on_hold {
            self.server.touch(KEY);
            self.note(|_| "somebody writes to what is watched".to_owned());
        }
        let pause = self.dice.millis(20, 800);
        self.agenda.add(self.now.monotonic + pause, What::Touch);
    }

    /// Nobody watches any more.
    pub(crate) fn give_all_back(&mut self) {
        for (_, mut it) in std::mem::take(&mut self.ledger.watches.watchers) {
            if let Some(lane) = it.lane {
                self.give_back(&mut it, lane);
            }
        }
        self.turn();
    }
}

const KEY: &str = "watched";
const WATCHERS: u64 = 300;
