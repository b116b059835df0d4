//! What is wrong, or will be.

use serde_json::{Value, json};

use crate::error::Code;

/// Something to be mended, now or soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Whether it keeps the client from being ready.
    pub(super) is_failing: bool,
    /// A code of the table of errors, or the name of a [`Condition`].
    pub(super) code: String,
    pub(super) text: String,
    pub(super) remedy: &'static str,
}

impl Problem {
    /// One with a code of the table; its sentence stands for a text that is empty.
    pub(super) fn failing(code: &str, text: &str) -> Self {
        let known = Code::named(code).unwrap_or(Code::InternalBug);
        let text = if text.is_empty() { known.sentence() } else { text };
        let (code, text) = (known.name().to_owned(), text.to_owned());
        Self { is_failing: true, code, text, remedy: known.remedy() }
    }

    pub(super) fn warning(code: &str, text: &str) -> Self {
        Self { is_failing: false, ..Self::failing(code, text) }
    }

    pub(super) fn condition(condition: Condition, text: String) -> Self {
        let (code, remedy) = condition.row();
        Self { is_failing: false, code: code.to_owned(), text, remedy }
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "severity": if self.is_failing { "failing" } else { "warning" },
            "code": self.code,
            "text": self.text,
            "remedy": self.remedy,
        })
    }
}

/// What is no error yet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Condition {
    TrustExpiring,
    TrustSingle,
    IdentityExpiring,
    CrlExpired,
    Danger,
}

impl Condition {
    /// Name, and what to do.
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::TrustExpiring => (
                "trust.expiring",
                "Publish the successor CA beside this one, and let it issue the server's certificate.",
            ),
            Self::TrustSingle => (
                "trust.single_anchor",
                "Publish the successor CA beside this one before the server changes to it.",
            ),
            Self::IdentityExpiring => {
                ("identity.expiring", "Renew the client certificate, and publish it with its key.")
            }
            Self::CrlExpired => ("trust.crl_expired", "Publish the latest revocation list."),
            Self::Danger => ("config.danger", "Remove the setting outside of tests."),
        }
    }
}
