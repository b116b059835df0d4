//! Subscriptions of a blocking client: one connection that hears messages.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use redlatch_core::{
    Code, Error, LaneId, Profile, Record, Result, Role, Sink,
    resp::{Reply, Token, Value, encode_command},
};

use super::Shared;
use crate::{
    dial::explain,
    driver::{Driver, SIGNAL_CHECK},
    duplex::Duplex,
    provider::{Providers, forbid_within},
};

/// Subscriptions and what is heard by them, through rotations and lost connections. One thread may
/// wait for messages while others subscribe.
///
/// ```
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// use std::sync::Arc;
///
/// let pool = Arc::new(redlatch::Client::open(&url)?.shared());
/// let subscriber = pool.subscriber()?;
/// subscriber.send(["SUBSCRIBE", "news"])?;
/// pool.call(["PUBLISH", "news", "hello"], None)?;
/// let message = subscriber.next(None)?.expect("no limit was given");
/// assert_eq!((&message.channel[..], &message.payload[..]), (&b"news"[..], &b"hello"[..]));
/// # Ok::<(), redlatch::Error>(())
/// ```
pub struct Subscriber {
    pool: Arc<Shared>,
    line: Arc<Line>,
}

/// What a server told its subscribers.
#[derive(Clone, PartialEq, Eq)]
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

/// Shows the size only: payloads hold what callers publish.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = String::from_utf8_lossy(&self.channel);
        write!(f, "Message({} on {channel:?}, {} bytes)", self.kind, self.payload.len())
    }
}

/// The connection.
pub(super) struct Line {
    profile: Arc<Profile>,
    duplex: Duplex<Inbox>,
    commands: Arc<Commands>,
    /// The next ticket.
    next: AtomicU64,
}

/// Commands under way, and those whose outcome nobody has taken yet.
#[derive(Default)]
struct Commands {
    list: Mutex<Vec<(u64, Option<Result<()>>)>>,
    ended: Condvar,
}

/// What was heard, in wire order.
struct Inbox {
    heard: VecDeque<Message>,
    commands: Arc<Commands>,
    /// It was closed: all there is to hear from then on.
    over: bool,
}

impl Subscriber {
    pub(super) fn new(pool: Arc<Shared>, line: Arc<Line>) -> Self {
        Self { pool, line }
    }

    /// Runs SUBSCRIBE, UNSUBSCRIBE, their kin, or PING: done once the server has confirmed it.
    ///
    /// # Errors
    /// As [`Shared::call`].
    pub fn send<A: AsRef<[u8]>>(
        &self,
        arguments: impl IntoIterator<Item = A, IntoIter: ExactSizeIterator>,
    ) -> Result<()> {
        let mut packed = Vec::new();
        encode_command(&mut packed, arguments);
        let outcome = self.line.send(packed);
        self.tell();
        outcome
    }

    /// The next message; none if none came in time. No time means no limit.
    ///
    /// # Errors
    /// `client.closed`, `client.misuse` within a provider of this client.
    pub fn next(&self, timeout: Option<Duration>) -> Result<Option<Message>> {
        let until = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            // What happens meanwhile, a lost connection say, is told while it is waited for.
            let step = Instant::now() + TELLING;
            let last = until.is_some_and(|until| until <= step);
            let heard = self.line.next(if last { until } else { Some(step) });
            self.tell();
            match heard {
                Ok(None) if !last => {}
                heard => return heard,
            }
        }
    }

    /// Ends it: who waits hears `client.closed`.
    pub fn close(&self) {
        self.line.close();
        self.tell();
    }

    fn tell(&self) {
        let events = self.line.duplex.try_with(|driver, _| driver.events());
        self.pool.hear(events.unwrap_or_default());
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscriber({})", self.line.profile.config().address)
    }
}

impl Line {
    pub(super) fn new(profile: Arc<Profile>, providers: Providers) -> Result<Self> {
        let commands = Arc::new(Commands::default());
        let inbox = Inbox { heard: VecDeque::new(), commands: commands.clone(), over: false };
        let driver = Driver::for_role(profile.clone(), providers, Role::Subscriber);
        let duplex = Duplex::new(driver, inbox).map_err(|error| explain(&error))?;
        Ok(Self { profile, duplex, commands, next: AtomicU64::new(1) })
    }

