//! Strings, numbers and lists of JavaScript, each at a place in the host's table.

use crate::{imports, value::Convert};

/// The place of a value. It counts as long as the call, or its scope.
pub(crate) type Value = u32;

// The first places of the table.
const UNDEFINED: Value = 0;
const NULL: Value = 1;
const FALSE: Value = 2;
const TRUE: Value = 3;

/// Makes values of one call.
#[derive(Clone, Copy)]
pub(crate) struct Values;

impl Values {
    pub(crate) fn text(&self, bytes: &[u8]) -> Value {
        if bytes.len() > LONGEST_TEXT {
            return self.too_long(bytes.len());
        }
        // SAFETY: pointer and length are of one slice, which is copied.
        unsafe { imports::make_text(bytes.as_ptr(), bytes.len()) }
    }

    pub(crate) fn buffer(&self, bytes: &[u8]) -> Value {
        // SAFETY: as above.
        unsafe { imports::make_bytes(bytes.as_ptr(), bytes.len()) }
    }

    /// The memory of this module may move, so that JavaScript gets a copy.
    pub(crate) fn buffer_of(&self, bytes: Vec<u8>) -> Value {
        self.buffer(&bytes)
    }

    pub(crate) fn integer(&self, number: i64) -> Value {
        self.double(number as f64)
    }

    pub(crate) fn double(&self, number: f64) -> Value {
        // SAFETY: a plain number.
        unsafe { imports::make_number(number) }
    }

    pub(crate) fn boolean(&self, truth: bool) -> Value {
        if truth { TRUE } else { FALSE }
    }

    pub(crate) fn null(&self) -> Value {
        NULL
    }

    pub(crate) fn undefined(&self) -> Value {
        UNDEFINED
    }

    pub(crate) fn array(&self) -> Value {
        // SAFETY: no input.
        unsafe { imports::make_array() }
    }

    pub(crate) fn set(&self, array: Value, at: u32, value: Value) {
        // SAFETY: the host refuses places it does not know.
        unsafe { imports::set(array, at, value) };
    }

    pub(crate) fn convert(&self, what: Convert, value: Value) -> Value {
        // SAFETY: as above.
        unsafe { imports::convert(what as u32, value) }
    }

    /// The host forgets what was made within; for what makes many.
    pub(crate) fn scoped(&self, body: impl FnOnce()) {
        // SAFETY: no input.
        let mark = unsafe { imports::mark() };
        body();
        // SAFETY: places from before the mark stay.
        unsafe { imports::release_to(mark) };
    }
}

/// The shortest of the engines' longest strings.
const LONGEST_TEXT: usize = (1 << 29) - 24;
