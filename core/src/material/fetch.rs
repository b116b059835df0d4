//! When to ask a provider, and what became of the asking: one at a time, ahead of the end.

use std::time::Duration;

use super::{Look, Process, Progress};
use crate::{secret::Secret, time::Now};

/// The schedule of one material that somebody has to be asked for.
pub(super) struct Fetch {
    /// None: only when needed.
    interval: Option<Duration>,
    /// When to ask next, on both clocks: a laptop that slept has missed the monotonic one.
    next: Option<(Duration, Duration)>,
    running: Option<Running>,
    failures: u32,
    /// Askings before their time that may still be made, and since when they are counted.
    burst: u32,
    counted: Duration,
    /// Number of the latest asking of the host.
    asked: u64,
    /// When to look at a running command again.
    look_at: Duration,
    spread: u64,
}

enum Running {
    Host,
    Command(Box<dyn Process>, Duration),
}

impl Fetch {
    pub(super) fn new(interval: Option<Duration>) -> Self {
        Self {
            interval,
            next: Some((Duration::ZERO, Duration::ZERO)),
            running: None,
            failures: 0,
            burst: BURST,
            counted: Duration::ZERO,
            asked: 0,
            look_at: Duration::ZERO,
            spread: 0,
        }
    }

    /// Spreads refreshes of many processes.
    pub(super) fn stir(&mut self, seed: u64) {
        self.spread = self.spread.rotate_left(17) ^ seed;
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// When to look again.
    pub(super) fn next(&self) -> Option<Duration> {
        match &self.running {
            Some(Running::Command(..)) => Some(self.look_at),
            Some(Running::Host) => None,
            None => self.next.map(|(at, _)| at),
        }
    }

    /// Whether it is time to ask.
    pub(super) fn is_due(&mut self, now: Now, look: Look) -> bool {
        if self.running.is_some() {
            return false;
        }
        let due = self.next.is_some_and(|(at, wall)| at <= now.monotonic || wall <= now.wall);
        due || (look == Look::Reread && self.may_insist(now.monotonic))
    }

    pub(super) fn ask_host(&mut self) -> u64 {
        self.asked += 1;
        self.running = Some(Running::Host);
        self.asked
    }

    pub(super) fn start(&mut self, process: Box<dyn Process>, until: Duration) {
        self.running = Some(Running::Command(process, until));
    }

    /// What the command has printed, once it is done.
    pub(super) fn progress(&mut self, now: Duration) -> Option<Result<Secret, String>> {
        self.look_at = now + LOOK_AT_COMMAND;
        let Some(Running::Command(process, until)) = &mut self.running else {
            return None;
        };
        let printed = match process.progress() {
            Progress::Running if *until > now => return None,
            Progress::Running => Err("the command did not end in time".to_owned()),
            Progress::Done(printed) => printed,
        };
        self.running = None;
        Some(printed)
    }

    /// The host answered, or will not.
    pub(super) fn answered(&mut self, number: u64) {
        if number == self.asked && matches!(self.running, Some(Running::Host)) {
            self.running = None;
        }
    }

    /// Whoever was asked is gone: somebody else may be asked at once.
    pub(super) fn abandoned(&mut self, number: u64) {
        if number == self.asked && matches!(self.running, Some(Running::Host)) {
            self.running = None;
            self.next = Some((Duration::ZERO, Duration::ZERO));
        }
    }

    /// New content is in force until `end`: ask again at half of what is left, a little earlier for
    /// some, and no later than four minutes before.
    pub(super) fn settled(&mut self, now: Now, end: Option<i64>) {
        self.failures = 0;
        let left = end.map(|end| seconds(end).saturating_sub(now.wall));
        let ahead = left.map(|left| match left.checked_sub(LEAD) {
            Some(rest) if !rest.is_zero() => rest.min(left / 2),
            _ => left / 2,
        });
        let wait = ahead.or(self.interval);
        self.next = wait.map(|wait| {
            let spread = wait.mul_f64(1.0 - self.jitter());
            self.after(now, spread.max(SHORTEST))
        });
    }

    /// The asking failed: again soon, then ever later.
    pub(super) fn failed(&mut self, now: Now) {
        let wait = RETRY_FIRST * 2_u32.pow(self.failures.min(6));
        self.failures = self.failures.saturating_add(1);
        self.next = Some(self.after(now, wait.min(RETRY_LAST)));
    }

    fn after(&self, now: Now, wait: Duration) -> (Duration, Duration) {
        (now.monotonic.saturating_add(wait), now.wall.saturating_add(wait))
    }

    /// From nothing to a tenth.
    fn jitter(&self) -> f64 {
        (self.spread.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1 << 24) as f64 / 10.0
    }

    /// Whether to ask before it is time: a server that refuses every secret must not lead to a
    /// storm of questions.
    fn may_insist(&mut self, now: Duration) -> bool {
        let refills = now.saturating_sub(self.counted).as_secs() / REFILL.as_secs();
        if refills > 0 {
            self.burst = BURST.min(self.burst.saturating_add(refills.min(u64::from(BURST)) as u32));
            self.counted = now;
        }
        let allowed = self.burst > 0;
        self.burst = self.burst.saturating_sub(1);
        allowed
    }
}

fn seconds(unix: i64) -> Duration {
    Duration::from_secs(u64::try_from(unix).unwrap_or_default())
}

const BURST: u32 = 2;
const REFILL: Duration = Duration::from_secs(30);
/// A secret is replaced no later than this before its end, as Google's connectors do.
const LEAD: Duration = Duration::from_secs(240);
/// What ends at once is asked for again no sooner than this.
const SHORTEST: Duration = Duration::from_secs(1);
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LAST: Duration = Duration::from_secs(30);
/// How often a running command is looked at.
const LOOK_AT_COMMAND: Duration = Duration::from_millis(20);
