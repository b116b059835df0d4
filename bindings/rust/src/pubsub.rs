//! Messages of subscriptions, and subscriptions of a thread that waits for them.

use std::{
    borrow::Cow,
    collections::VecDeque,
    fmt,
    time::{Duration, Instant},
};

use redlatch_core::{
    Error, Event, LaneId, Record, Result, Role, Sink,
    resp::{Reply, Token, encode_command},
};

use crate::{
    client::Client,
    driver::Driver,
    replies::{Nobody, record},
};

/// What somebody published.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Where it was published.
    pub channel: Vec<u8>,
    /// The pattern that the channel matches, if that was subscribed to.
    pub pattern: Option<Vec<u8>>,
    /// What was published.
    pub payload: Vec<u8>,
}

impl Message {
    /// The channel as text.
    pub fn channel_name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.channel)
    }

    /// The payload as text.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.payload)
    }

    /// Reads what a session of subscriptions was told, if it is a message.
    pub(crate) fn read(told: Reply<'_>) -> Option<Self> {
        let mut texts = told.tokens().skip(1).map(|token| match token {
            Token::Bulk(text) | Token::Simple(text) => text,
            _ => b"",
        });
        let pattern = match texts.next()? {
            b"message" | b"smessage" => None,
            b"pmessage" => Some(texts.next()?.to_vec()),
            _ => return None,
        };
        Some(Self { pattern, channel: texts.next()?.to_vec(), payload: texts.next()?.to_vec() })
    }
}

/// Shows no payload: it is what callers keep to themselves.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}, {} bytes)", self.channel_name(), self.payload.len())
    }
}

/// A command that begins or ends subscriptions; none if there is nothing to begin.
pub(crate) fn packed<A: AsRef<[u8]>>(
    word: &str,
    names: impl IntoIterator<Item = A>,
) -> Option<Vec<u8>> {
    let mut words = vec![word.as_bytes().to_vec()];
    words.extend(names.into_iter().map(|name| name.as_ref().to_vec()));
    if words.len() == 1 && !word.contains("UNSUBSCRIBE") {
        return None;
    }
    let mut packed = Vec::new();
    encode_command(&mut packed, words);
    Some(packed)
}

/// Subscriptions of one thread, which waits for their messages. See
/// [`aio::Subscriber`](crate::aio::Subscriber) for those of tasks: they survive the same.
///
/// Between calls nothing is read. Whoever stays away for long should mind the server's limit on what
/// waits for a subscriber (`client-output-buffer-limit`).
///
/// ```
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// let client = redlatch::Client::open(&url)?;
/// let mut messages = client.subscriber();
/// messages.subscribe(["news"])?;
/// client.connection().call(["PUBLISH", "news", "hello"])?;
/// let message = messages.next(None).expect("one was published");
/// assert_eq!(message.text(), "hello");
/// # Ok::<(), redlatch::Error>(())
/// ```
pub struct Subscriber {
    driver: Driver,
    heard: Heard,
    last_ticket: u64,
}

impl Subscriber {
    pub(crate) fn new(client: &Client) -> Self {
        let driver = client.driver(Role::Subscriber);
        Self { driver, heard: Heard::default(), last_ticket: 0 }
    }

    /// Listens to channels, and returns once the server has confirmed.
    ///
    /// # Errors
    /// Any code of the families `trust` to `client`; `auth.denied` if the user may not listen there.
    pub fn subscribe<A: AsRef<[u8]>>(
        &mut self,
        channels: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("SUBSCRIBE", channels)
    }

    /// The same with patterns, such as `user:*`.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn psubscribe<A: AsRef<[u8]>>(
        &mut self,
        patterns: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("PSUBSCRIBE", patterns)
    }

    /// The same with channels of a shard.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn ssubscribe<A: AsRef<[u8]>>(
        &mut self,
        channels: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("SSUBSCRIBE", channels)
    }

    /// Listens no more to channels, or to all of them if none is named.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn unsubscribe<A: AsRef<[u8]>>(
        &mut self,
        channels: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("UNSUBSCRIBE", channels)
    }

    /// Listens no more to patterns, or to all of them if none is named.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn punsubscribe<A: AsRef<[u8]>>(
        &mut self,
        patterns: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("PUNSUBSCRIBE", patterns)
    }

    /// Listens no more to channels of a shard, or to all of them if none is named.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn sunsubscribe<A: AsRef<[u8]>>(
        &mut self,
        channels: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("SUNSUBSCRIBE", channels)
    }

    /// Waits for the next message, if need be through losses and new connections, or none comes in
    /// time. Without a limit it comes or never.
    pub fn next(&mut self, timeout: Option<Duration>) -> Option<Message> {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let Self { driver, heard, .. } = self;
        driver.run(heard, |_, heard| !heard.messages.is_empty(), until, &mut || true);
        heard.messages.pop_front()
    }

    /// What happened since the last call, oldest first. [`Gap`](crate::EventKind::Gap) tells that
    /// messages may have been lost.
    pub fn events(&mut self) -> Vec<Event> {
        self.driver.events()
    }

    /// Ends all subscriptions and the connection.
    pub fn close(&mut self) {
        self.driver.close(&mut Nobody);
    }

    fn change<A: AsRef<[u8]>>(
        &mut self,
        word: &str,
        names: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        let Some(packed) = packed(word, names) else { return Ok(()) };
        self.last_ticket += 1;
        let record =
            record(Record { ticket: self.last_ticket, ..Record::default() }, 1, packed.len())?;
        self.heard.outcome = None;
        self.driver.call(
            &[record],
            packed,
            &mut self.heard,
            |heard| heard.outcome.is_some(),
            &mut || true,
        );
        self.heard.outcome.take().unwrap_or(Ok(()))
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscriber({})", self.driver.client().profile().config().address)
    }
}

/// What came in.
#[derive(Default)]
struct Heard {
    messages: VecDeque<Message>,
    /// Of the command under way.
    outcome: Option<Result<()>>,
}

impl Sink for Heard {
    fn reply(&mut self, _ticket: u64, reply: Reply<'_>) {
        self.outcome = Some(match reply.error_text() {
            Some(text) => Err(Error::from_server_text(&text)),
            None => Ok(()),
        });
    }

    fn fail(&mut self, _ticket: u64, error: &Error) {
        self.outcome = Some(Err(error.clone()));
    }

    fn push(&mut self, _lane: LaneId, message: Reply<'_>) {
        self.messages.extend(Message::read(message));
    }
}
