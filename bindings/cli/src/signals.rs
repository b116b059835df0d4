//! The end of what runs until it is told to: Ctrl-C, SIGTERM, and the terminal going away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

use crate::failure::{Because as _, Failure};

/// Hears the signals that ask for an end, as long as it lives.
pub(crate) struct Stop {
    told: Receiver<()>,
    flag: Arc<AtomicBool>,
    handle: Handle,
}

impl Stop {
    /// From now on these signals ask for an end; only the second one ends the program by itself.
    pub(crate) fn on_signals() -> Result<Stop, Failure> {
        let (sender, told) = channel();
        let flag = Arc::new(AtomicBool::new(false));
        let handle = hear(&[], flag.clone(), sender, |_| ())?;
        Ok(Stop { told, flag, handle })
    }

    /// Waits; `true` as soon as an end was asked for.
    pub(crate) fn within(&self, time: Duration) -> bool {
        self.is_asked() || self.told.recv_timeout(time) != Err(RecvTimeoutError::Timeout)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// The same for threads.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        self.flag.clone()
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Sends what `told` makes of each signal; `flag` is set once an end is asked for.
pub(crate) fn hear<T: Send + 'static>(
    others: &[i32],
    flag: Arc<AtomicBool>,
    sender: Sender<T>,
    told: fn(i32) -> T,
) -> Result<Handle, Failure> {
    let all = [&ENDS, others].concat();
    let mut signals = Signals::new(all).because("watch signals")?;
    let handle = signals.handle();
    thread::spawn(move || {
        for signal in signals.forever() {
            if ENDS.contains(&signal) && flag.swap(true, Ordering::Relaxed) {
                // Whoever asks twice does not want to wait.
                let _ = emulate_default_handler(signal);
            }
            if sender.send(told(signal)).is_err() {
                break;
            }
        }
    });
    Ok(handle)
}

pub(crate) const ENDS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];
