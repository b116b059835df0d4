//! The name by which servers know a script.

use sha1::{Digest, Sha1};

/// The SHA-1 of a script's source, lower-case hexadecimal, as `SCRIPT LOAD` answers and `EVALSHA` takes it.
///
/// ```
/// assert_eq!(redlatch_core::script_hash(b"return 1"), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
/// ```
#[must_use]
pub fn script_hash(source: &[u8]) -> String {
    crate::bundle::hex(&Sha1::digest(source))
}
