//! One scenario, measured.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::clients::Peer;

/// One line of stdin.
#[derive(Clone)]
pub struct Order {
    scenario: String,
    tasks: usize,
    size: usize,
    seconds: f64,
}

impl Order {
    pub fn read(line: &str) -> Self {
        let order: Value = serde_json::from_str(line).expect("an order");
        let number = |name: &str| order[name].as_u64().expect("a number") as usize;
        Self {
            scenario: order["scenario"].as_str().expect("a scenario").to_owned(),
            tasks: number("tasks"),
            size: number("size"),
            seconds: order["seconds"].as_f64().expect("seconds"),
        }
    }
}

/// What a task does again and again.
#[derive(Clone, Copy)]
enum Work {
    Get,
    Set,
    Pipeline(usize),
    Connect { again: bool },
}

/// Commands of one task, on a cache line of its own.
#[repr(align(64))]
#[derive(Default)]
struct Count(AtomicU64);

/// Obeys one order; gives commands, seconds and seconds of CPU time.
pub fn run<P: Peer>(runtime: &Runtime, order: &Order) -> Value {
    let (work, tasks) = match &*order.scenario {
        "gets" => (Work::Get, order.tasks),
        "sets" => (Work::Set, order.tasks),
        "pipelines" => (Work::Pipeline(order.tasks), 1),
        "connects_anew" => (Work::Connect { again: false }, 1),
        "connects_again" => (Work::Connect { again: true }, 1),
        other => panic!("no scenario is called {other}"),
    };
    let key: Arc<str> = format!("bench:{}", order.size).into();
    let value: Arc<[u8]> = vec![b'x'; order.size].into();
    let mut peer = runtime.block_on(P::connect(false));
    let found = runtime.block_on(async {
        peer.set(&key, &value).await;
        peer.get(&key).await
    });
    assert!(*found == *value, "another value came back");

    let over = Arc::new(AtomicBool::new(false));
    let counts: Arc<Vec<Count>> = Arc::new((0..tasks).map(|_| Count::default()).collect());
    let running: Vec<_> = (0..tasks)
        .map(|at| {
            let (mut peer, key, value) = (peer.share(), key.clone(), value.clone());
            let (over, counts) = (over.clone(), counts.clone());
            runtime.spawn(async move {
                while !over.load(Relaxed) {
                    counts[at].0.fetch_add(once(&mut peer, work, &key, &value).await, Relaxed);
                }
            })
        })
        .collect();
    let total = || counts.iter().map(|count| count.0.load(Relaxed)).sum::<u64>();
    sleep(Duration::from_secs_f64((order.seconds / 4.0).max(0.3)));
    let (before, cpu, start) = (total(), cpu_time(), Instant::now());
    sleep(Duration::from_secs_f64(order.seconds));
    let found = json!({
        "commands": total() - before,
        "seconds": start.elapsed().as_secs_f64(),
        "cpu_seconds": (cpu_time() - cpu).as_secs_f64(),
    });
    over.store(true, Relaxed);
    runtime.block_on(async {
        for task in running {
            task.await.expect("a task ends well");
        }
        peer.close().await;
    });
    found
}

/// Does it once, which counts as so many commands.
async fn once<P: Peer>(peer: &mut P, work: Work, key: &str, value: &[u8]) -> u64 {
    match work {
        Work::Get => drop(peer.get(key).await),
        Work::Set => peer.set(key, value).await,
        Work::Pipeline(count) => {
            peer.pipeline(key, count).await;
            return count as u64;
        }
        Work::Connect { again } => {
            let mut peer = P::connect(again).await;
            peer.ping().await;
            peer.close().await;
        }
    }
    1
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
