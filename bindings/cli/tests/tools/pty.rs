//! `redlatch watch` and `bench` on a terminal.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::program::{lab, signal};

const ENTER: &str = "\x1b[?1049h";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// A terminal with a program in it.
struct Terminal {
    master: File,
    /// Keeps what the program printed readable after its end.
    slave: File,
    child: Child,
    heard: String,
}

impl Terminal {
    fn run(arguments: &[&str]) -> Terminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("a terminal");
        let size = Winsize { ws_row: 30, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).expect("a size");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let name = name.to_str().expect("text").to_owned();
        let slave = OpenOptions::new().read(true).write(true).open(name).expect("a terminal");
        let end = || Stdio::from(slave.try_clone().expect("a copy"));
        let child = Command::new(env!("CARGO_BIN_EXE_redlatch"))
            .args(arguments)
            .env_clear()
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("redlatch");
        Terminal { master: File::from(master), slave, child, heard: String::new() }
    }

    /// Waits until it has printed all of these.
    fn hear(&mut self, parts: &[&str]) {
        let mut buffer = [0; 4096];
        while !parts.iter().all(|part| self.heard.contains(part)) {
            let read = self.master.read(&mut buffer).expect("more");
            assert!(read > 0, "{}", self.heard);
            self.heard += &String::from_utf8_lossy(&buffer[..read]);
        }
    }

    fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.slave).expect("a terminal").local_modes;
        !modes.intersects(LocalModes::ICANON | LocalModes::ECHO)
    }

    fn code(&mut self) -> Option<i32> {
        self.child.wait().expect("an end").code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_screen_shows_the_connection_and_q_gives_the_terminal_back() {
    let lab = lab();
    let url = lab.url_of_files();
    let mut terminal = Terminal::run(&["watch", &url, "--interval", "50ms"]);
    terminal.hear(&[ENTER, "ready", "TLSv1.3", "CN=redlatch lab server", "days left", "rotation"]);
    terminal.hear(&["* in use", "CN=redlatch lab CA A", "p99", "commands/s", "q quits", "█"]);
    assert!(terminal.is_raw());
    terminal.master.write_all(b"q").expect("a key");
    terminal.hear(&[LEAVE]);
    assert_eq!(terminal.code(), Some(0));
    assert!(!terminal.is_raw());
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let lab = lab();
    let url = lab.url_of_files();
    let mut terminal = Terminal::run(&["watch", &url]);
    terminal.hear(&[ENTER, "q quits"]);
    signal("-TERM", terminal.child.id());
    terminal.hear(&[LEAVE]);
    assert_eq!(terminal.code(), Some(0));
    assert!(!terminal.is_raw());
}

#[test]
fn a_screen_of_any_size_is_filled_and_not_more() {
    let lab = lab();
    let mut terminal = Terminal::run(&["watch", &lab.url_of_files(), "--interval", "20ms"]);
    terminal.hear(&["rotation"]);
    let size = Winsize { ws_row: 3, ws_col: 20, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&terminal.master, size).expect("a size");
    // A whole picture of the new size, however many of the old one come before.
    let small =
        |picture: &str| picture.contains("redlatch") && picture.matches("\r\n").count() == 2;
    terminal.heard.clear();
    while !terminal
        .heard
        .split("\x1b[H")
        .any(|picture| picture.ends_with("\x1b[J") && small(picture))
    {
        let before = terminal.heard.len();
        let mut buffer = [0; 4096];
        let read = terminal.master.read(&mut buffer).expect("more");
        terminal.heard += &String::from_utf8_lossy(&buffer[..read]);
        assert!(terminal.heard.len() > before);
    }
    terminal.master.write_all(b"q").expect("a key");
    terminal.hear(&[LEAVE]);
    assert_eq!(terminal.code(), Some(0));
}

#[test]
fn a_bench_tells_how_far_it_is() {
    let lab = lab();
    let url = lab.url_of_files();
    let few = ["--seconds", "500ms", "--commands", "set", "--keys", "5", "--handshakes", "1"];
    let mut terminal = Terminal::run(&[&["bench", &url], &few[..]].concat());
    terminal.hear(&["SET on 127.0.0.1:", " commands, ", "\r\x1b[K", "p99.9"]);
    assert_eq!(terminal.code(), Some(0));
}
