//! Secrets of TLS sessions for a packet analyser, only behind `danger_keylog_file`.

use std::{fmt, fmt::Write, path::PathBuf, sync::Arc};

use rustls::KeyLog;
use zeroize::Zeroizing;

use crate::material::FileSystem;

pub(super) struct KeyLogFile {
    path: PathBuf,
    files: Arc<dyn FileSystem>,
}

impl KeyLogFile {
    pub(super) fn new(path: PathBuf, files: Arc<dyn FileSystem>) -> Self {
        Self { path, files }
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let length = label.len() + 2 * (client_random.len() + secret.len()) + 3;
        let mut line = Zeroizing::new(String::with_capacity(length));
        line.push_str(label);
        for bytes in [client_random, secret] {
            line.push(' ');
            for byte in bytes {
                // Writing to a string cannot fail.
                let _ = write!(line, "{byte:02x}");
            }
        }
        line.push('\n');
        // A log that cannot be written must not end the connection.
        let _ = self.files.append(&self.path, &line);
    }
}

impl fmt::Debug for KeyLogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLogFile").field("path", &self.path).finish_non_exhaustive()
    }
}
