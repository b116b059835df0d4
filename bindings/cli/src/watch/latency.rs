//! How long PING took, in few numbers and in one line.

use std::time::Duration;

/// Figures of several PINGs, in milliseconds.
pub(super) struct Latency {
    pub(super) count: usize,
    pub(super) lost: usize,
    pub(super) last: Option<f64>,
    sorted: Vec<f64>,
}

impl Latency {
    pub(super) fn of<'a>(pings: impl Iterator<Item = &'a Option<Duration>>) -> Latency {
        let pings: Vec<_> = pings.copied().collect();
        let mut sorted: Vec<_> = pings.iter().flatten().map(milliseconds).collect();
        let last = sorted.last().copied();
        sorted.sort_by(f64::total_cmp);
        Latency { count: pings.len(), lost: pings.len() - sorted.len(), last, sorted }
    }

    /// Not more than so many percent took longer.
    pub(super) fn percentile(&self, percent: usize) -> Option<f64> {
        let rank = (self.sorted.len() * percent).div_ceil(100).max(1);
        self.sorted.get(rank - 1).copied()
    }

    pub(super) fn max(&self) -> Option<f64> {
        self.sorted.last().copied()
    }
}

/// A bar for each PING, the highest for the longest; a cross for one without an answer.
pub(super) fn sparkline<'a>(pings: impl Iterator<Item = &'a Option<Duration>>) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let pings: Vec<_> = pings.collect();
    let longest = pings.iter().copied().flatten().max().copied().unwrap_or_default();
    let bar = |ping: &Duration| {
        let share = ping.as_secs_f64() / longest.as_secs_f64().max(1e-9);
        BARS[((share * BARS.len() as f64) as usize).min(BARS.len() - 1)]
    };
    pings.into_iter().map(|ping| ping.as_ref().map_or('×', bar)).collect()
}

fn milliseconds(time: &Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}
