//! An error of the blocking client, as C reads it.

use std::{
    ffi::{CStr, CString, c_char},
    fmt,
};

use redlatch::{Error, Result, core::document};

use super::kind::Retry;
use crate::guard::{caught, or, quiet};

/// Why a call failed: a code to react to, and texts for people.
pub struct Failure {
    error: Error,
    code: CString,
    message: CString,
    remedy: CString,
    json: CString,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            code: text(error.code().name()),
            message: text(&error.to_string()),
            remedy: text(error.code().remedy()),
            json: text(&document::error(&error)),
            error,
        }
    }
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        self.error
    }
}

/// The dotted code, such as `tls.untrusted`: what a program compares.
///
/// Ownership: the text belongs to the error. NULL: of NULL it is empty. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_error_code(error: Option<&Failure>) -> *const c_char {
    told(error, |error| &error.code)
}

/// The number of the code, such as 501; hundreds are families.
///
/// Ownership: borrows the error. NULL: of NULL it is 0. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_error_number(error: Option<&Failure>) -> u16 {
    or(0, || error.map_or(0, |error| error.error.code().number()))
}

/// Whether, and when, to try again.
///
/// Ownership: borrows the error. NULL: of NULL it is `REDLATCH_RETRY_NEVER`. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_error_retry(error: Option<&Failure>) -> Retry {
    or(Retry::Never, || error.map_or(Retry::Never, |error| error.error.code().retry().into()))
}

/// Whether the server may have executed the command: it was sent, and no reply came.
///
/// Ownership: borrows the error. NULL: of NULL it is false. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_error_maybe_executed(error: Option<&Failure>) -> bool {
    or(true, || error.is_some_and(|error| error.error.is_maybe_executed()))
}

/// What went wrong, with its evidence: one line for people, whose wording may change.
///
/// Ownership: the text belongs to the error. NULL: of NULL it is empty. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_error_message(error: Option<&Failure>) -> *const c_char {
    told(error, |error| &error.message)
}

/// What to do about it: a sentence for people.
///
/// Ownership: the text belongs to the error. NULL: of NULL it is empty. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_error_remedy(error: Option<&Failure>) -> *const c_char {
    told(error, |error| &error.remedy)
}

/// All of it as a JSON object: `code`, `number`, `family`, `retry`, `message`, `detail`, `remedy`,
/// `evidence`, `maybe_executed`.
///
/// Ownership: the text belongs to the error. NULL: of NULL it is empty. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_error_json(error: Option<&Failure>) -> *const c_char {
    told(error, |error| &error.json)
}

/// Frees an error that a call returned, with its texts.
///
/// Ownership: takes the error; call it once, and never for one that belongs to a value.
/// NULL: fine. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_error_free(error: Option<Box<Failure>>) {
    quiet(|| drop(error));
}

/// Runs the body of a call that may fail.
pub(super) fn attempt(body: impl FnOnce() -> Result<()>) -> Option<Box<Failure>> {
    let error = caught(body).and_then(|outcome| outcome).err()?;
    Some(Box::new(error.into()))
}

fn told(error: Option<&Failure>, which: impl FnOnce(&Failure) -> &CStr) -> *const c_char {
    or(c"".as_ptr(), || error.map_or(c"", which).as_ptr())
}

/// Servers may put a NUL into the text of an error.
fn text(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}
