//! All that the module asks of its host, besides randomness and time, which the crates in `stubs` ask for.
//!
//! Values of JavaScript lie in a table of the host and are numbers here. Bytes are fetched in two steps:
//! the host says how many there are and keeps them, `take` copies them.

use crate::primitive::Value;

#[link(wasm_import_module = "redlatch")]
unsafe extern "C" {
    // Arguments of the call under way; a negative answer says that it is of another type.

    /// A number, NaN for anything else.
    pub(crate) fn argument_number(at: usize) -> f64;
    /// 0 or 1.
    pub(crate) fn argument_flag(at: usize) -> i32;
    /// The length of a text in UTF-8, which is kept.
    pub(crate) fn argument_text(at: usize) -> i32;
    /// The length of a `Uint8Array`, which is kept.
    pub(crate) fn argument_bytes(at: usize) -> i32;
    /// The length of an array.
    pub(crate) fn argument_count(at: usize) -> i32;
    /// The length of a `Uint8Array` in an array, which is kept.
    pub(crate) fn argument_part(at: usize, part: usize) -> i32;
    /// Copies the first bytes of what is kept, and keeps it no longer.
    pub(crate) fn take(bytes: *mut u8, length: usize);
    /// Writes to the front of a `Uint8Array`: 1 if there is room.
    pub(crate) fn fill(at: usize, bytes: *const u8, length: usize) -> i32;

    // Values.

    pub(crate) fn make_number(number: f64) -> Value;
    pub(crate) fn make_text(bytes: *const u8, length: usize) -> Value;
    pub(crate) fn make_bytes(bytes: *const u8, length: usize) -> Value;
    pub(crate) fn make_array() -> Value;
    pub(crate) fn set(array: Value, at: u32, value: Value);
    pub(crate) fn convert(what: u32, value: Value) -> Value;
    /// Where the table ends.
    pub(crate) fn mark() -> u32;
    /// Forgets what was made since.
    pub(crate) fn release_to(mark: u32);

    // What a call ends with besides its value.

    /// An exception with this code, thrown when the call is over.
    pub(crate) fn throw(code: *const u8, code_length: usize, text: *const u8, text_length: usize);

    /// Files, commands and the environment, if the host has them; `files.rs` says what is asked. The
    /// length of the answer, which is kept; of a refusal, minus the length of its words and one.
    pub(crate) fn ask(what: u32, bytes: *const u8, length: usize) -> i32;
}
