//! What a host does for its client.

use super::MaterialKind;
use crate::{config::Address, sink::Link};

/// What a host does for its client.
#[non_exhaustive]
pub enum Action {
    /// Connect: resolve the name, keep alive, no delay. Answer with `dialed` or `dial_failed`.
    Dial {
        /// Names the connection from now on.
        link: Link,
        /// Where to.
        address: Address,
        /// 0 for the first; a host with several addresses starts with another one each time.
        attempt: u32,
    },
    /// Send the bytes, in the order of actions taken.
    Write {
        /// On which connection.
        link: Link,
        /// What to send.
        bytes: Vec<u8>,
    },
    /// Get content of a material from whoever provides it. Answer with [`Client::supply`](super::Client::supply), once; the
    /// same material is not asked for again before. The provider must not use this client.
    Need {
        /// Which material.
        material: MaterialKind,
        /// Names the question.
        id: u64,
    },
    /// End the connection, or the attempt to make one. No answer.
    Hangup {
        /// Which connection.
        link: Link,
        /// Send what was taken before; otherwise drop it.
        flush: bool,
    },
}

/// Shows sizes only: what is written may hold secrets.
impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dial { link, address, attempt } => {
                write!(f, "Dial {{ link: {link}, address: {address}, attempt: {attempt} }}")
            }
            Self::Write { link, bytes } => {
                write!(f, "Write {{ link: {link}, bytes: {} }}", bytes.len())
            }
            Self::Need { material, id } => {
                write!(f, "Need {{ material: {}, id: {id} }}", material.name())
            }
            Self::Hangup { link, flush } => {
                write!(f, "Hangup {{ link: {link}, flush: {flush} }}")
            }
        }
    }
}
