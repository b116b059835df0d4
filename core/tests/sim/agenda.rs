//! What is going to happen, in order of time.

use std::{cmp::Ordering, collections::BinaryHeap, time::Duration};

use redlatch_core::Link;

use crate::authority::Cas;

/// Something that happens at a moment.
pub(crate) enum What {
    /// Bytes reach the server; when they were sent.
    ToServer(Link, Vec<u8>, Duration),
    ToClient(Link, Vec<u8>),
    /// The client learns that the connection is over.
    Ended(Link),
    /// The server ended it, behind its last answer.
    Closed(Link),
    Dialed(Link),
    DialFailed(Link, redlatch_core::Code),
    /// The host's buffers for a connection have room again.
    Writable(Link),
    /// The server goes on after a pause.
    Wake,
    Call(u64),
    Fault,
    File(&'static str, Vec<u8>),
    /// What belongs in a file is written to it.
    Mend(&'static str),
    /// These CAs are trusted from now on.
    Trust(Cas),
    /// The server shows a leaf of this CA.
    Leaf(usize),
    /// The vault answers a question.
    Answer(u64),
    /// The server accepts only these from now on.
    Passwords(Vec<String>),
    /// The time of a connection that waits may be over.
    Serve(Link),
    /// The server learns that the client is gone.
    Gone(Link),
    /// One of those who wait for elements has its turn.
    Wait(u64),
    /// Somebody else adds to a list.
    Push,
    /// Subscriptions change.
    Listen,
    /// Somebody else publishes.
    Publish,
    /// One of those who watch has its turn.
    Watch(u64),
    /// Somebody else writes to what is watched.
    Touch,
    /// The user of raw bytes has its turn.
    Raw,
}

#[derive(Default)]
pub(crate) struct Agenda {
    heap: BinaryHeap<Entry>,
    order: u64,
}

impl Agenda {
    pub(crate) fn add(&mut self, at: Duration, what: What) {
        self.order += 1;
        self.heap.push(Entry { at, order: self.order, what });
    }

    pub(crate) fn next(&self) -> Option<Duration> {
        self.heap.peek().map(|entry| entry.at)
    }

    pub(crate) fn take(&mut self) -> Option<What> {
        self.heap.pop().map(|entry| entry.what)
    }

    /// Forgets what was planned, as far as `keep` says.
    pub(crate) fn retain(&mut self, keep: impl Fn(&What) -> bool) {
        self.heap.retain(|entry| keep(&entry.what));
    }
}

struct Entry {
    at: Duration,
    order: u64,
    what: What,
}

impl Ord for Entry {
    /// The earliest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}
