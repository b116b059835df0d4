//! The clocks the core is told.

use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use redlatch_core::Now;

/// Both clocks, read together. The monotonic one counts from the first call of this process.
pub fn now() -> Now {
    static START: OnceLock<Instant> = OnceLock::new();
    Now {
        monotonic: START.get_or_init(Instant::now).elapsed() + OFFSET,
        wall: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
    }
}

/// Keeps differences to earlier times from reaching below zero.
const OFFSET: Duration = Duration::from_secs(1);
