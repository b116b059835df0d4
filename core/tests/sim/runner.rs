//! Runs worlds on all cores; tells how to see again the one that failed.

use std::{
    cell::RefCell,
    env,
    hash::{BuildHasher, RandomState},
    ops::RangeInclusive,
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use crate::{
    sim::Sim,
    totals::Totals,
    trace::{Trace, said},
};

pub(crate) struct Seeds(RangeInclusive<u64>);

impl Seeds {
    /// `SEEDS`: one, a range, or how many fresh ones (`x20000`).
    pub(crate) fn from_environment() -> Self {
        let wish = env::var("SEEDS").unwrap_or_default();
        let number = |text: &str| text.parse::<u64>().unwrap();
        Self(match wish.split_once("..") {
            Some((from, to)) => number(from)..=number(to.trim_start_matches('=')),
            None => match wish.strip_prefix('x') {
                Some(count) => fresh(number(count)),
                None if wish.is_empty() => fresh(A_FEW),
                None => number(&wish)..=number(&wish),
            },
        })
    }

    pub(crate) fn count(&self) -> u64 {
        1 + self.0.end() - self.0.start()
    }
}

fn fresh(count: u64) -> RangeInclusive<u64> {
    let start = RandomState::new().hash_one(0) % 1_000_000_000;
    start..=start + count - 1
}

/// Lives through all worlds.
pub(crate) fn run(seeds: &Seeds) -> Totals {
    if seeds.count() == 1 {
        let outcome = live(*seeds.0.start(), Trace { is_on: true });
        println!("{}", said().join("\n"));
        return outcome.unwrap_or_else(|why| panic!("{why}")).0;
    }
    println!("seeds {}..{}", seeds.0.start(), seeds.0.end());
    let next = AtomicU64::new(*seeds.0.start());
    let stop = AtomicBool::new(false);
    let work = || {
        let mut totals = Totals::default();
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > *seeds.0.end() {
                break;
            }
            match live(seed, Trace::default()) {
                Ok((some, _)) => totals.add(&some),
                Err(why) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err((seed, why));
                }
            }
        }
        Ok(totals)
    };
    let mut totals = Totals::default();
    let mut failed = None;
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            match thread.join().unwrap() {
                Ok(some) => totals.add(&some),
                Err(found) => failed = Some(found),
            }
        }
    });
    if let Some((seed, why)) = failed {
        // The same world again, with its steps.
        let _ = live(seed, Trace { is_on: true });
        let steps = said();
        let last = &steps[steps.len().saturating_sub(STEPS_SHOWN)..];
        panic!("{}\nseed {seed}: {why}\nmake sim SEEDS={seed}", last.join("\n"));
    }
    totals
}

/// What happened to the commands of a world, as a number.
pub(crate) fn digest(seed: u64) -> u64 {
    match live(seed, Trace::default()) {
        Ok((_, digest)) => digest,
        Err(why) => panic!("seed {seed}: {why}"),
    }
}

fn live(seed: u64, trace: Trace) -> Result<(Totals, u64), String> {
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if IS_LIVING.get() {
                WHY.set(format!("{info}"));
            } else {
                loud(info);
            }
        }));
    });
    IS_LIVING.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| Sim::new(seed, trace).run()));
    IS_LIVING.set(false);
    outcome.map_err(|_| WHY.take())
}

thread_local! {
    static IS_LIVING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    static WHY: RefCell<String> = const { RefCell::new(String::new()) };
}

const A_FEW: u64 = 100;
const STEPS_SHOWN: usize = 100;
