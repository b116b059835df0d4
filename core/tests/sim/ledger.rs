//! What callers asked, what the server did, what callers were told; and whether it was right.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use redlatch_core::{Code, Error, LaneId, Link, Sink, document, resp::Reply};

use crate::{
    listeners::Heard,
    raws::Raw,
    totals::{Deed, Totals},
    waiters::Lists,
    watchers::Watches,
};

/// Part of every secret; never to be heard.
pub(crate) const MARK: &str = "hush";

/// What a record asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Reads only: may be sent again.
    Read,
    /// Must not run twice.
    Write,
    /// Writes, and the caller allows it to run twice.
    Repeatable,
    /// Several commands in a row; some write.
    Pipeline,
    /// MULTI to EXEC.
    Transaction,
    /// Waits for an element of a list.
    Wait,
    /// Begins or ends subscriptions.
    Change,
    /// WATCH: of no use to anybody on another connection.
    Watch,
    /// MULTI alone.
    Begin,
    /// A command of a transaction that was begun before.
    Queued,
    /// EXEC alone.
    Commit,
    /// Must be refused.
    Misuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Replied,
    Failed,
    Cancelled,
}

#[derive(Debug)]
pub(crate) struct Ticket {
    caller: u64,
    asked: Asked,
    commands: u32,
    replied: u32,
    state: State,
    deadline: Option<Duration>,
    runs: Vec<Run>,
    /// A reply was an error.
    refused: bool,
    /// It failed with the promise that it did not run.
    promised: bool,
    ended_at: Duration,
    /// Count of links dialed when it ended.
    ended_before: Link,
}

/// What a server did for a ticket on one connection.
#[derive(Debug)]
struct Run {
    link: Link,
    replies: Vec<Vec<u8>>,
    /// When it took effect, in the order of all effects; 0 if it has not.
    effect: u64,
}

#[derive(Default)]
pub(crate) struct Ledger {
    tickets: Vec<Ticket>,
    /// Open tickets that have a deadline.
    deadlines: BTreeSet<(Duration, u64)>,
    pub(crate) open: usize,
    /// Commands that failed although they could have worked.
    pub(crate) failed: u64,
    pub(crate) totals: Totals,
    pub(crate) now: Duration,
    /// The connection whose bytes the client is being given.
    pub(crate) speaking: Option<Link>,
    pub(crate) last_dialed: Link,
    /// Commands failed with `client.queue_full` since somebody looked.
    pub(crate) queue_full: usize,
    effects: u64,
    /// The newest ticket that ran on a connection, and what that is not known of yet.
    running: BTreeMap<Link, u64>,
    /// Each caller's latest reply: ticket and effect.
    told: HashMap<u64, (u64, u64)>,
    pub(crate) digest: u64,
    /// What was told since somebody looked, for the trace.
    pub(crate) news: Vec<String>,
    is_traced: bool,
    /// Nothing is lost in this world.
    pub(crate) is_planned: bool,
    pub(crate) lists: Lists,
    pub(crate) heard: Heard,
    pub(crate) watches: Watches,
    pub(crate) raw: Raw,
}

impl Ledger {
    pub(crate) fn new(is_traced: bool, is_planned: bool) -> Self {
        Self { is_traced, is_planned, ..Self::default() }
    }

    pub(crate) fn next_ticket(&self) -> u64 {
        self.tickets.len() as u64 + 1
    }

    pub(crate) fn submit(
        &mut self,
        caller: u64,
        asked: Asked,
        commands: u32,
        deadline: Option<Duration>,
    ) {
        let ticket = self.next_ticket();
        self.deadlines.extend(deadline.map(|deadline| (deadline, ticket)));
        self.open += 1;
        self.totals.commands += 1;
        self.tickets.push(Ticket {
            caller,
            asked,
            commands,
            replied: 0,
            state: State::Open,
            deadline,
            runs: Vec::new(),
            refused: false,
            promised: false,
            ended_at: Duration::ZERO,
            ended_before: 0,
        });
    }

    /// Gives up a ticket. Whether it was open.
    pub(crate) fn cancel(&mut self, ticket: u64) -> bool {
        let open = self.is_open(ticket);
        if open {
            self.end(ticket, State::Cancelled);
            self.changed(ticket, false);
        }
        open
    }

    pub(crate) fn is_open(&self, ticket: u64) -> bool {
        self.tickets.get(ticket as usize - 1).is_some_and(|it| it.state == State::Open)
    }

    pub(crate) fn is_replied(&self, ticket: u64) -> bool {
        self.tickets[ticket as usize - 1].state == State::Replied
    }

    /// It got its replies, and none was an error.
    pub(crate) fn is_done(&self, ticket: u64) -> bool {
        self.is_replied(ticket) && !self.tickets[ticket as usize - 1].refused
    }

    pub(crate) fn is_cancelled(&self, ticket: u64) -> bool {
        self.tickets[ticket as usize - 1].state == State::Cancelled
    }

