//! Sans-IO core of redlatch.
#![forbid(unsafe_code)]

pub mod error;
pub mod secret;

pub use error::{Code, Error, Result, Retry};
pub use secret::Secret;
