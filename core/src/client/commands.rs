//! Commands from hand-in to outcome: queue, deadlines, cancellation, hand-out to a session.

use std::time::Duration;

use super::{Role, lane::Lane};
use crate::{
    command::{self, Pinned, Unshareable},
    error::{Code, Error, Result},
    pending::{Kind, Pending, Record},
    session::{AT_ONCE, Phase},
    sink::{Link, MAIN, Sink},
    time::Now,
};

/// What a host should do after handing in commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Hand in more.
    Go,
    /// Commands are waiting for a connection or for the peer to read.
    Wait,
    /// Some were failed with `client.queue_full`.
    Full,
}

impl Lane {
    /// Hands in packed commands: `payload` holds what `records` describe, one after the other.
    /// Tickets must grow from record to record.
    pub(super) fn submit(
        &mut self,
        now: Now,
        records: impl IntoIterator<Item = Record>,
        payload: Vec<u8>,
        sink: &mut dyn Sink,
    ) -> Admission {
        self.adopt(now, sink);
        self.enforce_grace(now, sink);
        let config = self.profile.config().clone();
        let total = payload.len();
        let direct = self.direct_link();
        let batch = self.batches.open(payload);
        let mut start = 0_usize;
        let mut full = false;
        let mut taken = 0_usize;
        let mut commands = 0_u64;
        for record in records {
            let from = start;
            start = from.saturating_add(record.length as usize);
            let pending = self.pending(&record, now);
            let room = self.has_room(&pending);
            let mut pending = self.batches.add(batch, from, pending);
            let verdict = if self.closed {
                Err(Error::new(Code::ClientClosed))
            } else if start > total || record.ticket <= self.last_ticket {
                Err(misuse("a record does not fit its payload, or its ticket is not new"))
            } else if !room || (direct.is_none() && self.queue.len() >= config.max_queue) {
                full = true;
                Err(Error::new(Code::ClientQueueFull).with("max_queue", config.max_queue))
            } else {
                self.judge(&mut pending)
            };
            match verdict {
                Ok(Place::Here) => {}
                Ok(Place::Alone) => {
                    let packed = self.batches.bytes(&pending).unwrap_or_default().to_vec();
                    self.batches.release(&pending);
                    self.last_ticket = record.ticket;
                    self.diverted.push((record, packed));
                    continue;
                }
                Err(error) => {
                    self.fail(&pending, &error, sink);
                    continue;
                }
            }
            self.last_ticket = record.ticket;
            if self.held {
                self.pin(&pending);
            }
            self.note_deadline(pending.deadline);
            taken += 1;
            commands += u64::from(record.commands);
            self.queue.push(pending);
        }
        self.batches.seal(batch);
        self.counters.commands += commands;
        match direct {
            // Nobody is ahead: the whole payload leaves as one write.
            Some(link) if taken > 0 => self.flush(link, now, sink),
            _ if taken > 0 => self.demand(now, sink),
            _ => {}
        }
        self.collect();
        match (full, self.queue.is_empty()) {
            (true, _) => Admission::Full,
            (false, false) => Admission::Wait,
            (false, true) => Admission::Go,
        }
    }

    /// Gives up a command: its reply, if one comes, is dropped. Whether it was this lane's.
    pub(super) fn cancel(&mut self, now: Now, ticket: u64, sink: &mut dyn Sink) -> bool {
        if self.queue.cancel(ticket, &mut self.batches) {
            self.forget(ticket);
            return true;
        }
        let found = self.sessions.iter_mut().find_map(|session| session.find(ticket));
        let Some(pending) = found else { return false };
        pending.cancelled = true;
        if pending.blocking {
            // It would hold up what follows, and could take something that nobody gets.
            self.drop_sessions(Code::ClientCancelled, now, sink);
        }
        true
    }

    /// Sends what waits, oldest first.
    pub(super) fn flush(&mut self, link: Link, now: Now, sink: &mut dyn Sink) {
        self.flushed = now;
        if let Err(error) = self.hand_out(link, now) {
            self.session_failed(link, error, now, sink);
        }
    }

