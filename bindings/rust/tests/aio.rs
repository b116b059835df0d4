//! The shared connection on tokio against a real TLS server.

use std::{
    collections::HashSet,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use redlatch::{
    Client, Code, Error, Event, EventKind,
    aio::{Connection, Events},
    core::resp::Value,
    status::State,
};
use redlatch_lab::Lab;
use tokio::task::{JoinSet, spawn_blocking, yield_now};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replies_come_whole() {
    let lab = Lab::up();
    let connection = connect(&lab.url()).await;
    let key = b"\x00\r\n\xff key";
    let large = vec![b'x'; 1 << 20];
    connection.call([&b"SET"[..], key, &large]).await.unwrap();
    let mut readers = JoinSet::new();
    for _ in 0..16 {
        let connection = connection.clone();
        readers.spawn(async move { connection.call([&b"GET"[..], key]).await.unwrap() });
    }
    for value in readers.join_all().await {
        assert_eq!(value.as_bytes(), Some(&*large));
    }

    let numbers: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let words: Vec<&str> =
        ["RPUSH", "list"].into_iter().chain(numbers.iter().map(String::as_str)).collect();
    assert_eq!(connection.call(words).await.unwrap(), Value::Int(100_000));
    let Value::Array(list) = connection.call(["LRANGE", "list", "0", "-1"]).await.unwrap() else {
        panic!("no array");
    };
    assert!(list.iter().map(|item| item.as_str().unwrap()).eq(&numbers));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_rotates_under_load() {
    let lab = Arc::new(Lab::up());
    let connection = connect(&(lab.url_of_files() + "&poll_interval=0.2&distrust_grace=3")).await;
    let mut events = connection.events();
    let work = Work::start(&connection, 16);
    wait(&mut events, |event| event.kind == EventKind::Connected).await;

    run(&lab, &["add-ca"]).await;
    wait(&mut events, |event| is_rotation(event, "trust", "2")).await;
    run(&lab, &["switch-leaf"]).await;
    run(&lab, &["drop-ca"]).await;
    wait(&mut events, |event| event.kind == EventKind::Replaced).await;
    run(&lab, &["rotate-password"]).await;
    wait(&mut events, |event| event.kind == EventKind::Reauthenticated).await;
    run(&lab, &["rotate-password", "--finish"]).await;
    run(&lab, &["truncate"]).await;
    wait(&mut events, |event| event.kind == EventKind::Rejected).await;
    run(&lab, &["repair"]).await;

    assert_eq!(work.stop().await, []);
    let status = connection.status().await.unwrap();
    assert_eq!(status.counters.failures, 0);
    assert_eq!(status.counters.replacements, 1);
    assert_eq!(status.counters.reconnects, 0);
    assert_eq!(status.trust.unwrap().generation, 3);
}

#[tokio::test]
async fn a_reload_does_not_wait_for_the_interval() {
    let lab = Arc::new(Lab::up());
    let connection = connect(&(lab.url_of_files() + "&poll_interval=1h")).await;
    let mut events = connection.events();
    connection.call(["PING"]).await.unwrap();
    run(&lab, &["add-ca"]).await;
    connection.reload().await;
    wait(&mut events, |event| is_rotation(event, "trust", "2")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_server_interrupts_only_what_is_under_way() {
    let lab = Arc::new(Lab::up());
    let connection = connect(&(lab.url() + "&timeout=60")).await;
    let mut events = connection.events();
    let work = Work::start(&connection, 16);
    wait(&mut events, |event| event.kind == EventKind::Connected).await;
    run(&lab, &["kill"]).await;
    wait(&mut events, |event| event.kind == EventKind::Disconnected).await;
    run(&lab, &["restart"]).await;
    wait(&mut events, |event| event.kind == EventKind::Connected).await;
    for error in work.stop().await {
        assert_eq!(error.code(), Code::ClientInterrupted);
        assert!(error.is_maybe_executed());
    }
}

#[tokio::test]
async fn permanent_failures_are_told_at_once() {
    let (lab, other) = (Lab::up(), Lab::up());
    let wrong = lab.url().replace(&lab.password(), "wrong");
    let connection = connect(&wrong).await;
    let mut events = connection.events();
    for _ in 0..3 {
        assert_eq!(failure(&connection).await.code(), Code::AuthRejected);
    }
    wait(&mut events, |event| event.kind == EventKind::Failing).await;

    let ca = |lab: &Lab| lab.ca_file().display().to_string();
    let connection = connect(&lab.url().replace(&ca(&lab), &ca(&other))).await;
    let error = failure(&connection).await;
    assert_eq!(error.code(), Code::TlsUntrusted);
    assert!(error.evidence().iter().any(|(name, _)| *name == "presented_sha256"));
}

#[tokio::test]
async fn a_silent_port_is_probably_plaintext() {
    let lab = Lab::up();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = lab.url().replace(&format!(":{}/", lab.port()), &format!(":{port}/"));
    let error = failure(&connect(&(url + "&handshake_timeout=100ms")).await).await;
    assert_eq!(error.code(), Code::TlsTimeout);
    assert!(error.to_string().contains("probably a plaintext port"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancellation_never_mixes_replies() {
    let lab = Lab::up();
    let connection = connect(&lab.url()).await;
    let mut tasks = JoinSet::new();
    for task in 0..32_u32 {
        let connection = connection.clone();
        tasks.spawn(async move {
            for round in 0..200_u32 {
                let word = format!("{task} {round}");
                let echo = connection.call(["ECHO", &word]);
                if (task + round) % 3 == 0 {
                    // Dropped before it is polled, while it waits, or after it is done.
                    tokio::select! {
                        biased;
                        _ = async { for _ in 0..round % 7 { yield_now().await } } => {}
                        echoed = echo => assert_eq!(echoed.unwrap().as_str(), Some(&*word)),
                    }
                } else {
                    assert_eq!(echo.await.unwrap().as_str(), Some(&*word));
                }
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(connection.status().await.unwrap().counters.failures, 0);
}

#[tokio::test]
async fn what_others_would_notice_is_refused() {
    let lab = Lab::up();
    let connection = connect(&lab.url()).await;
    for command in [&["SELECT", "1"][..], &["WATCH", "key"], &["MULTI"]] {
        let error = connection.call(command.to_vec()).await.unwrap_err();
        assert_eq!(error.code(), Code::ClientMisuse, "{command:?}");
    }
    assert_eq!(connection.call(["PING"]).await.unwrap(), Value::Simple("PONG".into()));
}

#[tokio::test]
async fn a_command_that_blocks_holds_up_nobody() {
    let lab = Lab::up();
    let connection = connect(&lab.url()).await;
    let (waiting, other) = (connection.call(["BLPOP", "list", "0"]), connection.clone());
    let (popped, _) = tokio::join!(waiting, async move {
        other.call(["PING"]).await.unwrap();
        other.call(["RPUSH", "list", "item"]).await.unwrap()
    });
    let text = |text: &str| Value::Bulk(text.into());
    assert_eq!(popped.unwrap(), Value::Array(vec![text("list"), text("item")]));
}

#[tokio::test]
async fn it_ends_with_its_last_owner() {
    let lab = Lab::up();
    let connection = connect(&lab.url()).await;
    let mut events = connection.events();
    let mut late = connection.clone().events();
    let clone = connection.clone();
    drop(connection);
    clone.call(["PING"]).await.unwrap();
    drop(clone);
    let mut kinds = HashSet::new();
    while let Some(event) = events.next().await {
        kinds.insert(event.kind);
    }
    assert!(kinds.contains(&EventKind::Connected) && kinds.contains(&EventKind::Disconnected));
    while late.next().await.is_some() {}
}

#[tokio::test]
async fn closing_ends_every_clone() {
    let lab = Lab::up();
    let connection = connect(&lab.url()).await;
    connection.call(["PING"]).await.unwrap();
    let waiting = connection.call(["PING"]);
    let clone = connection.clone();
    clone.close().await;
    clone.close().await;
    assert_eq!(waiting.await.unwrap_err().code(), Code::ClientClosed);
    assert_eq!(connection.status().await.unwrap().state, State::Closed);
}

#[test]
fn tokio_is_asked_for_by_name() {
    let client = Client::open("redis://localhost").unwrap();
    let mut future = std::pin::pin!(client.async_connection());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = future.as_mut().poll(&mut context) else {
        panic!("no error");
    };
    assert_eq!(error.code(), Code::ClientMisuse);
}

#[test]
fn a_runtime_that_ends_fails_its_calls() {
    let lab = Lab::up();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let connection = runtime.block_on(connect(&lab.url()));
    runtime.shutdown_background();
    let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(other.block_on(failure(&connection)).code(), Code::ClientClosed);
}

/// Tasks that write and read as fast as they can and check what they read.
struct Work {
    tasks: JoinSet<Vec<Error>>,
    stop: Arc<AtomicBool>,
}

impl Work {
    fn start(connection: &Connection, tasks: u64) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let stop = Arc::new(AtomicBool::new(false));
        let work = (0..tasks).map(|_| {
            let (connection, stop) = (connection.clone(), stop.clone());
            let key = format!("work {}", NEXT.fetch_add(1, Ordering::Relaxed));
            async move {
                let mut errors = Vec::new();
                let mut round = 0_u32;
                while !stop.load(Ordering::Relaxed) {
                    round += 1;
                    let value = round.to_string();
                    let set = connection.call(["SET", &key, &value]).await;
                    let found = connection.call(["GET", &key]).await;
                    match (set, found) {
                        (Ok(_), Ok(found)) => assert_eq!(found.as_str(), Some(&*value)),
                        (set, found) => errors.extend(set.err().into_iter().chain(found.err())),
                    }
                }
                errors
            }
        });
        Self { tasks: work.collect(), stop }
    }

    async fn stop(self) -> Vec<Error> {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.join_all().await.concat()
    }
}

async fn connect(url: &str) -> Connection {
    Client::open(url).expect("settings").async_connection().await.expect("a runtime")
}

async fn failure(connection: &Connection) -> Error {
    connection.call(["PING"]).await.expect_err("a failure")
}

async fn run(lab: &Arc<Lab>, verb: &'static [&'static str]) {
    let lab = lab.clone();
    spawn_blocking(move || lab.run(verb)).await.expect("a verb");
}

async fn wait(events: &mut Events, wanted: impl Fn(&Event) -> bool) {
    while !wanted(&events.next().await.expect("the connection ended")) {}
}

fn is_rotation(event: &Event, material: &str, generation: &str) -> bool {
    event.kind == EventKind::Rotation
        && event.field("material") == Some(material)
        && event.field("generation") == Some(generation)
}
