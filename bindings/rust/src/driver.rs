//! The blocking driver: moves the bytes of one client in the calling thread.

use std::{
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::Arc,
    time::{Duration, Instant},
};

use redlatch_core::{
    Action, BusyPoll, Client, Code, Error, Event, Link, Now, Profile, Record, Role, Sink,
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{RecvFlags, SendFlags, recv, send},
};

use crate::{
    alone::Seat,
    clock,
    dial::{Stream, explain},
    gate::without,
    open::seed,
    provider::{Providers, forbid_within},
};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// What was waited for is there.
    Done,
    /// The time has come.
    Late,
    /// The caller was interrupted.
    Interrupted,
}

/// One client with its sockets, used by one thread at a time.
pub struct Driver {
    client: Client,
    providers: Providers,
    links: Vec<(Link, Stream)>,
    /// Ends a wait when it can be read.
    waker: Option<UnixStream>,
    buffer: Box<[u8]>,
    /// What the sockets' read timeout is set to.
    read_timeout: Duration,
    used: Instant,
    /// When a busy caller lets the core look around again.
    next_look: Instant,
    /// None for who waits for what may never come.
    poll: Option<BusyPoll>,
    seat: Seat,
}

/// Asked while a call waits; an error ends the call (a signal handler raised, say).
pub type Interrupt<'a> = &'a mut dyn FnMut() -> bool;

impl Driver {
    /// A driver that connects at its first call.
    pub fn new(profile: Arc<Profile>, providers: Providers) -> Self {
        Self::for_role(profile, providers, Role::Exclusive)
    }

    /// A driver for something other than commands.
    pub fn for_role(profile: Arc<Profile>, providers: Providers, role: Role) -> Self {
        let poll = BusyPoll::new(profile.config().busy_poll);
        Self {
            poll: Some(poll).filter(|_| role != Role::Subscriber),
            seat: Seat::new(),
            providers,
            client: Client::new(profile, role, seed(), clock::now()),
            waker: None,
            links: Vec::new(),
            buffer: vec![0; BUFFER].into_boxed_slice(),
            read_timeout: Duration::ZERO,
            used: Instant::now(),
            next_look: Instant::now(),
        }
    }

    /// Hands in commands and moves bytes until `done`. Returns `false` if `interrupt` ended it.
    pub fn call<S: Sink>(
        &mut self,
        records: &[Record],
        payload: Vec<u8>,
        sink: &mut S,
        done: impl Fn(&S) -> bool,
        interrupt: Interrupt<'_>,
    ) -> bool {
        if let Err(error) = forbid_within(self.client.profile()) {
            for record in records {
                sink.fail(record.ticket, &error);
            }
            return true;
        }
        let started = Instant::now();
        if started.duration_since(self.used) > FRESH {
            self.freshen(sink);
        } else if started >= self.next_look {
            self.next_look = started + LOOK_AROUND;
            self.client.tick(clock::now(), sink);
            self.act(sink);
        }
        self.client.submit(clock::now(), records.iter().copied(), payload, sink);
        let finished = loop {
            self.act(sink);
            if done(sink) {
                break true;
            }
            if !self.wait(LONGEST, sink, interrupt) {
                for record in records {
                    self.client.cancel(clock::now(), record.ticket, sink);
                }
                self.act(sink);
                break false;
            }
        };
        self.used = Instant::now();
        finished
    }

    /// Moves bytes until `done`, or until a time has come.
    pub fn run<S: Sink>(
        &mut self,
        sink: &mut S,
        mut done: impl FnMut(&mut Client, &mut S) -> bool,
        until: Option<Instant>,
        interrupt: Interrupt<'_>,
    ) -> Ended {
        if self.used.elapsed() > FRESH {
            self.freshen(sink);
        }
        let mut last = false;
        let ended = loop {
            self.act(sink);
            let is_done = done(&mut self.client, sink);
            self.act(sink);
            if is_done {
                break Ended::Done;
            }
            if last {
                break Ended::Late;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            // What has arrived by now still counts.
            last = left.is_some_and(|left| left.is_zero());
            if !self.wait(left.unwrap_or(LONGEST), sink, interrupt) {
                break Ended::Interrupted;
            }
        };
        self.used = Instant::now();
        ended
    }

    /// One input to the client, and what follows from it.
    pub fn input<S: Sink, T>(
        &mut self,
        sink: &mut S,
        input: impl FnOnce(&mut Client, Now, &mut S) -> T,
    ) -> T {
        let outcome = input(&mut self.client, clock::now(), sink);
        self.act(sink);
        outcome
    }

    /// One caller keeps the driver to themselves, and may WATCH, until the client's `take_back`.
    pub fn hold(&mut self) {
        self.client.hold();
    }

    /// Lets another thread end a wait by writing to the other end of `waker`.
    pub fn wake_by(&mut self, waker: UnixStream) {
        self.waker = Some(waker);
    }

    /// The socket, while there is exactly one.
    pub fn socket(&self) -> Option<BorrowedFd<'_>> {
        match &self.links[..] {
            [(_, stream)] => Some(stream.as_fd()),
            _ => None,
        }
    }