    /// Nothing is handed out behind a payload that has not left: it may still be given up.
    fn hand_out(&mut self, link: Link, now: Now) -> Result<()> {
        let Some(session) = self.sessions.iter_mut().find(|session| session.link == link) else {
            return Ok(());
        };
        while session.takes_more() && !self.queue.is_empty() {
            let run = self.queue.run(AT_ONCE);
            if self.queue.extent(run) > AT_ONCE {
                if let Some(held) = self.queue.hold(run, &mut self.batches) {
                    session.send_later(held);
                }
            } else if let Some(packed) = self.queue.packed(run, &self.batches) {
                session.send(packed)?;
            }
            for pending in self.queue.take_run(run) {
                if self.unpinned_by.is_some_and(|ticket| ticket <= pending.ticket) {
                    (self.pinned, self.unpinned_by) = (Pinned::default(), None);
                }
                session.expect(pending, now);
            }
        }
        Ok(())
    }

    /// The host has taken everything: the next piece of a large payload, or what waits behind it.
    /// Whether there was any.
    pub(super) fn send_more(&mut self) -> bool {
        let (sessions, batches) = (&mut self.sessions, &mut self.batches);
        if !sessions.iter_mut().any(|session| session.send_piece(batches)) {
            let Some(link) = self.active.filter(|_| !self.queue.is_empty()) else { return false };
            if self.is_handing_over() {
                return false;
            }
            if let (Err(error), Some(session)) =
                (self.hand_out(link, self.flushed), self.session(link))
            {
                session.broken = Some(error);
            }
        }
        self.collect();
        !self.actions.is_empty()
    }

    /// Ends commands whose time is up, in one pass over all of them.
    pub(super) fn expire(&mut self, now: Now, sink: &mut dyn Sink) {
        if self.earliest.is_none_or(|earliest| earliest > now.monotonic) {
            return;
        }
        let over = |pending: &Pending| pending.deadline.is_some_and(|end| end <= now.monotonic);
        let mut failed = Vec::new();
        if self.queue.iter().any(over) {
            let waiting = self.away_error();
            for pending in self.queue.take() {
                match over(&pending) {
                    true => failed.push((pending, waiting.clone(), true)),
                    false => self.queue.push(pending),
                }
            }
        }
        let mut blocks = false;
        for session in &mut self.sessions {
            for pending in &mut session.in_flight {
                if pending.kind == Kind::User && !pending.cancelled && over(pending) {
                    pending.cancelled = true;
                    blocks |= pending.blocking;
                    let error = Error::new(Code::ClientTimeout).maybe_executed();
                    failed.push((pending.clone(), error, false));
                }
            }
        }
        for (pending, error, release) in failed {
            let error = match self.batches.bytes(&pending) {
                Some(packed) => error.with("command", command::name(packed)),
                None => error,
            };
            match release {
                true => self.fail(&pending, &error, sink),
                false => {
                    self.counters.failures += 1;
                    sink.fail(pending.ticket, &error);
                }
            }
        }
        if blocks {
            // As if it were given up: nobody would get what it takes.
            self.drop_sessions(Code::ClientTimeout, now, sink);
        }
        let in_flight = self.sessions.iter().flat_map(|session| &session.in_flight);
        let open = self.queue.iter().chain(in_flight.filter(|pending| !pending.cancelled));
        let mut count = 0;
        let next = open.inspect(|_| count += 1).filter_map(|pending| pending.deadline).min();
        // Many deadlines close together must not cost a pass each.
        self.earliest = next.map(|next| next.max(now.monotonic + PASS_PAUSE * count));
    }

    /// Fails everything that waits for a connection.
    pub(super) fn fail_queue(&mut self, error: &Error, sink: &mut dyn Sink) {
        for pending in self.queue.take() {
            self.fail(&pending, error, sink);
        }
    }

    pub(super) fn fail(&mut self, pending: &Pending, error: &Error, sink: &mut dyn Sink) {
        self.forget(pending.ticket);
        self.counters.failures += 1;
        self.batches.release(pending);
        match pending.sent {
            // Waiting to be sent again, it may have been executed the first time.
            true => sink.fail(pending.ticket, &error.clone().maybe_executed()),
            false => sink.fail(pending.ticket, error),
        }
    }

    /// The session that takes commands at once, if nothing stands in between.
    pub(super) fn direct_link(&self) -> Option<Link> {
        let link = self.active.filter(|_| self.queue.is_empty() && !self.is_handing_over())?;
        let session = self.sessions.iter().find(|session| session.link == link)?;
        session.takes_more().then_some(link)
    }

