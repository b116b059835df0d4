//! Load from several threads, and how long each flight took.

use std::sync::Arc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use redlatch::{Client, Connection, Error, Result};

use super::keys::Keys;
use super::{Bench, Workload};
use crate::signals::Stop;

/// What was measured of one workload.
pub(super) struct Measured {
    /// Of a flight, in nanoseconds, once for each command of it.
    pub(super) latency: Histogram<u64>,
    pub(super) took: Duration,
}

impl Measured {
    pub(super) fn rate(&self) -> f64 {
        self.latency.len() as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

/// What the threads of one workload share.
struct Shared<'a> {
    bench: &'a Bench,
    workload: Workload,
    keys: &'a Keys,
    /// Somebody failed, or the user had enough.
    over: Arc<AtomicBool>,
    failed: AtomicBool,
    /// Commands that may still be started.
    left: AtomicU64,
    done: AtomicU64,
    started: Barrier,
}

/// Runs one workload; `watch` is told the progress. What was measured before a failure counts.
pub(super) fn run(
    bench: &Bench,
    workload: Workload,
    client: &Client,
    keys: &Keys,
    stop: &Stop,
    watch: impl Fn(u64, Duration),
) -> (Measured, Option<Error>) {
    let shared = Shared {
        bench,
        workload,
        keys,
        over: stop.flag(),
        failed: AtomicBool::new(false),
        left: AtomicU64::new(bench.requests.unwrap_or(u64::MAX)),
        done: AtomicU64::new(0),
        started: Barrier::new(bench.clients as usize + 1),
    };
    let (running, ended) = channel::<()>();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..bench.clients)
            .map(|_| {
                let (shared, running) = (&shared, running.clone());
                scope.spawn(move || {
                    let outcome = work(shared, client.connection());
                    drop(running);
                    outcome
                })
            })
            .collect();
        drop(running);
        shared.started.wait();
        let start = Instant::now();
        while ended.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
            watch(shared.done.load(Ordering::Relaxed), start.elapsed());
        }
        let mut measured = Measured { latency: histogram(), took: start.elapsed() };
        let mut failure = None;
        for worker in workers {
            let Ok((latency, outcome)) = worker.join() else { continue };
            // All have the same bounds.
            let _ = measured.latency.add(latency);
            failure = failure.or(outcome.err());
        }
        (measured, failure)
    })
}

fn work(shared: &Shared<'_>, mut connection: Connection) -> (Histogram<u64>, Result<()>) {
    let mut latency = histogram();
    // Connecting is no part of it.
    let connected = connection.call(["PING"]).map(drop);
    shared.started.wait();
    let outcome = connected.and_then(|()| fly(shared, &mut connection, &mut latency));
    if outcome.is_err() {
        shared.failed.store(true, Ordering::Relaxed);
    }
    connection.close();
    (latency, outcome)
}

fn fly(
    shared: &Shared<'_>,
    connection: &mut Connection,
    latency: &mut Histogram<u64>,
) -> Result<()> {
    let bench = shared.bench;
    let end = bench.requests.is_none().then(|| Instant::now() + bench.seconds);
    let mut random = Random(redlatch::seed() | 1);
    loop {
        let is_late = end.is_some_and(|end| Instant::now() >= end);
        if is_late || [&*shared.over, &shared.failed].iter().any(|it| it.load(Ordering::Relaxed)) {
            return Ok(());
        }
        let Some(commands) = take(&shared.left, bench.pipeline) else { return Ok(()) };
        let mut packed = Vec::new();
        for _ in 0..commands {
            let key = shared.keys.pick(random.next());
            match shared.is_set(&mut random) {
                true => shared.keys.set(&mut packed, key),
                false => shared.keys.get(&mut packed, key),
            }
        }
        let start = Instant::now();
        let replies = connection.call_packed(packed, commands)?;
        let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if let Some(text) = replies.iter().find_map(|reply| reply.error_text()) {
            return Err(Error::from_server_text(&text));
        }
        latency.saturating_record_n(took, u64::from(commands));
        shared.done.fetch_add(u64::from(commands), Ordering::Relaxed);
    }
}

impl Shared<'_> {
    fn is_set(&self, random: &mut Random) -> bool {
        let (set, get) = self.bench.ratio;
        match self.workload {
            Workload::Set => true,
            Workload::Get => false,
            Workload::Mixed => random.next() % u64::from(set + get) < u64::from(set),
        }
    }
}

/// Takes up to `most` of what is left; none if nothing is.
fn take(left: &AtomicU64, most: u32) -> Option<u32> {
    let rest = |left: u64| Some(left.saturating_sub(most.into())).filter(|_| left > 0);
    let before = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest).ok()?;
    Some(before.min(most.into()) as u32)
}

/// Three digits are exact, up to a minute.
fn histogram() -> Histogram<u64> {
    #[expect(clippy::unwrap_used, reason = "these bounds are valid")]
    Histogram::new_with_bounds(100, 60_000_000_000, 3).unwrap()
}

/// xorshift64*: which key, not which secret.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }
}

const GLANCE: Duration = Duration::from_millis(200);
