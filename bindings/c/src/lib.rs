//! The C interface, in two parts.
//!
//! For programs: a blocking client with sockets of its own. `redlatch_open` gives it,
//! `redlatch_call` runs a command, `redlatch_status` tells how it is, `redlatch_close` takes it back;
//! functions of a `redlatch_value` and a `redlatch_error` read what came.
//!
//! For languages with an event loop of their own, such as Go: the driver contract. The host moves the
//! bytes.
//!
//! ```text
//! host ── redlatch_client_submit, _dialed, _received, … ──▶ client
//!      ◀──── one batch: replies, failures, events, actions ──┘
//! ```
//!
//! # Conventions
//!
//! - Ownership. `_new` gives, `_free` takes, and so do `_open` and `_close`; to free NULL is fine.
//!   All else is borrowed for the duration of the call. Outputs are written only on success.
//! - Panics. Every body runs inside one guard: a panic is `internal.panic`.
//! - Failures of the blocking client. A call that may fail returns an error, or NULL for success.
//! - Failures of the driver contract. There is no error code to check: a call that was refused
//!   returns a batch that holds one `FAULT` record with the error.
//! - Batches. Each call of the driver contract takes a batch, empties it, and fills it with
//!   everything that came out. What it returns is a view of the batch, valid until the batch is used
//!   again or freed. Clients and batches are independent: a host keeps one batch for each thread that
//!   makes calls.
//! - Threads. A client may be used from any thread. Calls of the driver contract take turns and
//!   never wait for the network; calls of the blocking client run side by side. A batch may be used
//!   by one thread at a time. There are no callbacks.
//! - Waits. A host that blocks until bytes come does well to look for them for a moment first:
//!   `redlatch_busy_poll_new` and `redlatch_busy_poll_waited` tell for how long.
//!
//! # Layout
//!
//! All numbers are little-endian. A view is a header of [`REDLATCH_HEADER`] bytes:
//! `now u64, deadline u64, actions u64, admission u32, more u32`. Times are in nanoseconds on one
//! monotonic clock; `deadline` is `UINT64_MAX` if no tick is due. `admission` answers a submit:
//! 0 go on, 1 commands are waiting, 2 some were refused. `more` is 1 if there is more to do once
//! the actions are done: call `redlatch_client_more`. Records follow: outcomes first, and from
//! offset `actions` on what the host has to do, in that order.
//!
//! A record is a header of [`REDLATCH_RECORD`] bytes, then its body:
//! `kind u8, flags u8, code u16, extra u32, id u64, length u64`.
//!
//! A reply is a list of tokens, depth first: `kind u8, number u64`, then the text if there is one.
//! The kind is the type byte of RESP. The number is the length of the text for `+ $ = (`; the
//! length in its low half and the code of the error in its high half for `-`; the value for `: #`;
//! the bits of the value for `,`; the count of elements for `* ~ >` and of pairs for `%`. A long
//! text of kind `$` lies elsewhere: its kind is `&`, and its address, `u64`, follows instead of it. It
//! lives as long as the view.

mod batch;
#[cfg(feature = "blocking")]
mod blocking;
mod busy_poll;
mod bytes;
mod client;
mod doctor;
mod guard;
mod lane;
mod link;
mod reply;
mod supply;
mod table;
mod wire;

pub use batch::*;
#[cfg(feature = "blocking")]
pub use blocking::*;
pub use busy_poll::*;
pub use bytes::Bytes;
pub use client::*;
pub use doctor::*;
pub use lane::*;
pub use link::*;
pub use supply::*;
pub use table::*;
pub use wire::*;
