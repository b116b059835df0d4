//! Failures: a variant for each family, with everything a caller can react to.

use std::{collections::HashMap, fmt};

use redlatch::{Code, Error, core};

macro_rules! families {
    ($($variant:ident $name:literal $sentence:literal)*) => {
        /// Why a call failed, by family; see the [`Failure`] within.
        #[derive(Clone, PartialEq, Eq, uniffi::Error)]
        #[uniffi::export(Display)]
        pub enum CallError {
            $(#[doc = $sentence] $variant {
                /// What there is to know.
                failure: Failure,
            },)*
        }

        impl CallError {
            /// What there is to know.
            pub fn failure(&self) -> &Failure {
                match self { $(Self::$variant { failure } => failure,)* }
            }

            fn of(failure: Failure) -> Self {
                match failure.family.as_str() {
                    $($name => Self::$variant { failure },)*
                    _ => Self::Internal { failure },
                }
            }
        }

        #[cfg(test)]
        const FAMILIES: &[&str] = &[$($name),*];
    };
}

families! {
    Config "config" "The settings cannot be used. Nothing was connected."
    Trust "trust" "The trusted CAs cannot be used."
    Identity "identity" "The client certificate or its key cannot be used."
    Auth "auth" "Username and secret, and what the user may do."
    Tls "tls" "The handshake with the server failed."
    Net "net" "The server was not reached, or the connection was lost."
    Protocol "protocol" "The server sent something that cannot be understood."
    Server "server" "The server answered with an error."
    Client "client" "The client gave up, or was used in a way that cannot work."
    Internal "internal" "A defect of redlatch."
}

/// What there is to know about a failure. Codes and numbers are stable; texts may change.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
#[uniffi::export(Display)]
pub struct Failure {
    /// The dotted code, such as `tls.untrusted`: what a program compares.
    pub code: String,
    /// The number of the code, such as 501; hundreds are families.
    pub number: i32,
    /// The part of the code before the dot.
    pub family: String,
    /// Whether, and when, to try again.
    pub retry: Retry,
    /// What went wrong, with its evidence: one line for people.
    pub text: String,
    /// What the server, the system or the library said.
    pub detail: String,
    /// What to do about it: a sentence for people.
    pub remedy: String,
    /// Named facts: expected and presented names, dates, fingerprints.
    pub evidence: HashMap<String, String>,
    /// Whether the server may have executed the command: it was sent, and no reply came.
    pub maybe_executed: bool,
}

/// Whether, and when, to try again what failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
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

/// A row of the table of errors.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CodeRow {
    /// The dotted code.
    pub code: String,
    /// Its number; hundreds are families.
    pub number: i32,
    /// The part of the code before the dot.
    pub family: String,
    /// Whether, and when, to try again.
    pub retry: Retry,
    /// What happened, in one sentence.
    pub sentence: String,
    /// What to do, in one sentence.
    pub remedy: String,
}

/// Every error there is.
#[uniffi::export]
pub fn codes() -> Vec<CodeRow> {
    let row = |code: &Code| CodeRow {
        code: code.name().to_owned(),
        number: code.number().into(),
        family: code.family().to_owned(),
        retry: code.retry().into(),
        sentence: code.sentence().to_owned(),
        remedy: code.remedy().to_owned(),
    };
    Code::ALL.iter().map(row).collect()
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        Self::of(error.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = error.code();
        let evidence =
            error.evidence().iter().map(|(name, value)| ((*name).to_owned(), value.to_string()));
        Self {
            code: code.name().to_owned(),
            number: code.number().into(),
            family: code.family().to_owned(),
            retry: code.retry().into(),
            text: error.to_string(),
            detail: error.detail().to_owned(),
            remedy: code.remedy().to_owned(),
            evidence: evidence.collect(),
            maybe_executed: error.is_maybe_executed(),
        }
    }
}

impl From<core::Retry> for Retry {
    fn from(retry: core::Retry) -> Self {
        match retry {
            core::Retry::Never => Self::Never,
            core::Retry::Reconnect => Self::Reconnect,
            core::Retry::Backoff => Self::Backoff,
            core::Retry::AfterRotation => Self::AfterRotation,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.failure(), f)
    }
}

impl fmt::Debug for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for CallError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_of_the_table_has_a_variant() {
        let mut found: Vec<_> = Code::ALL.iter().map(|code| code.family()).collect();
        found.dedup();
        assert_eq!(found, FAMILIES);
        for code in Code::ALL {
            let error = CallError::from(Error::new(*code));
            assert_eq!(
                (error.failure().code.as_str(), codes().len()),
                (code.name(), Code::ALL.len())
            );
            let internal = matches!(error, CallError::Internal { .. });
            assert_eq!(internal, code.family() == "internal");
        }
    }
}
