//! The host's clocks, in place of the crate of this name: as much of it as is used.
//!
//! The core is told the time with every input and never asks. A library that does gets an answer all the
//! same: the standard library would panic on this target.

use std::{convert::Infallible, time::Duration};

#[link(wasm_import_module = "redlatch")]
unsafe extern "C" {
    /// Milliseconds since the Unix epoch.
    fn wall() -> f64;
    /// Milliseconds since some moment.
    fn monotonic() -> f64;
}

/// A time of the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SystemTime(Duration);

impl SystemTime {
    /// The first moment of 1970.
    pub const UNIX_EPOCH: Self = Self(Duration::ZERO);

    /// What the wall clock says.
    pub fn now() -> Self {
        // SAFETY: takes nothing and gives a number.
        Self(of(unsafe { wall() }))
    }

    /// How long ago an earlier time was; nothing if it was not earlier.
    ///
    /// # Errors
    /// Never.
    pub fn duration_since(&self, earlier: Self) -> Result<Duration, Infallible> {
        Ok(self.0.saturating_sub(earlier.0))
    }
}

/// What the clock says that never goes back.
pub fn since_start() -> Duration {
    // SAFETY: takes nothing and gives a number.
    of(unsafe { monotonic() })
}

fn of(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}
