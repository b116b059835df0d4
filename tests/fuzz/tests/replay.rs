//! What the fuzzer found worth keeping, run as tests.
#![expect(clippy::panic, reason = "a panic is a failed test")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

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
fn no_function_of_the_c_interface_is_left_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: PathBuf| {
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let header = read(root.join("../../bindings/c/include/redlatch.h"));
    let calls: String = ["blocking.rs", "driver.rs", "judge.rs"]
        .map(|file| read(root.join("src/abi").join(file)))
        .concat();
    let declared: BTreeSet<_> = functions(&header).collect();
    assert!(declared.len() > 50, "{declared:?}");
    let called: BTreeSet<_> = functions(&calls).collect();
    let missing: Vec<_> = declared.difference(&called).collect();
    assert!(missing.is_empty(), "not called: {missing:?}");
}

/// What is declared or called.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("redlatch_").filter_map(|(at, _)| {
        let end = text[at..].find(|letter: char| !letter.is_ascii_lowercase() && letter != '_')?;
        text[at + end..].starts_with('(').then_some(&text[at..at + end])
    })
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
