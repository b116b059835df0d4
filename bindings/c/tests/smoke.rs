//! A C program compiled against the header and linked with the static library.
#![cfg(unix)]

use std::{env, path::Path, process::Command};

#[test]
fn a_c_program_links_and_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // target/PROFILE/deps/smoke-HASH; cargo puts the library beside it.
    let beside = env::current_exe().unwrap();
    let library = beside.with_file_name("libredlatch_c.a");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("smoke");
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let compiled = Command::new(compiler)
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(root.join("include"))
        .arg(root.join("tests/smoke.c"))
        .arg(&library)
        .args(["-lm", "-ldl", "-lpthread", "-o"])
        .arg(&program)
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ran = Command::new(&program).output().unwrap();
    assert!(ran.status.success() && ran.stdout == b"ok\n", "{ran:?}");
}
