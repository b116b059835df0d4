//! A lane of subscriptions, those who publish, and what has to be told of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use redlatch_core::{
    Event, EventKind, LaneId, Link, Record, Role,
    resp::{Reply, Token},
};

use crate::{
    agenda::What,
    ledger::{Asked, Ledger},
    sim::Sim,
    totals::Deed,
    world::{channels::Subscribed, pack, seconds, server::commands},
};

/// What was published, and what the client was to tell of it.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) lane: LaneId,
    published: u64,
    subscriptions: BTreeMap<Subscribed, Subscription>,
    changes: BTreeMap<u64, (bool, Vec<Subscribed>)>,
    /// Connections that subscribed to something.
    listening: BTreeSet<Link>,
    /// One of them was lost, and no gap told since.
    lost: bool,
    /// Passed over. A session may tell the first messages before it has all subscriptions, and only
    /// then the gap.
    missed: Vec<String>,
}

#[derive(Debug, Default)]
struct Subscription {
    /// Changes that have no outcome.
    open: u32,
    /// Whether it is subscribed, as far as the caller was told.
    known: Option<bool>,
    /// The ticket that told.
    by: u64,
    /// The latest message told.
    last: u64,
    /// To be told, and the connections it was sent by.
    awaited: VecDeque<(u64, Vec<Link>)>,
}

impl Ledger {
    pub(crate) fn listens_on(&mut self, link: Link, command: &str) {
        if command.ends_with("SUBSCRIBE") {
            self.heard.listening.insert(link);
        }
    }

    /// A change of subscriptions has ended: `Some` if the server did it.
    pub(crate) fn changed(&mut self, ticket: u64, done: bool) {
        let Some((begins, all)) = self.heard.changes.remove(&ticket) else { return };
        for it in all {
            let it = self.heard.subscriptions.entry(it).or_default();
            it.open -= 1;
            if ticket > it.by {
                (it.by, it.known) = (ticket, done.then_some(begins));
            }
        }
        self.totals.did(Deed::Change);
    }

    /// The client tells what it heard.
    pub(crate) fn tells(&mut self, lane: LaneId, message: Reply<'_>) {
        assert_eq!(lane, self.heard.lane, "a lane that does not listen heard {message:?}");
        let words = words(message);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let (how, name, text) = match words[..] {
            ["message", name, text] => ("subscribe", name, text),
            ["smessage", name, text] => ("ssubscribe", name, text),
            ["pmessage", name, _, text] => ("psubscribe", name, text),
            _ => return,
        };
        let number: u64 = text.parse().unwrap();
        let key = Subscribed { how, name: name.to_owned() };
        let it = self.heard.subscriptions.get_mut(&key).unwrap();
        assert!(number > it.last, "{number} is told after {}: {words:?}", it.last);
        assert!(it.open > 0 || it.known != Some(false), "{words:?} is told, unsubscribed {it:?}");
        it.last = number;
        while let Some((awaited, links)) = it.awaited.pop_front() {
            if awaited > number {
                it.awaited.push_front((awaited, links));
                break;
            }
            if awaited < number {
                self.heard.missed.push(format!("{awaited}, sent by {links:?}, before {words:?}"));
            }
        }
        self.totals.did(Deed::Message);
    }

    /// Follows what the client says of its connections.
    pub(crate) fn follow(&mut self, event: &Event) {
        let link = event.field("link").and_then(|link| link.parse::<Link>().ok());
        let listened = link.is_some_and(|link| self.heard.listening.contains(&link));
        match event.kind {
            EventKind::Disconnected if event.field("reason").is_none() => {
                self.heard.lost |= listened;
            }
            EventKind::Replaced if listened => self.totals.did(Deed::Moved),
            EventKind::Gap => {
                assert!(std::mem::take(&mut self.heard.lost), "a gap where nothing was lost");
                self.totals.did(Deed::Gap);
                self.heard.missed.clear();
                let link = link.unwrap();
                for it in self.heard.subscriptions.values_mut() {
                    it.awaited.retain(|(_, links)| links.contains(&link));
                }
            }
            _ => {}
        }
    }
}

impl Sim {
    pub(crate) fn open_ears(&mut self) {
        self.ledger.heard.lane = self.client.open(self.now, Role::Subscriber).unwrap();
        self.turn();
    }

    /// Subscribes to something, or ends that.
    pub(crate) fn listen_to(&mut self) {
        if self.dice.percent(5) {
            let open: Vec<_> = self.ledger.heard.changes.keys().copied().collect();
            if !open.is_empty() {
                let ticket = self.dice.pick(&open);
                self.give_up(ticket);
            }
        }
        let (how, names) = self.dice.pick(&CHANNELS);
        let begins = self.dice.percent(65);
        let mut chosen: Vec<_> = names.to_vec();
        if self.dice.percent(60) {
            chosen = vec![self.dice.pick(names)];
        } else if !begins && self.dice.percent(50) {
            chosen.clear();
        }
        self.change(how, begins, &chosen);
        let pause = self.dice.millis(5, 60 * self.plan.listen_pace);
        self.agenda.add(self.now.monotonic + pause, What::Listen);
    }

