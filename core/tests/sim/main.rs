//! Seeded random worlds. Whatever happens in them, each command has one outcome, its own; one
//! caller's commands happen in order; nothing unsafe happens twice; nothing passes a connection
//! that is no longer trusted; and when all is calm again, so is the client.
//!
//! `SEEDS=12345` runs one world and prints all of its steps, `SEEDS=1..1000` a range; a plain
//! `cargo test` runs a few fresh ones.
#![expect(clippy::panic, reason = "a panic is a failed test")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod agenda;
mod authority;
mod callers;
mod dice;
mod faults;
mod files;
mod host;
mod ledger;
mod listeners;
mod plan;
mod provider;
mod raws;
mod runner;
mod settle;
mod sim;
mod totals;
mod trace;
mod waiters;
mod watchers;
mod wire;
#[path = "../world/mod.rs"]
mod world;

use runner::Seeds;

#[test]
fn worlds_keep_their_promises() {
    let seeds = Seeds::from_environment();
    let totals = runner::run(&seeds);
    println!("{totals}");
    if seeds.count() >= 2000 {
        assert_eq!(totals.missing(), [""; 0], "these never happened");
    }
}

#[test]
fn a_seed_decides_everything() {
    for seed in 1..40 {
        let [first, second] = [(), ()].map(|()| runner::digest(seed));
        assert_eq!(first, second, "seed {seed}");
    }
}
