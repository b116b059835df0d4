//! A server of the blocking client, whose reply to `FUZZ` is what the fuzzer says.

use std::{
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::{LazyLock, Mutex, PoisonError},
    thread,
};

pub(super) const SECRET: &str = "hunter2-hunter2";

/// How to get there.
pub(super) fn settings() -> String {
    format!("unix://{}?protocol=3&password={SECRET}&max_reply_bytes=65536", SERVER.display())
}

/// From now on this is the reply.
pub(super) fn answer(reply: &[u8]) {
    *REPLY.lock().unwrap_or_else(PoisonError::into_inner) = reply.to_vec();
}

static REPLY: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Its socket. It ends with the process.
static SERVER: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("redlatch-fuzz-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    path
});

fn serve(mut stream: UnixStream) {
    let mut buffer = [0; 1 << 16];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        let mut replies = Vec::new();
        for command in String::from_utf8_lossy(&buffer[..read]).split("\r\n*") {
            match command.lines().nth(2).unwrap_or_default() {
                "HELLO" => replies.extend_from_slice(b"%1\r\n$7\r\nversion\r\n$3\r\n7.0\r\n"),
                "FUZZ" => {
                    replies.extend_from_slice(&REPLY.lock().unwrap_or_else(PoisonError::into_inner))
                }
                _ => replies.extend_from_slice(b"+OK\r\n"),
            }
        }
        if stream.write_all(&replies).is_err() {
            return;
        }
    }
}
