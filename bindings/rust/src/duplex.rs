//! A driver that one thread waits on while others have something to say.

use std::{
    collections::VecDeque,
    io::Write,
    os::unix::net::UnixStream,
    sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError},
    time::{Duration, Instant},
};

use redlatch_core::{Client, Now, Sink};

use crate::{
    driver::{Driver, Ended, Interrupt, SIGNAL_CHECK},
    gate::without,
};

type Input<S> = Box<dyn FnOnce(&mut Client, Now, &mut S) + Send>;

/// A driver and what its client tells, shared by threads.
///
/// Whoever waits moves the bytes. Inputs of others are left for that thread, which is woken.
pub struct Duplex<S> {
    held: Mutex<Held<S>>,
    left: Mutex<VecDeque<Input<S>>>,
    waker: UnixStream,
    others: Mutex<Others>,
    freed: Condvar,
}

/// Threads that found the driver taken.
#[derive(Default)]
struct Others {
    /// Those that want it for a moment: who waits makes room for them.
    lookers: usize,
    asleep: usize,
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
        Ok(Self {
            held: Mutex::new(Held { driver, sink }),
            left: Mutex::default(),
            waker,
            others: Mutex::default(),
            freed: Condvar::new(),
        })
    }

    /// Hands in an input: done when this returns, unless another thread waits, which does it next.
    pub fn input(&self, input: impl FnOnce(&mut Client, Now, &mut S) + Send + 'static) {
        lock(&self.left).push_back(Box::new(input));
        match self.try_held() {
            Some(mut held) => {
                self.take_left(&mut held);
                drop(held);
                self.after();
            }
            None => self.wake(),
        }
    }

    /// Moves bytes until `done`, which may take from the sink, or a time has come. A thread that
    /// waits already goes first.
    pub fn wait(
        &self,
        done: impl FnMut(&mut S) -> bool,
        until: Option<Instant>,
        interrupt: Interrupt<'_>,
    ) -> Ended {
        match self.turn(until, interrupt) {
            Ok(held) => self.wait_with(held, done, until, interrupt),
            Err(ended) => ended,
        }
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

    fn wait_with<'a>(
        &'a self,
        mut held: MutexGuard<'a, Held<S>>,
        mut done: impl FnMut(&mut S) -> bool,
        until: Option<Instant>,
        interrupt: Interrupt<'_>,
    ) -> Ended {
        loop {
            self.take_left(&mut held);
            let mut is_done = false;
            let Held { driver, sink } = &mut *held;
            let ended = driver.run(
                sink,
                |client, sink| {
                    while let Some(input) = self.next() {
                        input(client, crate::clock::now(), sink);
                    }
                    is_done = done(sink);
                    is_done || lock(&self.others).lookers > 0
                },
                until,
                interrupt,
            );
            drop(held);
            self.after();
            if is_done || ended != Ended::Done {
                return ended;
            }
            held = match self.turn(until, interrupt) {
                Ok(held) => held,
                Err(ended) => return ended,
            };
        }
    }

    /// Looks at the driver and its sink. A thread that waits makes room.
    pub fn with<T>(&self, look: impl FnOnce(&mut Driver, &mut S) -> T) -> T {
        let mut held = self.glance();
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

    /// Lets others in, and does an input that was left after the one who waited had looked for the
    /// last time.
    fn after(&self) {
        self.announce();
        while !lock(&self.left).is_empty() {
            // If somebody else waits by now, that one looks before it does.
            let Some(mut held) = self.try_held() else { return };
            self.take_left(&mut held);
            drop(held);
            self.announce();
        }
    }

    /// Tells that the driver is free.
    fn announce(&self) {
        // Who found it taken under this lock is asleep by now. To tell nobody takes a system call.
        if lock(&self.others).asleep > 0 {
            self.freed.notify_all();
        }
    }

    /// The driver for a wait: waits for it as long as for anything else.
    fn turn(
        &self,
        until: Option<Instant>,
        interrupt: Interrupt<'_>,
    ) -> Result<MutexGuard<'_, Held<S>>, Ended> {
        loop {
            let others = lock(&self.others);
            if others.lookers == 0
                && let Some(held) = self.try_held()
            {
                return Ok(held);
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Err(Ended::Late);
            }
            let pause = left.unwrap_or(SIGNAL_CHECK).min(SIGNAL_CHECK);
            self.sleep(others, pause);
            if !without(&mut *interrupt) {
                return Err(Ended::Interrupted);
            }
        }
    }

    /// The driver for a moment.
    fn glance(&self) -> MutexGuard<'_, Held<S>> {
        if let Some(held) = self.try_held() {
            return held;
        }
        lock(&self.others).lookers += 1;
        self.wake();
        loop {
            let mut others = lock(&self.others);
            if let Some(held) = self.try_held() {
                others.lookers -= 1;
                return held;
            }
            self.sleep(others, SIGNAL_CHECK);
        }
    }

    /// Until the driver is free, or a pause is over.
    fn sleep(&self, mut others: MutexGuard<'_, Others>, pause: Duration) {
        others.asleep += 1;
        without(|| {
            let slept = self.freed.wait_timeout(others, pause);
            slept.unwrap_or_else(PoisonError::into_inner).0.asleep -= 1;
        });
    }

    /// Makes who waits look around. A waker that is full wakes, too.
    fn wake(&self) {
        let _ = (&self.waker).write(&[0]);
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
