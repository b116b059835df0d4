//! Tables from which hosts build their own types, each as JSON in a `TEXT` record.

use redlatch::core::document;

use crate::{Batch, Bytes, guard::guard};

/// Every error code: an array of `code, number, family, retry, sentence, remedy`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_codes(batch: Option<&mut Batch>) -> Bytes {
    guard(batch, |batch| {
        batch.text(&document::codes());
        Ok(())
    })
}

/// Every setting: an array of `name, kind, default, environment, sentence`.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_settings(batch: Option<&mut Batch>) -> Bytes {
    guard(batch, |batch| {
        batch.text(&document::settings_table());
        Ok(())
    })
}
