//! Whether one connection is the only one of its process in use.

use std::sync::atomic::{AtomicU64, Ordering};

/// The connections of this process. After a fork the child goes on with it: none of the parent is its own.
static ALL: Seats = Seats::new();

struct Seats {
    /// The one that was used last, and how often in a row.
    last: AtomicU64,
    made: AtomicU64,
}

impl Seats {
    const fn new() -> Self {
        Self { last: AtomicU64::new(0), made: AtomicU64::new(0) }
    }

    fn seat(&'static self) -> Seat {
        Seat { all: self, id: (self.made.fetch_add(1, Ordering::Relaxed) + 1) << STREAK_BITS }
    }
}

/// One connection.
#[derive(Clone, Copy)]
pub(crate) struct Seat {
    all: &'static Seats,
    id: u64,
}

impl Seat {
    pub(crate) fn new() -> Self {
        ALL.seat()
    }

    /// The connection is used once more. Whether nobody has used another one for a while.
    pub(crate) fn is_alone(self) -> bool {
        let streak = self.all.last.load(Ordering::Relaxed).wrapping_sub(self.id);
        if streak < ALONE {
            self.all.last.store(self.id + streak + 1, Ordering::Relaxed);
        } else if streak > ALONE {
            self.all.last.store(self.id, Ordering::Relaxed);
        }
        streak == ALONE
    }

    /// Whether nobody has used another one since.
    pub(crate) fn is_still_alone(self) -> bool {
        self.all.last.load(Ordering::Relaxed) == self.id + ALONE
    }
}

const STREAK_BITS: u32 = 8;
/// Used so often in a row, a connection is alone.
const ALONE: u64 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    static SEATS: Seats = Seats::new();

    #[test]
    fn one_of_two_is_alone_when_the_other_one_rests() {
        let (first, second) = (SEATS.seat(), SEATS.seat());
        for _ in 0..100 {
            assert!(!first.is_alone() && !second.is_alone());
        }
        let turns = (0..100).find(|_| first.is_alone());
        assert_eq!(turns, Some(ALONE as usize + 1));
        assert!(first.is_alone() && first.is_still_alone());
        assert!(!second.is_alone());
        assert!(!first.is_still_alone() && !first.is_alone());
    }
}
