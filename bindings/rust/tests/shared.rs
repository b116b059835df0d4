//! The blocking client that threads share, against a real TLS server.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use redlatch::{
    Client, Code, EventKind, Providers,
    core::{MaterialKind, Secret, config::Value as Setting, resp::Value},
    shared::Shared,
};
use redlatch_lab::Lab;

fn shared(url: &str) -> Arc<Shared> {
    Arc::new(Client::open(url).unwrap().shared())
}

/// Waits until the server has as many clients that block.
fn until_blocked(pool: &Shared, count: usize) {
    let wanted = format!("blocked_clients:{count}\r\n");
    while !pool.call(["INFO", "clients"], None).unwrap().as_str().unwrap().contains(&wanted) {}
}

#[test]
fn threads_share_it_while_trust_and_password_rotate() {
    let lab = Lab::up();
    let pool = shared(&(lab.url_of_files() + "&poll_interval=0.1&distrust_grace=1"));
    let counted = AtomicU32::new(0);
    let done = AtomicBool::new(false);
    let mut rotations = Vec::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    pool.call(["INCR", "count"], None).unwrap();
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut generation = |material: &str, wanted: &str| loop {
            let event = pool.next_event(Some(Duration::from_secs(20))).expect("it is heard of");
            if event.kind == EventKind::Rotation {
                let fact = |name| event.field(name).unwrap().to_owned();
                let told = (fact("material"), fact("generation"));
                rotations.push(told.clone());
                if told == (material.to_owned(), wanted.to_owned()) {
                    break;
                }
            }
        };
        lab.run(&["rotate-password"]);
        generation("credentials", "2");
        lab.run(&["add-ca"]);
        generation("trust", "2");
        lab.run(&["switch-leaf"]);
        lab.run(&["drop-ca"]);
        generation("trust", "3");
        done.store(true, Ordering::Relaxed);
    });
    let count = pool.call(["GET", "count"], None).unwrap();
    assert_eq!(count.as_str(), Some(counted.into_inner().to_string().as_str()));
    rotations.sort();
    let told = rotations.len();
    rotations.dedup();
    assert_eq!(told, rotations.len(), "each is told once: {rotations:?}");
    let status: serde_json::Value = serde_json::from_str(&pool.status()).unwrap();
    assert_eq!(status["counters"]["failures"], 0);
}

