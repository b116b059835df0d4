//! Chance, from a seed.

use std::time::Duration;

/// SplitMix64: any seed is as good as any other.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.roll() % limit.max(1) as u64) as usize
    }

    pub(crate) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    pub(crate) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A duration between two numbers of milliseconds.
    pub(crate) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_micros(from * 1000 + self.below((to - from) as usize * 1000) as u64)
    }

    /// Cuts bytes at fractions of their length: lengths of ciphertext decide nothing.
    pub(crate) fn cut(&mut self, bytes: Vec<u8>) -> Vec<Vec<u8>> {
        let pieces = match self.below(20) {
            0 => 2 + self.below(10),
            1..4 => 2 + self.below(2),
            _ => 1,
        };
        let mut rest = bytes;
        let mut cut = Vec::with_capacity(pieces);
        for _ in 1..pieces {
            let at = rest.len() * self.below(1000) / 1000;
            let tail = rest.split_off(at);
            cut.push(std::mem::replace(&mut rest, tail));
        }
        cut.push(rest);
        cut.retain(|piece| !piece.is_empty());
        cut
    }
}
