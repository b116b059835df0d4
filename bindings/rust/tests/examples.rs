//! Each program of `examples/` does what it says, against a lab.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use redlatch_lab::Lab;

#[test]
fn basic() {
    let lines = run(&Lab::up(), "basic");
    assert_eq!(lines[..4], ["hello", "1 visits", "9 left", "no job: client.timeout"]);
    assert!(lines[4].starts_with("Some(\"TLSv1"), "{lines:?}");
}

#[test]
fn pubsub() {
    let lines = run(&Lab::up(), "pubsub");
    assert_eq!(lines, ["user:7: message 1", "user:7: message 2", "user:7: message 3"]);
}

#[test]
fn pool() {
    let lines = run(&Lab::up(), "pool");
    assert_eq!((lines.len(), lines[5].as_str()), (6, "8 MiB written"));
    assert!(lines[..4].iter().all(|line| line.ends_with(" visits")), "{lines:?}");
    assert!(lines[4].contains("0 of"), "{lines:?}");
}

#[test]
fn rotation() {
    let lab = Lab::up();
    let mut program = program(&lab, "rotation");
    program.env("SECONDS_TO_RUN", "2.5").env_remove("REDIS_PASSWORD_FILE");
    program.env("PASSWORD_COMMAND", format!("cat {}", lab.password_file().display()));
    let mut running = program.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.find(|line| line == "connected").unwrap();
    for verb in ["add-ca", "switch-leaf", "drop-ca"] {
        lab.run(&[verb]);
    }
    let lines: Vec<_> = lines.collect();
    assert!(running.wait().unwrap().success());
    assert!(lines.iter().any(|line| line.starts_with("a new generation: ")), "{lines:?}");
    assert!(lines.iter().any(|line| line.ends_with(" commands, 0 failed")), "{lines:?}");
}

fn run(lab: &Lab, name: &str) -> Vec<String> {
    let output = program(lab, name).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Cargo builds examples with the tests, beside their folder.
fn program(lab: &Lab, name: &str) -> Command {
    let tests = env::current_exe().unwrap();
    let built = tests.parent().and_then(|deps| deps.parent()).unwrap().join("examples").join(name);
    let mut program = Command::new(built);
    program
        .env("REDIS_HOST", "127.0.0.1")
        .env("REDIS_PORT", lab.port().to_string())
        .env("REDIS_SSL_CA_CERTS", lab.ca_file())
        .env("REDIS_PASSWORD_FILE", lab.password_file());
    program
}
