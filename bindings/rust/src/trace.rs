//! Events as those of `tracing`.

use redlatch_core::{Event, EventKind, Profile};
use tracing::Level;

/// Tells subscribers of `tracing` what happened, under the target `redlatch`: as an error what keeps
/// commands from running, as a warning what somebody should look at.
pub(crate) fn tell(event: &Event, profile: &Profile) {
    macro_rules! told {
        ($level:expr) => {
            tracing::event!(
                target: "redlatch",
                $level,
                kind = event.kind.name(),
                address = %profile.config().address,
                code = event.field("code"),
                material = event.field("material"),
                facts = facts(event),
                "{}", event.kind.name(),
            )
        };
    }
    match severity(event.kind) {
        Level::ERROR => told!(Level::ERROR),
        Level::WARN => told!(Level::WARN),
        _ => told!(Level::INFO),
    }
}

fn severity(kind: EventKind) -> Level {
    match kind {
        EventKind::Failing => Level::ERROR,
        EventKind::Connected
        | EventKind::Disconnected
        | EventKind::Rotation
        | EventKind::Replaced
        | EventKind::Reauthenticated => Level::INFO,
        _ => Level::WARN,
    }
}

/// All of it, in one text.
fn facts(event: &Event) -> String {
    let facts = event.fields.iter().map(|(name, value)| format!("{name}={value}"));
    facts.collect::<Vec<_>>().join(" ")
}
