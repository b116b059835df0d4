//! `redlatch serve`, asked as probes and scrapers ask.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redlatch_lab::Lab;
use serde_json::Value;

#[test]
fn it_follows_what_becomes_of_the_server() {
    let lab = lab();
    let mut serving = Serving::start(&[&lab.url_of_files(), "--poll-interval", "50ms"]);
    let (status, health) = serving.json("/readyz");
    assert_eq!((status, &health["ok"], &health["code"]), (200, &true.into(), &Value::Null));
    assert_eq!(serving.json("/healthz"), (200, serde_json::json!({ "live": true })));
    let (status, found) = serving.json("/status");
    assert_eq!((status, &found["state"]), (200, &"ready".into()));
    let metrics = serving.get("/metrics?x=y");
    assert_eq!(metrics.status, 200);
    assert!(metrics.head.contains("Content-Type: text/plain; version=0.0.4"), "{}", metrics.head);
    assert!(metrics.body.contains("\nredlatch_up{client="), "{}", metrics.body);

    // Rotations are followed although nobody sends a command.
    lab.run(&["add-ca"]);
    serving.until("/metrics", |answer| {
        answer.body.contains("redlatch_trust_anchors{client=\"")
            && answer
                .body
                .lines()
                .any(|line| line.starts_with("redlatch_trust_anchors{") && line.ends_with("} 2"))
    });
    lab.run(&["truncate"]);
    let answer = serving.until("/readyz", |answer| answer.body.contains("\"trust\":\"warning\""));
    assert_eq!(answer.status, 200);
    lab.run(&["repair"]);

    lab.run(&["kill"]);
    let answer = serving.until("/readyz", |answer| answer.status == 503);
    let health: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!((&health["ok"], &health["code"]), (&false.into(), &"net.refused".into()));
    assert!(health["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    assert_eq!(serving.json("/healthz").0, 200);
    lab.run(&["restart"]);
    serving.until("/readyz", |answer| answer.status == 200);
    for path in ["/readyz", "/status", "/metrics"] {
        assert!(!serving.get(path).body.contains(&lab.password()), "{path}");
    }
    let said = serving.end();
    assert!(said.lines().any(|line| line.contains("\"kind\":\"rejected\"")), "{said}");
    assert!(!said.contains(&lab.password()));
}

#[test]
fn a_server_that_is_not_trusted_is_not_ready() {
    let (lab, other) = (lab(), lab());
    let ca = other.ca_file().display().to_string();
    let mut serving = Serving::start(&[&lab.url_of_files(), "--ca-file", &ca]);
    let (status, health) = serving.json("/readyz");
    assert_eq!(
        (status, &health["code"], &health["trust"]),
        (503, &"tls.untrusted".into(), &"failing".into())
    );
    assert_eq!(serving.get("/healthz").status, 200);
    assert!(serving.get("/metrics").body.contains("code=\"tls.untrusted\"} 1"));
    serving.end();
}

#[test]
fn a_replica_may_be_enough() {
    let lab = lab();
    let url = lab.url_of_files();
    let mut redis = redlatch::Client::open(&url).expect("a client").connection();
    redis.call(["REPLICAOF", "127.0.0.1", "1"]).expect("a replica");
    let mut strict = Serving::start(&[&url]);
    let (status, health) = strict.json("/readyz");
    assert_eq!((status, &health["code"]), (503, &"server.readonly".into()));
    let mut reading = Serving::start(&[&url, "--read-only"]);
    assert_eq!(reading.get("/readyz").status, 200);
    strict.end();
    reading.end();
}

#[test]
fn what_is_no_request_is_refused() {
    let lab = lab();
    let mut serving = Serving::start(&[&lab.url_of_files()]);
    assert_eq!(serving.get("/").status, 404);
    assert_eq!(serving.get("/metrics/../status").status, 404);
    let put = serving.ask(b"POST /readyz HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
    assert_eq!(put.status, 405);
    assert!(put.head.contains("Allow: GET, HEAD"));
    let head = serving.ask(b"HEAD /metrics HTTP/1.1\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(!head.head.contains("Content-Length: 0"));
    assert_eq!(serving.ask(b"\x16\x03\x01\x02\x00").status, 400);
    let long = [b"GET / HTTP/1.1\r\nX: ", &[b'x'; 20_000][..], b"\r\n\r\n"].concat();
    assert_eq!(serving.ask(&long).status, 431);
    serving.end();
}

/// Those who say nothing hold up nobody, neither at work nor at the end.
#[test]
fn visitors_who_say_nothing() {
    let lab = lab();
    let mut serving = Serving::start(&[&lab.url_of_files()]);
    let silent: Vec<_> = (0..20).map(|_| serving.connect()).collect();
    assert_eq!(serving.get("/readyz").status, 200);
    // More than there is room for are turned away, and room is made again.
    let more: Vec<_> = (0..40).map(|_| serving.connect()).collect();
    let turned_away = more.iter().any(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_))
    });
    assert!(turned_away);
    drop((silent, more));
    serving.until("/healthz", |answer| answer.status == 200);
    let _silent = serving.connect();
    serving.end();
}

#[test]
fn what_cannot_be_served() {
    let lab = lab();
    let taken = Serving::start(&[&lab.url_of_files()]);
    let place = taken.address.to_string();
    for (words, said) in [
        (vec!["--listen", &place], "cannot listen on"),
        (vec!["--listen", "nowhere"], "cannot listen on nowhere"),
        (vec!["--ca-file", "x", "--tls=false"], "config.conflict"),
    ] {
        let output = command(&[&[lab.url_of_files().as_str()], &words[..]].concat())
            .output()
            .expect("the program");
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{output:?}");
    }
    taken.end();
}

fn lab() -> Lab {
    Lab::with(Path::new(env!("CARGO_BIN_EXE_redlatch")))
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redlatch"));
    command.arg("serve").args(words).stdin(Stdio::null());
    command
}

/// The program at work on a free port.
struct Serving {
    child: Child,
    address: SocketAddr,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Serving {
    fn start(words: &[&str]) -> Self {
        let words = [words, &["--listen", "127.0.0.1:0", "--interval", "0.1"]].concat();
        let mut child = command(&words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let mut line = String::new();
        let output = child.stdout.take().expect("output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://").expect("an address");
        Self { address: address.parse().expect("an address"), child }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).expect("a connection")
    }

    fn ask(&mut self, request: &[u8]) -> Answer {
        self.try_ask(request).expect("an answer")
    }

    fn try_ask(&self, request: &[u8]) -> Option<Answer> {
        let mut stream = self.connect();
        stream.write_all(request).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
    }

    fn json(&mut self, path: &str) -> (u16, Value) {
        let answer = self.get(path);
        (answer.status, serde_json::from_str(&answer.body).expect("JSON"))
    }

    /// Asks until the answer is as wanted.
    fn until(&mut self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let limit = Instant::now() + Duration::from_secs(20);
        loop {
            let request = format!("GET {path} HTTP/1.1\r\n\r\n");
            match self.try_ask(request.as_bytes()) {
                Some(answer) if wanted(&answer) => return answer,
                other => {
                    let body = other.map(|it| it.body).unwrap_or_default();
                    assert!(Instant::now() < limit, "{path} says {body}");
                }
            }
        }
    }

    /// Asks it to end as an orchestrator does; what it said on standard error.
    fn end(mut self) -> String {
        let number = i32::try_from(self.child.id()).expect("a number");
        let process = rustix::process::Pid::from_raw(number).expect("a process");
        rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("a signal");
        let mut said = String::new();
        let mut output = self.child.stderr.take().expect("standard error");
        output.read_to_string(&mut said).expect("text");
        assert_eq!(self.child.wait().expect("an end").code(), Some(0), "{said}");
        said
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Only of a test that failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
