//! What happened.

use std::collections::HashMap;

/// One thing that happened. No secret is in it.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Event {
    /// When, in seconds since the Unix epoch.
    pub at: f64,
    /// `connected`, `rotation`, `rejected`, `expiring` …
    pub kind: String,
    /// Named facts.
    pub fields: HashMap<String, String>,
}

impl From<redlatch::Event> for Event {
    fn from(event: redlatch::Event) -> Self {
        let fields = event.fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        Self {
            at: event.at.as_secs_f64(),
            kind: event.kind.name().to_owned(),
            fields: fields.collect(),
        }
    }
}