    /// Does what is due after a pause: looks at files, notices a connection that has ended, so that
    /// no command is written into a dead one.
    pub fn freshen(&mut self, sink: &mut dyn Sink) {
        self.look_around(sink);
        for at in (0..self.links.len()).rev() {
            let (link, stream) = &self.links[at];
            let link = *link;
            match recv(stream, &mut self.buffer[..], RecvFlags::DONTWAIT) {
                Ok((0, _)) => self.end(link, None, sink),
                Ok((read, _)) => {
                    self.client.received(clock::now(), link, &self.buffer[..read], sink)
                }
                Err(error) if error == rustix::io::Errno::AGAIN => {}
                Err(error) => self.end(link, Some(explain(&error.into())), sink),
            }
        }
        self.act(sink);
    }

    /// Does what is due and reads nothing: what has come in still shows to a poller.
    pub fn look_around(&mut self, sink: &mut dyn Sink) {
        let now = clock::now();
        if self.client.deadline().is_some_and(|deadline| deadline <= now.monotonic) {
            self.client.tick(now, sink);
            self.act(sink);
        }
    }

    /// Events since the last call.
    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.client.poll_event()).collect()
    }

    /// The client's policy and counters.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A status document.
    pub fn status(&self) -> String {
        self.client.status(clock::now())
    }

    /// Looks at all watched files now.
    pub fn reload(&mut self, sink: &mut dyn Sink) {
        self.client.reload(clock::now(), sink);
        self.act(sink);
    }

    /// Says goodbye to the server.
    pub fn close(&mut self, sink: &mut dyn Sink) {
        self.client.close(clock::now(), sink);
        self.act(sink);
    }

    /// Forgets the connections without a word: after a fork they belong to the parent.
    pub fn abandon(self) {}

    fn act(&mut self, sink: &mut dyn Sink) {
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::Dial { link, address, attempt } => {
                    let timeout = self.client.profile().config().connect_timeout;
                    match without(|| Stream::dial(&address, attempt, timeout)) {
                        Ok(stream) => {
                            self.read_timeout = Duration::ZERO;
                            self.links.push((link, stream));
                            self.client.dialed(clock::now(), link, sink);
                        }
                        Err(error) => self.client.dial_failed(clock::now(), link, error, sink),
                    }
                }
                Action::Write { link, bytes } => self.write(link, &bytes, sink),
                Action::Hangup { link, .. } => {
                    // To close it is not enough where a child was forked, which has it too.
                    for (_, stream) in self.links.extract_if(.., |(known, _)| *known == link) {
                        stream.shut_down();
                    }
                }
                Action::Need { material, id } => {
                    let given = without(|| self.providers.ask(material, self.client.profile()));
                    // A refusal is an event, and the error of commands that need what was refused.
                    let _ = self.client.supply(clock::now(), material, Some(id), given, sink);
                }
                _ => {}
            }
        }
    }

    /// Writes all, and reads while the peer is too busy answering to read.
    fn write(&mut self, link: Link, bytes: &[u8], sink: &mut dyn Sink) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some((_, stream)) = self.links.iter().find(|(known, _)| *known == link) else {
                return;
            };
            match send(stream, rest, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(sent) => rest = &rest[sent..],
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => {
                    let now = clock::now();
                    if self.client.deadline().is_some_and(|deadline| deadline <= now.monotonic) {
                        self.client.tick(now, sink);
                    }
                    let timeout = self.pause();
                    let mut polled = [PollFd::new(stream, PollFlags::IN | PollFlags::OUT)];
                    let ready = without(|| poll(&mut polled, Some(&timespec(timeout))));
                    if ready.is_ok_and(|count| count > 0)
                        && polled[0].revents().contains(PollFlags::IN)
                    {
                        self.read(link, sink);
                    }
                }
                Err(error) => {
                    let error = explain(&error.into());
                    self.end(link, Some(error), sink);
                    return;
                }
            }
        }
    }

    /// Waits for bytes or the next deadline, at most as long as is said.
    fn wait(&mut self, most: Duration, sink: &mut dyn Sink, interrupt: Interrupt<'_>) -> bool {
        let timeout = self.pause().min(most);
        if self.look(timeout, sink) {
            // Who finds bytes again and again must not miss what is due, such as the end of trust.
            self.look_around(sink);
            return true;
        }
        let mut calm = true;
        match (&mut self.links[..], &self.waker) {
            ([], None) => {
                // Nothing to read: sleep, but notice a signal soon.
                let _ = without(|| poll(&mut [], Some(&timespec(timeout.min(SIGNAL_CHECK)))));
                calm = without(&mut *interrupt);
            }
            ([(link, stream)], None) => {
                let link = *link;
                // One socket: a read with a time limit saves a system call for each command.
                let bucket = bucket(timeout);
                if bucket != self.read_timeout {
                    if stream.set_read_timeout(bucket).is_err() {
                        self.end(link, None, sink);
                        return true;
                    }
                    self.read_timeout = bucket;
                }
                match without(|| stream.read(&mut self.buffer)) {
                    Ok(0) => self.end(link, None, sink),
                    Ok(read) => {
                        self.client.received(clock::now(), link, &self.buffer[..read], sink);
                        return true;
                    }
                    Err(error) => match error.kind() {
                        io::ErrorKind::WouldBlock
                        | io::ErrorKind::TimedOut
                        | io::ErrorKind::Interrupted => calm = without(&mut *interrupt),
                        _ => self.end(link, Some(explain(&error)), sink),
                    },
                }
            }
            (links, waker) => {
                let sockets = links.iter().map(|(_, stream)| PollFd::new(stream, PollFlags::IN));
                let waking = waker.iter().map(|waker| PollFd::new(waker, PollFlags::IN));
                let mut polled: Vec<_> = sockets.chain(waking).collect();
                let timeout = if links.is_empty() { timeout.min(SIGNAL_CHECK) } else { timeout };
                let ready = without(|| poll(&mut polled, Some(&timespec(timeout))));
                let is_ready = |polled: &PollFd<'_>| ready.is_ok() && !polled.revents().is_empty();
                let readable: Vec<Link> = polled
                    .iter()
                    .zip(links.iter())
                    .filter(|(polled, _)| is_ready(polled))
                    .map(|(_, (link, _))| *link)
                    .collect();
                let woken = waker.as_ref().filter(|_| polled.last().is_some_and(is_ready));
                if let Some(waker) = woken {
                    let _ = recv(waker, &mut [0; 64][..], RecvFlags::DONTWAIT);
                }
                calm = !readable.is_empty() || woken.is_some() || without(&mut *interrupt);
                for link in readable {
                    self.read(link, sink);
                }
            }
        }
        let now = clock::now();
        if self.client.deadline().is_some_and(|deadline| deadline <= now.monotonic) {
            self.client.tick(now, sink);
        }
        calm
    }

    /// Looks for bytes for a moment, if that is worth it, and reads what came.
    fn look(&mut self, timeout: Duration, sink: &mut dyn Sink) -> bool {
        let (Some(poll), [(link, stream)]) = (&mut self.poll, &mut self.links[..]) else {
            return false;
        };
        let (link, seat, patience) = (*link, self.seat, poll.patience());
        if !seat.is_alone() || patience > timeout {
            return false;
        }
        let begun = Instant::now();
        let found = without(|| {
            let mut wait = Duration::ZERO;
            while wait < patience {
                match recv(&*stream, &mut self.buffer[..], RecvFlags::DONTWAIT) {
                    Err(rustix::io::Errno::AGAIN) if seat.is_still_alone() => {
                        std::hint::spin_loop()
                    }
                    Err(rustix::io::Errno::AGAIN) => return None,
                    outcome => {
                        if !wait.is_zero() {
                            poll.waited(wait);
                        }
                        return Some(outcome);
                    }
                }
                wait = begun.elapsed();
            }
            poll.waited(wait);
            None
        });
        match found {
            Some(Ok((0, _))) => self.end(link, None, sink),
            Some(Ok((read, _))) => {
                self.client.received(clock::now(), link, &self.buffer[..read], sink);
            }
            // Whoever waits for it finds out.
            Some(Err(_)) | None => return false,
        }
        true
    }

    /// Reads what is there.
    fn read(&mut self, link: Link, sink: &mut dyn Sink) {
        let Some((_, stream)) = self.links.iter().find(|(known, _)| *known == link) else { return };
        match recv(stream, &mut self.buffer[..], RecvFlags::DONTWAIT) {
            Ok((0, _)) => self.end(link, None, sink),
            Ok((read, _)) => self.client.received(clock::now(), link, &self.buffer[..read], sink),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            Err(error) => self.end(link, Some(explain(&error.into())), sink),
        }
    }

    fn end(&mut self, link: Link, error: Option<Error>, sink: &mut dyn Sink) {
        self.client.closed(clock::now(), link, error, sink);
    }

    fn pause(&self) -> Duration {
        let Now { monotonic, .. } = clock::now();
        let deadline = self.client.deadline().unwrap_or(monotonic + LONGEST);
        deadline.saturating_sub(monotonic).clamp(Duration::from_millis(1), LONGEST)
    }
}

/// Read timeouts are set in steps, so that a busy connection sets them rarely.
fn bucket(timeout: Duration) -> Duration {
    let milliseconds = timeout.as_millis().clamp(1, 1 << 20) as u64;
    Duration::from_millis(1 << milliseconds.ilog2())
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs() as i64, tv_nsec: i64::from(duration.subsec_nanos()) }
}

/// The error of a call that `interrupt` ended.
pub fn interrupted() -> Error {
    Error::with_detail(Code::ClientCancelled, "interrupted by a signal").maybe_executed()
}

const BUFFER: usize = 64 * 1024;
const LONGEST: Duration = Duration::from_secs(60);
/// How soon who cannot be woken by a signal notices one.
pub(crate) const SIGNAL_CHECK: Duration = Duration::from_millis(100);
/// After a pause this long a connection is checked before it is used.
const FRESH: Duration = Duration::from_millis(5);
/// A caller who never waits long would never see a deadline pass.
const LOOK_AROUND: Duration = Duration::from_millis(50);
