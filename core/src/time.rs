//! Time is an argument: the core never reads a clock.

use std::time::Duration;

use rustls_pki_types::UnixTime;

/// The host's two clocks, read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Never goes back; counts from any fixed point of this process.
    pub monotonic: Duration,
    /// Since the Unix epoch; certificate dates are compared with it.
    pub wall: Duration,
}

impl Now {
    /// The wall clock in whole seconds since the Unix epoch.
    pub fn unix_seconds(self) -> i64 {
        i64::try_from(self.wall.as_secs()).unwrap_or(i64::MAX)
    }

    pub(crate) fn unix(self) -> UnixTime {
        UnixTime::since_unix_epoch(self.wall)
    }
}
