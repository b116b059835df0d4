//! Sans-IO core of redlatch: secure connections to Redis and Valkey whose trust rotates under
//! live traffic.
//!
//! There is no socket, no thread and no clock in here. A host hands in bytes and time; it gets
//! bytes to send, replies, and the time of the next call:
//!
//! ```text
//!            submit, cancel                       Sink: replies, failures, pushes
//! callers ───────────────────▶ ┌──────────────┐ ───────────────────▶ callers
//!                              │    Client    │
//!  socket ───────────────────▶ │  Session(s)  │ ───────────────────▶ socket
//!            dialed, received  └──────────────┘   Action: Dial, Write, Hangup, Need
//!                                ▲          ▲
//!     watched files, commands, supply      tick at deadline()
//! ```
//!
//! The modules below stand in the order in which data flows; each uses only those above it.
#![forbid(unsafe_code)]

pub mod error;
pub mod secret;
pub mod time;

mod busy_poll;

pub mod event;

pub mod config;

pub mod bundle;
pub mod document;
mod provider;

pub mod material;
pub mod trust;

pub mod crl;

pub mod identity;

pub mod credentials;

mod tls;

pub mod resp;

mod command;

mod pubsub;

mod pending;
mod sink;

mod session;

pub mod client;

pub mod status;

pub mod doctor;

pub mod health;

pub mod metrics;

pub use busy_poll::BusyPoll;
pub use client::{
    Action, Admission, Client, Counters, LongCommand, MaterialKind, Materials, Profile, Role,
};
pub use command::script_hash;
pub use config::Config;
pub use error::{Code, Error, Result, Retry};
pub use event::{Event, EventKind};
pub use pending::Record;
pub use secret::Secret;
pub use sink::{CutOff, LaneId, Link, MAIN, Sink};
pub use time::Now;
