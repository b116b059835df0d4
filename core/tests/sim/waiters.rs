//! Callers who wait for elements of lists, and what became of each element.

use std::{collections::BTreeMap, time::Duration};

use redlatch_core::{Code, Error, Link, Record, resp::Reply};

use crate::{
    agenda::What,
    dice::Dice,
    ledger::{Asked, Ledger, tag},
    sim::Sim,
    totals::Deed,
    world::{lists::Popped, pack, seconds},
};

/// Elements, and those who want them.
#[derive(Default)]
pub(crate) struct Lists {
    elements: Vec<Element>,
    waits: BTreeMap<u64, Wait>,
    /// Each waiter's latest command.
    latest: BTreeMap<u64, u64>,
}

#[derive(Debug, Default)]
struct Element {
    /// Who took it, by which connection.
    taken: Option<(u64, Link)>,
    told: bool,
}

#[derive(Debug)]
struct Wait {
    since: Duration,
    /// When the server first heard of it.
    begun: Option<Duration>,
    limit: Duration,
    element: Option<usize>,
    /// Where the server got it.
    links: Vec<Link>,
}

impl Ledger {
    /// The server got a command that waits.
    pub(crate) fn waits_on(&mut self, ticket: u64, link: Link) {
        let Some(wait) = self.lists.waits.get_mut(&ticket) else { return };
        assert!(wait.element.is_none(), "{ticket} waits on {link} although it got {wait:?}");
        wait.links.push(link);
        wait.begun.get_or_insert(self.now);
        if wait.links.len() > 1 {
            self.totals.did(Deed::WaitMoved);
        }
    }

    /// The server gave an element away.
    pub(crate) fn popped(&mut self, popped: &Popped, is_lost: bool) {
        let at: usize = popped.element.parse().unwrap();
        let ticket = tag(&popped.keys[1]).unwrap();
        let over_for = self.over_for(ticket);
        assert!(is_lost || over_for < HEARD, "{ticket} takes {at}, {over_for:?} after its end");
        let element = &mut self.lists.elements[at];
        assert!(element.taken.is_none(), "{at} is taken twice: {element:?}");
        element.taken = Some((ticket, popped.link));
        if let Some(wait) = self.lists.waits.get_mut(&ticket) {
            wait.element = Some(at);
        }
        assert!(!self.has_promised(ticket), "{ticket} took {at} after it was said not to have run");
        self.totals.did(Deed::Pop);
    }

    /// A waiter is told something.
    pub(crate) fn waited(&mut self, ticket: u64, link: Link, reply: Reply<'_>) {
        let wait = &self.lists.waits[&ticket];
        let lasted = self.now - wait.since;
        let words = crate::listeners::words(reply);
        if let [_, element] = &words[..] {
            let element = &mut self.lists.elements[element.parse::<usize>().unwrap()];
            assert_eq!(element.taken, Some((ticket, link)), "{ticket} is told {words:?}");
            assert!(!std::mem::replace(&mut element.told, true), "{words:?} is told twice");
        } else {
            assert_eq!(wait.element, None, "{ticket} took something and is told {reply:?}");
        }
        let is_nil = matches!(reply.bytes(), b"_\r\n" | b"*-1\r\n");
        if is_nil {
            self.totals.did(Deed::WaitOver);
            let limit = wait.limit;
            assert!(!limit.is_zero(), "{ticket} was to wait for ever");
            assert!(lasted + EARLY >= limit, "{ticket} is given up after {lasted:?} of {limit:?}");
        }
        let served = self.now - wait.begun.unwrap_or(self.now);
        let limit = wait.limit;
        assert!(
            !self.is_planned || limit.is_zero() || served <= limit + LATE,
            "{ticket} waits {served:?} instead of {limit:?}"
        );
    }

    /// A waiter is told that there will be nothing.
    pub(crate) fn waited_in_vain(&mut self, ticket: u64, error: &Error) {
        let wait = &self.lists.waits[&ticket];
        assert!(
            wait.element.is_none() || error.is_maybe_executed(),
            "{ticket} got {wait:?}, but its failure says that it did not run: {error:?}"
        );
        if error.code() == Code::ClientQueueFull {
            self.totals.did(Deed::Crowd);
        }
    }

