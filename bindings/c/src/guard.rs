//! The one place through which every call goes: no NULL and no panic gets past it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::OnceLock,
};

use redlatch::{Code, Error, Result};

use crate::{Batch, Bytes};

/// Runs the body of a call and turns what went wrong into a record.
pub(crate) fn guard(
    batch: Option<&mut Batch>,
    body: impl FnOnce(&mut Batch) -> Result<()>,
) -> Bytes {
    let Some(batch) = batch else {
        return Bytes::from(no_batch());
    };
    batch.clear();
    if let Err(error) = caught(|| body(batch)).and_then(|outcome| outcome) {
        batch.fault(&error);
    }
    batch.view()
}

/// Runs the body of a call that has an answer even if something goes wrong.
pub(crate) fn or<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    caught(body).unwrap_or(fallback)
}

/// Runs a body that has nothing to say.
pub(crate) fn quiet(body: impl FnOnce()) {
    or((), body);
}

/// Makes an error of a panic.
pub(crate) fn caught<T>(body: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|panic| {
        let text = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => String::new(),
        };
        // What was thrown may throw again when it is dropped.
        std::mem::forget(panic);
        Error::with_detail(Code::InternalPanic, text)
    })
}

pub(crate) fn misuse(why: &str) -> Error {
    Error::with_detail(Code::ClientMisuse, why)
}

/// Answers a call that brought no batch to answer in.
fn no_batch() -> &'static [u8] {
    static VIEW: OnceLock<Batch> = OnceLock::new();
    VIEW.get_or_init(|| {
        let mut batch = Batch::default();
        batch.fault(&misuse("the batch is NULL"));
        batch
    })
    .bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_fault() {
        let mut batch = Batch::default();
        let view = guard(Some(&mut batch), |batch| {
            batch.text("half done");
            panic!("on purpose")
        });
        assert_eq!(view.len, batch.bytes().len());
        let text = String::from_utf8_lossy(batch.bytes()).into_owned();
        assert!(text.contains("internal.panic") && text.contains("on purpose"), "{text}");
        assert!(!text.contains("half done"), "{text}");
        quiet(|| panic!("again"));
        assert_eq!(or(7, || panic!("and again")), 7);
    }

    #[test]
    fn a_call_without_a_batch_is_answered() {
        let view = guard(None, |_| Ok(()));
        assert!(view.len > crate::REDLATCH_HEADER);
    }
}
