//! A connection for one caller.

use std::time::Duration;

use crate::{
    client::{pack, results, values},
    error::CallError,
    value::Value,
};

/// A connection that one caller keeps to themselves until the release, for `WATCH` and what follows
/// it. Calls of several threads take turns.
#[derive(Debug, uniffi::Object)]
pub struct Held {
    held: redlatch::shared::Held,
}

#[uniffi::export]
impl Held {
    /// Runs one command, which may be `WATCH` or `UNWATCH`. A server's error is thrown.
    #[uniffi::method(default(timeout = None))]
    pub fn call(&self, args: Vec<Vec<u8>>, timeout: Option<Duration>) -> Result<Value, CallError> {
        Ok(self.held.call(&args, timeout)?.into())
    }

    /// Runs commands in one flight; an error of the server is among the values.
    #[uniffi::method(default(timeout = None))]
    pub fn pipeline(
        &self,
        commands: Vec<Vec<Vec<u8>>>,
        timeout: Option<Duration>,
    ) -> Result<Vec<Value>, CallError> {
        let (packed, count) = pack(&commands, false)?;
        Ok(values(&self.held.call_packed(packed, count, timeout)?))
    }

    /// Runs commands as one transaction. `client.watch_changed` if somebody else changed a watched
    /// key, `client.watch_lost` if the connection that watched was lost: read the keys again and
    /// repeat.
    #[uniffi::method(default(timeout = None))]
    pub fn transaction(
        &self,
        commands: Vec<Vec<Vec<u8>>>,
        timeout: Option<Duration>,
    ) -> Result<Vec<Value>, CallError> {
        let (packed, count) = pack(&commands, true)?;
        Ok(results(&self.held.call_packed(packed, count, timeout)?)?)
    }

    /// Gives the connection back; what is still watched is not any more.
    pub fn release(&self) {
        self.held.release();
    }
}

impl Held {
    pub(crate) fn new(held: redlatch::shared::Held) -> Self {
        Self { held }
    }
}
