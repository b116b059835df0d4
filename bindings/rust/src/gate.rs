//! Forks wait until no thread is within the core.
//!
//! A child has one thread, the one that forked. A lock that another thread held at that moment
//! would stay locked in the child for ever. So whoever may take one passes this gate, and who waits
//! for a server, a provider or another thread stands outside meanwhile. Bindings of languages whose
//! programs fork let [`close`] and [`open`] be called around it; to all others the gate is one
//! atomic increment.

use std::{
    cell::RefCell,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

static GATE: RwLock<()> = RwLock::new(());

thread_local! {
    static WITHIN: RefCell<Option<RwLockReadGuard<'static, ()>>> = const { RefCell::new(None) };
    static CLOSED: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// Runs what may take locks that threads share.
pub fn within<T>(work: impl FnOnce() -> T) -> T {
    let _back = Back { was_within: is_within() };
    enter(true);
    work()
}

/// Runs what may take long, or may fork itself.
pub fn without<T>(wait: impl FnOnce() -> T) -> T {
    let _back = Back { was_within: is_within() };
    enter(false);
    wait()
}

/// Waits until nobody is within, and lets nobody in: this thread is about to fork.
pub fn close() {
    let guard = GATE.write().unwrap_or_else(PoisonError::into_inner);
    CLOSED.set(Some(guard));
}

/// Lets threads in again: this thread has forked, or is the child's.
pub fn open() {
    CLOSED.set(None);
}

/// Restores where the thread was, also when it panics.
struct Back {
    was_within: bool,
}

impl Drop for Back {
    fn drop(&mut self) {
        enter(self.was_within);
    }
}

fn is_within() -> bool {
    WITHIN.with_borrow(Option::is_some)
}

fn enter(within: bool) {
    if within != is_within() {
        let guard = within.then(|| GATE.read().unwrap_or_else(PoisonError::into_inner));
        WITHIN.set(guard);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;

    #[test]
    fn a_fork_waits_for_who_is_within_and_for_nobody_who_waits() {
        let (told, heard) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let busy = thread::spawn(move || {
            within(|| {
                within(|| told.send("within").unwrap());
                without(|| {
                    told.send("waits").unwrap();
                    wait.recv().unwrap();
                });
                told.send("within again").unwrap();
            });
        });
        assert_eq!(heard.recv(), Ok("within"));
        assert_eq!(heard.recv(), Ok("waits"));
        close();
        go_on.send(()).unwrap();
        let soon = Duration::from_millis(50);
        assert_eq!(heard.recv_timeout(soon), Err(mpsc::RecvTimeoutError::Timeout));
        open();
        assert_eq!(heard.recv(), Ok("within again"));
        busy.join().unwrap();
    }
}
