//! One world: a client, a server, a network, files and callers, and the time that moves them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use redlatch_core::{Client, Link, Materials, Now, Profile, Role};

use crate::{
    agenda::{Agenda, What},
    authority::{Authority, CLIENTS, SERVERS, bundle},
    callers::Caller,
    dice::Dice,
    files::Shelf,
    ledger::Ledger,
    plan::{BUNDLE, CERTIFICATE, KEY, Plan, SECRET, Security},
    provider::Vault,
    totals::Totals,
    trace::Trace,
    wire::{Network, Wire},
    world::{config, disk::Disk, server::Server, start},
};

pub(crate) struct Sim {
    pub(crate) plan: Plan,
    pub(crate) dice: Dice,
    pub(crate) client: Client,
    pub(crate) server: Server,
    pub(crate) disk: Arc<Disk>,
    pub(crate) now: Now,
    pub(crate) ledger: Ledger,
    pub(crate) agenda: Agenda,
    pub(crate) authority: Authority,
    pub(crate) network: Network,
    pub(crate) wires: BTreeMap<Link, Wire>,
    pub(crate) dialing: BTreeSet<Link>,
    pub(crate) dialed: BTreeSet<Link>,
    pub(crate) shelf: Shelf,
    pub(crate) vault: Vault,
    pub(crate) caller: Caller,
    pub(crate) trace: Trace,
    /// When the host means to tick: the deadline it knows, and when it will be that late.
    pub(crate) timer: Option<(Duration, Duration)>,
    ticks: u64,
    started: Duration,
    /// Nothing goes wrong any more.
    pub(crate) calm: bool,
}

impl Sim {
    pub(crate) fn new(seed: u64, trace: Trace) -> Self {
        let mut dice = Dice::new(seed);
        let plan = Plan::new(&mut dice);
        let disk = Arc::new(Disk::default());
        let settings: Vec<_> =
            plan.settings.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let config = config(&settings);
        let authority = Authority::new(config.distrust_grace);
        let mut server =
            Server { knows_hello: plan.knows_hello, blabs: plan.blabs, ..Server::default() };
        let shelf = Shelf::new(config.poll_interval);
        server.passwords = vec![shelf.secret()];
        disk.write(SECRET, shelf.secret());
        if plan.is_secure() {
            disk.write(BUNDLE, bundle(shelf.cas));
        }
        if plan.security == Security::Mutual {
            disk.write(CERTIFICATE, &CLIENTS.1[0].cert_pem);
            disk.write(KEY, &CLIENTS.1[0].key_pem);
        }
        let profile = Arc::new(Profile::new(config, &Materials::new(disk.clone())).unwrap());
        let mut sim = Self {
            client: Client::new(profile, plan.role, dice.roll(), start()),
            server,
            disk,
            now: start(),
            ledger: Ledger::new(trace.is_on, plan.planned),
            agenda: Agenda::default(),
            authority,
            network: Network::default(),
            wires: BTreeMap::new(),
            dialing: BTreeSet::new(),
            dialed: BTreeSet::new(),
            shelf,
            vault: Vault::default(),
            caller: Caller::default(),
            trace,
            timer: None,
            ticks: 0,
            started: start().monotonic,
            calm: false,
            plan,
            dice,
        };
        sim.present(0);
        sim.note(|sim| {
            let Plan { security, role, settings, waiters, watchers, listens, raw, .. } = &sim.plan;
            format!(
                "{security:?} {role:?} {settings:?}, {waiters} wait, {watchers} watch, \
                 listens: {listens}, raw: {raw}"
            )
        });
        sim
    }

    /// Lives through everything; an invariant that does not hold panics.
    pub(crate) fn run(mut self) -> (Totals, u64) {
        let from = self.now.monotonic;
        let end = from + self.plan.length;
        if self.plan.role == Role::Shared && self.dice.percent(70) {
            self.ledger.now = from;
            self.client.connect(self.now, &mut self.ledger);
            self.turn();
        }
        for caller in 0..self.plan.callers {
            let at = from + self.dice.millis(0, 300);
            self.agenda.add(at, What::Call(caller));
        }
        self.invite();
        // Where all goes as planned there is something good before anything is replaced.
        let first = if self.plan.planned { 2000 } else { 0 };
        let first = from + self.dice.millis(first, first + self.plan.fault_pace);
        self.agenda.add(first, What::Fault);
        self.until(end);
        match self.plan.closes_early {
            // What is under way is lost.
            true => self.ledger.is_planned = false,
            false => self.settle(),
        }
        self.close();
        let simulated = self.now.monotonic - from;
        self.ledger.judge();
        let counters = self.client.counters();
        let totals = &mut self.ledger.totals;
        totals.worlds = 1;
        totals.tls = u64::from(self.plan.is_secure());
        totals.exclusive = u64::from(self.plan.role == Role::Exclusive);
        totals.simulated = simulated;
        totals.replaced = counters.replacements;
        (self.ledger.totals, self.ledger.digest)
    }

