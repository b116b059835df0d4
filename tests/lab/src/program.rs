//! Finds or builds the `redlatch` command.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// `REDLATCH_CLI`, the command in this build's target folder, or one built now.
pub(crate) fn redlatch() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            if let Some(program) = std::env::var_os("REDLATCH_CLI") {
                return program.into();
            }
            // OUT_DIR is TARGET/PROFILE/build/NAME/out.
            let profile = Path::new(env!("OUT_DIR")).ancestors().nth(3).map(Path::to_owned);
            let built = profile.as_ref().map(|folder| folder.join("redlatch"));
            match built.filter(|program| program.is_file()) {
                Some(program) => program,
                None => build(profile.as_deref()),
            }
        })
        .clone()
}

fn build(profile: Option<&Path>) -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--package", "redlatch-cli", "--bin", "redlatch"])
        .args(["--message-format", "json"])
        .stderr(Stdio::inherit());
    if let Some(target) = profile.and_then(Path::parent) {
        cargo.arg("--target-dir").arg(target);
    }
    match profile.and_then(Path::file_name).and_then(|name| name.to_str()) {
        None | Some("debug") => {}
        Some(name) => {
            cargo.args(["--profile", name]);
        }
    }
    let output = cargo.output().expect("cargo starts");
    assert!(output.status.success(), "cargo cannot build the redlatch command");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)))
        .expect("cargo names the program it built")
}
