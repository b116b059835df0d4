use std::time::Duration;

use redlatch_core::BusyPoll;

const MOST: Duration = Duration::from_micros(200);
const NEAR: Duration = Duration::from_micros(40);
const FAR: Duration = Duration::from_micros(400);

/// How many of so many waits of one length began with a look.
fn looks(poll: &mut BusyPoll, wait: Duration, waits: usize) -> usize {
    let one = |_| {
        let looked = !poll.patience().is_zero();
        poll.waited(wait);
        usize::from(looked)
    };
    (0..waits).map(one).sum()
}

#[test]
fn a_server_nearby_is_always_looked_for() {
    let mut poll = BusyPoll::new(MOST);
    assert_eq!(poll.patience(), MOST);
    assert_eq!(looks(&mut poll, NEAR, 10_000), 10_000);
    assert_eq!(looks(&mut poll, MOST, 10_000), 10_000);
}

#[test]
fn one_far_away_costs_a_look_in_a_thousand() {
    let mut poll = BusyPoll::new(MOST);
    assert!(looks(&mut poll, FAR, 1000) <= 10);
    assert!(looks(&mut poll, FAR, 102_400) <= 100);
}

#[test]
fn one_slow_answer_is_no_reason_to_sleep() {
    let mut poll = BusyPoll::new(MOST);
    assert_eq!(looks(&mut poll, FAR, 1), 1);
    for _ in 0..1000 {
        assert_eq!(looks(&mut poll, NEAR, 9), 9);
        assert_eq!(looks(&mut poll, FAR, 1), 1);
    }
}

#[test]
fn one_that_came_nearer_is_found_out() {
    let mut poll = BusyPoll::new(MOST);
    looks(&mut poll, FAR, 100_000);
    looks(&mut poll, NEAR, 1024);
    assert_eq!(looks(&mut poll, NEAR, 1000), 1000);
    // What was learnt of it then is forgotten.
    assert!(looks(&mut poll, FAR, 100) > 5);
}

#[test]
fn more_misses_than_finds_are_not_worth_it() {
    let mut poll = BusyPoll::new(MOST);
    let mut looked = 0;
    for _ in 0..10_000 {
        looked += looks(&mut poll, FAR, 2) + looks(&mut poll, NEAR, 1);
    }
    assert!(looked < 3_000, "{looked}");
}

#[test]
fn what_was_learnt_survives_as_a_number() {
    let (mut poll, mut other) = (BusyPoll::new(MOST), BusyPoll::new(MOST));
    for wait in [NEAR, FAR, FAR, FAR, NEAR].into_iter().cycle().take(1000) {
        poll.waited(wait);
        other = BusyPoll::from_bits(other.to_bits());
        other.waited(wait);
        assert_eq!(poll, other);
    }
    for bits in [0, u64::MAX, u64::MAX / 3] {
        let mut poll = BusyPoll::from_bits(bits);
        for wait in [NEAR, FAR, Duration::MAX] {
            poll.waited(wait);
            assert!(poll.patience() <= Duration::from_nanos(u64::from(u32::MAX)));
        }
    }
}

#[test]
fn nobody_looks_when_it_is_turned_off() {
    let mut poll = BusyPoll::new(Duration::ZERO);
    for _ in 0..5000 {
        assert_eq!(poll.patience(), Duration::ZERO);
        poll.waited(NEAR);
    }
}
