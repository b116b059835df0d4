//! What becomes of the connections that the host makes.

use redlatch::{Code, Error, Result};

use crate::{
    Batch, Bytes,
    bytes::{slice, text},
    client::{Handle, input},
    guard::misuse,
};

/// The connection asked for is up.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_dialed(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    link: u64,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.dialed(now, link, batch);
        Ok(())
    })
}

/// The connection asked for could not be made: `code` is a number of the net family, `why` the text
/// of the system.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `why` must point to `why_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_dial_failed(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    link: u64,
    code: u16,
    why: *const u8,
    why_len: usize,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        // SAFETY: the caller vouches for the bytes.
        let why = unsafe { text(why, why_len) };
        let error = network(code, why?)?;
        client.dial_failed(now, link, error, batch);
        Ok(())
    })
}

/// Bytes came in.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `data` must point to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_received(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    link: u64,
    data: *const u8,
    len: usize,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        // SAFETY: the caller vouches for the bytes.
        client.received(now, link, unsafe { slice(data, len) }?, batch);
        Ok(())
    })
}

/// The connection ended: `code` is 0 if the peer closed it, else a number of the net family.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a client or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `why` must point to `why_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_client_closed(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    link: u64,
    code: u16,
    why: *const u8,
    why_len: usize,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        // SAFETY: the caller vouches for the bytes.
        let why = unsafe { text(why, why_len) };
        let error = match code {
            0 => None,
            code => Some(network(code, why?)?),
        };
        client.closed(now, link, error, batch);
        Ok(())
    })
}

/// The host cannot send more on this connection for now.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_blocked(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    link: u64,
) -> Bytes {
    input(client, batch, |client, _, _| {
        client.blocked(link);
        Ok(())
    })
}

/// The host can send on this connection again.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_client_writable(
    client: Option<&Handle>,
    batch: Option<&mut Batch>,
    link: u64,
) -> Bytes {
    input(client, batch, |client, now, batch| {
        client.writable(now, link, batch);
        Ok(())
    })
}

fn network(code: u16, why: &str) -> Result<Error> {
    Code::ALL
        .iter()
        .find(|row| row.number() == code && row.family() == "net")
        .map(|row| Error::with_detail(*row, why))
        .ok_or_else(|| misuse("the code is not of the net family"))
}
