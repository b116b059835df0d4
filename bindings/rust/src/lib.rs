//! Secure connections to Redis and Valkey whose trust rotates under live traffic.
//!
//! The CA, the client certificate and the password may be replaced while commands run: no restart,
//! no failed command, no byte exchanged with a server that is no longer trusted. The policy is in
//! [`redlatch_core`]; this crate lends it sockets and clocks.
//!
//! With redis-rs's commands, blocking:
//!
//! ```
//! # #[cfg(feature = "redis")] {
//! # let lab = redlatch_lab::Lab::up();
//! # let url = lab.url();
//! use redis::Commands;
//!
//! let mut redis = redlatch::Client::open(&url)?.connection();
//! let visits: u64 = redis.incr("visits", 1)?;
//! # assert_eq!(visits, 1);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! and on tokio, one connection for all tasks:
//!
//! ```
//! # #[cfg(all(feature = "redis", feature = "tokio"))]
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let lab = redlatch_lab::Lab::up();
//! # let url = lab.url();
//! use redis::AsyncCommands;
//!
//! let mut redis = redlatch::Client::open(&url)?.async_connection().await?;
//! let (visits, seen): (u64, Option<String>) =
//!     redis::pipe().atomic().incr("visits", 1).get("seen").query_async(&mut redis).await?;
//! redis.set::<_, _, ()>("seen", "today").await?;
//! # assert_eq!((visits, seen), (1, None));
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "redis", feature = "tokio")))]
//! # fn main() {}
//! ```
//!
//! | feature | adds |
//! |---|---|
//! | `tokio` | [`aio`]: a connection that tasks share |
//! | `redis` | redis-rs's `ConnectionLike` for both connections, and [`code`] |

#[cfg(feature = "tokio")]
pub mod aio;
mod builder;
mod client;
pub mod clock;
mod dial;
pub mod doctor;
mod driver;
mod duplex;
pub mod gate;
mod health;
mod open;
mod pipeline;
mod pool;
mod provider;
mod pubsub;
#[cfg(feature = "redis")]
mod redis_rs;
mod replies;
pub mod status;
#[cfg(feature = "tracing")]
mod trace;

pub use builder::{Builder, Protocol, Recycle, TlsVersion, Verify};
pub use client::{Client, Connection, Exclusive};
pub use dial::explain;
pub use driver::{Driver, Ended, Interrupt, interrupted};
pub use duplex::Duplex;
pub use health::{Health, Probe, Problem, metrics};
pub use open::{open, open_apart, open_over, read_bundle, seed};
pub use pipeline::Pipeline;
pub use pool::{Pool, Pooled};
pub use provider::{Credentials, Providers, SecretText};
pub use pubsub::{Message, Subscriber};
#[cfg(feature = "redis")]
pub use redis_rs::{cause, code};
pub use redlatch_core as core;
pub use redlatch_core::{Code, Config, Error, Event, EventKind, Profile, Result, Retry};
pub use replies::Replies;
pub use status::Status;
