//! A connection that any number of tasks share, on tokio.
//!
//! ```text
//! tasks ── pack into ──▶ Inbox ── one batch per turn ──▶ Task ◀──▶ sockets
//!   ▲                                                     │
//!   └───────────────── Replies, by oneshot ───────────────┘
//! ```

mod dial;
mod inbox;
mod link;
mod task;
mod waiters;

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use redlatch_core::{
    Code, Error, Event, MaterialKind, Profile, Result, Secret,
    resp::{Value, encode_command},
};
use tokio::{
    runtime::Handle,
    sync::{broadcast, oneshot},
};

use crate::{
    provider::{Providers, forbid_within},
    replies::Replies,
};
use inbox::{Inbox, Request};
use task::Task;

/// A connection that any number of tasks share; a clone is another handle to the same.
///
/// Commands of all tasks go out together and none waits for another's reply, so commands that
/// change what later ones mean (`SELECT`, `WATCH`, `SUBSCRIBE`, `MULTI` without `EXEC` in the same
/// call) or hold up others (`BLPOP`) are `client.misuse`.
///
/// A task of its own keeps the connection up. It ends, after a goodbye to the server, once the last
/// clone and the last unfinished call are dropped.
#[derive(Clone)]
pub struct Connection {
    owner: Arc<Owner>,
}

struct Owner {
    inbox: Arc<Inbox>,
    profile: Arc<Profile>,
    /// Heard everything since the start; the first listener gets it.
    first: Mutex<Option<broadcast::Receiver<Event>>>,
    later: broadcast::Receiver<Event>,
}

impl Connection {
    pub(crate) fn spawn(profile: Arc<Profile>, providers: Providers) -> Result<Self> {
        let runtime = Handle::try_current().map_err(|error| {
            Error::with_detail(Code::ClientMisuse, "an asynchronous connection needs tokio")
                .with("reason", error)
        })?;
        let inbox = Arc::new(Inbox::default());
        let (sender, first) = broadcast::channel(EVENTS_KEPT);
        let later = sender.subscribe();
        runtime.spawn(Task::new(profile.clone(), providers, inbox.clone(), sender));
        let owner = Owner { inbox, profile, first: Mutex::new(Some(first)), later };
        Ok(Self { owner: Arc::new(owner) })
    }

    /// Runs one command; a server's error is an error.
    ///
    /// Dropping the future gives the command up; it may have been executed.
    ///
    /// # Errors
    /// Any code of the families `trust` to `client`.
    pub async fn call<A: AsRef<[u8]>>(
        &self,
        arguments: impl IntoIterator<Item = A, IntoIter: ExactSizeIterator>,
    ) -> Result<Value> {
        // Apart, since the caller's iterator must not run inside the inbox.
        let mut packed = Vec::new();
        encode_command(&mut packed, arguments);
        self.call_packed(&packed, 1).await?.into_value()
    }

    /// Runs packed commands in one flight, with no other task's between them; `commands` is how
    /// many there are.
    ///
    /// # Errors
    /// As [`Connection::call`], but a server's error is among the replies.
    pub async fn call_packed(&self, packed: &[u8], commands: u32) -> Result<Replies> {
        if commands == 0 && packed.is_empty() {
            return Ok(Replies::default());
        }
        self.begin(commands, 0, |payload| payload.extend_from_slice(packed))?.await
    }

    /// What happens, oldest first; the first listener hears everything since the start.
    pub fn events(&self) -> Events {
        let first = self.owner.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        Events { receiver: first.unwrap_or_else(|| self.owner.later.resubscribe()) }
    }

    /// A status document; once closed, the last one.
    ///
    /// # Errors
    /// `client.closed` if the runtime ended before the connection was closed.
    pub async fn status(&self) -> Result<String> {
        match self.ask(Request::Status).await {
            Err(closed) => self.owner.inbox.last_status().ok_or(closed),
            status => status,
        }
    }

    /// Looks at all watched files now; once closed, does nothing.
    pub async fn reload(&self) {
        // It has ended if it cannot be asked.
        let _ = self.ask(Request::Reload).await;
    }

    /// Hands material in at once; see [`Client::supply`](crate::Client::supply).
    ///
    /// # Errors
    /// Why it cannot be used, or `client.closed`.
    pub async fn supply(&self, kind: MaterialKind, content: Vec<Secret>) -> Result<()> {
        self.ask(|sender| Request::Supply(kind, content, sender)).await?
    }

    /// Fails what is under way in all clones, says goodbye to the server, and waits until the
    /// connection has ended.
    pub async fn close(&self) {
        // It has ended if it cannot be asked.
        let _ = self.ask(Request::Close).await;
    }

    /// The settings and materials.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.owner.profile
    }

    /// Hands in a record whose packed commands `pack` appends. A time limit of 0 is the client's.
    pub(crate) fn begin(
        &self,
        commands: u32,
        timeout_ms: u32,
        pack: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Call> {
        forbid_within(&self.owner.profile)?;
        let (sender, receiver) = oneshot::channel();
        let ticket = self.owner.inbox.submit(commands, timeout_ms, sender, pack)?;
        Ok(Call { owner: self.owner.clone(), ticket, receiver, done: false })
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        self.owner.inbox.ask(request(sender))?;
        receiver.await.map_err(|_| Error::new(Code::ClientClosed))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.owner.profile.config().address)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.inbox.abandon();
    }
}

/// A record under way. Dropped before its end, it is cancelled.
pub(crate) struct Call {
    owner: Arc<Owner>,
    ticket: u64,
    receiver: oneshot::Receiver<Result<Replies>>,
    done: bool,
}

impl Call {
    /// Lets the record go on with nobody waiting for it.
    #[cfg(feature = "redis")]
    pub(crate) fn detach(mut self) {
        self.done = true;
    }
}

impl Future for Call {
    type Output = Result<Replies>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(outcome) = Pin::new(&mut self.receiver).poll(cx) else {
            return Poll::Pending;
        };
        self.done = true;
        // The task is gone only if its runtime is.
        Poll::Ready(match outcome {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::new(Code::ClientClosed).maybe_executed()),
        })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.done {
            self.owner.inbox.cancel(self.ticket);
        }
    }
}

/// What happens to a connection.
#[derive(Debug)]
pub struct Events {
    receiver: broadcast::Receiver<Event>,
}

impl Events {
    /// The next event; none once the connection has ended. A listener that falls far behind
    /// misses the oldest.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.receiver.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

const EVENTS_KEPT: usize = 256;
