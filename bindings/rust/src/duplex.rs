//! A driver that one thread waits on while others have something to say.

use std::{
    collections::VecDeque,
    io::Write,
    os::unix::net::UnixStream,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
    time::Instant,
};

use redlatch_core::{Client, Now, Sink};

use crate::driver::{Driver, Ended, Interrupt};

type Input<S> = Box<dyn FnOnce(&mut Client, Now, &mut S) + Send>;

/// A driver and what its client tells, shared by threads.
///
/// Whoever waits moves the bytes. Inputs of others are left for that thread, which is woken.
pub struct Duplex<S> {
    held: Mutex<Held<S>>,
    left: Mutex<VecDeque<Input<S>>>,
    waker: UnixStream,
}

struct Held<S> {
    driver: Driver,
    sink: S,
}

impl<S: Sink> Duplex<S> {
    /// # Errors
    /// What the system says if there is no room for another pair of sockets.
    pub fn new(mut driver: Driver, sink: S) -> std::io::Result<Self> {
        let (waker, woken) = UnixStream::pair()?;
        waker.set_nonblocking(true)?;
        driver.wake_by(woken);
        Ok(Self { held: Mutex::new(Held { driver, sink }), left: Mutex::default(), waker })
    }

    /// Hands in an input: done when this returns, unless another thread waits, which does it next.
    pub fn input(&self, input: impl FnOnce(&mut Client, Now, &mut S) + Send + 'static) {
        lock(&self.left).push_back(Box::new(input));
        match self.try_held() {
            Some(mut held) => self.take_left(&mut held),
            // A waker that is full wakes, too.
            None => drop((&self.waker).write(&[0])),
        }
    }

    /// Moves bytes until `done`, which may take from the sink, or a time has come. Waits for a
    /// thread that waits.
    pub fn wait(
        &self,
        done: impl FnMut(&mut S) -> bool,
        until: Option<Instant>,
        interrupt: Interrupt<'_>,
    ) -> Ended {
        self.wait_with(lock(&self.held), done, until, interrupt)
    }

    /// The same; nothing while another thread waits.
    pub fn try_wait(
        &self,
        done: impl FnMut(&mut S) -> bool,
        until: Option<Instant>,
        interrupt: Interrupt<'_>,
    ) -> Option<Ended> {
        Some(self.wait_with(self.try_held()?, done, until, interrupt))
    }

    fn wait_with(
        &self,
        mut held: MutexGuard<'_, Held<S>>,
        mut done: impl FnMut(&mut S) -> bool,
        until: Option<Instant>,
        interrupt: Interrupt<'_>,
    ) -> Ended {
        self.take_left(&mut held);
        let Held { driver, sink } = &mut *held;
        let ended = driver.run(
            sink,
            |client, sink| {
                while let Some(input) = self.next() {
                    input(client, crate::clock::now(), sink);
                }
                done(sink)
            },
            until,
            interrupt,
        );
        drop(held);
        self.after();
        ended
    }

    /// Looks at the driver and its sink. Waits for a thread that waits.
    pub fn with<T>(&self, look: impl FnOnce(&mut Driver, &mut S) -> T) -> T {
        let mut held = lock(&self.held);
        self.take_left(&mut held);
        let Held { driver, sink } = &mut *held;
        let found = look(driver, sink);
        drop(held);
        self.after();
        found
    }

    /// The same; nothing while another thread waits.
    pub fn try_with<T>(&self, look: impl FnOnce(&mut Driver, &mut S) -> T) -> Option<T> {
        let mut held = self.try_held()?;
        let Held { driver, sink } = &mut *held;
        let found = look(driver, sink);
        drop(held);
        self.after();
        Some(found)
    }

    /// Does an input that was left after the one who waited had looked for the last time.
    fn after(&self) {
        while !lock(&self.left).is_empty() {
            match self.try_held() {
                Some(mut held) => self.take_left(&mut held),
                // Somebody else waits by now, and looks before it does.
                None => return,
            }
        }
    }

    fn try_held(&self) -> Option<MutexGuard<'_, Held<S>>> {
        match self.held.try_lock() {
            Ok(held) => Some(held),
            Err(TryLockError::Poisoned(held)) => Some(held.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn take_left(&self, held: &mut Held<S>) {
        while let Some(input) = self.next() {
            held.driver.input(&mut held.sink, |client, now, sink| input(client, now, sink));
        }
    }

    fn next(&self) -> Option<Input<S>> {
        lock(&self.left).pop_front()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
