//! A connection that any number of tasks share, on tokio.
//!
//! ```text
//! tasks ── pack into ──▶ Inbox ── one batch per turn ──▶ Task ◀──▶ sockets
//!   ▲                                                     │
//!   └───────────────── Replies, by oneshot ───────────────┘
//! ```
//!
//! # One connection for a process
//!
//! Make one [`Connection`] and clone it into every task: a clone is two counters. Commands of all tasks
//! leave together, one write for all that were handed in at the same time, so that more tasks make each
//! command cheaper. There is nothing to pool.
//!
//! - What cannot share gets a session of its own by itself: a command that blocks (`BLPOP`, `XREAD
//!   BLOCK`), [`exclusive`](Connection::exclusive) for `WATCH`, [`subscriber`](Connection::subscriber).
//!   They count to the setting `max_connections`; sessions for commands that block and for `WATCH` are
//!   used again.
//! - Several connections help where one core is not enough to encrypt (values of many KiB at
//!   gigabits per second), or where large replies must not hold up small ones. Make as many as there are
//!   cores at most, and give each task one of them: `examples/pool.rs`.
//! - A runtime of its own for a connection keeps it apart from tasks that compute for long: a task that
//!   does not yield holds up all connections of its worker.
//!
//! # Dropped futures
//!
//! Every future may be dropped at any point, by `select!`, a timeout, or because its task is aborted.
//! That gives the command up: if it waits, it is never sent; if it is under way, its reply is dropped
//! when it comes, and no other command gets it. Whether the server has executed it is not known then. A
//! command that blocks loses its session, so that it takes nothing from a list that nobody gets.

mod dial;
mod events;
mod exclusive;
mod inbox;
mod line;
mod link;
mod mailbox;
mod seat;
mod subscriber;
mod task;
mod waiters;

use std::{fmt, sync::Arc, time::Duration};

use redlatch_core::{Code, Error, MaterialKind, Profile, Result, Secret, resp::Value};
use tokio::{runtime::Handle, sync::oneshot};

pub use events::Events;
pub use exclusive::Exclusive;
pub use subscriber::Subscriber;

use crate::{
    pipeline::Pipeline,
    provider::Providers,
    replies::{Limit, Replies},
    status::Status,
};
use events::Hub;
use inbox::{Inbox, Request};
pub(crate) use line::Line;
use mailbox::Mailbox;
use seat::Purpose;
use task::Task;

/// A connection that any number of tasks share; a clone is another handle to the same.
///
/// Commands of all tasks go out together and none waits for another's reply, so commands that change
/// what later ones mean (`SELECT`, `WATCH`, `SUBSCRIBE`, `MULTI` without `EXEC` in the same call) are
/// `client.misuse`: there are [`exclusive`](Self::exclusive) and [`subscriber`](Self::subscriber). One
/// that blocks (`BLPOP`) gets a session of its own.
///
/// A task of its own keeps the connection up. It ends, after a goodbye to the server, once the last
/// clone, the last session made of it, and the last unfinished call are dropped.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> redlatch::Result<()> {
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// let redis = redlatch::Client::open(&url)?.async_connection().await?;
/// redis.call(["SET", "greeting", "hello"]).await?;
/// let task = tokio::spawn({
///     let redis = redis.clone();
///     async move { redis.call(["GET", "greeting"]).await }
/// });
/// assert_eq!(task.await.expect("no panic")?.as_str(), Some("hello"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connection {
    line: Line,
}

pub(crate) struct Owner {
    inbox: Arc<Inbox>,
    profile: Arc<Profile>,
    events: Arc<Hub>,
}

impl Connection {
    pub(crate) fn spawn(profile: Arc<Profile>, providers: Providers) -> Result<Self> {
        let runtime = Handle::try_current().map_err(|error| {
            Error::with_detail(Code::ClientMisuse, "an asynchronous connection needs tokio")
                .with("reason", error)
        })?;
        let (inbox, events) = (Arc::new(Inbox::default()), Arc::new(Hub::new()));
        runtime.spawn(Task::new(profile.clone(), providers, inbox.clone(), events.clone()));
        let owner = Arc::new(Owner { inbox, profile, events });
        Ok(Self { line: Line::new(owner, None) })
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
        self.line.call(arguments).await
    }

