//! What the fuzzer found worth keeping, run as tests.
#![expect(clippy::panic, reason = "a panic is a failed test")]

use std::{fs, path::Path};

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{target}: {error}"));
    let mut replayed = 0;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let data = fs::read(entry.path()).unwrap_or_else(|error| panic!("{name:?}: {error}"));
        if std::panic::catch_unwind(|| run(&data)).is_err() {
            panic!("{target}: {}", entry.path().display());
        }
        replayed += 1;
    }
    assert!(replayed >= 20, "{target}: only {replayed} inputs");
}

#[test]
fn calls_of_the_c_interface() {
    replay("abi", redlatch_fuzz::abi);
}

#[test]
fn bundles() {
    replay("bundle", redlatch_fuzz::bundle);
}

#[test]
fn configs() {
    replay("config", redlatch_fuzz::config);
}

#[test]
fn replies() {
    replay("resp", redlatch_fuzz::resp);
}

#[test]
fn sessions() {
    replay("session", redlatch_fuzz::session);
}
