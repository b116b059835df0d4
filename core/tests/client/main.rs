//! The client's policy, against a server in memory.
#![expect(clippy::panic, reason = "a panic is a failed test")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../world/mod.rs"]
mod world;

mod bounds;
mod busy_poll;
mod commands;
mod cut_off;
mod handover;
mod health;
mod identity;
mod losses;
mod metrics;
mod pieces;
mod presented;
mod providers;
mod raw;
mod recycle;
mod refusals;
mod resumption;
mod secrets;
mod setup;
mod silence;
mod subscriptions;
mod tokens;
mod trust;
mod verification;
mod waits;
mod watches;

use redlatch_core::{Code, resp::Value};
use world::{Outcome, World};

fn text(text: &str) -> Value {
    Value::Bulk(text.into())
}

fn ok() -> Value {
    Value::Simple("OK".to_owned())
}

#[track_caller]
fn assert_reply(outcome: Outcome, expected: Value) {
    match outcome {
        Outcome::Reply(value) => assert_eq!(value, expected),
        Outcome::Failed(error) => panic!("{error:?}"),
    }
}

/// The code with which a command fails at once.
#[track_caller]
fn refused(world: &mut World, words: &[&str]) -> Code {
    match world.call(words) {
        Outcome::Failed(error) => error.code(),
        Outcome::Reply(value) => panic!("{value:?}"),
    }
}
