//! What callers asked, what the server did, what callers were told; and whether it was right.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use redlatch_core::{Code, Error, Link, Sink, document, resp::Reply};

use crate::totals::Totals;

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
    /// It failed with the promise that it did not run.
    promised: bool,
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
}

impl Ledger {
    pub(crate) fn new(is_traced: bool) -> Self {
        Self { is_traced, ..Self::default() }
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
            promised: false,
            ended_before: 0,
        });
    }

    /// Gives up a ticket. Whether it was open.
    pub(crate) fn cancel(&mut self, ticket: u64) -> bool {
        let open = self.is_open(ticket);
        if open {
            self.end(ticket, State::Cancelled);
        }
        open
    }

    pub(crate) fn is_open(&self, ticket: u64) -> bool {
        self.tickets.get(ticket as usize - 1).is_some_and(|it| it.state == State::Open)
    }

    pub(crate) fn is_replied(&self, ticket: u64) -> bool {
        self.tickets[ticket as usize - 1].state == State::Replied
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
        let is_exec = arguments[0] == "EXEC";
        let ticket = match is_exec {
            true => self.running.get(&link).copied(),
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
        let again = it.runs.iter().any(|run| run.link != link && run.effect > 0);
        let at = it.runs.iter().position(|run| run.link == link).unwrap_or_else(|| {
            it.runs.push(Run { link, replies: Vec::new(), effect: 0 });
            it.runs.len() - 1
        });
        let run = &mut it.runs[at];
        run.replies.push(reply.to_vec());
        assert!(run.replies.len() <= it.commands as usize, "{ticket} ran twice on {link}");
        if it.asked != Asked::Transaction || is_exec {
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
    pub(crate) fn judge(&self) {
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
        let nth = it.replied as usize;
        it.replied += 1;
        let expected: &[u8] = match (it.asked, nth) {
            (Asked::Transaction, 0) => b"+OK\r\n",
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
            let last = self.told.insert(caller, (ticket, effect)).unwrap_or_default();
            assert!(
                last.0 < ticket && last.1 < effect,
                "commands of caller {caller} out of order: {last:?}, then {ticket} ({effect})"
            );
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
        assert!(it.asked != Asked::Misuse || code != Code::ClientInterrupted, "{error:?}");
        it.promised = !error.is_maybe_executed() && it.asked != Asked::Read;
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
        self.totals.failures += 1;
        self.end(ticket, State::Failed);
        self.mix(u64::from(code.number()));
    }
}

/// The ticket a command was handed in with: its last word starts with it.
pub(crate) fn ticket(arguments: &[String]) -> Option<u64> {
    let known = ["ECHO", "APPEND", "MGET", "SET", "NOSUCH"];
    let tag = arguments.last().filter(|_| known.contains(&arguments[0].as_str()))?;
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
