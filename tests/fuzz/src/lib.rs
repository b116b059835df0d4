//! One function for each fuzz target: bytes in, a panic if a rule is broken. The fuzzer calls them
//! by `make fuzz`; the tests replay the corpus that is kept.
#![expect(clippy::panic, reason = "a panic is what the fuzzer looks for")]

mod abi;
mod bundle;
mod config;
mod resp;
mod session;

pub use abi::abi;
pub use bundle::bundle;
pub use config::config;
pub use resp::resp;
pub use session::session;
