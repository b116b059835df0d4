//! What callers were told, and whether it was right.

use std::collections::HashMap;

use redlatch_core::{
    Error, Sink, document,
    resp::{Reply, Value},
};

use crate::world::server::Server;

/// Each hands in every third command.
pub(crate) const CALLERS: u64 = 3;

/// What a ticket asked for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Asked {
    Echo,
    Get,
    Append { caller: u64 },
}

#[derive(Default)]
pub(crate) struct Outcomes {
    pub(crate) asked: HashMap<u64, Asked>,
    pub(crate) replies: HashMap<u64, Value>,
    pub(crate) failures: HashMap<u64, Error>,
    pub(crate) cancelled: Vec<u64>,
}

impl Sink for Outcomes {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        assert!(!self.cancelled.contains(&ticket), "{ticket} was cancelled and answered");
        assert!(!self.failures.contains_key(&ticket), "{ticket} failed and was answered");
        let value = reply.to_value();
        match self.asked[&ticket] {
            Asked::Echo => assert_eq!(value, Value::Bulk(format!("echo {ticket}").into())),
            Asked::Get => assert_eq!(value, Value::Bulk(b"constant".to_vec())),
            Asked::Append { .. } => assert!(matches!(value, Value::Int(_)), "{value:?}"),
        }
        assert_eq!(self.replies.insert(ticket, value), None, "{ticket} was answered twice");
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        assert!(!self.cancelled.contains(&ticket), "{ticket} was cancelled and failed");
        assert!(!self.replies.contains_key(&ticket), "{ticket} was answered and failed");
        assert_eq!(self.failures.insert(ticket, error.clone()), None, "{ticket} failed twice");
    }
}

impl Outcomes {
    /// Whether all that happened was right.
    pub(crate) fn judge(&self, server: &Server) {
        let Self { asked, replies, failures, cancelled } = self;
        for ticket in asked.keys() {
            let count = usize::from(replies.contains_key(ticket))
                + usize::from(failures.contains_key(ticket))
                + usize::from(cancelled.contains(ticket));
            assert_eq!(count, 1, "outcomes of {ticket}");
        }
        for caller in 0..CALLERS {
            let log = server.data.get(&format!("log {caller}")).cloned().unwrap_or_default();
            let done: Vec<u64> = log.split(',').filter_map(|number| number.parse().ok()).collect();
            assert!(done.is_sorted_by(|left, right| left < right), "out of order or twice: {log}");
            for (ticket, _) in asked.iter().filter(|(_, it)| **it == Asked::Append { caller }) {
                match (replies.get(ticket), failures.get(ticket)) {
                    (Some(_), _) => assert!(done.contains(ticket), "{ticket} was not done"),
                    (_, Some(error)) if !error.is_maybe_executed() => {
                        assert!(!done.contains(ticket), "{ticket} was done: {error}");
                    }
                    _ => {}
                }
            }
        }
        for error in failures.values() {
            assert!(!document::error(error).contains("-secret"), "{error:?}");
        }
    }
}
