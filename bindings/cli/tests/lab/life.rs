//! How a lab begins and ends, and what it leaves.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::thread::yield_now;

use crate::harness::{Folder, Lab, control_folder, reason, redlatch, refuses, signal};

#[test]
fn a_signal_ends_it_well() {
    for name in ["-TERM", "-INT"] {
        let mut lab = Lab::up();
        let sockets = control_folder(&lab.folder.0).expect("a folder");
        assert!(sockets.exists());
        signal(name, lab.process.id());
        assert!(lab.process.wait().expect("an end").success());
        assert!(lab.refuses_connections());
        assert!(!sockets.exists());
    }
}

#[test]
fn down_ends_it_and_the_folder_can_be_used_again() {
    let mut lab = Lab::up();
    let sockets = control_folder(&lab.folder.0).expect("a folder");
    let (port, password, ca) = (lab.port(), lab.password(), lab.ca());
    assert_eq!(lab.run(&["down"]), "the lab is down");
    assert!(refuses(port));
    assert!(!sockets.exists());
    assert!(lab.process.wait().expect("an end").success());
    assert!(lab.fail(&["down"]).contains("no lab runs in"));

    let folder = Folder(lab.folder.0.clone());
    let again = Lab::up_in(folder);
    assert_ne!(again.password(), password);
    assert_ne!(again.ca(), ca);
    assert_eq!(again.client().call(&["PING"]), "+PONG");
}

#[test]
fn the_end_of_standard_input_ends_it() {
    let mut lab = Lab::up();
    drop(lab.process.stdin.take());
    assert!(lab.process.wait().expect("an end").success());
    assert!(lab.refuses_connections());
}

/// Only Linux kills the server with the lab.
#[cfg(target_os = "linux")]
#[test]
fn the_server_does_not_outlive_a_killed_lab() {
    let mut lab = Lab::up();
    let (port, pid, sockets) = (lab.port(), lab.server_pid(), control_folder(&lab.folder.0));
    let mut paused = lab.begin(&["pause", "3600"]).0;
    lab.process.kill().expect("a kill");
    lab.process.wait().expect("an end");
    while !refuses(port) {
        yield_now();
    }
    assert!(!paused.wait().expect("an end").success());
    assert!(lab.fail(&["status"]).contains("no lab runs in"));

    // The next one in that folder cleans up.
    let again = Lab::up_in(Folder(lab.folder.0.clone()));
    assert_ne!(again.server_pid(), pid);
    assert!(!sockets.expect("a folder").exists());
}

#[test]
fn failures_are_one_line() {
    let folder = Folder::new();
    let up = |args: &[&str]| redlatch(&folder.0, &[&["up"], args].concat());

    let missing = reason(up(&[]).env("PATH", "/nonexistent"));
    assert!(missing.contains("apt-get install redis-server"), "{missing}");

    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let busy = reason(&mut up(&["--port", &port]));
    assert!(busy.contains("Address already in use"), "{busy}");

    let lab = Lab::up_in(Folder(folder.0.clone()));
    assert!(reason(&mut up(&[])).contains("already runs"));
    assert_eq!(lab.client().call(&["PING"]), "+PONG");

    let other = Folder::new();
    fs::create_dir_all(other.0.join("data")).expect("a folder");
    let occupied = reason(&mut redlatch(&other.0, &["up"]));
    assert!(occupied.contains("neither empty nor the folder of a lab"), "{occupied}");
    assert!(other.0.join("data").exists());

    let bare = reason(Command::new(env!("CARGO_BIN_EXE_redlatch")).args(["lab", "status"]));
    assert!(bare.contains("--dir DIR"), "{bare}");
}

#[test]
fn awkward_folders_are_fine() {
    let base = Folder::new();
    let dir = base.0.join("it's a \"lab\" \\n").join("x".repeat(120));
    let lab = Lab::up_in(Folder(dir.clone()));
    lab.run(&["switch-leaf"]);
    lab.run(&["restart"]);
    assert_eq!(lab.client().call(&["PING"]), "+PONG");

    let script = ". \"$0/env\" && cat \"$REDIS_SSL_CA_CERTS\" \"$REDIS_PASSWORD_FILE\" \
                  && echo \"$REDIS_HOST $REDIS_PORT $REDIS_SSL_ENABLED\"";
    let output = Command::new("sh").args(["-c", script]).arg(&dir).output().expect("sh");
    let expected = [lab.ca(), lab.password().into()].concat();
    let line = format!("127.0.0.1 {} true\n", lab.port());
    assert_eq!(output.stdout, [expected, line.into()].concat());
}

#[test]
fn a_port_can_be_chosen_and_a_long_temporary_folder_survived() {
    let folder = Folder::new();
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("one").port();
    fs::create_dir_all(folder.0.join("t".repeat(100))).expect("a folder");
    let mut child = redlatch(&folder.0.join("lab"), &["up", "--until-eof"])
        .args(["--port", &port.to_string()])
        .env("TMPDIR", folder.0.join("t".repeat(100)))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("redlatch");
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("stdout"));
    assert_eq!(crate::harness::next_line(&mut stdout), "ready");
    assert!(!refuses(port));
    drop(child.stdin.take());
    assert!(child.wait().expect("an end").success());
}

#[test]
fn everything_is_private_and_no_secret_is_shown() {
    let lab = Lab::up();
    lab.run(&["rotate-password"]);
    let said = [&["status"][..], &["rotate-password", "--finish"]].map(|verb| lab.run(verb));
    let password = lab.password();
    check_private(&lab.folder.0);

    let command_line = fs::read(format!("/proc/{}/cmdline", lab.server_pid())).unwrap_or_default();
    let public = [&command_line, &lab.read("redis.conf"), &lab.read("redis.log"), &lab.read("env")];
    for bytes in public {
        assert!(!String::from_utf8_lossy(bytes).contains(&password));
    }
    assert!(said.iter().all(|text| !text.contains(&password)));
}

fn check_private(dir: &Path) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        let metadata = fs::symlink_metadata(&path).expect("metadata");
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            check_private(&path);
        } else if metadata.is_file() {
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
}
