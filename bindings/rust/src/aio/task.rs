//! The task that owns the client: takes batches, moves bytes, keeps time.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use redlatch_core::{Action, Client, Code, Error, MaterialKind, Profile, Result, Role, Secret};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, spawn, spawn_blocking},
    time::{Instant, Sleep, sleep},
};

use super::{
    dial::dial,
    events::Hub,
    inbox::{Batch, Found, Inbox, Request},
    link::Link,
    seat::{Purpose, Seat},
    waiters::Waiters,
};
use crate::{clock, dial::explain, open::seed, provider::Providers};

pub(super) struct Task {
    client: Client,
    inbox: Arc<Inbox>,
    /// Empty between turns; keeps its room.
    batch: Batch,
    waiters: Waiters,
    links: Vec<Link>,
    providers: Providers,
    /// Providers at work.
    asked: Vec<Asked>,
    buffer: Box<[u8]>,
    timer: Pin<Box<Sleep>>,
    /// What the timer is set to.
    armed: Option<Duration>,
    /// Whether the last batch held several commands.
    burst: bool,
    /// Whether callers had a turn to add to the commands that wait.
    waited: bool,
    events: Arc<Hub>,
    /// When the last bytes are given up, once the client is closed.
    end: Option<Duration>,
    closing: Vec<oneshot::Sender<()>>,
}

/// A provider at work on a question.
struct Asked {
    kind: MaterialKind,
    id: u64,
    answer: JoinHandle<Result<Vec<Secret>>>,
}

impl Task {
    pub(super) fn new(
        profile: Arc<Profile>,
        providers: Providers,
        inbox: Arc<Inbox>,
        events: Arc<Hub>,
    ) -> Self {
        let mut waiters = Waiters::default();
        let mut client = Client::new(profile, Role::Shared, seed(), clock::now());
        client.connect(clock::now(), &mut waiters);
        Self {
            client,
            inbox,
            batch: Batch::default(),
            waiters,
            links: Vec::new(),
            providers,
            asked: Vec::new(),
            buffer: vec![0; BUFFER].into_boxed_slice(),
            timer: Box::pin(sleep(Duration::ZERO)),
            armed: None,
            burst: false,
            waited: false,
            events,
            end: None,
            closing: Vec::new(),
        }
    }

    /// Takes what callers left. Where many are active, those about to add theirs get a turn first:
    /// one write for all costs less than one each.
    fn take(&mut self, cx: &mut Context<'_>) -> bool {
        let patient = !self.waited && (self.burst || !self.waiters.is_empty());
        match self.inbox.take(&mut self.batch, patient, cx) {
            Found::Nothing => return false,
            Found::Abandoned => {
                self.close();
                return false;
            }
            Found::More => {
                self.waited = true;
                cx.waker().wake_by_ref();
                return false;
            }
            Found::Taken => {}
        }
        self.waited = false;
        let batch = &mut self.batch;
        for waiter in batch.waiters.drain(..) {
            self.waiters.add(waiter);
        }
        if !batch.records.is_empty() {
            self.burst = batch.records.len() > 1;
            let payload = std::mem::take(&mut batch.payload);
            self.client.submit(clock::now(), batch.records.drain(..), payload, &mut self.waiters);
        }
        for (lane, record, payload) in batch.beside.drain(..) {
            self.client.submit_to(clock::now(), lane, [record], payload, &mut self.waiters);
        }
        for ticket in batch.cancelled.drain(..) {
            if self.waiters.remove(ticket).is_some() {
                self.client.cancel(clock::now(), ticket, &mut self.waiters);
            }
        }
        for request in std::mem::take(&mut batch.requests) {
            self.answer(request);
        }
        true
    }

