//! What needs no client, each as JSON in a `TEXT` record: tables from which hosts build their own
//! types, and CA bundles.

use redlatch::core::document;

use crate::{Batch, Bytes, bytes::slice, guard::guard};

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
