//! What a C program hands in: texts that end with a NUL, and lists of bytes.

use std::ffi::{CStr, c_char};

use redlatch::Result;

use crate::{bytes::slice, guard::misuse};

/// A list of bytes that a host handed in.
pub(super) struct Parts<'a> {
    parts: &'a [*const c_char],
    /// None: each part ends with a NUL.
    lengths: Option<&'a [usize]>,
}

impl<'a> Parts<'a> {
    /// An error if there is none.
    ///
    /// # Safety
    /// `parts` must point to `count` pointers to bytes, `lengths`, unless NULL, to `count` lengths,
    /// and nobody may change them during `'a`.
    pub(super) unsafe fn new(
        count: usize,
        parts: *const *const c_char,
        lengths: *const usize,
    ) -> Result<Self> {
        if count == 0 || count > MOST {
            return Err(misuse("the count is none, or no count"));
        }
        if parts.is_null() {
            return Err(misuse("the list is NULL"));
        }
        // SAFETY: not NULL, and the caller vouches for the rest.
        let parts = unsafe { std::slice::from_raw_parts(parts, count) };
        let lengths = (!lengths.is_null())
            // SAFETY: not NULL, and the caller vouches for the rest.
            .then(|| unsafe { std::slice::from_raw_parts(lengths, count) });
        Ok(Self { parts, lengths })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Result<&'a [u8]>> {
        let lengths = self.lengths;
        self.parts.iter().enumerate().map(move |(at, part)| match lengths {
            Some(lengths) if lengths[at] > MOST => Err(misuse("a length is no length")),
            // SAFETY: whoever made this vouches for the bytes.
            Some(lengths) => unsafe { slice(part.cast(), lengths[at]) },
            None if part.is_null() => Err(misuse("an element of the list is NULL")),
            // SAFETY: not NULL, and whoever made this vouches for the NUL at its end.
            None => Ok(unsafe { CStr::from_ptr(*part) }.to_bytes()),
        })
    }
}

/// Text that a host handed in; none if it is NULL.
///
/// # Safety
/// `text` must end with a NUL that nobody moves during `'a`, or be NULL.
pub(super) unsafe fn text_of<'a>(text: *const c_char) -> Result<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and the caller vouches for the rest.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map(Some).map_err(|_| misuse("text is not UTF-8"))
}

/// More cannot be sent, and is a negative number that became a count.
const MOST: usize = u32::MAX as usize;
