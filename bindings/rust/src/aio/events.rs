//! What happens to a connection, for any number of listeners.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
};

use futures_core::Stream;
use redlatch_core::Event;

use super::mailbox::Mailbox;

/// What happens to a connection, oldest first, as a `Stream` that ends with the connection.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> redlatch::Result<()> {
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// use redlatch::{Client, EventKind};
///
/// let redis = Client::open(&url)?.async_connection().await?;
/// let mut events = redis.events();
/// while let Some(event) = events.next().await {
///     println!("{}: {:?}", event.kind.name(), event.fields);
///     if event.kind == EventKind::Connected {
///         break;
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Events {
    mailbox: Arc<Mailbox<Event>>,
}

impl Events {
    /// The next event; none once the connection has ended. A listener that falls far behind
    /// misses the oldest.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|cx| self.mailbox.poll_next(cx)).await
    }

    /// How many events were missed because too many waited.
    pub fn missed(&self) -> u64 {
        self.mailbox.dropped()
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.mailbox.poll_next(cx)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

/// Where the task leaves events.
pub(super) struct Hub {
    state: Mutex<State>,
}

struct State {
    /// Hears everything from the start; the first listener gets it.
    first: Option<Arc<Mailbox<Event>>>,
    listeners: Vec<Weak<Mailbox<Event>>>,
    ended: bool,
}

impl Hub {
    pub(super) fn new() -> Self {
        let first = Arc::new(Mailbox::new(KEPT));
        let listeners = vec![Arc::downgrade(&first)];
        Self { state: Mutex::new(State { first: Some(first), listeners, ended: false }) }
    }

    pub(super) fn tell(&self, event: &Event) {
        self.lock().listeners.retain(|listener| match listener.upgrade() {
            Some(listener) => {
                listener.push(event.clone());
                true
            }
            None => false,
        });
    }

    /// Nothing happens any more.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        for listener in state.listeners.drain(..).filter_map(|listener| listener.upgrade()) {
            listener.end();
        }
    }

    pub(super) fn listen(&self) -> Events {
        let mut state = self.lock();
        if let Some(mailbox) = state.first.take() {
            return Events { mailbox };
        }
        let mailbox = Arc::new(Mailbox::new(KEPT));
        match state.ended {
            true => mailbox.end(),
            false => state.listeners.push(Arc::downgrade(&mailbox)),
        }
        Events { mailbox }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Events that wait for one listener.
const KEPT: usize = 256;
