//! What needs no client, each in a `TEXT` record: tables from which hosts build their own types, CA
//! bundles, the hash of a script, health and metrics.

use redlatch::core::{document, health, metrics};

use crate::{
    Batch, Bytes,
    bytes::{slice, text},
    guard::guard,
};

/// Every error code: an array of `code, number, family, retry, sentence, remedy`.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_codes(batch: Option<&mut Batch>) -> Bytes {
    guard(batch, |batch| {
        batch.text(&document::codes());
        Ok(())
    })
}

/// Every setting: an array of `name, kind, default, environment, sentence`.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_settings(batch: Option<&mut Batch>) -> Bytes {
    guard(batch, |batch| {
        batch.text(&document::settings_table());
        Ok(())
    })
}

/// Reads CAs in any text form: `certificates`, `rejected` and `notes`, as `redlatch bundle show
/// --json` prints them. An error of the trust family is a `FAULT`.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: the `trust` family and `client.misuse`, as a
/// `FAULT`.
///
/// # Safety
/// `data` must point to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_read_bundle(
    data: *const u8,
    len: usize,
    batch: Option<&mut Batch>,
) -> Bytes {
    guard(batch, |batch| {
        // SAFETY: the caller vouches for the bytes.
        let bundle = redlatch::read_bundle(unsafe { slice(data, len) }?)?;
        batch.text(&document::bundle(&bundle));
        Ok(())
    })
}

/// The SHA-1 by which servers know a script, lower-case hexadecimal.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `data` must point to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_script_hash(
    data: *const u8,
    len: usize,
    batch: Option<&mut Batch>,
) -> Bytes {
    guard(batch, |batch| {
        // SAFETY: the caller vouches for the bytes.
        batch.text(&redlatch::core::script_hash(unsafe { slice(data, len) }?));
        Ok(())
    })
}

/// What a host does for a judgement of health: an object of `commands`, each an array of words, to be
/// run in one flight, and `limit_ms`, how long it waits for their replies unless it is told otherwise.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_health_plan(batch: Option<&mut Batch>) -> Bytes {
    guard(batch, |batch| {
        batch.text(&health::plan());
        Ok(())
    })
}

/// Judges a client by its status and the outcome of the commands of `redlatch_health_plan`: `ok`,
/// `live`, `alive`, `authenticated`, `writable`, `role`, `trust`, `code`, `text`, `remedy`,
/// `problems`, `seconds`, `state` and `address`, as JSON.
///
/// The outcome is `null` if the commands were not run, or an object with `seconds`, and either
/// `replies`, objects with `text` or an error's `code` and `message`; or `code` and `message` of what
/// failed them all. `read_only` tells that a server that takes no writes is good enough.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: a `FAULT`. Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// Both pointers must point to as many bytes as is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_judge_health(
    status: *const u8,
    status_len: usize,
    outcome: *const u8,
    outcome_len: usize,
    read_only: bool,
    batch: Option<&mut Batch>,
) -> Bytes {
    guard(batch, |batch| {
        // SAFETY: the caller vouches for both.
        let (status, outcome) = unsafe { (text(status, status_len)?, text(outcome, outcome_len)?) };
        batch.text(&health::judge(status, outcome, read_only)?);
        Ok(())
    })
}

/// Metrics of clients, given a JSON array of their statuses, in Prometheus's text format.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: a `FAULT`. Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `statuses` must point to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_expose_metrics(
    statuses: *const u8,
    len: usize,
    batch: Option<&mut Batch>,
) -> Bytes {
    guard(batch, |batch| {
        // SAFETY: the caller vouches for the bytes.
        batch.text(&metrics::expose(unsafe { text(statuses, len) }?)?);
        Ok(())
    })
}
