//! The protocol of Redis and Valkey, RESP2 and RESP3: commands out, replies in.
//!
//! ```text
//! args ──encode_command──▶ bytes        bytes ──Scanner──▶ Reply ──tokens──▶ Token …
//!                                                               └─to_value─▶ Value
//! ```
//!
//! The [`Scanner`] is the only judge of a peer's bytes: it finds where a reply ends, refuses what is
//! malformed or too large, and allocates nothing in proportion to it. A [`Reply`] borrows the
//! bytes it found. The language faces walk its [`Tokens`]; Rust callers may take an owned [`Value`].
//!
//! ```
//! use redlatch_core::resp::{Limits, Reply, Scanner, Value, encode_command};
//!
//! let mut out = Vec::new();
//! encode_command(&mut out, ["GET", "key"]);
//! assert_eq!(out, b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n");
//!
//! let mut scanner = Scanner::new(Limits::default());
//! let mut received = b"$5\r\nva".to_vec();
//! assert_eq!(scanner.scan(&received)?, None);
//! received.extend_from_slice(b"lue\r\n+next");
//! let end = scanner.scan(&received)?.expect("complete");
//! assert_eq!(Reply::new(&received[..end]).to_value(), Value::Bulk(b"value".to_vec()));
//! # Ok::<(), redlatch_core::Error>(())
//! ```

mod encode;
mod scan;
mod tally;
mod token;
mod value;

pub use encode::{begin_command, encode_command, push_argument};
pub use scan::{Limits, Scanner};
pub use tally::Tally;
pub use token::{Token, Tokens};
pub use value::{Reply, Value};
