//! Whether a host looks for bytes before it sleeps for them.

use std::time::Duration;

use redlatch::core;

use crate::{
    client::{Handle, lock},
    guard::or,
};

/// What was learnt of the waits of one connection.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct BusyPoll {
    /// For how long to look for bytes, in nanoseconds, before the host sleeps for them. To sleep and be
    /// woken takes longer than a server nearby takes to answer.
    pub patience: u64,
    /// Nobody else's business.
    pub state: u64,
}

/// Where to begin: nothing is known of the connection.
///
/// Ownership: a value. NULL: never look. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_busy_poll_new(client: Option<&Handle>) -> BusyPoll {
    or(BusyPoll::default(), || {
        let most = client.and_then(|it| Some(lock(it).ok()?.client.profile().config().busy_poll));
        known(core::BusyPoll::new(most.unwrap_or_default()))
    })
}

/// A wait for bytes has ended, `wait` nanoseconds after its begin. One is no wait if the bytes were there
/// at once.
///
/// Ownership: values. NULL: none. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_busy_poll_waited(poll: BusyPoll, wait: u64) -> BusyPoll {
    or(poll, || {
        let mut poll = core::BusyPoll::from_bits(poll.state);
        poll.waited(Duration::from_nanos(wait));
        known(poll)
    })
}

fn known(poll: core::BusyPoll) -> BusyPoll {
    BusyPoll { patience: poll.patience().as_nanos() as u64, state: poll.to_bits() }
}
