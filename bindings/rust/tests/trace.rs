//! Events as those of `tracing`, against a real TLS server.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use redlatch::{Client, EventKind};
use redlatch_lab::Lab;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// A line for each event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "redlatch"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

/// One test, since a subscriber is the process's.
#[test]
fn what_happens_is_traced() {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let (lab, other) = (Lab::up(), Lab::up());
    let secret = lab.password();

    let mut redis = Client::open(&lab.url()).unwrap().connection();
    redis.call(["PING"]).unwrap();
    let lines = std::mem::take(&mut *log.0.lock().unwrap());
    assert!(
        lines.iter().any(|line| line.starts_with("INFO message=connected kind=\"connected\"")),
        "{lines:?}"
    );
    assert!(redis.events().iter().any(|event| event.kind == EventKind::Connected), "events stay");

    let ca = |lab: &Lab| lab.ca_file().display().to_string();
    let url = lab.url().replace(&ca(&lab), &ca(&other));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let redis = Client::open(&url).unwrap().async_connection().await.unwrap();
        redis.call(["PING"]).await.unwrap_err();
        redis.close().await;
    });
    let lines = log.0.lock().unwrap();
    let failing = lines.iter().find(|line| line.starts_with("ERROR")).unwrap();
    assert!(failing.contains("kind=\"failing\""), "{failing}");
    assert!(failing.contains("code=\"tls.untrusted\""), "{failing}");
    assert!(lines.iter().all(|line| !line.contains(&secret)));
}
