//! One call from JavaScript: its guard and its arguments.

use std::cell::OnceCell;

use redlatch_core::{Error, Secret};

use crate::{
    client::Clients,
    error::{Result, misuse},
    imports,
    primitive::{Value, Values},
};

/// Most arguments that any function takes.
const ARGUMENTS: usize = 6;
const ARRAY: &str = "a Uint8Array";

/// Runs the body of a function: its errors become exceptions. A panic is a trap, which the host sees; the
/// client that was called is gone, then.
pub(crate) fn guard(body: fn(&Call) -> Result<Value>) -> Value {
    match body(&Call::default()) {
        Ok(value) => value,
        Err(error) => {
            let (code, text) = (error.code().name(), error.to_string());
            // SAFETY: pointers and lengths are of two slices, which are copied.
            unsafe { imports::throw(code.as_ptr(), code.len(), text.as_ptr(), text.len()) };
            Values.undefined()
        }
    }
}

thread_local! {
    static CLIENTS: &'static Clients = Box::leak(Box::default());
}

/// The arguments of one call.
#[derive(Default)]
pub(crate) struct Call {
    bytes: [OnceCell<Vec<u8>>; ARGUMENTS],
}

impl Call {
    pub(crate) fn clients(&self) -> Result<&'static Clients> {
        Ok(CLIENTS.with(|clients| *clients))
    }

    /// Makes values of this call.
    pub(crate) fn values(&self) -> Result<Values> {
        Ok(Values)
    }

    /// Makes plain values.
    pub(crate) fn bare(&self) -> Values {
        Values
    }

    /// A whole number that a double holds exactly.
    pub(crate) fn integer(&self, at: usize) -> Result<u64> {
        // SAFETY: the host refuses what is no number.
        let number = unsafe { imports::argument_number(at) };
        let whole = number as u64;
        if whole < 1 << 53 && whole as f64 == number {
            return Ok(whole);
        }
        Err(wrong(at, "a whole number"))
    }

    pub(crate) fn flag(&self, at: usize) -> Result<bool> {
        // SAFETY: as above.
        match unsafe { imports::argument_flag(at) } {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(wrong(at, "a boolean")),
        }
    }

    pub(crate) fn text(&self, at: usize) -> Result<String> {
        // SAFETY: as above.
        let kept = kept(unsafe { imports::argument_text(at) });
        let bytes = kept.ok_or_else(|| wrong(at, "a string"))?;
        String::from_utf8(bytes).map_err(|_| wrong(at, "well-formed text"))
    }

    /// The first `length` bytes of a `Uint8Array`; `length` is the argument behind it.
    pub(crate) fn bytes(&self, at: usize) -> Result<&[u8]> {
        let length = usize::try_from(self.integer(at + 1)?).unwrap_or(usize::MAX);
        if self.bytes[at].get().is_none() {
            // SAFETY: as above.
            let kept = size(unsafe { imports::argument_bytes(at) });
            let kept = kept.ok_or_else(|| wrong(at, ARRAY))?;
            if length > kept {
                return Err(wrong(at + 1, "at most the length of the array"));
            }
            let _ = self.bytes[at].set(taken(length));
        }
        Ok(self.bytes[at].get().map(Vec::as_slice).unwrap_or_default())
    }

    /// Writes to the front of a `Uint8Array`. Whether there is room.
    pub(crate) fn fill(&self, at: usize, bytes: &[u8]) -> Result<bool> {
        // SAFETY: pointer and length are of one slice, which is copied.
        match unsafe { imports::fill(at, bytes.as_ptr(), bytes.len()) } {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(wrong(at, ARRAY)),
        }
    }

    /// Copies of the `Uint8Array`s in an array.
    pub(crate) fn parts(&self, at: usize) -> Result<Vec<Secret>> {
        // SAFETY: as above.
        let count = size(unsafe { imports::argument_count(at) });
        let count = count.ok_or_else(|| wrong(at, "an array"))?;
        let part = |part| {
            // SAFETY: as above.
            let bytes = kept(unsafe { imports::argument_part(at, part) });
            bytes.map(Secret::new).ok_or_else(|| wrong(at, "an array of Uint8Arrays"))
        };
        (0..count).map(part).collect()
    }
}

/// What the host keeps, if the length it told is one.
pub(crate) fn kept(length: i32) -> Option<Vec<u8>> {
    size(length).map(taken)
}

fn size(length: i32) -> Option<usize> {
    usize::try_from(length).ok()
}

/// The first bytes of what the host keeps.
pub(crate) fn taken(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // SAFETY: there is room for so many bytes.
    unsafe { imports::take(bytes.as_mut_ptr(), length) };
    bytes
}

fn wrong(at: usize, wanted: &str) -> Error {
    misuse("an argument has the wrong type").with("argument", at).with("wanted", wanted)
}
