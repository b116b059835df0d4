//! What callers are told, and the small things tests say often.

use std::{collections::HashSet, time::Duration};

use redlatch_core::{
    Config, CutOff, Error, LaneId, Link, Now, Sink,
    config::Value as Setting,
    resp::{Reply, Value, encode_command},
};

use super::certs::EPOCH;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Reply(Value),
    Failed(Error),
}

/// What is known of a string that is cut off.
pub(crate) struct Part {
    pub(crate) ticket: u64,
    pub(crate) text: Vec<u8>,
    pub(crate) whole: usize,
}

/// What the client told its callers.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) outcomes: Vec<(u64, Outcome)>,
    pub(crate) pushes: Vec<Value>,
    /// What a lane of raw bytes got.
    pub(crate) bytes: Vec<u8>,
    /// What is known of a long reply that is cut off.
    pub(crate) awaited: Option<(usize, Option<Part>)>,
    pub(crate) opened: usize,
    pub(crate) ended: Vec<Error>,
    failed: HashSet<u64>,
}

impl Sink for Log {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        self.outcomes.push((ticket, Outcome::Reply(reply.to_value())));
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        assert!(self.failed.insert(ticket), "{ticket} failed twice");
        self.outcomes.push((ticket, Outcome::Failed(error.clone())));
    }

    fn awaits(&mut self, _: Link, bytes: usize, text: Option<CutOff<'_>>) {
        let part =
            |it: CutOff<'_>| Part { ticket: it.ticket, text: it.part.to_vec(), whole: it.whole };
        self.awaited = Some((bytes, text.map(part)));
    }

    fn push(&mut self, _: LaneId, message: Reply<'_>) {
        self.pushes.push(message.to_value());
    }

    fn opened(&mut self, _: LaneId) {
        self.opened += 1;
    }

    fn bytes(&mut self, _: LaneId, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn ended(&mut self, _: LaneId, error: &Error) {
        self.ended.push(error.clone());
    }
}

pub(crate) fn start() -> Now {
    Now { monotonic: Duration::from_secs(1000), wall: Duration::from_secs(EPOCH) }
}

pub(crate) fn seconds(number: f64) -> Duration {
    Duration::from_secs_f64(number)
}

pub(crate) fn config(settings: &[(&str, &str)]) -> Config {
    let settings = settings.iter().map(|(name, text)| (*name, Setting::Text((*text).to_owned())));
    Config::parse(settings, None).unwrap()
}

/// One packed command.
pub(crate) fn pack(words: &[&str]) -> Vec<u8> {
    let mut packed = Vec::new();
    encode_command(&mut packed, words);
    packed
}

/// A little later on both clocks.
pub(crate) fn later(now: Now, by: f64) -> Now {
    let by = seconds(by);
    Now { monotonic: now.monotonic + by, wall: now.wall + by }
}
