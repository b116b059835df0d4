//! Settings that are one of a few words.

/// How the server's certificate is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verify {
    /// Chain, dates, purpose and name.
    #[default]
    Full,
    /// Chain, dates and purpose: for a CA that issues to nobody but this server.
    Ca,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2.
    #[default]
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// Which live connections a rotation of CAs or of the client certificate replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recycle {
    /// Those whose CA is gone.
    #[default]
    Distrusted,
    /// All, one by one behind the traffic.
    Always,
    /// None, so that a removed CA goes on protecting them.
    Never,
}

/// A version of RESP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// RESP2.
    Resp2,
    /// RESP3.
    #[default]
    Resp3,
}

impl Verify {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Ca => "ca",
        }
    }
}

impl TlsVersion {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
        }
    }
}

impl Recycle {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Distrusted => "distrusted",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl Protocol {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Resp2 => "2",
            Self::Resp3 => "3",
        }
    }
}