    fn answer(&mut self, request: Request) {
        // Whoever does not wait for the answer does not need it.
        match request {
            Request::Status(sender) => {
                let _ = sender.send(self.client.status(clock::now()));
            }
            Request::Reload(sender) => {
                self.client.reload(clock::now(), &mut self.waiters);
                let _ = sender.send(());
            }
            Request::Supply(kind, content, sender) => {
                let (now, waiters) = (clock::now(), &mut self.waiters);
                let _ = sender.send(self.client.supply(now, kind, None, Ok(content), waiters));
            }
            Request::Enter(purpose, sender) => {
                // If the caller is gone, the seat is given back as it is dropped.
                let _ = sender.send(self.enter(purpose));
            }
            Request::Leave { lane, subscribed: true } => {
                if let Some(listener) = self.waiters.listeners.remove(&lane) {
                    listener.end();
                }
                self.client.shut(clock::now(), lane, &mut self.waiters);
            }
            Request::Leave { lane, subscribed: false } => {
                self.client.take_back(clock::now(), lane, &mut self.waiters);
            }
            Request::Close(sender) => {
                self.closing.push(sender);
                self.close();
            }
        }
    }

    fn enter(&mut self, purpose: Purpose) -> Result<Seat> {
        let lane = match &purpose {
            Purpose::Exclusive => self.client.lend(clock::now())?,
            Purpose::Subscriptions(mailbox) => {
                let lane = self.client.open(clock::now(), Role::Subscriber)?;
                self.waiters.listeners.insert(lane, mailbox.clone());
                lane
            }
        };
        Ok(Seat { inbox: self.inbox.clone(), lane, purpose })
    }

    fn close(&mut self) {
        let now = clock::now();
        self.client.close(now, &mut self.waiters);
        self.waiters.end_listeners();
        self.end.get_or_insert(now.monotonic + CLOSE_WITHIN);
    }

    /// Takes the answers of providers; whether there was any.
    fn hear(&mut self, cx: &mut Context<'_>) -> bool {
        let Self { client, waiters, asked, .. } = self;
        let before = asked.len();
        asked.retain_mut(|Asked { kind, id, answer }| {
            let Poll::Ready(given) = Pin::new(answer).poll(cx) else { return true };
            let given = given.unwrap_or_else(|error| Err(kind.unavailable(&error.to_string())));
            // A refusal is an event, and the error of commands that need what was refused.
            let _ = client.supply(clock::now(), *kind, Some(*id), given, waiters);
            false
        });
        asked.len() < before
    }

    /// Goes on with every connection; whether anything happened.
    fn move_bytes(&mut self, cx: &mut Context<'_>) -> bool {
        let Self { client, waiters, links, buffer, .. } = self;
        let mut busy = false;
        for link in links.iter_mut() {
            match link.poll_dial(cx) {
                Poll::Pending => {}
                Poll::Ready(outcome) => {
                    busy = true;
                    match outcome {
                        Ok(()) => client.dialed(clock::now(), link.name, waiters),
                        Err(error) => {
                            client.dial_failed(clock::now(), link.name, error, waiters);
                        }
                    }
                }
            }
            busy |= flush(link, client, waiters, cx);
            if !link.leaving
                && let Poll::Ready(outcome) = link.poll_read(cx, buffer)
            {
                busy = true;
                let now = clock::now();
                match outcome {
                    Ok(0) => client.closed(now, link.name, None, waiters),
                    Ok(read) => client.received(now, link.name, &buffer[..read], waiters),
                    Err(error) => client.closed(now, link.name, Some(explain(&error)), waiters),
                }
            }
        }
        links.retain(|link| !link.leaving || link.has_output());
        busy
    }

