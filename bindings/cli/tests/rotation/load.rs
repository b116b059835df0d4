//! A busy connection, and what it may not notice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use redlatch::{Client, Connection, Error, Event, EventKind};
use serde_json::Value;

/// Changes something while a connection is busy: no command may fail. Returns its status.
pub(crate) fn under_load(url: &str, change: impl FnOnce(&Receiver<Event>)) -> Value {
    let url = format!("{url}&poll_interval=0.1&distrust_grace=1");
    let connection = Client::open(&url).expect("a URL").connection();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let (sender, events) = mpsc::channel();
        let worker = scope.spawn(|| work(connection, sender, &stop));
        wait(&events, |event| event.kind == EventKind::Connected);
        change(&events);
        stop.store(true, Ordering::Relaxed);
        let (errors, status) = worker.join().expect("an end");
        assert_eq!(errors, []);
        assert_eq!(status["counters"]["failures"], 0);
        assert_eq!(status["counters"]["reconnects"], 0);
        status
    })
}

fn work(
    mut connection: Connection,
    events: Sender<Event>,
    stop: &AtomicBool,
) -> (Vec<Error>, Value) {
    let mut errors = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        errors.extend(connection.call(["INCR", "count"]).err());
        for event in connection.events() {
            let _ = events.send(event);
        }
    }
    (errors, serde_json::from_str(connection.status().as_json()).expect("a document"))
}

pub(crate) fn wait(events: &Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Event {
    events.iter().find(|event| wanted(event)).expect("the worker ended")
}

pub(crate) fn is_rotation(event: &Event, material: &str, generation: &str) -> bool {
    event.kind == EventKind::Rotation
        && event.field("material") == Some(material)
        && event.field("generation") == Some(generation)
}