    /// Runs commands in one flight, with no other task's between them; one result for each.
    ///
    /// # Errors
    /// As [`Connection::call`], but a server's error is the result of its command. Of a transaction,
    /// what discarded it.
    pub async fn run(&self, pipeline: &Pipeline) -> Result<Vec<Result<Value>>> {
        self.line.run(pipeline).await
    }

    /// The same with commands that are packed already; `commands` is how many there are.
    ///
    /// # Errors
    /// As [`Connection::call`], but a server's error is among the replies.
    pub async fn call_packed(&self, packed: &[u8], commands: u32) -> Result<Replies> {
        self.line.call_packed(packed, commands).await
    }

    /// A handle to the same connection whose calls wait this long at most, reconnection included, in
    /// place of the setting `timeout`. `Duration::MAX` is no limit.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> redlatch::Result<()> {
    /// # let lab = redlatch_lab::Lab::up();
    /// # let url = lab.url();
    /// use std::time::Duration;
    ///
    /// let redis = redlatch::Client::open(&url)?.async_connection().await?;
    /// let patient = redis.with_timeout(Duration::from_secs(60));
    /// patient.call(["EVAL", "return 'a long report'", "0"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { line: self.line.with_timeout(timeout) }
    }

    /// A handle to the same connection whose commands may be sent again when the connection is lost
    /// while they are under way: to execute one twice does no harm. Those that only read are sent again
    /// anyway; all others fail with `client.interrupted` then.
    #[must_use]
    pub fn idempotent(&self) -> Self {
        Self { line: self.line.idempotent() }
    }

    /// A session that the caller keeps: for `WATCH`, and for whatever changes what later commands mean.
    /// One that was used before is used again.
    ///
    /// # Errors
    /// `client.queue_full` beyond the setting `max_connections`, or `client.closed`.
    pub async fn exclusive(&self) -> Result<Exclusive> {
        let seat = self.ask(|sender| Request::Enter(Purpose::Exclusive, sender)).await??;
        let owner = self.line.owner.clone();
        Ok(Exclusive { line: Line::new(owner, Some(Arc::new(seat))) })
    }

    /// Subscriptions, with a session of their own that is made by the first.
    ///
    /// # Errors
    /// As [`exclusive`](Self::exclusive).
    pub async fn subscriber(&self) -> Result<Subscriber> {
        let mailbox = Arc::new(Mailbox::new(subscriber::MESSAGES_KEPT));
        let purpose = Purpose::Subscriptions(mailbox.clone());
        let seat = self.ask(|sender| Request::Enter(purpose, sender)).await??;
        let owner = self.line.owner.clone();
        Ok(Subscriber::new(Line::new(owner, Some(Arc::new(seat))), mailbox))
    }

    /// What happens, oldest first; the first listener hears everything since the start.
    pub fn events(&self) -> Events {
        self.line.owner.events.listen()
    }

    /// What the client can tell about itself; once closed, what it told last.
    ///
    /// # Errors
    /// `client.closed` if the runtime ended before the connection was closed.
    pub async fn status(&self) -> Result<Status> {
        let document = match self.ask(Request::Status).await {
            Err(closed) => self.line.owner.inbox.last_status().ok_or(closed)?,
            Ok(document) => document,
        };
        Ok(Status::read(document))
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
        &self.line.owner.profile
    }

    #[cfg(feature = "redis")]
    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    /// Runs packed commands with a time limit of their own.
    pub(crate) async fn call_within(
        &self,
        limit: Limit,
        commands: u32,
        pack: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Replies> {
        self.line.begin_within(commands, limit, pack)?.await
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        self.line.owner.inbox.ask(request(sender))?;
        receiver.await.map_err(|_| Error::new(Code::ClientClosed))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.profile().config().address)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.inbox.abandon();
    }
}
