//! Bytes that cross the boundary.

use redlatch::{Error, Result};

use crate::guard::misuse;

/// Borrowed bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// First byte.
    pub data: *const u8,
    /// Number of bytes.
    pub len: usize,
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }
}

/// What a host handed in; NULL is empty if the length is 0.
///
/// # Safety
/// `data` must point to `len` bytes that nobody changes during `'a`, or be NULL.
pub(crate) unsafe fn slice<'a>(data: *const u8, len: usize) -> Result<&'a [u8]> {
    match (data.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(misuse("bytes are NULL")),
        // SAFETY: not NULL, and the caller vouches for the rest.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(data, len) }),
    }
}

/// Text that a host handed in.
///
/// # Safety
/// As for [`slice`].
pub(crate) unsafe fn text<'a>(data: *const u8, len: usize) -> Result<&'a str> {
    // SAFETY: the caller vouches for the bytes.
    let bytes = unsafe { slice(data, len) }?;
    str::from_utf8(bytes).map_err(|_| -> Error { misuse("text is not UTF-8") })
}
