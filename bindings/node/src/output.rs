//! What one call hands back: one flat array, read from front to back by node/src/engine.ts.
//!
//! ```text
//! 0 ticket count value…        replies to so many tickets from `ticket` on
//! 1 ticket count value…        so many replies to one ticket
//! 2 ticket count document      so many tickets get no (further) reply
//! 3 link bytes                 write
//! 4 link flush                 hang up
//! 5 link attempt host port     dial; host null: port is the path of a Unix socket
//! 6 document                   event
//! 7 milliseconds               wake up then, if not before
//! 8 link value                 push message
//! 9 id material                ask whoever provides it; `supply` or `supplyFailed` answers
//! 10 document                  what was handed in is refused
//! ```

use std::{collections::HashMap, ptr};

use napi_sys as sys;
use redlatch::{
    Error,
    core::{Action, LaneId, Sink, config::Address, document, resp::Reply},
};

use crate::value::Values;

/// First element of each item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Replies = 0,
    Repeated = 1,
    Failed = 2,
    Write = 3,
    Hangup = 4,
    Dial = 5,
    Event = 6,
    Wake = 7,
    Push = 8,
    Need = 9,
    Refused = 10,
}

/// Collects what a client says during one call.
pub(crate) struct Output<'a> {
    values: Values,
    array: sys::napi_value,
    length: u32,
    run: Option<Run>,
    /// Tickets whose strings become Buffers, and how many replies each still gets.
    binary: &'a mut HashMap<u64, u32>,
}

/// Neighbours that share one header.
struct Run {
    item: Item,
    /// Where its header stands.
    at: u32,
    ticket: u64,
    count: u32,
    error: Option<Error>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(values: Values, binary: &'a mut HashMap<u64, u32>) -> Self {
        Self { values, array: ptr::null_mut(), length: 0, run: None, binary }
    }

    pub(crate) fn expect_binary(&mut self, ticket: u64, replies: u32) {
        self.binary.insert(ticket, replies);
    }

    pub(crate) fn forget_binary(&mut self, ticket: u64) {
        self.binary.remove(&ticket);
    }

    pub(crate) fn action(&mut self, action: Action) {
        match action {
            Action::Write { link, bytes } => {
                let bytes = self.values.buffer_of(bytes);
                self.item(Item::Write, link);
                self.push(bytes);
            }
            Action::Hangup { link, flush } => {
                self.item(Item::Hangup, link);
                self.push(self.values.boolean(flush));
            }
            Action::Dial { link, address, attempt } => {
                self.item(Item::Dial, link);
                self.push(self.values.integer(i64::from(attempt)));
                let (host, port) = match address {
                    Address::Tcp { host, port } => {
                        (self.values.text(host.as_bytes()), self.values.integer(port.into()))
                    }
                    Address::Unix(path) => {
                        (self.values.null(), self.values.text(path.as_os_str().as_encoded_bytes()))
                    }
                };
                self.push(host);
                self.push(port);
            }
            Action::Need { material, id } => {
                self.item(Item::Need, id);
                self.push(self.values.text(material.name().as_bytes()));
            }
            _ => {}
        }
    }

    pub(crate) fn event(&mut self, event: &redlatch::Event) {
        self.document(Item::Event, &document::event(event));
    }

    pub(crate) fn refused(&mut self, error: &Error) {
        self.document(Item::Refused, &document::error(error));
    }

    fn document(&mut self, item: Item, document: &str) {
        let document = self.values.text(document.as_bytes());
        self.close_run();
        self.push(self.values.integer(item as i64));
        self.push(document);
    }

    pub(crate) fn wake(&mut self, milliseconds: u64) {
        self.item(Item::Wake, milliseconds);
    }

    /// The array, or undefined if there is nothing to say.
    pub(crate) fn finish(mut self) -> sys::napi_value {
        self.close_run();
        match self.array.is_null() {
            true => self.values.undefined(),
            false => self.array,
        }
    }

    fn item(&mut self, item: Item, number: u64) {
        self.close_run();
        self.push(self.values.integer(item as i64));
        self.push(self.values.integer(number as i64));
    }

    /// Starts a run; its first and third element are set when it ends.
    fn open_run(&mut self, item: Item, ticket: u64, error: Option<Error>) {
        self.item(item, ticket);
        self.run = Some(Run { item, at: self.length - 2, ticket, count: 1, error });
        self.push(self.values.integer(1));
    }

    fn close_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        if run.count > 1 {
            self.values.set(self.array, run.at, self.values.integer(run.item as i64));
            self.values.set(self.array, run.at + 2, self.values.integer(run.count.into()));
        }
        if let Some(error) = run.error {
            self.push(self.values.text(document::error(&error).as_bytes()));
        }
    }

    #[inline]
    fn push(&mut self, value: sys::napi_value) {
        if self.array.is_null() {
            self.array = self.values.array();
        }
        self.values.set(self.array, self.length, value);
        self.length += 1;
    }

    fn is_binary(&mut self, ticket: u64) -> bool {
        let Some(left) = self.binary.get_mut(&ticket) else { return false };
        *left -= 1;
        if *left == 0 {
            self.binary.remove(&ticket);
        }
        true
    }
}

impl Sink for Output<'_> {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        let binary = !self.binary.is_empty() && self.is_binary(ticket);
        let value = self.values.reply(reply, binary);
        match &mut self.run {
            Some(run)
                if run.item == Item::Replies && run.ticket + u64::from(run.count) == ticket =>
            {
                run.count += 1;
            }
            Some(run) if run.item == Item::Repeated && run.ticket == ticket => run.count += 1,
            Some(run) if run.item == Item::Replies && run.count == 1 && run.ticket == ticket => {
                run.item = Item::Repeated;
                run.count = 2;
            }
            _ => {
                self.close_run();
                self.open_run(Item::Replies, ticket, None);
            }
        }
        self.push(value);
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        self.binary.remove(&ticket);
        match &mut self.run {
            Some(Run { item: Item::Failed, ticket: first, count, error: Some(same), .. })
                if *first + u64::from(*count) == ticket
                    && same == error
                    && same.is_maybe_executed() == error.is_maybe_executed() =>
            {
                *count += 1;
            }
            _ => {
                self.close_run();
                self.open_run(Item::Failed, ticket, Some(error.clone()));
            }
        }
    }

    fn push(&mut self, lane: LaneId, message: Reply<'_>) {
        let value = self.values.reply(message, false);
        self.item(Item::Push, u64::from(lane));
        self.push(value);
    }
}
