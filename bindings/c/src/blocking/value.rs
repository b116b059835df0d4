//! A reply, as C reads it: a tree whose parts are borrowed from its root.

use std::{ffi::c_char, ptr};

use redlatch::{Error, core::resp};

use super::{Failure, kind::Kind};
use crate::guard::{or, quiet};

/// A reply, or a part of one.
pub struct Value(Content);

enum Content {
    Nil,
    Bool(bool),
    Integer(i64),
    Double(f64),
    /// Followed by a NUL.
    Text(Kind, Vec<u8>),
    List(Kind, Vec<Value>),
    Map(Vec<(Value, Value)>),
    Error(Box<Failure>, Vec<u8>),
}

/// What a value is.
///
/// Ownership: borrows the value. NULL: of NULL it is `REDLATCH_KIND_NIL`. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_value_kind(value: Option<&Value>) -> Kind {
    or(Kind::Nil, || value.map_or(Kind::Nil, Value::kind))
}

/// The value of an integer, or of a truth value; 0 of all else.
///
/// Ownership: borrows the value. NULL: of NULL it is 0. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_value_integer(value: Option<&Value>) -> i64 {
    or(0, || match value {
        Some(Value(Content::Integer(number))) => *number,
        Some(Value(Content::Bool(truth))) => i64::from(*truth),
        _ => 0,
    })
}

/// The value of a floating point number, or of an integer; 0 of all else.
///
/// Ownership: borrows the value. NULL: of NULL it is 0. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_value_double(value: Option<&Value>) -> f64 {
    or(0.0, || match value {
        Some(Value(Content::Double(number))) => *number,
        Some(Value(Content::Integer(number))) => *number as f64,
        _ => 0.0,
    })
}

/// The bytes of a string, a status, a big number or an error, and in `*length` how many they are; a
/// NUL follows them. They may hold NULs themselves. NULL of all else, and then `*length` is not
/// written.
///
/// Ownership: the bytes belong to the value.
/// NULL: of NULL it is NULL; `length` may be NULL.
/// Threads: any. Errors: none.
///
/// # Safety
/// `length` must point to room for a length, or be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_value_text(
    value: Option<&Value>,
    length: *mut usize,
) -> *const c_char {
    or(ptr::null(), || match value {
        Some(Value(Content::Text(_, text) | Content::Error(_, text))) => {
            if !length.is_null() {
                // SAFETY: not NULL, and the caller vouches for the room.
                unsafe { length.write(text.len() - 1) };
            }
            text.as_ptr().cast()
        }
        _ => ptr::null(),
    })
}

/// How many elements a list, a set or a message has, or how many pairs a map; 0 of all else.
///
/// Ownership: borrows the value. NULL: of NULL it is 0. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_value_count(value: Option<&Value>) -> usize {
    or(0, || match value {
        Some(Value(Content::List(_, items))) => items.len(),
        Some(Value(Content::Map(pairs))) => pairs.len(),
        _ => 0,
    })
}

/// The element at `index`, counted from 0; of a map the value of the pair there.
///
/// Ownership: it belongs to `value`, and lives as long.
/// NULL: if there is none, or `value` is NULL. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_value_element(value: Option<&Value>, index: usize) -> Option<&Value> {
    or(None, || match value {
        Some(Value(Content::List(_, items))) => items.get(index),
        Some(Value(Content::Map(pairs))) => pairs.get(index).map(|(_, value)| value),
        _ => None,
    })
}

/// The key of the pair at `index` of a map, counted from 0.
///
/// Ownership: it belongs to `value`, and lives as long.
/// NULL: if there is none, or `value` is NULL. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_value_key(value: Option<&Value>, index: usize) -> Option<&Value> {
    or(None, || match value {
        Some(Value(Content::Map(pairs))) => pairs.get(index).map(|(key, _)| key),
        _ => None,
    })
}

/// The error that a value is.
///
/// Ownership: it belongs to `value`, and lives as long; do not free it.
/// NULL: if it is none, or `value` is NULL. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_value_error(value: Option<&Value>) -> Option<&Failure> {
    or(None, || match value {
        Some(Value(Content::Error(failure, _))) => Some(&**failure),
        _ => None,
    })
}

/// Frees a value that a call gave, with all its parts.
///
/// Ownership: takes the value; call it once, and never for a part of another.
/// NULL: fine. Threads: any. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_value_free(value: Option<Box<Value>>) {
    quiet(|| drop(value));
}

impl Value {
    pub(super) fn text(text: String) -> Self {
        Self(Content::Text(Kind::String, ended(text.into_bytes())))
    }

    pub(super) fn list(items: Vec<Self>) -> Self {
        Self(Content::List(Kind::Array, items))
    }

    /// Gives the value to whoever wants it.
    ///
    /// # Safety
    /// `out` must point to room for a pointer, or be NULL.
    pub(super) unsafe fn give(self, out: *mut *mut Self) {
        if !out.is_null() {
            // SAFETY: not NULL, and the caller vouches for the room.
            unsafe { out.write(Box::into_raw(Box::new(self))) };
        }
    }

    /// The error of a reply that is one.
    pub(super) fn into_result(self) -> Result<Self, Error> {
        match self.0 {
            Content::Error(failure, _) => Err(failure.into_error()),
            content => Ok(Self(content)),
        }
    }

    fn kind(&self) -> Kind {
        match &self.0 {
            Content::Nil => Kind::Nil,
            Content::Bool(_) => Kind::Bool,
            Content::Integer(_) => Kind::Integer,
            Content::Double(_) => Kind::Double,
            Content::Text(kind, _) | Content::List(kind, _) => *kind,
            Content::Map(_) => Kind::Map,
            Content::Error(..) => Kind::Error,
        }
    }
}

impl From<resp::Value> for Value {
    fn from(value: resp::Value) -> Self {
        let list = |kind, items: Vec<resp::Value>| {
            Content::List(kind, items.into_iter().map(Self::from).collect())
        };
        Self(match value {
            resp::Value::Bool(truth) => Content::Bool(truth),
            resp::Value::Int(number) => Content::Integer(number),
            resp::Value::Double(number) => Content::Double(number),
            resp::Value::Simple(text) => Content::Text(Kind::Status, ended(text.into_bytes())),
            resp::Value::Bulk(text) => Content::Text(Kind::String, ended(text)),
            resp::Value::Verbatim { text, .. } => Content::Text(Kind::String, ended(text)),
            resp::Value::BigNumber(text) => {
                Content::Text(Kind::BigNumber, ended(text.into_bytes()))
            }
            resp::Value::Array(items) => list(Kind::Array, items),
            resp::Value::Set(items) => list(Kind::Set, items),
            resp::Value::Push(items) => list(Kind::Push, items),
            resp::Value::Map(pairs) => {
                let pairs = pairs.into_iter().map(|(key, value)| (key.into(), value.into()));
                Content::Map(pairs.collect())
            }
            resp::Value::Error(text) => Content::Error(
                Box::new(Error::from_server_text(&text).into()),
                ended(text.into_bytes()),
            ),
            // `Nil`, and what this interface does not know.
            _ => Content::Nil,
        })
    }
}

/// For those who read up to a NUL.
fn ended(mut text: Vec<u8>) -> Vec<u8> {
    text.reserve_exact(1);
    text.push(0);
    text
}