    pub(super) fn has_room(&self, pending: &Pending) -> bool {
        let config = self.profile.config();
        self.batches.records < config.max_queue.saturating_add(IN_FLIGHT_FREE)
            && (self.batches.bytes.saturating_add(pending.length) <= config.max_queue_bytes
                || self.batches.records == 0)
    }

    pub(super) fn pending(&self, record: &Record, now: Now) -> Pending {
        let timeout = match record.timeout_ms {
            0 => self.profile.config().timeout,
            u32::MAX => None,
            milliseconds => Some(Duration::from_millis(u64::from(milliseconds))),
        };
        Pending::user(record, timeout.map(|timeout| now.monotonic + timeout))
    }

    pub(super) fn note_deadline(&mut self, deadline: Option<Duration>) {
        self.earliest = match (self.earliest, deadline) {
            (Some(earliest), Some(deadline)) => Some(earliest.min(deadline)),
            (earliest, deadline) => earliest.or(deadline),
        };
    }

    /// Where a record runs, or why it cannot be taken.
    fn judge(&mut self, pending: &mut Pending) -> Result<Place> {
        if self.role == Role::Subscriber {
            return self.change(pending);
        }
        let packed = self.batches.bytes(pending).unwrap_or_default();
        let found = command::inspect(packed, pending.commands).map_err(|command::Malformed| {
            misuse("a record is not the packed commands its header announces")
        })?;
        if self.lost_watch {
            self.lost_watch = !command::unpins(packed);
            if self.lost_watch || command::executes(packed) {
                return Err(Error::new(Code::ClientWatchLost));
            }
        }
        let why = match (found, self.role) {
            (None, _) => return Ok(Place::Here),
            (Some(Unshareable::Sequence), Role::Exclusive) if self.held => return Ok(Place::Here),
            (Some(Unshareable::Blocking), Role::Exclusive) => {
                let limit = command::blocks_for(packed);
                pending.block(limit.filter(|_| pending.commands == 1));
                return Ok(Place::Here);
            }
            // Of several commands, those that follow would wait for the one that blocks.
            (Some(Unshareable::Blocking), Role::Shared) if self.id == MAIN => {
                return Ok(Place::Alone);
            }
            (Some(Unshareable::Blocking), _) => {
                "the command would hold up everybody on a shared connection"
            }
            (Some(Unshareable::Sequence), _) => {
                "the command needs a connection that nobody else uses until the transaction ends"
            }
            (Some(Unshareable::State), Role::Exclusive)
                if self.held && command::sets(packed).is_some() =>
            {
                if let Some(key) = command::sets(packed) {
                    self.keeping.insert(pending.ticket, (key, packed.to_vec()));
                }
                return Ok(Place::Here);
            }
            // A name is for who looks at the server: a connection may have any.
            (Some(Unshareable::State), Role::Exclusive)
                if command::sets(packed).as_deref() == Some(b"SETNAME") =>
            {
                return Ok(Place::Here);
            }
            (Some(Unshareable::State), Role::Shared) => {
                "the command changes the state of a connection that others share"
            }
            (Some(Unshareable::State), _) => {
                "the command would change the state of a pooled connection"
            }
        };
        Err(misuse(why).with("command", command::name(packed)))
    }

    /// Why commands are waiting: an operator needs the cause, not that time has passed.
    fn away_error(&self) -> Error {
        let setup = self.sessions.iter().find(|session| !session.is_ready());
        let error = match (setup, &self.last_error) {
            (_, Some(error)) => error.clone(),
            (Some(session), None) => session.timed_out(),
            (None, None) => Error::new(Code::ClientTimeout),
        };
        match setup.map(|session| session.phase) {
            Some(Phase::Ready) | None => error,
            Some(phase) => error.with("phase", phase.name()),
        }
        .with("attempts", self.attempts.max(1))
    }
}

/// Where a record runs.
pub(super) enum Place {
    Here,
    /// In a lane of its own.
    Alone,
}

pub(super) fn misuse(why: &str) -> Error {
    Error::with_detail(Code::ClientMisuse, why)
}

/// Commands in flight are bounded by bytes; this many more may be under way than may wait.
const IN_FLIGHT_FREE: usize = 1 << 20;
/// Rest between two passes for deadlines, for each command passed: twenty times what it costs.
const PASS_PAUSE: Duration = Duration::from_nanos(100);
