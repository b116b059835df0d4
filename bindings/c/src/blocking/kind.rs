//! What values and errors are, as numbers.

use redlatch::core;

/// What a value is. Later versions may know more kinds.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No value.
    Nil,
    /// A status such as `OK`: text.
    Status,
    /// A string: text.
    String,
    /// An integer.
    Integer,
    /// A floating point number.
    Double,
    /// A truth value; its integer is 0 or 1.
    Bool,
    /// An integer of any size, as text: an optional sign and digits.
    BigNumber,
    /// A list: elements.
    Array,
    /// Keys and values, in the server's order.
    Map,
    /// A set, in the server's order: elements.
    Set,
    /// A message; its first element says what it is about.
    Push,
    /// An error, among the replies of a pipeline or within a list; its text is the server's.
    Error,
}

/// Whether, and when, to try again what failed.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It will fail again until something is changed.
    Never,
    /// At once: on another connection it may succeed.
    Reconnect,
    /// After a pause that grows.
    Backoff,
    /// Once the trusted CAs, the certificate or the secret was replaced.
    AfterRotation,
}

impl From<core::Retry> for Retry {
    fn from(retry: core::Retry) -> Self {
        match retry {
            core::Retry::Reconnect => Self::Reconnect,
            core::Retry::Backoff => Self::Backoff,
            core::Retry::AfterRotation => Self::AfterRotation,
            _ => Self::Never,
        }
    }
}