    /// Whatever was taken was told, or its caller knows that it may be gone.
    pub(crate) fn judge_lists(&mut self) {
        let mut lost = 0;
        for (at, element) in self.lists.elements.iter().enumerate().filter(|(_, it)| !it.told) {
            let Some((ticket, _)) = element.taken else { continue };
            assert!(self.may_have_run(ticket), "{at} was taken and never told: {element:?}");
            assert!(!self.is_planned || self.is_cancelled(ticket), "{at} was lost: {element:?}");
            lost += 1;
        }
        (0..lost).for_each(|_| self.totals.did(Deed::PopLost));
    }
}

impl Sim {
    /// One waiter's turn.
    pub(crate) fn wait(&mut self, waiter: u64) {
        let latest = self.ledger.lists.latest.get(&waiter).copied().unwrap_or_default();
        if latest > 0 && self.ledger.is_open(latest) {
            if self.dice.percent(4) {
                self.give_up(latest);
            }
        } else {
            let ticket = self.begin_wait(waiter);
            self.ledger.lists.latest.insert(waiter, ticket);
        }
        let pause = self.dice.millis(10, 1500);
        self.agenda.add(self.now.monotonic + pause, What::Wait(waiter));
    }

    fn begin_wait(&mut self, waiter: u64) -> u64 {
        let limit = limit(&mut self.dice, self.plan.planned);
        let key = queue(&mut self.dice);
        let timeout = match self.dice.below(12) {
            0 if !self.plan.planned => Some(Duration::from_millis(900)),
            _ => None,
        };
        let now = self.now.monotonic;
        let ticket = self.ledger.next_ticket();
        let deadline = match (timeout, self.client.profile().config().timeout) {
            (Some(own), _) => Some(now + own),
            (None, Some(usual)) if !limit.is_zero() => Some(now + usual + limit),
            _ => None,
        };
        self.ledger.submit(WAITERS + waiter, Asked::Wait, 1, deadline);
        let wait = Wait { since: now, begun: None, limit, element: None, links: Vec::new() };
        self.ledger.lists.waits.insert(ticket, wait);
        self.ledger.totals.did(Deed::Wait);
        let packed = pack(&["BLPOP", key, &ticket.to_string(), &limit.as_secs_f64().to_string()]);
        let record = Record {
            ticket,
            commands: 1,
            length: packed.len() as u32,
            timeout_ms: timeout.map_or(0, |it| it.as_millis() as u32),
            flags: 0,
        };
        self.note(|_| format!("waiter {waiter} waits {limit:?} for {key}: {ticket}"));
        self.client.submit(self.now, [record], packed, &mut self.ledger);
        ticket
    }

    /// Somebody else adds to a list.
    pub(crate) fn push(&mut self) {
        if !self.server.on_hold {
            let key = queue(&mut self.dice);
            for _ in 0..=self.dice.below(2) {
                self.push_to(key);
            }
        }
        let pause = self.dice.millis(20, 2500);
        self.agenda.add(self.now.monotonic + pause, What::Push);
    }

    fn push_to(&mut self, key: &str) {
        let element = self.ledger.lists.elements.len().to_string();
        self.ledger.lists.elements.push(Element::default());
        self.note(|_| format!("{element} is pushed to {key}"));
        self.server.push(key, &[element]);
        for link in self.server.waiting.clone() {
            self.serve(link);
        }
    }

    /// Whoever still waits gets something.
    pub(crate) fn feed(&mut self) {
        let end = self.now.monotonic + seconds(60.0);
        let open = |sim: &Self| {
            let mut latest = sim.ledger.lists.latest.values();
            latest.any(|ticket| sim.ledger.is_open(*ticket))
        };
        while open(self) {
            assert!(self.now.monotonic < end, "somebody waits although there is enough for all");
            for key in QUEUES {
                self.push_to(key);
            }
            self.turn();
            self.until(self.now.monotonic + seconds(0.5));
        }
    }
}

fn limit(dice: &mut Dice, planned: bool) -> Duration {
    let seconds =
        if planned { dice.pick(&[0.0, 0.5, 4.0, 15.0]) } else { dice.pick(&[0.0, 0.2, 1.0, 6.0]) };
    Duration::from_secs_f64(seconds)
}

fn queue(dice: &mut Dice) -> &'static str {
    dice.pick(&QUEUES)
}

const QUEUES: [&str; 2] = ["jobs", "mails"];
/// Callers of this kind are numbered from here.
const WAITERS: u64 = 100;
/// Later than this the server knows that a connection is over: stalls take six seconds, and the host sleeps for twenty.
const HEARD: Duration = Duration::from_secs(28);
/// What is left of a limit is told in milliseconds.
const EARLY: Duration = Duration::from_millis(2);
/// For a command to move once or twice.
const LATE: Duration = Duration::from_secs(1);