    /// Those who use the client beside ordinary callers begin.
    fn invite(&mut self) {
        let at = self.now.monotonic + self.dice.millis(0, 500);
        let mut begin = |times: u64, what: &dyn Fn(u64) -> What| {
            (0..times).for_each(|number| self.agenda.add(at, what(number)));
        };
        begin(self.plan.waiters, &What::Wait);
        begin(self.plan.waiters.min(1), &|_| What::Push);
        begin(self.plan.watchers, &What::Watch);
        begin(self.plan.watchers.min(1), &|_| What::Touch);
        begin(u64::from(self.plan.listens), &|_| What::Listen);
        begin(u64::from(self.plan.listens), &|_| What::Publish);
        begin(u64::from(self.plan.raw), &|_| What::Raw);
        if self.plan.listens {
            self.open_ears();
        }
    }

    /// Lets things happen until `end`.
    pub(crate) fn until(&mut self, end: Duration) {
        while self.step(end) {}
        self.pass(end);
    }

    /// The next thing that happens, if it does before `end`.
    pub(crate) fn step(&mut self, end: Duration) -> bool {
        let timer = self.timer.map(|(_, at)| at);
        let agenda = self.agenda.next();
        let Some(at) = timer.into_iter().chain(agenda).min().filter(|at| *at <= end) else {
            return false;
        };
        self.pass(at);
        if agenda.is_some_and(|agenda| timer.is_none_or(|timer| agenda <= timer)) {
            if let Some(what) = self.agenda.take() {
                self.happen(what);
            }
        } else {
            self.tick();
        }
        self.turn();
        true
    }

    fn happen(&mut self, what: What) {
        match what {
            What::ToServer(link, bytes, sent) => self.reach_server(link, &bytes, sent),
            What::ToClient(link, bytes) => self.reach_client(link, bytes),
            What::Ended(link) => self.end(link),
            What::Closed(link) => {
                if self.wires.get(&link).is_some_and(|wire| !wire.is_deaf) {
                    self.end(link);
                }
            }
            What::Dialed(link) => self.dialed(link),
            What::DialFailed(link, code) => self.dial_failed(link, code),
            What::Writable(link) => self.writable(link),
            What::Wake => self.wake(),
            What::Call(caller) => self.call(caller),
            What::Fault => {
                self.fault();
                let at = self.now.monotonic + self.dice.millis(1, self.plan.fault_pace);
                self.agenda.add(at, What::Fault);
            }
            What::File(path, content) => {
                self.note(|_| format!("{path} is written, {} bytes", content.len()));
                self.disk.write(path, &content);
            }
            What::Mend(path) => self.mend(path),
            What::Trust(cas) => self.trust(cas),
            What::Leaf(ca) => self.present(ca),
            What::Answer(id) => self.answer(id),
            What::Passwords(passwords) => self.server.passwords = passwords,
            What::Serve(link) => self.serve(link),
            What::Gone(link) => self.gone(link),
            What::Wait(waiter) => self.wait(waiter),
            What::Push => self.push(),
            What::Listen => self.listen_to(),
            What::Publish => self.publish(),
            What::Watch(watcher) => self.watch(watcher),
            What::Touch => self.touch(),
            What::Raw => self.use_raw(),
        }
    }

    /// A host that is asked to call again and again spins.
    pub(crate) fn count_tick(&mut self) {
        self.ticks += 1;
        let simulated = self.now.monotonic - self.started;
        let bound = 400 + simulated.as_secs() * 60 + 3 * self.ledger.totals.commands;
        assert!(self.ticks < bound, "{} ticks in {simulated:?}", self.ticks);
    }

    /// Time passes; never backwards, however late things happen.
    pub(crate) fn pass(&mut self, to: Duration) {
        let by = to.saturating_sub(self.now.monotonic);
        self.now.monotonic += by;
        self.now.wall += by;
        self.ledger.now = self.now.monotonic;
        self.server.clock = self.now.monotonic;
        self.server.wall.store(self.now.wall.as_secs(), Ordering::Relaxed);
    }

    pub(crate) fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.trace.is_on {
            let line = line(self);
            self.trace.note(self.now.monotonic, line);
        }
    }

    /// The server shows another leaf to new connections.
    pub(crate) fn present(&mut self, ca: usize) {
        self.network.ca = ca;
        match self.plan.security {
            Security::Plain => {}
            Security::Tls => self.server.present(&SERVERS[ca].leaf),
            Security::Mutual => self.server.demand(&SERVERS[ca].leaf, &CLIENTS.0),
        }
    }
}
