//! Whether a thread looks for bytes before it sleeps for them.
//!
//! To be put to sleep and woken takes a thread longer than a server nearby takes to answer, and costs
//! more than to look for the answer meanwhile. A server far away is worth no look. Which it is shows
//! in the waits: those that end while somebody looks earn credit, those that do not use it up twice as
//! fast. Without credit a thread sleeps at once, and looks again after a pause that doubles.

use std::time::Duration;

/// For how long to look before a wait, learnt from the waits before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusyPoll {
    /// In nanoseconds.
    most: u32,
    credit: u8,
    /// The next pause has two to the power of this many waits.
    pause: u8,
    /// Waits until the next look.
    asleep: u16,
}

impl BusyPoll {
    /// Looks at most so long; zero: never.
    pub fn new(most: Duration) -> Self {
        let most = u32::try_from(most.as_nanos()).unwrap_or(u32::MAX);
        Self { most, credit: FIRST_CREDIT, pause: FIRST_PAUSE, asleep: 0 }
    }

    /// For how long to look before the next sleep.
    pub const fn patience(&self) -> Duration {
        if self.asleep == 0 { Duration::from_nanos(self.most as u64) } else { Duration::ZERO }
    }

    /// A wait has ended, so long after its begin, with bytes or without. One for which no patience was
    /// needed, because the bytes were there, is none.
    pub fn waited(&mut self, wait: Duration) {
        match wait.as_nanos() <= u128::from(self.most) {
            _ if self.asleep > 0 => self.asleep -= 1,
            true => {
                self.credit = self.credit.saturating_add(1).min(MOST_CREDIT);
                self.pause = self.pause.saturating_sub(1).max(FIRST_PAUSE);
            }
            false if self.credit > COST => self.credit -= COST,
            false => {
                self.credit = 0;
                self.asleep = 1 << self.pause;
                self.pause = (self.pause + 1).min(LONGEST_PAUSE);
            }
        }
    }

    /// What was learnt, for a host that cannot hold this type.
    pub const fn to_bits(self) -> u64 {
        let [a, b, c, d] = self.most.to_le_bytes();
        let [e, f] = self.asleep.to_le_bytes();
        u64::from_le_bytes([a, b, c, d, self.credit, self.pause, e, f])
    }

    /// What [`BusyPoll::to_bits`] gave.
    pub const fn from_bits(bits: u64) -> Self {
        let [a, b, c, d, credit, pause, e, f] = bits.to_le_bytes();
        // A host may hand in anything.
        let pause = if pause > LONGEST_PAUSE { LONGEST_PAUSE } else { pause };
        let (most, asleep) = (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]));
        Self { most, credit, pause, asleep }
    }
}

/// Enough to get past the first answer of a TLS handshake, which takes longest.
const FIRST_CREDIT: u8 = 3;
const MOST_CREDIT: u8 = 8;
const COST: u8 = 2;
const FIRST_PAUSE: u8 = 4;
/// A look that finds nothing costs one wait in a thousand.
const LONGEST_PAUSE: u8 = 10;
