//! Subscriptions of tasks and of threads against a real TLS server.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    collections::HashSet,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_core::Stream;
use redlatch::{
    Client, Code, EventKind, Message,
    aio::{Connection, Subscriber},
    core::resp::Value,
};
use redlatch_lab::Lab;
use tokio::task::{spawn, spawn_blocking};

#[tokio::test]
async fn channels_patterns_and_shards() {
    let lab = Lab::up();
    let redis = connect(&lab.url()).await;
    let mut messages = redis.subscriber().await.unwrap();
    messages.subscribe(["a", "b"]).await.unwrap();
    messages.psubscribe(["p*"]).await.unwrap();
    messages.ssubscribe([&b"\xff"[..]]).await.unwrap();
    messages.subscribe([""; 0]).await.unwrap();
    messages.ping().await.unwrap();
    redis.call([&b"PUBLISH"[..], b"a", b"\x00\r\n"]).await.unwrap();
    redis.call(["PUBLISH", "pq", "2"]).await.unwrap();
    redis.call([&b"SPUBLISH"[..], b"\xff", b"3"]).await.unwrap();
    let a = messages.next().await.unwrap();
    assert_eq!((&*a.channel, &*a.payload, a.pattern), (&b"a"[..], &b"\x00\r\n"[..], None));
    let p = messages.next().await.unwrap();
    assert_eq!((p.channel_name(), p.get::<i64>().unwrap()), ("pq".into(), 2));
    assert_eq!(p.pattern.as_deref(), Some(&b"p*"[..]));
    assert_eq!(messages.next().await.unwrap().channel, b"\xff");

    messages.unsubscribe(["a"]).await.unwrap();
    messages.punsubscribe([""; 0]).await.unwrap();
    messages.sunsubscribe([""; 0]).await.unwrap();
    assert_eq!(redis.call(["PUBLISH", "a", "4"]).await.unwrap(), Value::Int(0));
    assert_eq!(redis.call(["PUBLISH", "pq", "5"]).await.unwrap(), Value::Int(0));
    assert_eq!(redis.call(["PUBLISH", "b", "6"]).await.unwrap(), Value::Int(1));
    assert_eq!(next_of_stream(&mut messages).await.unwrap().text(), "6");

    // It keeps the connection up, and ends with it.
    redis.close().await;
    assert!(messages.next().await.is_none());
    assert_eq!(messages.subscribe(["c"]).await.unwrap_err().code(), Code::ClientClosed);
}

