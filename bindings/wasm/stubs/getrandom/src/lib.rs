//! Random bytes from the host of a WebAssembly module, in place of the crate of this name.

use std::fmt;

#[link(wasm_import_module = "redlatch")]
unsafe extern "C" {
    /// Whether so many random bytes were written.
    fn random(bytes: *mut u8, length: usize) -> bool;
}

/// The host has no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host has no randomness")
    }
}

impl std::error::Error for Error {}

/// Fills bytes that nobody can guess.
///
/// # Errors
/// The host has none.
pub fn getrandom(bytes: &mut [u8]) -> Result<(), Error> {
    // SAFETY: pointer and length are of one slice, which the host fills before it returns.
    match unsafe { random(bytes.as_mut_ptr(), bytes.len()) } {
        true => Ok(()),
        false => Err(Error),
    }
}