    fn change(&mut self, how: &'static str, begins: bool, names: &[&str]) {
        let word = match (how, begins) {
            (_, true) => how.to_uppercase(),
            ("subscribe", false) => "UNSUBSCRIBE".to_owned(),
            (_, false) => format!("{}UNSUBSCRIBE", how[..1].to_uppercase()),
        };
        let packed = pack(&[&[word.as_str()], names].concat());
        let ticket = self.ledger.next_ticket();
        let deadline = self.client.profile().config().timeout.map(|it| self.now.monotonic + it);
        self.ledger.submit(LISTENER, Asked::Change, 1, deadline);
        let touched = match CHANNELS.iter().find(|(it, _)| *it == how) {
            Some((_, all)) if names.is_empty() => all,
            _ => names,
        };
        let touched: Vec<_> =
            touched.iter().map(|name| Subscribed { how, name: (*name).to_owned() }).collect();
        for it in &touched {
            self.ledger.heard.subscriptions.entry(it.clone()).or_default().open += 1;
        }
        self.ledger.heard.changes.insert(ticket, (begins, touched));
        let length = packed.len() as u32;
        let record = Record { ticket, commands: 1, length, ..Record::default() };
        self.note(|_| format!("{word} {names:?}: {ticket}"));
        let lane = self.ledger.heard.lane;
        self.client.submit_to(self.now, lane, [record], packed, &mut self.ledger);
    }

    /// Somebody says something.
    pub(crate) fn publish(&mut self) {
        if !self.server.on_hold {
            let channel = self.dice.pick(&["a", "b", "ab", "s", "t"]);
            self.publish_to(channel);
        }
        let pause = self.dice.millis(1, 25 * self.plan.listen_pace);
        self.agenda.add(self.now.monotonic + pause, What::Publish);
    }

    fn publish_to(&mut self, channel: &str) {
        self.ledger.heard.published += 1;
        let number = self.ledger.heard.published;
        let shard = matches!(channel, "s" | "t");
        self.note(|_| format!("{number} is published in {channel}"));
        let listening: Vec<_> = self.ledger.heard.listening.iter().copied().collect();
        for (key, it) in &mut self.ledger.heard.subscriptions {
            if it.open > 0 || it.known != Some(true) || !key.hears(shard, channel) {
                continue;
            }
            let sent = listening.iter().filter(|link| {
                let conn = self.wires.get(link).map(|wire| &wire.conn);
                conn.is_some_and(|conn| !conn.ended && conn.subscribed.contains(key))
            });
            it.awaited.push_back((number, sent.copied().collect()));
        }
        for link in listening {
            if let Some(wire) = self.wires.get_mut(&link).filter(|wire| !wire.conn.ended) {
                match shard {
                    true => wire.conn.publish_in_shard(channel, &number.to_string()),
                    false => wire.conn.publish(channel, &number.to_string()),
                }
                self.serve(link);
            }
        }
    }

    /// What is published reaches those who listen, and the server's books are the client's.
    pub(crate) fn check_ears(&mut self, bound: std::time::Duration) {
        let end = self.now.monotonic + bound;
        while !self.hears_what_it_wants() {
            assert!(
                self.now.monotonic < end,
                "{:?} is wanted, the server has {:?}",
                self.wanted(),
                self.held()
            );
            self.until(self.now.monotonic + seconds(0.5));
        }
        for channel in ["a", "b", "ab", "s", "t"] {
            self.publish_to(channel);
        }
        self.turn();
        self.until(self.now.monotonic + seconds(1.0));
        assert!(self.ledger.heard.missed.is_empty(), "never told: {:?}", self.ledger.heard.missed);
        for (key, it) in &self.ledger.heard.subscriptions {
            assert!(it.awaited.is_empty(), "{key:?}: {it:?} is never told");
            assert!(
                it.known.is_none_or(|known| known == self.wanted().contains(key)),
                "{key:?}: {it:?}, but the client wants {:?}",
                self.wanted()
            );
        }
    }

    fn hears_what_it_wants(&self) -> bool {
        let held = self.held();
        let wanted = self.wanted();
        // One connection has it all.
        held.len() <= 1 && held.first().map_or(wanted.is_empty(), |held| *held == wanted)
    }

    /// What the client believes to have subscribed to.
    fn wanted(&self) -> BTreeSet<Subscribed> {
        let mut packed = self.client.subscriptions(self.ledger.heard.lane).concat();
        let all = commands(&mut packed).into_iter().flat_map(|words| {
            let how =
                CHANNELS.iter().find(|(how, _)| words[0].eq_ignore_ascii_case(how)).unwrap().0;
            words[1..].iter().map(|name| Subscribed { how, name: name.clone() }).collect::<Vec<_>>()
        });
        all.collect()
    }

    /// What the server has of each connection that listens.
    fn held(&self) -> Vec<BTreeSet<Subscribed>> {
        let open = self.wires.values().filter(|wire| wire.is_open);
        let held = open.map(|wire| wire.conn.subscribed.iter().cloned().collect::<BTreeSet<_>>());
        held.filter(|held| !held.is_empty()).collect()
    }
}

/// The words of a flat reply.
pub(crate) fn words(reply: Reply<'_>) -> Vec<String> {
    let words = reply.tokens().skip(1).map(|token| match token {
        Token::Bulk(text) => String::from_utf8_lossy(text).into_owned(),
        Token::Int(number) => number.to_string(),
        _ => String::new(),
    });
    words.collect()
}

/// What is subscribed to, by how.
const CHANNELS: [(&str, &[&str]); 3] =
    [("subscribe", &["a", "b"]), ("psubscribe", &["a*", "*"]), ("ssubscribe", &["s", "t"])];
const LISTENER: u64 = 200;
