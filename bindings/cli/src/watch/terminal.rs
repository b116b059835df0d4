//! The terminal while it is ours, and as it was before.

use std::io::{self, Read as _, Write as _};
use std::panic;
use std::sync::mpsc::Sender;
use std::thread;

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

/// The alternate screen, keys without echo and without a line end; all undone when dropped.
pub(super) struct Terminal {
    before: Option<Termios>,
}

impl Terminal {
    pub(super) fn take() -> io::Result<Terminal> {
        let stdin = io::stdin();
        // Without a terminal to read from there are just no keys.
        let before = tcgetattr(&stdin).ok();
        if let Some(before) = &before {
            let mut raw = before.clone();
            raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            // A stopped program would leave its screen behind.
            raw.special_codes[SpecialCodeIndex::VSUSP] = DISABLED;
            tcsetattr(&stdin, OptionalActions::Now, &raw)?;
        }
        let terminal = Terminal { before };
        let (previous, restored) = (panic::take_hook(), terminal.before.clone());
        panic::set_hook(Box::new(move |panic| {
            restore(restored.as_ref());
            previous(panic);
        }));
        write(ENTER)?;
        Ok(terminal)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (usize, usize) {
        match tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
                (size.ws_col.into(), size.ws_row.into())
            }
            _ => (80, 24),
        }
    }

    /// Sends each key to `keys`, as long as somebody listens.
    pub(super) fn hear<T: Send + 'static>(&self, keys: Sender<T>, key: fn(u8) -> T) {
        if self.before.is_none() {
            return;
        }
        thread::spawn(move || {
            let mut one = [0];
            while io::stdin().read_exact(&mut one).is_ok() && keys.send(key(one[0])).is_ok() {}
        });
    }

    /// Draws lines over what is there.
    pub(super) fn draw(&self, lines: &[String]) -> io::Result<()> {
        let shown: Vec<_> = lines.iter().map(|line| format!("{line}{END_OF_LINE}")).collect();
        write(&format!("{HOME}{}{END_OF_SCREEN}", shown.join("\r\n")))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // While panicking the hook has done it, and must not be touched.
        if !thread::panicking() {
            drop(panic::take_hook());
        }
        restore(self.before.as_ref());
    }
}

fn restore(before: Option<&Termios>) {
    // Nothing is left to be done when the terminal itself is gone.
    let _ = write(LEAVE);
    if let Some(before) = before {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

/// Alternate screen, no cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[0m\x1b[?25h\x1b[?1049l";
const HOME: &str = "\x1b[H";
const END_OF_LINE: &str = "\x1b[K";
const END_OF_SCREEN: &str = "\x1b[J";
/// _POSIX_VDISABLE.
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };
