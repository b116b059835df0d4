//! Where callers leave commands for the task: packed side by side, so that one turn of the task
//! takes them all as one batch.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
};

use redlatch_core::{Code, Error, LaneId, MAIN, MaterialKind, Record, Result, Secret};
use tokio::sync::oneshot;

use super::{
    seat::{Purpose, Seat},
    waiters::Waiter,
};
use crate::replies::{Replies, record};

/// What callers left since the last turn.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) payload: Vec<u8>,
    pub(super) records: Vec<Record>,
    /// Records of lanes beside the main one, each with its packed commands.
    pub(super) beside: Vec<(LaneId, Record, Vec<u8>)>,
    pub(super) waiters: Vec<Waiter>,
    pub(super) cancelled: Vec<u64>,
    pub(super) requests: Vec<Request>,
}

/// What a caller asks apart from commands.
pub(super) enum Request {
    Status(oneshot::Sender<String>),
    Reload(oneshot::Sender<()>),
    Supply(MaterialKind, Vec<Secret>, oneshot::Sender<Result<()>>),
    Enter(Purpose, oneshot::Sender<Result<Seat>>),
    Leave { lane: LaneId, subscribed: bool },
    Close(oneshot::Sender<()>),
}

#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    batch: Batch,
    last_ticket: u64,
    /// Bytes of the batch taken last: the next one is likely as large.
    expected: usize,
    waker: Option<Waker>,
    /// Nobody can hand in any more.
    abandoned: bool,
    /// Nobody takes any more.
    ended: bool,
    /// What the client said of itself when it was closed.
    last_status: Option<String>,
}

/// What the task finds.
pub(super) enum Found {
    Nothing,
    /// Commands, left for callers who are about to add theirs.
    More,
    Taken,
    /// All owners are gone.
    Abandoned,
}

impl Inbox {
    /// Leaves one record; `pack` appends its commands.
    pub(super) fn submit(
        &self,
        lane: LaneId,
        header: Record,
        sender: oneshot::Sender<Result<Replies>>,
        pack: impl FnOnce(&mut Vec<u8>),
    ) -> Result<u64> {
        let mut state = self.open()?;
        let ticket = state.last_ticket + 1;
        let header = Record { ticket, ..header };
        if lane == MAIN {
            let expected = state.expected.min(RESERVED);
            let payload = &mut state.batch.payload;
            if payload.capacity() == 0 {
                payload.reserve(expected);
            }
            let start = payload.len();
            pack(payload);
            let length = payload.len() - start;
            match record(header, header.commands, length) {
                Ok(record) => state.batch.records.push(record),
                Err(error) => {
                    state.batch.payload.truncate(start);
                    return Err(error);
                }
            }
        } else {
            let mut payload = Vec::new();
            pack(&mut payload);
            let record = record(header, header.commands, payload.len())?;
            state.batch.beside.push((lane, record, payload));
        }
        state.last_ticket = ticket;
        state.batch.waiters.push(Waiter::new(ticket, header.commands, sender));
        wake(state);
        Ok(ticket)
    }

    /// Gives a record up.
    pub(super) fn cancel(&self, ticket: u64) {
        if let Ok(mut state) = self.open() {
            state.batch.cancelled.push(ticket);
            wake(state);
        }
    }

    pub(super) fn ask(&self, request: Request) -> Result<()> {
        let mut state = self.open()?;
        state.batch.requests.push(request);
        wake(state);
        Ok(())
    }

    /// The last owner is gone.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        wake(state);
    }

    /// Swaps what is there with `batch`, which is empty. With `patient` commands stay, so that
    /// more come together.
    pub(super) fn take(&self, batch: &mut Batch, patient: bool, cx: &mut Context<'_>) -> Found {
        let mut state = self.lock();
        let left = &state.batch;
        let commands = !left.records.is_empty();
        if commands && patient {
            return Found::More;
        }
        let others = left.beside.len() + left.cancelled.len() + left.requests.len();
        if commands || others > 0 {
            mem::swap(&mut state.batch, batch);
            state.expected = batch.payload.len();
            return Found::Taken;
        }
        if state.abandoned {
            return Found::Abandoned;
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Found::Nothing
    }

    /// Nothing is taken from now on. Gives back what was left.
    pub(super) fn end(&self, last_status: Option<String>) -> Batch {
        let mut state = self.lock();
        state.ended = true;
        state.last_status = last_status;
        mem::take(&mut state.batch)
    }

    /// What a closed client said of itself; none if its runtime ended first.
    pub(super) fn last_status(&self) -> Option<String> {
        self.lock().last_status.clone()
    }

    fn open(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.lock();
        match state.ended {
            true => Err(Error::new(Code::ClientClosed)),
            false => Ok(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes the task if it sleeps, outside the lock.
fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// A burst must not make every later batch reserve as much.
const RESERVED: usize = 64 * 1024;
