//! The steps of a world, kept only when somebody reads them: any world can be run again.

use std::{cell::RefCell, time::Duration};

#[derive(Clone, Copy, Default)]
pub(crate) struct Trace {
    pub(crate) is_on: bool,
}

impl Trace {
    pub(crate) fn note(self, at: Duration, line: String) {
        // Kept apart from the world: one that fails is not there any more to be asked.
        SAID.with_borrow_mut(|said| said.push(format!("{:11.6} {line}", at.as_secs_f64())));
    }
}

/// The lines noted by worlds of this thread.
pub(crate) fn said() -> Vec<String> {
    SAID.take()
}

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}