    pub(super) fn close(&self) {
        self.duplex.input(|client, now, inbox| {
            client.close(now, inbox);
            inbox.over = true;
        });
    }

    fn send(&self, packed: Vec<u8>) -> Result<()> {
        forbid_within(&self.profile)?;
        let length = u32::try_from(packed.len())
            .map_err(|_| Error::with_detail(Code::ClientMisuse, "the command exceeds 4 GiB"))?;
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        self.commands.lock().push((ticket, None));
        self.duplex.input(move |client, now, inbox| {
            let record = Record { ticket, commands: 1, length, ..Record::default() };
            client.submit(now, [record], packed, inbox);
        });
        loop {
            let mut outcome = None;
            let commands = &self.commands;
            let mut done = |_: &mut Inbox| {
                outcome = commands.take(&mut commands.lock(), ticket);
                outcome.is_some()
            };
            let moved = self.duplex.try_wait(&mut done, None, &mut || true);
            if moved.is_none() {
                // Another thread moves the bytes, for as long as it waits for messages.
                outcome = commands.wait(ticket);
            }
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
    }

    fn next(&self, until: Option<Instant>) -> Result<Option<Message>> {
        forbid_within(&self.profile)?;
        let mut found = None;
        let hear = |inbox: &mut Inbox| {
            let over = inbox.over.then(|| Err(Error::new(Code::ClientClosed)));
            found = inbox.heard.pop_front().map(Ok).or(over);
            found.is_some()
        };
        self.duplex.wait(hear, until, &mut || true);
        found.transpose()
    }
}

impl Commands {
    fn lock(&self) -> MutexGuard<'_, Vec<(u64, Option<Result<()>>)>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outcome of a command, once.
    fn take(&self, list: &mut Vec<(u64, Option<Result<()>>)>, ticket: u64) -> Option<Result<()>> {
        let at = list.iter().position(|(known, outcome)| *known == ticket && outcome.is_some())?;
        list.swap_remove(at).1
    }

    /// The same, if it comes soon.
    fn wait(&self, ticket: u64) -> Option<Result<()>> {
        let mut list = self.lock();
        if let Some(outcome) = self.take(&mut list, ticket) {
            return Some(outcome);
        }
        let waited = self.ended.wait_timeout(list, SIGNAL_CHECK);
        self.take(&mut waited.unwrap_or_else(PoisonError::into_inner).0, ticket)
    }

    fn end(&self, ticket: u64, outcome: Result<()>) {
        for (known, place) in self.lock().iter_mut() {
            if *known == ticket && place.is_none() {
                *place = Some(outcome.clone());
            }
        }
        self.ended.notify_all();
    }
}

impl Sink for Inbox {
    fn reply(&mut self, ticket: u64, reply: Reply<'_>) {
        let outcome = reply.error_text().map_or(Ok(()), |text| Err(Error::from_server_text(&text)));
        self.commands.end(ticket, outcome);
    }

    fn fail(&mut self, ticket: u64, error: &Error) {
        self.commands.end(ticket, Err(error.clone()));
    }

    fn push(&mut self, _: LaneId, message: Reply<'_>) {
        self.heard.extend(read(message));
    }
}

/// A message; nothing if it tells that a subscription began or ended.
fn read(push: Reply<'_>) -> Option<Message> {
    let Some(Token::Bulk(word) | Token::Simple(word)) = push.tokens().nth(1) else { return None };
    if !word.ends_with(b"message") {
        return None;
    }
    let (Value::Push(parts) | Value::Array(parts)) = push.to_value() else { return None };
    let mut parts = parts.into_iter().map(|part| match part {
        Value::Bulk(text) => text,
        other => other.as_bytes().unwrap_or_default().to_vec(),
    });
    let kind = String::from_utf8_lossy(&parts.next()?).into_owned();
    let pattern = if kind == "pmessage" { Some(parts.next()?) } else { None };
    Some(Message { kind, pattern, channel: parts.next()?, payload: parts.next()? })
}

/// How soon what happens while a message is waited for is told as an event.
const TELLING: Duration = Duration::from_millis(500);