    /// How long ago it ended.
    pub(crate) fn over_for(&self, ticket: u64) -> Duration {
        match self.is_open(ticket) {
            true => Duration::ZERO,
            false => self.now - self.tickets[ticket as usize - 1].ended_at,
        }
    }

    /// It ended with the promise that it did not run.
    pub(crate) fn has_promised(&self, ticket: u64) -> bool {
        self.tickets[ticket as usize - 1].promised
    }

    /// Its caller was told nothing, or that nobody knows.
    pub(crate) fn may_have_run(&self, ticket: u64) -> bool {
        let it = &self.tickets[ticket as usize - 1];
        it.state == State::Cancelled || (it.state == State::Failed && !it.promised)
    }

    /// The transaction that ran last on a connection.
    pub(crate) fn exec_on(&self, link: Link) -> Option<u64> {
        self.running.get(&link).copied()
    }

    /// When the next command must have ended.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// The client hands a command to the network.
    pub(crate) fn written(&self, ticket: u64, link: Link) {
        let it = &self.tickets[ticket as usize - 1];
        assert!(it.state == State::Open, "{ticket} is sent on {link} after its end: {it:?}");
    }

    /// The server ran a command.
    pub(crate) fn ran(&mut self, link: Link, arguments: &[String], reply: &[u8]) {
        assert!(
            arguments[0] != "PING" || reply != b"+QUEUED\r\n",
            "PING in the middle of a transaction on {link}"
        );
        self.listens_on(link, &arguments[0]);
        let is_exec = arguments[0] == "EXEC";
        let ticket = match is_exec {
            true => {
                let latest = self.running.get(&link).copied();
                latest.map(|it| self.watches.exec_of.get(&it).copied().unwrap_or(it))
            }
            false => ticket(arguments),
        };
        let Some(ticket) = ticket else { return };
        let before = self.running.insert(link, ticket).unwrap_or(0);
        assert!(before <= ticket, "{ticket} runs on {link} after {before}");
        let it = &mut self.tickets[ticket as usize - 1];
        assert!(it.asked != Asked::Misuse, "{ticket} was to be refused");
        assert!(
            it.state == State::Open || link <= it.ended_before,
            "{ticket} runs on a connection made after its end: {it:?}"
        );
        if it.asked == Asked::Wait {
            return self.waits_on(ticket, link);
        }
        let again = it.runs.iter().any(|run| run.link != link && run.effect > 0);
        let at = it.runs.iter().position(|run| run.link == link).unwrap_or_else(|| {
            it.runs.push(Run { link, replies: Vec::new(), effect: 0 });
            it.runs.len() - 1
        });
        let run = &mut it.runs[at];
        run.replies.push(reply.to_vec());
        assert!(run.replies.len() <= it.commands as usize, "{ticket} ran twice on {link}");
        let takes_effect = match it.asked {
            Asked::Transaction | Asked::Commit => {
                is_exec && reply.starts_with(b"*") && reply != b"*-1\r\n"
            }
            Asked::Watch | Asked::Begin | Asked::Queued => false,
            _ => true,
        };
        if takes_effect {
            self.effects += 1;
            run.effect = self.effects;
            assert!(!it.promised, "{ticket} ran although its failure said it did not: {it:?}");
        }
        if again {
            self.totals.resent += 1;
        }
        assert!(
            !again || matches!(it.asked, Asked::Read | Asked::Repeatable),
            "{ticket} ran twice: {it:?}"
        );
    }

    /// Whether everything has ended.
    pub(crate) fn judge(&mut self) {
        self.judge_lists();
        for (at, it) in self.tickets.iter().enumerate() {
            assert!(it.state != State::Open, "{} has no outcome: {it:?}", at + 1);
        }
    }

    fn end(&mut self, ticket: u64, state: State) {
        let ended_before = self.last_dialed;
        let it = &mut self.tickets[ticket as usize - 1];
        assert!(it.state == State::Open, "{ticket} ends twice: {it:?}, then {state:?}");
        it.state = state;
        it.ended_before = ended_before;
        it.ended_at = self.now;
        if let Some(deadline) = it.deadline {
            self.deadlines.remove(&(deadline, ticket));
        }
        self.open -= 1;
        let now = self.now.as_nanos() as u64;
        self.mix(ticket ^ now.rotate_left(20) ^ (state as u64) << 60);
    }

    fn mix(&mut self, number: u64) {
        self.digest = (self.digest ^ number).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }

    fn told(&mut self, news: impl FnOnce() -> String) {
        if self.is_traced {
            self.news.push(news());
        }
    }
}