#[tokio::test]
async fn a_subscriber_that_is_dropped_leaves_nothing_behind() {
    let lab = Lab::up();
    let redis = connect(&lab.url()).await;
    let messages = redis.subscriber().await.unwrap();
    messages.subscribe(["news"]).await.unwrap();
    assert_eq!(redis.status().await.unwrap().sessions.len(), 2);
    drop(messages);
    // Asked for, and given up before the answer.
    drop(std::pin::pin!(redis.subscriber()).poll(&mut noop()));
    while redis.call(["PUBLISH", "news", "x"]).await.unwrap() != Value::Int(0) {}
    assert_eq!(redis.status().await.unwrap().sessions.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_doubled_when_trust_rotates() {
    let lab = Arc::new(Lab::up());
    let redis = connect(&(lab.url_of_files() + "&poll_interval=0.1&distrust_grace=3")).await;
    let mut events = redis.events();
    let mut messages = redis.subscriber().await.unwrap();
    messages.subscribe(["news"]).await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let publisher = spawn({
        let (redis, over) = (redis.clone(), over.clone());
        async move {
            let mut number = 0_u64;
            while !over.load(Ordering::Relaxed) {
                number += 1;
                let text = number.to_string();
                let heard = redis.call(["PUBLISH", "news", &text]).await.unwrap();
                assert!(matches!(heard, Value::Int(1 | 2)), "{heard:?}");
            }
            number
        }
    });
    let reader = spawn(async move {
        let mut expected = 1_u64;
        while let Some(message) = messages.next().await {
            if message.payload == b"end" {
                break;
            }
            assert_eq!(message.text(), expected.to_string());
            expected += 1;
        }
        assert_eq!(messages.dropped(), 0);
        expected - 1
    });
    for verb in ["add-ca", "switch-leaf", "drop-ca"] {
        let lab = lab.clone();
        spawn_blocking(move || lab.run(&[verb])).await.unwrap();
    }
    // Both sessions: that of commands and that of subscriptions.
    let mut replaced = 0;
    while replaced < 2 {
        let event = events.next().await.unwrap();
        assert_ne!(event.kind, EventKind::Gap);
        replaced += usize::from(event.kind == EventKind::Replaced);
    }
    over.store(true, Ordering::Relaxed);
    let published = publisher.await.unwrap();
    redis.call(["PUBLISH", "news", "end"]).await.unwrap();
    assert_eq!(reader.await.unwrap(), published);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_is_told_as_a_gap() {
    let lab = Arc::new(Lab::up());
    let redis = connect(&(lab.url() + "&timeout=60")).await;
    let mut events = redis.events();
    let mut messages = redis.subscriber().await.unwrap();
    messages.subscribe(["news"]).await.unwrap();
    for verb in ["kill", "restart"] {
        let lab = lab.clone();
        spawn_blocking(move || lab.run(&[verb])).await.unwrap();
    }
    let gap = loop {
        let event = events.next().await.unwrap();
        if event.kind == EventKind::Gap {
            break event;
        }
    };
    assert_eq!(gap.field("subscriptions"), Some("1"));
    redis.call(["PUBLISH", "news", "again"]).await.unwrap();
    assert_eq!(messages.next().await.unwrap().text(), "again");
}

#[tokio::test]
async fn a_user_who_may_not_listen() {
    let lab = Lab::up();
    let redis = connect(&lab.url()).await;
    redis
        .call(["ACL", "SETUSER", "deaf", "on", ">secret", "+@all", "~*", "resetchannels"])
        .await
        .unwrap();
    let url = lab.url().replace(&format!(":{}", lab.password()), "deaf:secret");
    let messages = connect(&url).await.subscriber().await.unwrap();
    assert_eq!(messages.subscribe(["news"]).await.unwrap_err().code(), Code::AuthDenied);
}

#[test]
fn a_thread_waits_for_messages() {
    let lab = Lab::up();
    let client = Client::open(&lab.url()).unwrap();
    let mut messages = client.subscriber();
    messages.psubscribe(["n*"]).unwrap();
    messages.subscribe(["a", "b"]).unwrap();
    messages.unsubscribe(["a"]).unwrap();
    assert!(messages.next(Some(Duration::ZERO)).is_none());
    let mut redis = client.connection();
    for (channel, text) in [("a", "0"), ("b", "1"), ("news", "2")] {
        redis.call(["PUBLISH", channel, text]).unwrap();
    }
    let texts: HashSet<_> =
        (0..2).map(|_| messages.next(None).unwrap().text().into_owned()).collect();
    assert_eq!(texts, HashSet::from(["1".into(), "2".into()]));

    // It is made again by whoever waits, and tells.
    lab.run(&["kill"]);
    lab.run(&["restart"]);
    messages.next(Some(Duration::from_millis(50)));
    messages.subscribe(["c"]).unwrap();
    assert!(messages.events().iter().any(|event| event.kind == EventKind::Gap));
    redis.call(["PUBLISH", "news", "3"]).unwrap();
    assert_eq!(messages.next(None).unwrap().text(), "3");
    messages.close();
    assert_eq!(messages.subscribe(["d"]).unwrap_err().code(), Code::ClientClosed);
}

async fn connect(url: &str) -> Connection {
    Client::open(url).unwrap().async_connection().await.unwrap()
}

async fn next_of_stream(stream: &mut Subscriber) -> Option<Message> {
    std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

fn noop() -> std::task::Context<'static> {
    std::task::Context::from_waker(std::task::Waker::noop())
}
