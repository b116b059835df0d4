//! The screen, drawn each interval, until q or a signal.

use std::env;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use redlatch::clock;
use signal_hook::consts::SIGWINCH;

use super::Watch;
use super::probe::Probe;
use super::terminal::Terminal;
use super::view::view;
use crate::failure::{Because as _, Failure};
use crate::signals::{ENDS, hear};

/// What can happen besides time passing.
enum Input {
    Key(u8),
    Signal(i32),
}

pub(super) fn run(watch: &Watch, probe: &Probe) -> Result<(), Failure> {
    let (sender, inputs) = channel();
    let flag = Arc::new(AtomicBool::new(false));
    let signals = hear(&[SIGWINCH], flag, sender.clone(), Input::Signal)?;
    let colour = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let drawn = {
        let terminal = Terminal::take().because("use the terminal")?;
        terminal.hear(sender, Input::Key);
        let mut next = Instant::now();
        loop {
            let (columns, rows) = terminal.size();
            let lines = view(&probe.seen(), clock::now().unix_seconds(), columns, rows, colour);
            if let Err(error) = terminal.draw(&lines) {
                break Err(error);
            }
            // Who was stopped for a while does not catch up.
            next = (next + watch.interval).max(Instant::now());
            match inputs.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Input::Key(b'q' | b'Q' | CONTROL_C)) => break Ok(()),
                Ok(Input::Signal(signal)) if ENDS.contains(&signal) => break Ok(()),
                Ok(Input::Key(_) | Input::Signal(_)) => next = Instant::now(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break Ok(()),
            }
        }
    };
    signals.close();
    drawn.because("draw")
}

const CONTROL_C: u8 = 3;
