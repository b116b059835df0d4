//! Events in lines for people.

use redlatch::Event;
use redlatch::core::bundle::date;

/// When it happened.
pub(crate) fn time(event: &Event) -> String {
    date(i64::try_from(event.at.as_secs()).unwrap_or(i64::MAX))
}

/// Kind and facts, in one line.
pub(crate) fn text(event: &Event) -> String {
    let field = |name| event.field(name);
    let kind = event.kind.name();
    match (field("text"), field("setting")) {
        (Some(text), _) => return format!("{kind}: {text}"),
        (_, Some(setting)) => return format!("{kind}: {setting} weakens security"),
        _ => {}
    }
    let facts: Vec<_> = event
        .fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| match *name {
            // The whole fingerprint would fill the line.
            _ if name.contains("sha256") => format!("{name}={}", short(value)),
            "not_after" => format!("{name}={}", value.parse().map_or(value.clone(), date)),
            _ => format!("{name}={value}"),
        })
        .collect();
    match facts.is_empty() {
        true => kind.to_owned(),
        false => format!("{kind}: {}", facts.join(" ")),
    }
}

/// The start of each fingerprint in a list of them.
fn short(fingerprints: &str) -> String {
    let starts = fingerprints.split(',').map(|one| one.get(..12).unwrap_or(one));
    starts.collect::<Vec<_>>().join(",")
}
