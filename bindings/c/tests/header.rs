//! The committed header is what cbindgen makes of the sources; `REDLATCH_GEN=1` writes it. Every
//! function in it is documented, and its body is inside the guard.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{env, fs, path::Path};

#[test]
fn the_committed_header_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    config.header = Some(introduction());
    let mut made = Vec::new();
    cbindgen::generate_with_config(root, config).unwrap().write(&mut made);
    let header = root.join("include/redlatch.h");
    if env::var_os("REDLATCH_GEN").is_some() {
        fs::write(&header, &made).unwrap();
    }
    let committed = fs::read(&header).unwrap();
    assert!(committed == made, "include/redlatch.h is stale: run `make gen`");
}

#[test]
fn every_function_tells_who_owns_what_and_what_may_go_wrong() {
    let header = include_str!("../include/redlatch.h");
    let mut count = 0;
    for piece in header.split("/**\n").skip(1) {
        let (comment, code) = piece.split_once(" */\n").unwrap();
        let line = code.lines().next().unwrap_or_default();
        // Nothing may stand between a comment and its function, nor follow without one.
        let functions = code.matches(");\n").count();
        assert!(functions <= 1, "undocumented, after {line}");
        if functions == 1 {
            for word in ["Ownership:", "NULL:", "Threads:", "Errors:"] {
                assert!(comment.contains(word), "no word on {word} {line}");
            }
            count += 1;
        }
    }
    assert_eq!(count, exported().len(), "functions in the header, and in the sources");
    assert!(count > 50, "{count}");
}

#[test]
fn every_body_is_inside_the_guard() {
    for (name, body) in exported() {
        let first = body.lines().map(str::trim).find(|line| !line.starts_with("//")).unwrap();
        let guards = [
            "guard(", "input(", "admit(", "answer(", "attempt(", "or(", "quiet(", "told(",
            "derive(", "provide(",
        ];
        assert!(guards.iter().any(|guard| first.starts_with(guard)), "{name}: {first}");
        // One expression: after the call's own end there is only the function's.
        let ends =
            body.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
        let ends = ends.filter(|line| line.trim_start().starts_with([')', '}'])).count();
        assert!(ends <= 1, "{name} goes on after its guard");
    }
}

/// What the sources say of themselves, as a comment.
fn introduction() -> String {
    let source = include_str!("../src/lib.rs").lines();
    let lines =
        source.map_while(|line| line.strip_prefix("//!")).filter(|line| *line != " ```text");
    let lines = lines.filter(|line| *line != " ```").map(|line| line.replace(['[', ']'], ""));
    let text: Vec<_> = lines.map(|line| format!(" *{line}\n")).collect();
    format!("{ABOUT}\n *\n{} */", text.concat())
}

const ABOUT: &str = "\
/* redlatch: secure Redis and Valkey connections whose trust rotates under live traffic.
 * Generated from bindings/c/src by its header test; do not edit.";

/// Name and body of each exported function.
fn exported() -> Vec<(String, String)> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = [sources.clone(), sources.join("blocking")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().flatten());
    let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    texts
        .flat_map(|text| {
            text.split("#[unsafe(no_mangle)]\n").skip(1).map(function).collect::<Vec<_>>()
        })
        .collect()
}

fn function(text: &str) -> (String, String) {
    let name = text.split_once(" fn ").unwrap().1.split('(').next().unwrap();
    // Signatures end with the only line that ends with ` {` and begins with `pub` or `)`.
    let mut lines = text.lines();
    lines
        .by_ref()
        .find(|line| line.ends_with('{') && (line.starts_with("pub") || line.starts_with(')')));
    let body = lines.take_while(|line| *line != "}");
    (name.to_owned(), body.map(|line| format!("{line}\n")).collect())
}
