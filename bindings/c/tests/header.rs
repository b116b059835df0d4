//! The committed header is what cbindgen makes of the sources; `REDLATCH_GEN=1` writes it.

use std::{env, fs, path::Path};

#[test]
fn the_committed_header_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
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
fn every_function_in_the_header_is_documented() {
    let header = include_str!("../include/redlatch.h");
    let lines: Vec<_> = header.lines().collect();
    let functions = lines.iter().enumerate().filter(|(_, line)| {
        line.contains("redlatch_") && line.contains('(') && !line.starts_with(" *")
    });
    let mut count = 0;
    for (at, line) in functions {
        assert_eq!(lines[at - 1], " */", "undocumented: {line}");
        count += 1;
    }
    assert!(count > 15, "{count}");
}
