//! Secure connections to Redis and Valkey whose trust rotates under live traffic.
//!
//! The CA, the client certificate and the password may be replaced while commands run: no restart,
//! no failed command, no byte exchanged with a server that is no longer trusted.
//!
//! # Five lines
//!
//! On tokio, one connection for all tasks, with redis-rs's commands:
//!
//! ```
//! # #[cfg(all(feature = "redis", feature = "tokio"))]
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let lab = redlatch_lab::Lab::up();
//! # let url = lab.url();
//! use redis::AsyncCommands;
//!
//! // "rediss://10.0.0.3:6378?ca_file=/etc/redis-tls/ca.pem&password_file=/etc/redis/password"
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
//! and blocking:
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
//! Files that are named in settings are watched: replace them as you always do, and connections follow.
//!
//! # What to use
//!
//! | for | on tokio | blocking |
//! |---|---|---|
//! | commands | [`aio::Connection`], one for a process | [`Connection`], one for a thread; [`Pool`] |
//! | many at once | [`Pipeline`], or `redis::pipe` | the same |
//! | `WATCH`, another database | [`aio::Exclusive`] | [`Exclusive`] |
//! | subscriptions | [`aio::Subscriber`], a `Stream` | [`Subscriber`] |
//! | commands that block | as they are | as they are |
//! | scripts | `redis::Script` | the same |
//! | a time limit of one call | [`with_timeout`](aio::Connection::with_timeout) | [`set_timeout`](Connection::set_timeout) |
//! | what happened | [`events`](aio::Connection::events), a `Stream` | [`events`](Connection::events) |
//! | how it is | [`status`](aio::Connection::status), [`health`](aio::Connection::health), [`metrics`](aio::Connection::metrics) | the same |
//!
//! Settings come from a URL ([`Client::open`]), the environment ([`Client::from_env`]), methods with
//! types ([`Client::builder`]), or names ([`Client::new`]); secrets and certificates also from functions
//! of yours ([`Providers`]), or by hand ([`Client::supply`]).
//!
//! # Pooling
//!
//! On tokio, do not pool: make one connection and clone it. Commands of all tasks travel together, so
//! that more tasks make each command cheaper, and what cannot share has a session of its own by itself.
//! [`aio`] tells when several connections help. Threads that block take a connection each: keep one,
//! borrow one of a [`Pool`] for several commands, or call a [`shared::Shared`], which takes one for each
//! call, and whose `close` ends what other threads wait for.
//!
//! Futures may be dropped at any point ([`aio`]). Commands that were under way when a connection is lost
//! are sent again only if they just read, or if the caller allows it
//! ([`idempotent`](aio::Connection::idempotent)); otherwise [`Error::is_maybe_executed`] tells.
//!
//! # When it fails
//!
//! Each failure has a [`Code`]; a code has a [retry class](Retry) and a remedy, an error its evidence.
//! What is permanent fails at once, what may pass is waited for until the time limit.
//!
//! ```
//! use redlatch::{Client, Code, Retry};
//!
//! let client = Client::open("rediss://localhost?ca_file=/does/not/exist")?;
//! let error = client.connection().call(["PING"]).expect_err("there is no such file");
//! assert_eq!(error.code(), Code::TrustUnreadable);
//! assert_eq!(error.code().retry(), Retry::AfterRotation);
//! println!("{error}. {}", error.code().remedy());
//! for (name, fact) in error.evidence() {
//!     println!("{name}: {fact}");
//! }
//! # Ok::<(), redlatch::Error>(())
//! ```
//!
//! Through redis-rs's traits, [`code`] and [`cause`] give code and error back. [`Builder::doctor`] and
//! [`doctor`] find out step by step why a connection fails.
//!
//! # Features
//!
//! | feature | | adds |
//! |---|---|---|
//! | `tokio` | default | [`aio`]: a connection that tasks share, asynchronous providers |
//! | `redis` | default | redis-rs's `ConnectionLike` for all connections, [`code`] and [`cause`] |
//! | `tracing` | | events go to `tracing`, under the target `redlatch` |
//!
//! # For other bindings
//!
//! The policy is in [`core`], which moves no byte itself. [`Driver`], [`Duplex`], [`gate`], [`clock`] and
//! the functions beside them lend it sockets and clocks; other languages build on them. Programs need
//! none of them.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]

#[cfg(feature = "tokio")]
pub mod aio;
mod alone;
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
pub mod shared;
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