    /// Does what the client decided; whether that was anything.
    fn act(&mut self, cx: &mut Context<'_>) -> bool {
        let mut busy = false;
        while let Some(action) = self.client.poll_action() {
            busy = true;
            match action {
                Action::Dial { link, address, attempt } => {
                    let timeout = self.client.profile().config().connect_timeout;
                    self.links.push(Link::new(link, dial(address, attempt, timeout)));
                }
                Action::Write { link, bytes } => {
                    let Self { client, waiters, links, .. } = self;
                    if let Some(link) = links.iter_mut().find(|known| known.name == link) {
                        link.push(bytes);
                        flush(link, client, waiters, cx);
                    }
                }
                Action::Hangup { link, flush } => {
                    // What is left of it goes on until its output is sent.
                    self.links.retain_mut(|known| {
                        known.leaving |= known.name == link;
                        known.name != link || (flush && known.has_output())
                    });
                }
                Action::Need { material, id } => {
                    let (providers, profile) = (&self.providers, self.client.profile());
                    let answer = match providers.future(material, profile) {
                        Some(future) => spawn(future),
                        None => {
                            let (providers, profile) = (providers.clone(), profile.clone());
                            spawn_blocking(move || providers.ask(material, &profile))
                        }
                    };
                    self.asked.push(Asked { kind: material, id, answer });
                }
                _ => {}
            }
        }
        while let Some(event) = self.client.poll_event() {
            #[cfg(feature = "tracing")]
            crate::trace::tell(&event, self.client.profile());
            self.events.tell(&event);
        }
        busy
    }

    /// Sets the timer and looks at it; whether something was due.
    fn keep_time(&mut self, cx: &mut Context<'_>) -> bool {
        let due = if self.end.is_some() { self.end } else { self.client.deadline() };
        let Some(due) = due else {
            self.armed = None;
            return false;
        };
        if self.armed != Some(due) {
            // Never at once: whatever is due over and over must leave room for others.
            let wait = due.saturating_sub(clock::now().monotonic).max(Duration::from_millis(1));
            self.timer.as_mut().reset(Instant::now() + wait);
            self.armed = Some(due);
        }
        if self.timer.as_mut().poll(cx).is_pending() {
            return false;
        }
        self.armed = None;
        match self.end {
            Some(_) => self.links.clear(),
            None => self.client.tick(clock::now(), &mut self.waiters),
        }
        true
    }
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for turn in 0..TURNS {
            let mut busy = self.take(cx);
            busy |= self.move_bytes(cx);
            busy |= self.hear(cx);
            busy |= self.act(cx);
            // However busy it is, and last before a pause.
            if turn == 0 || !busy {
                busy |= self.keep_time(cx);
            }
            if self.end.is_some() && self.links.is_empty() {
                return Poll::Ready(());
            }
            if !busy {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let closed = self.end.is_some();
        let last_status = closed.then(|| self.client.status(clock::now()));
        for waiter in self.inbox.end(last_status).waiters {
            waiter.fail(Error::new(Code::ClientClosed));
        }
        self.waiters.fail_all();
        self.events.end();
        for asked in self.asked.drain(..) {
            asked.answer.abort();
        }
        for sender in self.closing.drain(..) {
            let _ = sender.send(());
        }
    }
}

/// Writes what waits and tells the client whether the socket keeps up; whether that changed.
fn flush(
    link: &mut Link,
    client: &mut Client,
    waiters: &mut Waiters,
    cx: &mut Context<'_>,
) -> bool {
    if !link.has_output() {
        return false;
    }
    match link.poll_flush(cx) {
        Poll::Pending => {
            if !link.leaving && !std::mem::replace(&mut link.blocked, true) {
                client.blocked(link.name);
            }
            false
        }
        Poll::Ready(Ok(())) => {
            let was_blocked = std::mem::take(&mut link.blocked);
            if was_blocked && !link.leaving {
                client.writable(clock::now(), link.name, waiters);
            }
            was_blocked
        }
        Poll::Ready(Err(error)) => {
            link.discard();
            if !link.leaving {
                client.closed(clock::now(), link.name, Some(explain(&error)), waiters);
            }
            true
        }
    }
}

const BUFFER: usize = 64 * 1024;
/// After so many turns without a pause other tasks come first.
const TURNS: usize = 32;
/// A peer that does not read must not keep a closed connection.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
