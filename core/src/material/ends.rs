//! Warnings before something ends, at 30, 7 and 1 day, and when it does.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    bundle::Difference,
    event::{Event, EventKind},
    time::Now,
};

/// Something of a material that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// SHA-256 of the certificate, or the issuer of a revocation list.
    pub what: String,
    /// When, in seconds since the Unix epoch.
    pub at: i64,
}

/// What was said about the ends of one generation.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    ends: Vec<End>,
    /// The shortest notice given so far, in days, for each thing.
    given: BTreeMap<String, i64>,
    /// When to look next, on the wall clock, which decides, and on the monotonic one.
    next: Option<(i64, Duration)>,
}

impl Warnings {
    /// Follows the ends of a new generation; what was said about things that stay is not repeated.
    pub(super) fn follow(&mut self, ends: Vec<End>) {
        self.given.retain(|what, _| ends.iter().any(|end| end.what == *what));
        self.next = (!ends.is_empty()).then_some((i64::MIN, Duration::ZERO));
        self.ends = ends;
    }

    /// When to look next.
    pub(super) fn next(&self) -> Option<Duration> {
        self.next.map(|(_, at)| at)
    }

    /// One event for each thing that came nearer to its end than a notice says.
    pub(super) fn due(&mut self, material: &'static str, now: Now) -> Vec<Event> {
        let unix = now.unix_seconds();
        match &mut self.next {
            Some((wall, _)) if *wall <= unix => {}
            Some((wall, at)) => {
                // Somebody set the wall clock back.
                *at = (*at).max(now.monotonic.saturating_add(until(*wall, unix)));
                return Vec::new();
            }
            None => return Vec::new(),
        }
        let mut events = Vec::new();
        let mut next = None;
        for end in &self.ends {
            let left = end.at - unix;
            if left < 0 {
                if self.given.insert(end.what.clone(), ENDED) != Some(ENDED) {
                    let event = Event::new(now.wall, EventKind::Expired);
                    events.push(event.with("material", material).with("what", &end.what));
                }
                continue;
            }
            let notice = NOTICES.into_iter().rfind(|days| left <= days * DAY);
            if let Some(days) = notice
                && self.given.get(&end.what).is_none_or(|given| *given > days)
            {
                self.given.insert(end.what.clone(), days);
                events.push(
                    Event::new(now.wall, EventKind::Expiring)
                        .with("material", material)
                        .with("what", &end.what)
                        .with("not_after", end.at)
                        .with("days_left", left / DAY),
                );
            }
            let later = NOTICES.into_iter().find(|days| left > days * DAY);
            // It is good until the end of its last second.
            let at = later.map_or(end.at + 1, |days| end.at - days * DAY);
            next = Some(next.map_or(at, |next: i64| next.min(at)));
        }
        self.next = next.map(|at| (at, now.monotonic.saturating_add(until(at, unix))));
        events
    }
}

fn until(at: i64, unix: i64) -> Duration {
    Duration::from_secs(u64::try_from(at.saturating_sub(unix)).unwrap_or_default())
}

const DAY: i64 = 86_400;
/// Days before the end, longest first.
const NOTICES: [i64; 3] = [Difference::NOTICE, 7, 1];
/// Less than any notice.
const ENDED: i64 = 0;
