//! The connection that is watched, in a thread of its own: it must not wait for who looks on.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use redlatch::core::resp::{Reply, encode_command};
use redlatch::core::{Client, Record, Role, Sink};
use redlatch::{Driver, Error, Event, Profile, Providers, clock};
use serde_json::Value;

/// A connection that is watched until this is dropped.
pub(super) struct Probe {
    shared: Arc<Shared>,
    ended: Receiver<()>,
}

struct Shared {
    seen: Mutex<Seen>,
    stop: AtomicBool,
}

/// What was seen of the connection, the latest last.
#[derive(Default)]
pub(super) struct Seen {
    /// The core's status document.
    pub(super) status: Value,
    pub(super) events: Log<Event>,
    /// How long each PING took; none for one that got no answer.
    pub(super) pings: Log<Option<Duration>>,
    /// Commands in a second, as the server counts.
    pub(super) rate: Option<u64>,
}

/// The latest of many, each with a number, so that every reader knows what is new.
pub(super) struct Log<T> {
    first: u64,
    entries: VecDeque<T>,
}

impl<T> Default for Log<T> {
    fn default() -> Log<T> {
        Log { first: 0, entries: VecDeque::new() }
    }
}

impl<T> Log<T> {
    fn push(&mut self, entry: T) {
        if self.entries.len() == KEPT {
            self.entries.pop_front();
            self.first += 1;
        }
        self.entries.push_back(entry);
    }

    /// What came since `cursor`, which moves to the end.
    pub(super) fn since(&self, cursor: &mut u64) -> impl Iterator<Item = &T> {
        let skip = cursor.saturating_sub(self.first) as usize;
        *cursor = self.first + self.entries.len() as u64;
        self.entries.iter().skip(skip)
    }

    /// The latest, at most so many.
    pub(super) fn latest(&self, most: usize) -> impl Iterator<Item = &T> {
        self.entries.iter().skip(self.entries.len().saturating_sub(most))
    }
}

impl Probe {
    pub(super) fn start(profile: Arc<Profile>, ping_interval: Duration) -> Probe {
        let shared = Arc::new(Shared { seen: Mutex::default(), stop: AtomicBool::new(false) });
        let (sender, ended) = channel::<()>();
        let theirs = shared.clone();
        thread::spawn(move || {
            let _sender = sender;
            watch(profile, ping_interval, &theirs);
        });
        Probe { shared, ended }
    }

    /// What was seen until now.
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.shared.seen)
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        // Time for a goodbye; who hangs in a dial is not waited for.
        let _ = self.ended.recv_timeout(GOODBYE);
    }
}

fn watch(profile: Arc<Profile>, ping_interval: Duration, shared: &Shared) {
    // As a client of many callers: a server that refuses it is not asked again for each PING.
    let mut driver = Driver::for_role(profile, Providers::new(), Role::Shared);
    let mut answers = Answers::default();
    driver.input(&mut answers, |client, now, sink| client.connect(now, sink));
    let mut was_ready = false;
    let (mut next_ping, mut next_info) = (Instant::now(), Instant::now());
    let mut published = None;
    while !shared.stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        // The first connection is no answer to PING; one that is made again is what callers wait for.
        was_ready |= driver.client().is_ready();
        if was_ready && answers.ping.is_none() && next_ping <= now {
            next_ping = now + ping_interval;
            answers.ping = Some((submit(&mut driver, &mut answers, &["PING"]), now));
        }
        if was_ready && answers.info.is_none() && next_info <= now {
            next_info = now + Duration::from_secs(1);
            answers.info = Some(submit(&mut driver, &mut answers, &["INFO", "stats"]));
        }
        let mut until = now + GLANCE;
        if was_ready && answers.ping.is_none() {
            until = until.min(next_ping);
        }
        let look = |client: &mut Client, answers: &mut Answers| {
            let news = publish(client, answers, shared, &mut published);
            news || shared.stop.load(Ordering::Relaxed)
        };
        let go_on = &mut || !shared.stop.load(Ordering::Relaxed);
        driver.run(&mut answers, look, Some(until), go_on);
    }
    driver.close(&mut answers);
}

fn submit(driver: &mut Driver, answers: &mut Answers, words: &[&str]) -> u64 {
    answers.ticket += 1;
    let ticket = answers.ticket;
    let mut packed = Vec::new();
    encode_command(&mut packed, words.iter());
    let length = packed.len() as u32;
    let record = Record { ticket, commands: 1, length, ..Record::default() };
    driver.input(answers, |client, now, sink| client.submit(now, [record], packed, sink));
    ticket
}

/// Whether there was anything new.
fn publish(
    client: &mut Client,
    answers: &mut Answers,
    shared: &Shared,
    published: &mut Option<Instant>,
) -> bool {
    let events: Vec<_> = std::iter::from_fn(|| client.poll_event()).collect();
    let is_news = !events.is_empty() || !answers.pings.is_empty();
    if !is_news && published.is_some_and(|at| at.elapsed() < GLANCE) {
        return false;
    }
    *published = Some(Instant::now());
    let status = serde_json::from_str(&client.status(clock::now())).unwrap_or_default();
    let mut seen = lock(&shared.seen);
    seen.status = status;
    seen.rate = answers.rate;
    events.into_iter().for_each(|event| seen.events.push(event));
    answers.pings.drain(..).for_each(|ping| seen.pings.push(ping));
    is_news
}

/// Tells what the two commands under way gave.
#[derive(Default)]
struct Answers {
    ticket: u64,
    /// Ticket and start.
    ping: Option<(u64, Instant)>,
    info: Option<u64>,
    pings: Vec<Option<Duration>>,
    rate: Option<u64>,
}

impl Sink for Answers {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        match self.ping {
            Some((number, start)) if number == ticket => {
                self.ping = None;
                self.pings.push(Some(start.elapsed()));
            }
            _ => {
                self.info = None;
                self.rate = rate(reply.to_value().as_str().unwrap_or_default());
            }
        }
    }

    fn fail(&mut self, ticket: u64, _: &Error) {
        match self.ping {
            Some((number, _)) if number == ticket => {
                self.ping = None;
                self.pings.push(None);
            }
            _ => (self.info, self.rate) = (None, None),
        }
    }
}

/// Of the text of INFO; none if the user may not run it.
fn rate(info: &str) -> Option<u64> {
    let mut lines = info.lines();
    lines.find_map(|line| line.strip_prefix("instantaneous_ops_per_sec:"))?.trim().parse().ok()
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

const KEPT: usize = 4096;
/// How old what is shown may be.
const GLANCE: Duration = Duration::from_millis(200);
const GOODBYE: Duration = Duration::from_millis(300);
