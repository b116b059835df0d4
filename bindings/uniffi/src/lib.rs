//! The interface of languages that uniffi serves: Kotlin, Swift and Ruby.
//!
//! Converts types and decides nothing. The blocking client is [`redlatch::shared::Shared`]; documents of the
//! core become records with the same fields.
//!
//! ```text
//! Kotlin, Swift, Ruby ── records, lists of bytes ──▶ Client ──▶ redlatch::shared::Shared ──▶ sockets
//!                     ◀── Value, Status, Event, … ──┘
//! ```

#![expect(
    clippy::result_large_err,
    reason = "failures are rare, and copied over the boundary anyway"
)]

mod bundle;
mod client;
mod doctor;
mod error;
mod event;
mod health;
mod held;
mod provider;
mod setting;
mod status;
mod subscriber;
mod value;

pub use bundle::{Bundle, Certificate, Rejected, read_bundle};
pub use client::Client;
pub use doctor::{Finding, Report, Stage, doctor};
pub use error::{CallError, CodeRow, Failure, Retry, codes};
pub use event::Event;
pub use health::{Health, Problem, metrics};
pub use held::Held;
pub use provider::{
    Credentials, CredentialsProvider, Identity, IdentityProvider, Material, ProviderError,
    TrustProvider,
};
pub use setting::{Setting, SettingRow, settings};
pub use status::{
    Anchor, Counters, CredentialsStatus, CrlStatus, IdentityStatus, LastError, RevocationList,
    Session, Status, TrustStatus, Verification,
};
pub use subscriber::{Message, Subscriber};
pub use value::{Pair, Value};

uniffi::setup_scaffolding!("redlatch");

/// The version of the library.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
