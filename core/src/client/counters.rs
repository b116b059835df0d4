//! What a client counts.

/// Counters since the client was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Commands taken from callers, each of a pipeline.
    pub commands: u64,
    /// Replies given to callers, error replies included.
    pub replies: u64,
    /// Commands that failed without a reply.
    pub failures: u64,
    /// Sessions that became ready.
    pub connects: u64,
    /// Sessions that took over from one that was lost.
    pub reconnects: u64,
    /// Sessions that took over from a live one.
    pub replacements: u64,
    /// Times the server refused username and password, or that there was none.
    pub auth_failures: u64,
}

impl Counters {
    /// What was counted after `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            commands: self.commands - earlier.commands,
            replies: self.replies - earlier.replies,
            failures: self.failures - earlier.failures,
            connects: self.connects - earlier.connects,
            reconnects: self.reconnects - earlier.reconnects,
            replacements: self.replacements - earlier.replacements,
            auth_failures: self.auth_failures - earlier.auth_failures,
        }
    }
}

impl std::ops::Add for Counters {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            commands: self.commands + other.commands,
            replies: self.replies + other.replies,
            failures: self.failures + other.failures,
            connects: self.connects + other.connects,
            reconnects: self.reconnects + other.reconnects,
            replacements: self.replacements + other.replacements,
            auth_failures: self.auth_failures + other.auth_failures,
        }
    }
}
