//! Replies as values.

use redlatch::{Error, core::resp};

use crate::error::Failure;

/// A reply, or a part of one.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum Value {
    /// No value.
    Nil,
    /// A truth value.
    Bool {
        /// It.
        value: bool,
    },
    /// An integer.
    Integer {
        /// It.
        value: i64,
    },
    /// A floating point number.
    Double {
        /// It.
        value: f64,
    },
    /// An integer of any size, as text: an optional sign and digits.
    BigNumber {
        /// Its digits.
        digits: String,
    },
    /// A status such as `OK`.
    Simple {
        /// It.
        text: String,
    },
    /// A string: any bytes.
    Bulk {
        /// They.
        data: Vec<u8>,
    },
    /// A string for people.
    Verbatim {
        /// `txt` or `mkd`.
        format: String,
        /// The string.
        data: Vec<u8>,
    },
    /// A list.
    Array {
        /// Its elements.
        items: Vec<Value>,
    },
    /// A set, in the server's order.
    Set {
        /// Its elements.
        items: Vec<Value>,
    },
    /// A message; its first element says what it is about.
    Push {
        /// Its elements.
        items: Vec<Value>,
    },
    /// Keys and values, in the server's order.
    Map {
        /// They.
        pairs: Vec<Pair>,
    },
    /// An error, among the replies of a pipeline or within a list.
    Error {
        /// What there is to know.
        failure: Failure,
    },
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Pair {
    /// The key.
    pub key: Value,
    /// The value.
    pub value: Value,
}

impl From<resp::Value> for Value {
    fn from(value: resp::Value) -> Self {
        let list = |items: Vec<resp::Value>| items.into_iter().map(Self::from).collect();
        match value {
            resp::Value::Bool(value) => Self::Bool { value },
            resp::Value::Int(value) => Self::Integer { value },
            resp::Value::Double(value) => Self::Double { value },
            resp::Value::BigNumber(digits) => Self::BigNumber { digits },
            resp::Value::Simple(text) => Self::Simple { text },
            resp::Value::Bulk(data) => Self::Bulk { data },
            resp::Value::Verbatim { format, text } => {
                Self::Verbatim { format: String::from_utf8_lossy(&format).into_owned(), data: text }
            }
            resp::Value::Array(items) => Self::Array { items: list(items) },
            resp::Value::Set(items) => Self::Set { items: list(items) },
            resp::Value::Push(items) => Self::Push { items: list(items) },
            resp::Value::Map(pairs) => {
                let pair = |(key, value): (resp::Value, resp::Value)| Pair {
                    key: key.into(),
                    value: value.into(),
                };
                Self::Map { pairs: pairs.into_iter().map(pair).collect() }
            }
            resp::Value::Error(text) => {
                Self::Error { failure: Error::from_server_text(&text).into() }
            }
            // `Nil`, and what this interface does not know.
            _ => Self::Nil,
        }
    }
}
