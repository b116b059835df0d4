//! A connection that is in use.

use std::{
    ops::Deref,
    sync::{Arc, PoisonError},
    time::Duration,
};

use redlatch_core::{Code, Error, Record, Result};

use super::{Shared, Slot};
use crate::{
    driver::SIGNAL_CHECK,
    health::Probe,
    replies::{Collected, Replies, record},
};

/// A connection in use. It comes back when this is dropped, unless its call panicked.
pub(super) struct Lent<P: Deref<Target = Shared>> {
    pool: P,
    slot: Option<Slot>,
}

pub(super) fn lend<P: Deref<Target = Shared>>(pool: P) -> Result<Lent<P>> {
    let most = pool.profile.config().max_connections;
    let mut inside = pool.lock();
    pool.forbid_closed()?;
    while inside.busy.len() >= most && inside.looked_after > 0 {
        let waited = pool.freed.wait_timeout(inside, SIGNAL_CHECK);
        inside = waited.unwrap_or_else(PoisonError::into_inner).0;
        pool.forbid_closed()?;
    }
    if inside.busy.len() >= most {
        let all = Error::with_detail(Code::ClientQueueFull, "all connections are in use");
        return Err(all.with("max_connections", most));
    }
    let slot = match inside.idle.pop() {
        Some(slot) => slot,
        None => pool.slot()?,
    };
    inside.busy.push(slot.waker.clone());
    drop(inside);
    Ok(Lent { pool, slot: Some(slot) })
}

impl<P: Deref<Target = Shared>> Lent<P> {
    pub(super) fn new(pool: P, slot: Slot) -> Self {
        Self { pool, slot: Some(slot) }
    }

    pub(super) fn run(
        &mut self,
        packed: Vec<u8>,
        commands: u32,
        timeout: Option<Duration>,
    ) -> Result<Replies> {
        let pool = &*self.pool;
        let Some(slot) = &mut self.slot else { return Err(Error::new(Code::ClientClosed)) };
        slot.ticket += 1;
        let timeout_ms = timeout.map_or(0, milliseconds);
        let asked = Record { ticket: slot.ticket, timeout_ms, ..Record::default() };
        let record = record(asked, commands, packed.len())?;
        let mut collected = Collected::of(commands);
        let done = |collected: &Collected| collected.is_done() || pool.is_closed();
        slot.driver.call(&[record], packed, &mut collected, done, &mut || true);
        if !collected.is_done() {
            slot.driver.close(&mut collected);
        }
        collected.into_result()
    }

    pub(super) fn health(&mut self, probe: Probe) -> String {
        let pool = &*self.pool;
        let Some(slot) = &mut self.slot else { return String::new() };
        slot.ticket += 1;
        slot.driver.health_unless(slot.ticket, probe, || pool.is_closed())
    }

    pub(super) fn slot(&mut self) -> Result<&mut Slot> {
        self.slot.as_mut().ok_or_else(|| Error::new(Code::ClientClosed))
    }
}

impl<P: Deref<Target = Shared>> Drop for Lent<P> {
    fn drop(&mut self) {
        let Some(mut slot) = self.slot.take() else { return };
        let whole = !std::thread::panicking();
        let events = slot.driver.events();
        let mut inside = self.pool.lock();
        // None of another process.
        let Some(at) = inside.busy.iter().position(|it| Arc::ptr_eq(it, &slot.waker)) else {
            return slot.driver.abandon();
        };
        inside.busy.swap_remove(at);
        inside.count(&mut slot);
        let closed = self.pool.is_closed();
        let slot = if whole && !closed {
            inside.idle.push(slot);
            None
        } else {
            Some(slot)
        };
        drop(inside);
        self.pool.hear(events);
        if let Some(slot) = slot.filter(|_| whole) {
            self.pool.take_leave(slot);
        }
    }
}

/// The form of a record: zero is no limit.
fn milliseconds(timeout: Duration) -> u32 {
    match u32::try_from(timeout.as_millis()) {
        Ok(0) if timeout.is_zero() => u32::MAX,
        Ok(milliseconds) => milliseconds.clamp(1, u32::MAX - 1),
        Err(_) => u32::MAX - 1,
    }
}
