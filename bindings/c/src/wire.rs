//! Clients for bytes of the host's own, one for each connection: what a dialer for other Redis
//! clients is made of.

use std::sync::Arc;

use redlatch::{
    clock,
    core::{Admission, Client, Role, config::Address},
    seed,
};

use crate::{
    Batch, Bytes,
    bytes::text,
    client::{Handle, lock},
    guard::{guard, misuse},
};

/// Makes a client of the same settings and materials for another server; `host` is a name or an IP
/// address without brackets. It may serve as pattern for others: what TLS has agreed with a server
/// goes on from one to the next. On success `*out` is the client; otherwise the batch holds the
/// error: `config.insecure` if a secret would be sent to another machine without TLS.
///
/// Ownership: the client is freed by `redlatch_client_free`, before or after its pattern; the
/// host is borrowed for the call, the view belongs to the batch.
/// NULL: a pattern, batch or `out` that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: the `config` family and `client.misuse`, as a
/// `FAULT`.
///
/// # Safety
/// `host` must point to `host_len` bytes, and `out` to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_at(
    pattern: Option<&Handle>,
    host: *const u8,
    host_len: usize,
    port: u16,
    batch: Option<&mut Batch>,
    out: *mut *mut Handle,
) -> Bytes {
    derive(pattern, batch, out, |pattern| {
        // SAFETY: the caller vouches for the bytes.
        let host = unsafe { text(host, host_len) }?.to_owned();
        let profile = Arc::new(pattern.profile().at(Address::Tcp { host, port })?);
        Ok(Client::new(profile, Role::Shared, seed(), clock::now()))
    })
}

/// Makes a client of the same settings, materials and server that is one wire, in lane 0: bytes of
/// the host's own over TLS, once the login is done if `login` is set and there is a secret, else
/// from the start. It connects by `redlatch_lane_connect`.
///
/// Ownership: the client is freed by `redlatch_client_free`, before or after its pattern; the view
/// belongs to the batch.
/// NULL: a pattern, batch or `out` that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `out` must point to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_wire_new(
    pattern: Option<&Handle>,
    login: bool,
    batch: Option<&mut Batch>,
    out: *mut *mut Handle,
) -> Bytes {
    derive(pattern, batch, out, |pattern| {
        let profile = pattern.profile().clone();
        let role = Role::Raw { login: login && profile.credentials().is_some() };
        Ok(Client::new(profile, role, seed(), clock::now()))
    })
}

/// Whoever calls vouches that `out` points to room for a pointer, or is NULL.
fn derive(
    pattern: Option<&Handle>,
    batch: Option<&mut Batch>,
    out: *mut *mut Handle,
    make: impl FnOnce(&Client) -> redlatch::Result<Client>,
) -> Bytes {
    guard(batch, |batch| {
        if out.is_null() {
            return Err(misuse("out is NULL"));
        }
        let pattern = pattern.ok_or_else(|| misuse("the pattern is NULL"))?;
        let mut client = make(&lock(pattern)?.client)?;
        batch.finish(&mut client, clock::now(), Admission::Go);
        let handle = Box::into_raw(Box::new(Handle::new(client)));
        // SAFETY: not NULL, and the caller vouches for the room.
        unsafe { out.write(handle) };
        Ok(())
    })
}
