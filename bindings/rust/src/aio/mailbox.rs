//! What waits for one listener. The oldest gives way where too much waits.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

pub(super) struct Mailbox<T> {
    most: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    items: VecDeque<T>,
    dropped: u64,
    /// Nothing follows.
    ended: bool,
    waker: Option<Waker>,
}

impl<T> Mailbox<T> {
    pub(super) fn new(most: usize) -> Self {
        let state = State { items: VecDeque::new(), dropped: 0, ended: false, waker: None };
        Self { most, state: Mutex::new(state) }
    }

    pub(super) fn push(&self, item: T) {
        let mut state = self.lock();
        if state.items.len() == self.most {
            state.items.pop_front();
            state.dropped += 1;
        }
        state.items.push_back(item);
        wake(state);
    }

    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        wake(state);
    }

    /// The next; none once nothing follows.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.lock();
        if let Some(item) = state.items.pop_front() {
            return Poll::Ready(Some(item));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// How many gave way.
    pub(super) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Outside the lock.
fn wake<T>(mut state: MutexGuard<'_, State<T>>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}