#[test]
fn closing_ends_calls_under_way_and_subscriptions() {
    let lab = Lab::up();
    // Nothing but the close ends the call before its time.
    let pool = shared(&(lab.url() + "&liveness=0&poll_interval=60"));
    let subscriber = pool.subscriber().unwrap();
    subscriber.send(["SUBSCRIBE", "news"]).unwrap();
    thread::scope(|scope| {
        let pops = scope.spawn(|| {
            let late = Some(Duration::from_secs(10));
            pool.call(["BLPOP", "nothing", "0"], late)
        });
        let listens = scope.spawn(|| subscriber.next(None));
        let waits = scope.spawn(|| while pool.next_event(None).is_some() {});
        until_blocked(&pool, 1);
        pool.close();
        let error = pops.join().unwrap().unwrap_err();
        assert_eq!((error.code(), error.is_maybe_executed()), (Code::ClientClosed, true));
        assert_eq!(listens.join().unwrap().unwrap_err().code(), Code::ClientClosed);
        waits.join().unwrap();
    });
    assert_eq!(pool.call(["PING"], None).unwrap_err().code(), Code::ClientClosed);
    assert_eq!(pool.subscriber().unwrap_err().code(), Code::ClientClosed);
    assert!(pool.status().contains(r#""state":"closed""#));
    assert!(pool.health(redlatch::Probe::default()).contains(r#""live":false"#));
    assert_eq!(lab.run(&["connections"]), "", "all have said goodbye");
    pool.reload().unwrap();
    pool.close();
}

#[test]
fn time_limits_are_those_of_the_call() {
    let lab = Lab::up();
    let pool = shared(&(lab.url() + "&timeout=0.05"));
    let started = std::time::Instant::now();
    let late = Some(Duration::from_millis(100));
    let error = pool.call(["BLPOP", "nothing", "0"], late).unwrap_err();
    assert_eq!(error.code(), Code::ClientTimeout);
    assert!(started.elapsed() >= Duration::from_millis(100));
    let patient = Some(Duration::ZERO);
    assert_eq!(pool.call(["BLPOP", "nothing", "0.2"], patient).unwrap(), Value::Nil);
}

#[test]
fn no_more_connections_are_made_than_are_allowed() {
    let lab = Lab::up();
    let pool = shared(&(lab.url() + "&max_connections=2"));
    let held = pool.hold().unwrap();
    pool.call(["PING"], None).unwrap();
    let also = pool.hold().unwrap();
    let error = pool.call(["PING"], None).unwrap_err();
    assert_eq!(error.code(), Code::ClientQueueFull);
    drop(also);
    pool.call(["PING"], None).unwrap();
    drop(held);
}

/// Who waits for events borrows idle connections, for as long as a provider takes; a call waits.
#[test]
fn no_call_fails_since_its_connection_is_looked_after() {
    let lab = Lab::up();
    let url = format!("rediss://:{}@127.0.0.1:{}", lab.password(), lab.port());
    let settings = [
        ("url", Setting::Text(url)),
        ("max_connections", Setting::Integer(1)),
        ("provider_interval", Setting::Number(0.2)),
    ];
    let bundle = std::fs::read(lab.ca_file()).unwrap();
    let (asked, hears) = mpsc::channel();
    let (goes_on, waits) = mpsc::channel::<()>();
    let waits = Mutex::new(waits);
    let first = AtomicBool::new(true);
    let providers = Providers::new().trust(move || {
        if !first.swap(false, Ordering::Relaxed) {
            let _ = asked.send(());
            // Disconnected: from then on without a pause.
            let _ = waits.lock().unwrap().recv();
        }
        Ok::<_, String>(bundle.clone())
    });
    let pool = Client::with_providers(settings, providers).unwrap().shared();
    pool.call(["PING"], None).unwrap();
    thread::scope(|scope| {
        let looks = scope.spawn(|| while pool.next_event(None).is_some() {});
        hears.recv().unwrap();
        let (tells, outcome) = mpsc::channel();
        let pool = &pool;
        scope.spawn(move || tells.send(pool.call(["PING"], None)));
        let soon = Duration::from_millis(100);
        let early = outcome.recv_timeout(soon);
        drop(goes_on);
        let reply = early.is_err().then(|| outcome.recv().unwrap());
        pool.close();
        looks.join().unwrap();
        assert_eq!(early, Err(mpsc::RecvTimeoutError::Timeout));
        reply.unwrap().unwrap();
    });
}

#[test]
fn a_held_connection_watches() {
    let lab = Lab::up();
    let pool = shared(&lab.url());
    let transaction = || {
        let mut packed = Vec::new();
        for command in [&["MULTI"][..], &["INCR", "n"], &["EXEC"]] {
            redlatch::core::resp::encode_command(&mut packed, command);
        }
        packed
    };
    let held = pool.hold().unwrap();
    held.call(["WATCH", "n"], None).unwrap();
    let replies = held.call_packed(transaction(), 3, None).unwrap();
    assert_eq!(replies.executed().unwrap(), [Value::Int(1)]);
    held.call(["WATCH", "n"], None).unwrap();
    pool.call(["INCR", "n"], None).unwrap();
    let error = held.call_packed(transaction(), 3, None).unwrap().executed().unwrap_err();
    assert_eq!(error.code(), Code::ClientWatchChanged);
    held.call(["WATCH", "n"], None).unwrap();
    held.release();
    assert_eq!(held.call(["PING"], None).unwrap_err().code(), Code::ClientClosed);
    // The watch has ended with the release, and the connection serves others.
    pool.call(["INCR", "n"], None).unwrap();
    let replies = pool.call_packed(transaction(), 3, None).unwrap();
    assert_eq!(replies.executed().unwrap(), [Value::Int(4)]);
    let error = pool.call(["WATCH", "n"], None).unwrap_err();
    assert_eq!(error.code(), Code::ClientMisuse);
}

#[test]
fn a_transaction_that_is_refused_says_why() {
    let lab = Lab::up();
    let pool = shared(&lab.url());
    let mut packed = Vec::new();
    for command in [&["MULTI"][..], &["INCR"], &["EXEC"]] {
        redlatch::core::resp::encode_command(&mut packed, command);
    }
    let error = pool.call_packed(packed, 3, None).unwrap().executed().unwrap_err();
    assert_eq!(error.code(), Code::ServerExecAbort);
    assert!(error.detail().contains("command 0: ERR wrong number"), "{error}");
}

#[test]
fn who_waits_for_events_hears_of_rotations_while_nothing_is_called() {
    let lab = Lab::up();
    let pool = shared(&(lab.url_of_files() + "&poll_interval=0.1"));
    pool.call(["PING"], None).unwrap();
    lab.run(&["rotate-password"]);
    let heard = std::iter::from_fn(|| pool.next_event(Some(Duration::from_secs(20))));
    let kinds: Vec<_> = heard
        .map(|event| event.kind)
        .take_while(|kind| *kind != EventKind::Reauthenticated)
        .collect();
    assert!(kinds.contains(&EventKind::Rotation), "{kinds:?}");
    assert_eq!(pool.next_event(Some(Duration::ZERO)), None);
}

#[test]
fn subscriptions_outlive_their_connection() {
    let lab = Lab::up();
    let pool = shared(&lab.url());
    let subscriber = pool.subscriber().unwrap();
    subscriber.send(["SUBSCRIBE", "news"]).unwrap();
    subscriber.send(["PSUBSCRIBE", "n*s"]).unwrap();
    pool.call(["PUBLISH", "news", "one"], None).unwrap();
    let soon = Some(Duration::from_secs(20));
    let first = subscriber.next(soon).unwrap().unwrap();
    assert_eq!(
        (first.kind.as_str(), first.pattern, &first.payload[..]),
        ("message", None, &b"one"[..])
    );
    let second = subscriber.next(soon).unwrap().unwrap();
    assert_eq!((second.kind.as_str(), second.pattern), ("pmessage", Some(b"n*s".to_vec())));

    // Another thread subscribes while this one listens.
    thread::scope(|scope| {
        scope.spawn(|| {
            subscriber.send(["SUBSCRIBE", "more"]).unwrap();
            pool.call(["PUBLISH", "more", "two"], None).unwrap();
        });
        assert_eq!(subscriber.next(soon).unwrap().unwrap().channel, b"more");
    });

    subscriber.send(["PUNSUBSCRIBE"]).unwrap();
    pool.call(["CLIENT", "KILL", "TYPE", "pubsub"], None).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let heard = |it: Value| it == Value::Int(1);
            while !heard(pool.call(["PUBLISH", "news", "three"], None).unwrap()) {}
        });
        assert_eq!(subscriber.next(soon).unwrap().unwrap().payload, b"three");
    });
    let events = pool.events();
    assert!(events.iter().any(|event| event.kind == EventKind::Gap), "{events:?}");
    let error = subscriber.send(["GET", "key"]).unwrap_err();
    assert_eq!(error.code(), Code::ClientMisuse);
    subscriber.close();
    // What had come in before is heard.
    let end = std::iter::from_fn(|| subscriber.next(None).transpose()).find_map(Result::err);
    assert_eq!(end.unwrap().code(), Code::ClientClosed);
}

#[test]
fn what_is_handed_in_counts_for_all_connections() {
    let lab = Lab::up();
    let url = lab.url().replace(&lab.password(), "wrong");
    let client = Client::open(&url).unwrap();
    let pool = client.shared();
    assert_eq!(pool.call(["PING"], None).unwrap_err().code(), Code::AuthRejected);
    let secret = vec![Secret::new(lab.password())];
    client.supply(MaterialKind::Credentials, secret).unwrap();
    pool.call(["PING"], None).unwrap();
}
