//! What happened, in order, for logs and callbacks. Events never hold a secret.

use std::{collections::VecDeque, time::Duration};

use crate::error::Error;

/// What an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A session is ready for commands.
    Connected,
    /// A session ended; the evidence says why.
    Disconnected,
    /// No session is up; another attempt follows after `delay_ms`.
    Reconnecting,
    /// A material has a new generation.
    Rotation,
    /// New content of a material was refused; the last good generation stays.
    Rejected,
    /// A CA, the client certificate or a revocation list nears its end: at 30, 7 and 1 day.
    Expiring,
    /// A CA, the client certificate or a revocation list ended while loaded.
    Expired,
    /// A live session's server is no longer trusted; it is being replaced.
    Distrusted,
    /// A session of subscriptions was lost: messages may have been, too.
    Gap,
    /// A session took over from a distrusted or recycled one.
    Replaced,
    /// A live session proved a new secret to the server.
    Reauthenticated,
    /// A live session could not prove a new secret; it stays and tries again.
    ReauthFailed,
    /// Commands fail at once until a material changes.
    Failing,
    /// A setting was corrected or looks like a mistake.
    Warning,
    /// A setting weakens security.
    Danger,
}

impl EventKind {
    /// The word used in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Reconnecting => "reconnecting",
            Self::Rotation => "rotation",
            Self::Rejected => "rejected",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Distrusted => "distrusted",
            Self::Gap => "gap",
            Self::Replaced => "replaced",
            Self::Reauthenticated => "reauthenticated",
            Self::ReauthFailed => "reauth_failed",
            Self::Failing => "failing",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Wall clock, since the Unix epoch.
    pub at: Duration,
    /// What it tells.
    pub kind: EventKind,
    /// Named facts.
    pub fields: Vec<(&'static str, String)>,
}

impl Event {
    pub(crate) fn new(at: Duration, kind: EventKind) -> Self {
        Self { at, kind, fields: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.fields.push((name, value.to_string()));
        self
    }

    pub(crate) fn with_error(self, error: &Error) -> Self {
        self.with("code", error.code()).with("error", error)
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// The latest events of a material, read by each of its clients at its own pace.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    first: u64,
    events: VecDeque<Event>,
}

impl EventLog {
    pub(crate) fn push(&mut self, event: Event) {
        if self.events.len() == Self::KEPT {
            self.events.pop_front();
            self.first += 1;
        }
        self.events.push_back(event);
    }

    /// What was logged since `cursor`, which moves to the end.
    pub(crate) fn read(&self, cursor: &mut u64) -> Vec<Event> {
        let skip = cursor.saturating_sub(self.first) as usize;
        *cursor = self.first + self.events.len() as u64;
        self.events.iter().skip(skip).cloned().collect()
    }

    const KEPT: usize = 64;
}
