//! Connections beside the shared one: for a caller who watches keys, for subscriptions, and for bytes
//! of the host's own.

use redlatch::core::{Record, Role, resp::Tally};

use crate::{
    Batch, Bytes,
    bytes::slice,
    client::{Handle, admit, input, lock, pack},
    guard::{misuse, or},
};

/// Purpose: one caller holds the connection, who may WATCH. Give it back by
/// `redlatch_lane_take_back`.
pub const REDLATCH_HELD: u16 = 1;
/// Purpose: subscriptions, and nothing else. Messages come as `PUSH`.
pub const REDLATCH_LISTENING: u16 = 2;
/// Purpose: bytes of the host's own over TLS, once the login is done.
pub const REDLATCH_WIRE: u16 = 3;
/// Purpose: bytes of the host's own over TLS, from the start: the host logs in.
pub const REDLATCH_BARE_WIRE: u16 = 4;

/// Opens a lane: a `LANE` record tells its number. It connects when it is first used; a wire only by
/// `redlatch_lane_connect`. Beyond `max_connections` the call is refused with `client.queue_full`.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, `client.queue_full` and `client.closed`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_lane_open(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    purpose: u16,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        let role = match purpose {
            REDLATCH_HELD => None,
            REDLATCH_LISTENING => Some(Role::Subscriber),
            REDLATCH_WIRE => Some(Role::Raw { login: true }),
            REDLATCH_BARE_WIRE => Some(Role::Raw { login: false }),
            _ => return Err(misuse("no lane has this purpose")),
        };
        let lane = match role {
            None => client.lend(now),
            Some(role) => client.open(now, role),
        }?;
        batch.lane(lane, matches!(role, Some(Role::Raw { .. })));
        Ok(())
    })
}

/// Connects a lane now. That a wire is up is told by `OPENED`, why it is not, or is no more, by
/// `ENDED`.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_lane_connect(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    lane: u32,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.connect_to(now, lane, batch);
        Ok(())
    })
}

/// As `redlatch_client_submit`, to a lane for subscriptions or one that a caller holds.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`; those of
/// commands are `FAILURE` records.
///
/// # Safety
/// Both pointers must point to as many bytes as is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_lane_submit(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    lane: u32,
    records: *const u8,
    records_len: usize,
    payload: *const u8,
    payload_len: usize,
) -> Bytes {
    admit(client, batch, |client, now, batch| {
        // SAFETY: the caller vouches for both.
        let (records, payload) =
            unsafe { (slice(records, records_len)?, slice(payload, payload_len)?) };
        let records: Vec<Record> = pack(records)?.collect();
        Ok(client.submit_to(now, lane, records, payload.to_vec(), batch))
    })
}

/// Sends bytes of the host's own. If the wire is not up, or ended just now, a `FAULT` among the
/// outcomes tells why.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: also
/// those of the `net` and `client` families, as a `FAULT`.
///
/// # Safety
/// `data` must point to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_lane_send(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    lane: u32,
    data: *const u8,
    len: usize,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        // SAFETY: the caller vouches for the bytes.
        let bytes = unsafe { slice(data, len) }?;
        batch.sent(lane, bytes);
        let outcome = client.send(now, lane, bytes, batch);
        outcome.inspect_err(|error| batch.refused(error)).ok();
        Ok(())
    })
}

/// Says that no more bytes follow on a wire: TLS tells the peer, and the host closes its half of the
/// connection. What the peer still has to say comes.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_lane_finish(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    lane: u32,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.finish(now, lane, batch);
        Ok(())
    })
}

/// Whether a wire had better be left now: its server is no longer trusted, or it was authenticated
/// with what is no longer in force, and no reply is owed. Also true of a lane that is gone.
///
/// Ownership: borrows the client. NULL: true. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_lane_may_leave(client: Option<&Handle>, lane: u32) -> bool {
    or(true, || {
        let Some(driven) = client.and_then(|client| lock(client).ok()) else { return true };
        let is_even = driven.tallies.get(&lane).is_none_or(Tally::is_even);
        driven.client.is_stale(lane) && is_even
    })
}

/// Closes a lane: what waits in it fails with `client.closed`. Unknown numbers are fine.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_lane_shut(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    lane: u32,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.shut(now, lane, batch);
        batch.forget(lane);
        Ok(())
    })
}

/// Whoever held the lane is done: what is still watched, or queued in a transaction, is undone.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_lane_take_back(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    lane: u32,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.take_back(now, lane, batch);
        Ok(())
    })
}
