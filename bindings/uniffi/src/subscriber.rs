//! Subscriptions.

use std::{fmt, time::Duration};

use crate::error::CallError;

/// Subscriptions and what is heard by them, through rotations and lost connections. One thread may
/// wait for messages while others subscribe. A connection that was lost is an event `gap` of the
/// client: messages may have been lost, too.
#[derive(Debug, uniffi::Object)]
pub struct Subscriber {
    subscriber: redlatch::shared::Subscriber,
}

/// What was published.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Message {
    /// `message`, `pmessage` or `smessage`.
    pub kind: String,
    /// The pattern that matched, of a `pmessage`.
    pub pattern: Option<Vec<u8>>,
    /// Where it was published.
    pub channel: Vec<u8>,
    /// What was published.
    pub payload: Vec<u8>,
}

#[uniffi::export]
impl Subscriber {
    /// Hears what is published to channels. Done once the server has confirmed it.
    pub fn subscribe(&self, channels: Vec<Vec<u8>>) -> Result<(), CallError> {
        self.send("SUBSCRIBE", &channels)
    }

    /// Hears no more of channels; of none if the list is empty.
    pub fn unsubscribe(&self, channels: Vec<Vec<u8>>) -> Result<(), CallError> {
        self.send("UNSUBSCRIBE", &channels)
    }

    /// Hears what is published to channels that match patterns.
    pub fn psubscribe(&self, patterns: Vec<Vec<u8>>) -> Result<(), CallError> {
        self.send("PSUBSCRIBE", &patterns)
    }

    /// Hears no more of patterns; of none if the list is empty.
    pub fn punsubscribe(&self, patterns: Vec<Vec<u8>>) -> Result<(), CallError> {
        self.send("PUNSUBSCRIBE", &patterns)
    }

    /// Hears what is published to shard channels.
    pub fn ssubscribe(&self, channels: Vec<Vec<u8>>) -> Result<(), CallError> {
        self.send("SSUBSCRIBE", &channels)
    }

    /// Hears no more of shard channels; of none if the list is empty.
    pub fn sunsubscribe(&self, channels: Vec<Vec<u8>>) -> Result<(), CallError> {
        self.send("SUNSUBSCRIBE", &channels)
    }

    /// The next message; none if none came in time. No timeout means no limit.
    #[uniffi::method(default(timeout = None))]
    pub fn next_message(&self, timeout: Option<Duration>) -> Result<Option<Message>, CallError> {
        Ok(self.subscriber.next(timeout)?.map(Message::from))
    }

    /// Ends it: who waits for a message gets `client.closed`.
    pub fn shut_down(&self) {
        self.subscriber.close();
    }
}

impl Subscriber {
    pub(crate) fn new(subscriber: redlatch::shared::Subscriber) -> Self {
        Self { subscriber }
    }

    fn send(&self, command: &str, names: &[Vec<u8>]) -> Result<(), CallError> {
        let words: Vec<&[u8]> =
            std::iter::once(command.as_bytes()).chain(names.iter().map(Vec::as_slice)).collect();
        Ok(self.subscriber.send(words)?)
    }
}

impl From<redlatch::shared::Message> for Message {
    fn from(message: redlatch::shared::Message) -> Self {
        let redlatch::shared::Message { kind, pattern, channel, payload } = message;
        Self { kind, pattern, channel, payload }
    }
}

/// Shows the size only: payloads hold what callers publish.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = String::from_utf8_lossy(&self.channel);
        write!(f, "Message({} on {channel:?}, {} bytes)", self.kind, self.payload.len())
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
