//! Health and metrics, for probes and scrapers.

use std::time::Duration;

use redlatch::{Probe, metrics};

use super::{Redis, alive, failure::Failure, failure::attempt, tell, value::Value};
use crate::guard::misuse;

/// How the client is: a string, which is a JSON object with `ok` (ready), `live`, `alive`,
/// `authenticated`, `writable`, `role`, `trust`, `code`, `text` and `remedy` of the first problem,
/// `problems`, `seconds`, `state` and `address`.
///
/// Asks the server, and waits no longer than `limit_ms`; 0 means 900, which fits a probe of
/// Kubernetes. With `read_only` a replica that takes no writes is ready, too. A server that is away is
/// no error of this call.
///
/// Ownership: on success `*out` is the string, to be freed by `redlatch_value_free`.
/// NULL: neither may be NULL.
/// Threads: any.
/// Errors: `client.queue_full`, `client.misuse`. NULL is success.
///
/// # Safety
/// `out` must point to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_health(
    redis: Option<&Redis>,
    limit_ms: u32,
    read_only: bool,
    out: *mut *mut Value,
) -> Option<Box<Failure>> {
    attempt(|| {
        let mut probe = Probe { read_only, ..Probe::default() };
        if limit_ms > 0 {
            probe.limit = Duration::from_millis(limit_ms.into());
        }
        let health = alive(redis)?.shelf.health(probe)?;
        // SAFETY: the caller vouches for the room.
        unsafe { tell(redis, out, |_| Value::text(health)) }
    })
}

/// Metrics of `count` clients: a string in Prometheus's text format. Each client has the label
/// `client`: the setting `client_name`, or the address.
///
/// Ownership: on success `*out` is the string, to be freed by `redlatch_value_free`. The clients are
/// borrowed.
/// NULL: nothing may be NULL.
/// Threads: any.
/// Errors: `client.misuse`. NULL is success.
///
/// # Safety
/// `clients` must point to `count` clients, and `out` to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_metrics(
    clients: *const Option<&Redis>,
    count: usize,
    out: *mut *mut Value,
) -> Option<Box<Failure>> {
    attempt(|| {
        if clients.is_null() || count == 0 {
            return Err(misuse("there are no clients"));
        }
        // SAFETY: not NULL, and the caller vouches for the rest.
        let clients = unsafe { std::slice::from_raw_parts(clients, count) };
        let mut statuses = Vec::with_capacity(count);
        for client in clients {
            statuses.push(alive(*client)?.shelf.status());
        }
        // SAFETY: the caller vouches for the room.
        unsafe { tell(clients[0], out, |_| Value::text(metrics(statuses))) }
    })
}
