//! What a command may do to the connection it runs on.

/// A set of facts.
pub(super) type Facts = u8;

/// Changes nothing: it may be sent again after a lost connection.
pub(super) const READ_ONLY: Facts = 1;
/// May hold up every command behind it.
pub(super) const BLOCKING: Facts = 2;
/// Changes what later commands on the same connection mean.
pub(super) const STATE: Facts = 4;
