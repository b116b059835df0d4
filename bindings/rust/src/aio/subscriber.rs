//! Subscriptions as a stream of messages.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;
use redlatch_core::Result;

use super::{line::Line, mailbox::Mailbox};
use crate::pubsub::{Message, packed};

/// Subscriptions, and a `Stream` of the messages they bring, on a session of their own.
///
/// They outlive rotations and losses. In a rotation the next session is subscribed before the old one
/// is left, and what both hear is told once: nothing is lost, nothing comes twice. After a loss they
/// are made again; what was published meanwhile is lost, as always with Redis, and an event of kind
/// [`Gap`](crate::EventKind::Gap) tells so.
///
/// The stream ends when the connection is closed. Messages wait until they are taken; of more than
/// 65536 the oldest are dropped, see [`dropped`](Self::dropped). Dropping the subscriber ends its
/// session.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> redlatch::Result<()> {
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// use redlatch::Client;
///
/// let redis = Client::open(&url)?.async_connection().await?;
/// let mut messages = redis.subscriber().await?;
/// messages.subscribe(["news"]).await?;
/// messages.psubscribe(["user:*"]).await?;
/// redis.call(["PUBLISH", "user:7", "hello"]).await?;
/// while let Some(message) = messages.next().await {
///     println!("{}: {}", message.channel_name(), message.text());
/// #   assert_eq!(message.pattern.as_deref(), Some(&b"user:*"[..]));
/// #   break;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Subscriber {
    line: Line,
    mailbox: Arc<Mailbox<Message>>,
}

impl Subscriber {
    pub(super) fn new(line: Line, mailbox: Arc<Mailbox<Message>>) -> Self {
        Self { line, mailbox }
    }

    /// Listens to channels, and returns once the server has confirmed. Dropping the future does not
    /// take it back.
    ///
    /// # Errors
    /// Any code of the families `trust` to `client`; `auth.denied` if the user may not listen there.
    pub async fn subscribe<A: AsRef<[u8]>>(
        &self,
        channels: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("SUBSCRIBE", channels).await
    }

    /// The same with patterns, such as `user:*`.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub async fn psubscribe<A: AsRef<[u8]>>(
        &self,
        patterns: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("PSUBSCRIBE", patterns).await
    }

    /// The same with channels of a shard.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub async fn ssubscribe<A: AsRef<[u8]>>(
        &self,
        channels: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("SSUBSCRIBE", channels).await
    }

    /// Listens no more to channels, or to all of them if none is named.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub async fn unsubscribe<A: AsRef<[u8]>>(
        &self,
        channels: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("UNSUBSCRIBE", channels).await
    }

    /// Listens no more to patterns, or to all of them if none is named.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub async fn punsubscribe<A: AsRef<[u8]>>(
        &self,
        patterns: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("PUNSUBSCRIBE", patterns).await
    }

    /// Listens no more to channels of a shard, or to all of them if none is named.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub async fn sunsubscribe<A: AsRef<[u8]>>(
        &self,
        channels: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        self.change("SUNSUBSCRIBE", channels).await
    }

    /// Asks the server for a sign of life on this session.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub async fn ping(&self) -> Result<()> {
        self.line.call(["PING"]).await.map(drop)
    }

    /// The next message; none once the connection was closed.
    pub async fn next(&mut self) -> Option<Message> {
        std::future::poll_fn(|cx| self.mailbox.poll_next(cx)).await
    }

    /// How many messages were dropped because too many waited.
    pub fn dropped(&self) -> u64 {
        self.mailbox.dropped()
    }

    async fn change<A: AsRef<[u8]>>(
        &self,
        word: &str,
        names: impl IntoIterator<Item = A>,
    ) -> Result<()> {
        match packed(word, names) {
            Some(packed) => self.line.call_packed(&packed, 1).await?.into_value().map(drop),
            None => Ok(()),
        }
    }
}

impl Stream for Subscriber {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.mailbox.poll_next(cx)
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscriber({})", self.line.owner.profile.config().address)
    }
}

/// A burst that nobody takes must not fill the memory.
pub(super) const MESSAGES_KEPT: usize = 1 << 16;
