//! Futures dropped at random: replies stay with their commands, and nothing is left behind.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicIsize, Ordering::Relaxed},
    task::{Context, Poll, Waker},
};

use redlatch::{Client, aio::Connection, core::resp::Value};
use redlatch_lab::Lab;
use tokio::{
    task::{JoinSet, yield_now},
    time::{Duration, timeout},
};

/// Counts what is allocated and not freed.
struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as isize, Relaxed);
        // SAFETY: as promised to this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as isize, Relaxed);
        // SAFETY: as promised to this function.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Everything in one test: others beside it would count, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn futures_dropped_anywhere_leave_nothing() {
    let lab = Lab::up();
    let client = Client::open(&(lab.url() + "&timeout=60")).unwrap();
    let redis = client.async_connection().await.unwrap();
    let id = redis.call(["CLIENT", "ID"]).await.unwrap();
    let rounds = async |seed: u64| {
        let mut tasks = JoinSet::new();
        for task in 0..48_u64 {
            tasks.spawn(storm(redis.clone(), seed * 1000 + task));
        }
        tasks.join_all().await;
        timeout(Duration::from_secs(60), settle(&redis)).await.expect("nothing is under way");
    };
    // Buffers grow to what the load needs, and stay.
    for seed in 0..3 {
        rounds(seed).await;
    }
    let before = LIVE.load(Relaxed);
    for seed in 3..8 {
        rounds(seed).await;
    }
    let grown = LIVE.load(Relaxed) - before;
    // Some 50,000 commands were dropped: a waiter each would be megabytes.
    assert!(grown < 512 * 1024, "{grown} bytes are left");

    let status = redis.status().await.unwrap();
    assert_eq!(status.counters.failures, 0);
    assert_eq!(redis.call(["CLIENT", "ID"]).await.unwrap(), id, "the shared session is the same");
    redis.call(["RPUSH", "never", "item"]).await.unwrap();
    assert_eq!(redis.call(["LLEN", "never"]).await.unwrap(), Value::Int(1));
    assert_eq!(redis.call(["GET", "sum"]).await.unwrap().as_str(), Some("whole"));
}

/// Calls of all kinds, each awaited, or dropped at once, after some polls, or after some time.
async fn storm(redis: Connection, seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    redis.call(["SET", "sum", "whole"]).await.unwrap();
    // It would wait for ever, on a session of its own, and take what nobody gets.
    let blocked = timeout(Duration::from_millis(3), redis.call(["BLPOP", "never", "0"])).await;
    assert!(blocked.is_err());
    for round in 0..200_u32 {
        let word = format!("{seed} {round} {}", "x".repeat(random.below(300)));
        let whole = async {
            match round % 8 {
                // Pipelines, transactions, sessions of one's own.
                0 => {
                    let twice =
                        redlatch::Pipeline::new().command(["ECHO", &word]).command(["ECHO", &word]);
                    redis.run(&twice).await.unwrap().pop().unwrap().unwrap()
                }
                1 => {
                    let both = redlatch::Pipeline::new().atomic().command(["ECHO", &word]);
                    redis.run(&both).await.unwrap().pop().unwrap().unwrap()
                }
                2 if round % 40 == 2 => {
                    let session = redis.exclusive().await.unwrap();
                    session.call(["WATCH", "watched"]).await.unwrap();
                    session.call(["ECHO", &word]).await.unwrap()
                }
                _ => redis.call(["ECHO", &word]).await.unwrap(),
            }
        };
        let mut whole = Box::pin(whole);
        let echoed = match random.below(4) {
            0 => {
                for _ in 0..random.below(3) {
                    if let Poll::Ready(echoed) =
                        whole.as_mut().poll(&mut Context::from_waker(Waker::noop()))
                    {
                        assert_eq!(echoed, Value::Bulk(word.clone().into_bytes()));
                        break;
                    }
                    yield_now().await;
                }
                None
            }
            1 => {
                let time = Duration::from_micros(random.below(3000) as u64);
                timeout(time, whole).await.ok()
            }
            _ => Some(whole.await),
        };
        if let Some(echoed) = echoed {
            assert_eq!(echoed, Value::Bulk(word.clone().into_bytes()));
        }
    }
}

/// Until nothing is under way: replies of commands given up come, and are dropped.
async fn settle(redis: &Connection) {
    loop {
        let status = redis.status().await.unwrap();
        if (status.open, status.queued) == (0, 0) {
            return;
        }
        yield_now().await;
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
