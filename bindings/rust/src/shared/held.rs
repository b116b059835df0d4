//! A connection for one caller.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redlatch_core::{
    Code, Error, MAIN, Result,
    resp::{Value, encode_command},
};

use super::{Shared, lent::Lent};
use crate::replies::{Nobody, Replies};

/// A connection that one caller keeps to themselves until this is dropped, for WATCH and what
/// follows it. Calls of several threads take turns.
pub struct Held {
    place: Mutex<Option<Lent<Arc<Shared>>>>,
}

impl Held {
    pub(super) fn new(lent: Lent<Arc<Shared>>) -> Self {
        Self { place: Mutex::new(Some(lent)) }
    }

    /// As [`Shared::call`]; WATCH and MULTI are no misuse.
    ///
    /// # Errors
    /// As [`Shared::call`], and `client.closed` after the release.
    pub fn call<A: AsRef<[u8]>>(
        &self,
        arguments: impl IntoIterator<Item = A, IntoIter: ExactSizeIterator>,
        timeout: Option<Duration>,
    ) -> Result<Value> {
        let mut packed = Vec::new();
        encode_command(&mut packed, arguments);
        self.call_packed(packed, 1, timeout)?.into_value()
    }

    /// As [`Shared::call_packed`].
    ///
    /// # Errors
    /// As [`Shared::call_packed`], and `client.closed` after the release.
    pub fn call_packed(
        &self,
        packed: Vec<u8>,
        commands: u32,
        timeout: Option<Duration>,
    ) -> Result<Replies> {
        if commands == 0 && packed.is_empty() {
            return Ok(Replies::default());
        }
        match &mut *self.lock() {
            Some(lent) => lent.run(packed, commands, timeout),
            None => Err(Error::new(Code::ClientClosed)),
        }
    }

    /// Gives the connection back, once a call of another thread is done; what is still watched is
    /// not any more.
    pub fn release(&self) {
        let Some(mut lent) = self.lock().take() else { return };
        if let Ok(slot) = lent.slot() {
            slot.driver.input(&mut Nobody, |client, now, sink| client.take_back(now, MAIN, sink));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Lent<Arc<Shared>>>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}
