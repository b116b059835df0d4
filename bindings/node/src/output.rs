//! What one call hands back: one flat array, read from front to back by node/src/outcome.ts.
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
//! 8 lane value                 a message, or that a subscription began or ended
//! 9 id material                ask whoever provides it; `supply` or `supplyFailed` answers
//! 10 document                  what was handed in is refused
//! 11 lane                      the session of raw bytes is up
//! 12 lane bytes                raw bytes came in
//! 13 lane document             the session of raw bytes has ended, or could not be made
//! 14 link length               write what lies in the buffer given to `more`
//! 15                           call `more` now: there is a long write
//! ```

use std::collections::HashMap;

use redlatch_core::{
    Action, Error, Event, LaneId, Link, Record, Sink,
    config::Address,
    document,
    resp::{Reply, Tally},
};

use crate::{
    mapping::Mapping,
    primitive::{Value, Values},
};

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
    Opened = 11,
    Bytes = 12,
    Ended = 13,
    Staged = 14,
    More = 15,
}

/// Collects what a client says during one call.
pub(crate) struct Output<'a> {
    values: Values,
    array: Option<Value>,
    length: u32,
    run: Option<Run>,
    wishes: &'a mut Wishes,
    tallies: &'a mut HashMap<LaneId, Tally>,
}

/// Types that callers want otherwise than by default.
#[derive(Default)]
pub(crate) struct Wishes {
    /// By ticket, with the number of replies it still gets.
    replies: HashMap<u64, (Mapping, u32)>,
    /// By lane, of messages.
    messages: HashMap<LaneId, Mapping>,
}

impl Wishes {
    pub(crate) fn of_records(&mut self, records: &[Record]) {
        for record in records {
            let mapping = Mapping::of(record.flags);
            if !mapping.is_default() {
                self.replies.insert(record.ticket, (mapping, record.commands));
            }
        }
    }

    pub(crate) fn of_lane(&mut self, lane: LaneId, mapping: Mapping) {
        self.messages.insert(lane, mapping);
    }

    pub(crate) fn forget(&mut self, ticket: u64) {
        self.replies.remove(&ticket);
    }

    pub(crate) fn forget_lane(&mut self, lane: LaneId) {
        self.messages.remove(&lane);
    }

    fn next(&mut self, ticket: u64) -> Mapping {
        if self.replies.is_empty() {
            return Mapping::default();
        }
        let Some((mapping, left)) = self.replies.get_mut(&ticket) else {
            return Mapping::default();
        };
        let mapping = *mapping;
        *left -= 1;
        if *left == 0 {
            self.replies.remove(&ticket);
        }
        mapping
    }

    fn of_message(&self, lane: LaneId) -> Mapping {
        self.messages.get(&lane).copied().unwrap_or_default()
    }
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
    pub(crate) fn new(
        values: Values,
        wishes: &'a mut Wishes,
        tallies: &'a mut HashMap<LaneId, Tally>,
    ) -> Self {
        Self { values, array: None, length: 0, run: None, wishes, tallies }
    }

    /// Counts what is sent in a lane of raw bytes.
    pub(crate) fn sent(&mut self, lane: LaneId, bytes: &[u8]) {
        if let Some(tally) = self.tallies.get_mut(&lane) {
            tally.sent(bytes);
        }
    }

    /// Forgets a lane.
    pub(crate) fn shut(&mut self, lane: LaneId) {
        self.wishes.forget_lane(lane);
        self.tallies.remove(&lane);
    }

    pub(crate) fn wishes(&mut self) -> &mut Wishes {
        self.wishes
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

    pub(crate) fn event(&mut self, event: &Event) {
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

    /// The bytes of a write lie in JavaScript's own buffer.
    pub(crate) fn staged(&mut self, link: Link, length: usize) {
        self.item(Item::Staged, link);
        self.push(self.values.integer(length as i64));
    }

    pub(crate) fn more(&mut self) {
        self.close_run();
        self.push(self.values.integer(Item::More as i64));
    }

    pub(crate) fn wake(&mut self, milliseconds: u64) {
        self.item(Item::Wake, milliseconds);
    }

    /// The array, or undefined if there is nothing to say.
    pub(crate) fn finish(mut self) -> Value {
        self.close_run();
        self.array.unwrap_or_else(|| self.values.undefined())
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
        if let Some(array) = self.array.filter(|_| run.count > 1) {
            self.values.set(array, run.at, self.values.integer(run.item as i64));
            self.values.set(array, run.at + 2, self.values.integer(run.count.into()));
        }
        if let Some(error) = run.error {
            self.push(self.values.text(document::error(&error).as_bytes()));
        }
    }

    #[inline]
    fn push(&mut self, value: Value) {
        let array = *self.array.get_or_insert_with(|| self.values.array());
        self.values.set(array, self.length, value);
        self.length += 1;
    }
}

impl Sink for Output<'_> {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        let mapping = self.wishes.next(ticket);
        let value = self.values.reply(reply, mapping);
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
        self.wishes.forget(ticket);
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
        let value = self.values.reply(message, self.wishes.of_message(lane));
        self.item(Item::Push, u64::from(lane));
        self.push(value);
    }

    fn opened(&mut self, lane: LaneId) {
        self.item(Item::Opened, u64::from(lane));
    }

    fn bytes(&mut self, lane: LaneId, bytes: &[u8]) {
        if let Some(tally) = self.tallies.get_mut(&lane) {
            tally.received(bytes);
        }
        let bytes = self.values.buffer(bytes);
        self.item(Item::Bytes, u64::from(lane));
        self.push(bytes);
    }

    fn ended(&mut self, lane: LaneId, error: &Error) {
        let document = self.values.text(document::error(error).as_bytes());
        self.item(Item::Ended, u64::from(lane));
        self.push(document);
    }
}