impl Sink for Ledger {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        let Some(link) = self.speaking else { panic!("{ticket} is answered out of the blue") };
        let it = &mut self.tickets[ticket as usize - 1];
        assert!(it.state == State::Open, "{ticket} is answered after its end: {it:?}");
        it.refused |= reply.bytes().starts_with(b"-");
        let nth = it.replied as usize;
        it.replied += 1;
        let expected: &[u8] = match (it.asked, nth) {
            (Asked::Wait, _) => {
                self.waited(ticket, link, reply);
                self.end(ticket, State::Replied);
                self.totals.replies += 1;
                return;
            }
            (Asked::Change, _) => {
                self.changed(ticket, !reply.bytes().starts_with(b"-"));
                self.end(ticket, State::Replied);
                self.totals.replies += 1;
                return;
            }
            (Asked::Transaction | Asked::Begin, 0) => b"+OK\r\n",
            (asked, nth) => {
                let nth = if asked == Asked::Transaction { nth - 1 } else { nth };
                let run = it.runs.iter().find(|run| run.link == link);
                match run.and_then(|run| run.replies.get(nth)) {
                    Some(expected) => expected,
                    None => panic!("{ticket} is answered on {link}, where it did not run: {it:?}"),
                }
            }
        };
        assert!(reply.bytes() == expected, "{ticket} gets another one's reply: {it:?}");
        let sum =
            reply.bytes().iter().fold(0_u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(*byte));
        if it.replied == it.commands {
            let run = it.runs.iter().find(|run| run.link == link);
            let (caller, effect) = (it.caller, run.map_or(0, |run| run.effect));
            if effect > 0 {
                let last = self.told.insert(caller, (ticket, effect)).unwrap_or_default();
                assert!(
                    last.0 < ticket && last.1 < effect,
                    "commands of caller {caller} out of order: {last:?}, then {ticket} ({effect})"
                );
            }
            self.totals.replies += 1;
            self.end(ticket, State::Replied);
        }
        self.mix(sum);
        self.told(|| format!("reply {ticket}.{nth} on {link}"));
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        let code = error.code();
        self.told(|| format!("fail {ticket} {error:?}"));
        let it = &mut self.tickets[ticket as usize - 1];
        for said in [format!("{error:?}"), document::error(error)] {
            assert!(!said.contains(MARK), "a secret is in {said}");
        }
        assert!(!is_bug(code), "{ticket}: {error:?}");
        assert!(
            code != Code::ClientTimeout || it.deadline.is_some_and(|end| end <= self.now),
            "{ticket} times out early: {it:?}"
        );
        assert!(it.asked != Asked::Misuse || code != Code::ClientInterrupted, "{error:?}");
        let is_harmless =
            matches!(it.asked, Asked::Read | Asked::Watch | Asked::Begin | Asked::Queued);
        it.promised = !error.is_maybe_executed() && !is_harmless;
        assert!(
            !it.promised || it.runs.iter().all(|run| run.effect == 0),
            "{ticket} ran, but its failure says it did not: {error:?}, {it:?}"
        );
        match code {
            Code::ClientInterrupted => self.totals.interrupted += 1,
            Code::ClientTimeout => self.totals.timeouts += 1,
            Code::ClientQueueFull => self.queue_full += 1,
            _ => {}
        }
        self.failed += u64::from(it.asked != Asked::Misuse);
        match it.asked {
            Asked::Wait => self.waited_in_vain(ticket, error),
            Asked::Change => self.changed(ticket, false),
            _ => {}
        }
        if code == Code::ClientWatchLost {
            self.totals.did(Deed::WatchLost);
        }
        self.totals.failures += 1;
        self.end(ticket, State::Failed);
        self.mix(u64::from(code.number()));
    }

    fn push(&mut self, lane: LaneId, message: Reply<'_>) {
        self.told(|| format!("push {:?}", crate::listeners::words(message)));
        self.tells(lane, message);
    }

    fn opened(&mut self, lane: LaneId) {
        self.told(|| "raw opens".to_owned());
        self.raw_opens(lane);
    }

    fn bytes(&mut self, lane: LaneId, bytes: &[u8]) {
        self.raw_hears(lane, bytes);
    }

    fn ended(&mut self, lane: LaneId, error: &Error) {
        self.told(|| format!("raw ends {error:?}"));
        self.raw_ends(lane);
    }
}

/// The ticket a command was handed in with: its last word starts with it.
pub(crate) fn ticket(arguments: &[String]) -> Option<u64> {
    let known = ["ECHO", "APPEND", "MGET", "SET", "NOSUCH", "WATCH"];
    match arguments[0].as_str() {
        // The limit comes last.
        "BLPOP" => tag(&arguments[2]),
        name => tag(arguments.last().filter(|_| known.contains(&name))?),
    }
}

/// The number a word starts with.
pub(crate) fn tag(tag: &str) -> Option<u64> {
    let digits = tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(tag.len());
    tag[..digits].parse().ok()
}

/// Codes that tell of a fault in the client itself: the server never broke the protocol.
pub(crate) fn is_bug(code: Code) -> bool {
    matches!(
        code,
        Code::InternalBug
            | Code::InternalPanic
            | Code::ProtocolMalformed
            | Code::ProtocolLimit
            | Code::TlsProtocol
            | Code::TlsBadCertificate
    )
}
