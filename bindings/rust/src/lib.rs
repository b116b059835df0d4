//! Secure connections to Redis and Valkey whose trust rotates under live traffic.
//!
//! The policy is in [`redlatch_core`]; this crate lends it sockets and clocks.

pub mod clock;
mod dial;
mod driver;
mod open;

pub use dial::explain;
pub use driver::{Driver, Interrupt, interrupted};
pub use open::{open, seed};
pub use redlatch_core as core;
pub use redlatch_core::{Code, Config, Error, Event, EventKind, Profile, Result, Retry};
