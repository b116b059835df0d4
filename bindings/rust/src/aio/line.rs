//! Where a handle's commands go, and with which options.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use redlatch_core::{
    Code, Error, MAIN, Record, Result,
    resp::{Value, encode_command},
};
use tokio::sync::oneshot;

use super::{Owner, seat::Seat};
use crate::{
    pipeline::Pipeline,
    provider::forbid_within,
    replies::{Limit, Replies},
};

#[derive(Clone)]
pub(crate) struct Line {
    // Before the owner: the seat is given back first.
    pub(super) seat: Option<Arc<Seat>>,
    pub(super) owner: Arc<Owner>,
    limit: Limit,
    flags: u32,
}

impl Line {
    pub(super) fn new(owner: Arc<Owner>, seat: Option<Arc<Seat>>) -> Self {
        Self { seat, owner, limit: Limit::default(), flags: 0 }
    }

    #[cfg(feature = "redis")]
    pub(crate) fn profile(&self) -> &Arc<redlatch_core::Profile> {
        &self.owner.profile
    }

    pub(super) fn with_timeout(&self, timeout: Duration) -> Self {
        Self { limit: Limit::of(timeout), ..self.clone() }
    }

    pub(super) fn idempotent(&self) -> Self {
        Self { flags: Record::IDEMPOTENT, ..self.clone() }
    }

    pub(super) async fn call<A: AsRef<[u8]>>(
        &self,
        arguments: impl IntoIterator<Item = A, IntoIter: ExactSizeIterator>,
    ) -> Result<Value> {
        // Apart, since the caller's iterator must not run inside the inbox.
        let mut packed = Vec::new();
        encode_command(&mut packed, arguments);
        self.call_packed(&packed, 1).await?.into_value()
    }

    pub(super) async fn run(&self, pipeline: &Pipeline) -> Result<Vec<Result<Value>>> {
        if pipeline.is_empty() {
            return Ok(Vec::new());
        }
        let (packed, commands) = pipeline.packed();
        pipeline.results(&self.call_packed(&packed, commands).await?)
    }

    pub(crate) async fn call_packed(&self, packed: &[u8], commands: u32) -> Result<Replies> {
        if commands == 0 && packed.is_empty() {
            return Ok(Replies::default());
        }
        self.begin(commands, |payload| payload.extend_from_slice(packed))?.await
    }

    /// Hands in a record whose packed commands `pack` appends.
    pub(crate) fn begin(&self, commands: u32, pack: impl FnOnce(&mut Vec<u8>)) -> Result<Call> {
        self.begin_within(commands, self.limit, pack)
    }

    pub(crate) fn begin_within(
        &self,
        commands: u32,
        limit: Limit,
        pack: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Call> {
        forbid_within(&self.owner.profile)?;
        let (sender, receiver) = oneshot::channel();
        let lane = self.seat.as_ref().map_or(MAIN, |seat| seat.lane);
        let record =
            Record { commands, timeout_ms: limit.0, flags: self.flags, ..Record::default() };
        let ticket = self.owner.inbox.submit(lane, record, sender, pack)?;
        Ok(Call { owner: self.owner.clone(), ticket, receiver, done: false })
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
