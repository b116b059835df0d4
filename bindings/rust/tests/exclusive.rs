//! Sessions that one caller keeps, transactions, and connections lent to threads.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use redis::{AsyncCommands, Commands};
use redlatch::{Client, Code, Pipeline, aio, core::resp::Value};
use redlatch_lab::Lab;
use tokio::task::{JoinSet, spawn_blocking};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transactions_of_many_tasks_lose_no_update() {
    let lab = Lab::up();
    let redis = connect(&lab.url()).await;
    let mut tasks = JoinSet::new();
    for task in 0..8_u32 {
        let redis = redis.clone();
        tasks.spawn(async move {
            let session = redis.exclusive().await.unwrap();
            for _ in 0..10 {
                match task % 2 {
                    0 => add_with_redis_rs(session.clone()).await,
                    _ => add(&session).await,
                }
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(redis.call(["GET", "n"]).await.unwrap().as_str(), Some("80"));
    let status = redis.status().await.unwrap();
    assert_eq!((status.counters.failures, status.open), (0, 0));
}

async fn add_with_redis_rs(session: aio::Exclusive) {
    let (_,): (i64,) =
        redis::aio::transaction_async(session, &["n"], async |mut redis, mut pipe| {
            let n: Option<i64> = redis.get("n").await?;
            pipe.set("n", n.unwrap_or(0) + 1).ignore().get("n").query_async(&mut redis).await
        })
        .await
        .unwrap();
}

async fn add(session: &aio::Exclusive) {
    loop {
        session.call(["WATCH", "n"]).await.unwrap();
        let n = session.call(["GET", "n"]).await.unwrap();
        let n: i64 = n.as_str().map_or(0, |text| text.parse().unwrap());
        let more = Pipeline::new().atomic().command(["SET", "n", &(n + 1).to_string()]);
        match session.run(&more).await {
            Ok(results) => return assert_eq!(results, [Ok(Value::Simple("OK".into()))]),
            Err(error) => assert_eq!(error.code(), Code::ClientWatchChanged),
        }
    }
}

#[tokio::test]
async fn what_a_caller_left_behind_meets_nobody() {
    let lab = Lab::up();
    let redis = connect(&lab.url()).await;
    let session = redis.exclusive().await.unwrap();
    let id = session.call(["CLIENT", "ID"]).await.unwrap();
    session.call(["WATCH", "key"]).await.unwrap();
    session.call(["MULTI"]).await.unwrap();
    assert_eq!(session.call(["SET", "key", "1"]).await.unwrap(), Value::Simple("QUEUED".into()));
    drop(session);
    let session = redis.exclusive().await.unwrap();
    assert_eq!(session.call(["CLIENT", "ID"]).await.unwrap(), id, "the session is used again");
    assert_eq!(session.call(["GET", "key"]).await.unwrap(), Value::Nil);

    session.call(["SELECT", "1"]).await.unwrap();
    session.call(["SET", "key", "other"]).await.unwrap();
    drop(session);
    let session = redis.exclusive().await.unwrap();
    assert_eq!(session.call(["GET", "key"]).await.unwrap(), Value::Nil);

    let limit = Duration::from_millis(100);
    let error = session.with_timeout(limit).call(["BLPOP", "list", "0"]).await.unwrap_err();
    assert_eq!(error.code(), Code::ClientTimeout);
    redis.call(["RPUSH", "list", "kept"]).await.unwrap();
    assert_eq!(redis.call(["LLEN", "list"]).await.unwrap(), Value::Int(1));
}

#[tokio::test]
async fn a_watch_that_is_lost_executes_nothing() {
    let lab = Arc::new(Lab::up());
    let redis = connect(&(lab.url() + "&timeout=60")).await;
    let session = redis.exclusive().await.unwrap();
    session.call(["WATCH", "key"]).await.unwrap();
    for verb in ["kill", "restart"] {
        let lab = lab.clone();
        spawn_blocking(move || lab.run(&[verb])).await.unwrap();
    }
    redis.call(["PING"]).await.unwrap();
    let write = Pipeline::new().atomic().command(["SET", "key", "1"]);
    let error = session.run(&write).await.unwrap_err();
    assert_eq!(error.code(), Code::ClientWatchLost);
    assert_eq!(redis.call(["GET", "key"]).await.unwrap(), Value::Nil);
}

#[tokio::test]
async fn pipelines_tell_each_result() {
    let lab = Lab::up();
    let redis = connect(&lab.url()).await;
    let pipeline =
        Pipeline::new().command(["INCR", "n"]).command(["LLEN", "n"]).command(["GET", "n"]);
    let results = redis.run(&pipeline).await.unwrap();
    assert_eq!((results.len(), &results[0]), (pipeline.len(), &Ok(Value::Int(1))));
    assert_eq!(results[1].as_ref().unwrap_err().code(), Code::ServerWrongType);
    assert_eq!(results[2], Ok(Value::Bulk(b"1".into())));
    assert_eq!(
        redis.run(&pipeline.clone().atomic()).await.unwrap()[2],
        Ok(Value::Bulk(b"2".into()))
    );
    let refused = Pipeline::new().atomic().command(["INCR", "n"]).command(["NONSENSE"]);
    assert_eq!(redis.run(&refused).await.unwrap_err().code(), Code::ServerError);
    assert_eq!(redis.call(["GET", "n"]).await.unwrap(), Value::Bulk(b"2".into()));
    assert_eq!(redis.run(&Pipeline::new()).await.unwrap(), []);
}

#[tokio::test]
async fn limits_of_one_call_leave_the_others_alone() {
    let lab = Lab::up();
    let redis = connect(&(lab.url() + "&timeout=60")).await;
    redis.call(["PING"]).await.unwrap();
    redis.call(["CLIENT", "PAUSE", "300", "WRITE"]).await.unwrap();
    let hasty = redis.with_timeout(Duration::from_millis(20));
    let (waits, gives_up) =
        tokio::join!(redis.call(["SET", "a", "1"]), hasty.call(["SET", "b", "1"]));
    assert_eq!(waits.unwrap(), Value::Simple("OK".into()));
    assert_eq!(gives_up.unwrap_err().code(), Code::ClientTimeout);
}

/// Writes that may be repeated survive a server that is killed; others say that they may have run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idempotent_commands_are_sent_again() {
    let lab = Arc::new(Lab::up());
    let redis = connect(&(lab.url() + "&timeout=60")).await;
    redis.call(["PING"]).await.unwrap();
    redis.call(["CLIENT", "PAUSE", "60000", "WRITE"]).await.unwrap();
    let repeated = redis.idempotent();
    let again = tokio::spawn(async move { repeated.call(["SET", "a", "1"]).await });
    let other = redis.clone();
    let once = tokio::spawn(async move { other.call(["SET", "b", "1"]).await });
    // Both are under way.
    while redis.status().await.unwrap().session().is_none_or(|session| session.in_flight < 2) {}
    for verb in ["kill", "restart"] {
        let lab = lab.clone();
        spawn_blocking(move || lab.run(&[verb])).await.unwrap();
    }
    assert_eq!(again.await.unwrap().unwrap(), Value::Simple("OK".into()));
    assert_eq!(once.await.unwrap().unwrap_err().code(), Code::ClientInterrupted);
}

#[test]
fn a_thread_keeps_its_connection_for_a_while() {
    let lab = Lab::up();
    let mut redis = Client::open(&lab.url()).unwrap().connection();
    assert_eq!(redis.call(["WATCH", "n"]).unwrap_err().code(), Code::ClientMisuse);
    {
        let mut session = redis.exclusive();
        session.call(["WATCH", "n"]).unwrap();
        session.call(["MULTI"]).unwrap();
        session.call(["SET", "n", "1"]).unwrap();
    }
    assert_eq!(redis.call(["GET", "n"]).unwrap(), Value::Nil, "what was begun is undone");
    let (n,): (i64,) = redis::transaction(&mut *redis.exclusive(), &["n"], |redis, pipe| {
        let n: Option<i64> = redis.get("n")?;
        pipe.set("n", n.unwrap_or(0) + 1).ignore().get("n").query(redis)
    })
    .unwrap();
    assert_eq!(n, 1);
    redis.set_timeout(Duration::from_millis(50));
    assert_eq!(redis.call(["BLPOP", "list", "0"]).unwrap_err().code(), Code::ClientTimeout);
}

#[test]
fn a_pool_lends_what_is_free() {
    let lab = Lab::up();
    let client = Client::open(&(lab.url() + "&max_connections=2&timeout=0.2")).unwrap();
    let pool = client.pool();
    let (mut first, second) = (pool.get().unwrap(), pool.get().unwrap());
    let () = first.set("key", "value").unwrap();
    assert_eq!(pool.get().unwrap_err().code(), Code::ClientQueueFull);
    assert_eq!(pool.size(), (2, 2));
    let id = first.call(["CLIENT", "ID"]).unwrap();
    first.set_timeout(Duration::from_nanos(1));

    let (other, both) = (pool.clone(), Arc::new(Barrier::new(2)));
    let arrived = both.clone();
    let waits = thread::spawn(move || {
        arrived.wait();
        other.get().map(|mut redis| redis.call(["CLIENT", "ID"]).unwrap())
    });
    both.wait();
    drop(first);
    assert_eq!(
        waits.join().unwrap().unwrap(),
        id,
        "who waits gets the one that comes back, as it was"
    );
    drop(second);
    assert_eq!(pool.size(), (2, 0));

    pool.get().unwrap().close();
    assert_eq!(pool.size(), (1, 0), "one that was closed is not lent again");
    let other = pool.clone();
    let panics = thread::spawn(move || {
        let _lent = other.get();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(panics.join().is_err());
    assert_eq!(pool.size(), (0, 0), "nor one that a panic left behind");
    assert_eq!(pool.get().unwrap().get::<_, String>("key").unwrap(), "value");
}

async fn connect(url: &str) -> aio::Connection {
    Client::open(url).unwrap().async_connection().await.unwrap()
}
