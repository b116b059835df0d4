//! Commands that wait for a session, oldest first.

use std::collections::VecDeque;

use crate::pending::{Batches, Held, Pending};

/// A line in which a command given up leaves a gap, so that giving up many costs no moves.
#[derive(Default)]
pub(super) struct Queue {
    line: VecDeque<Pending>,
    gaps: usize,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.line.len() - self.gaps
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Pending> {
        self.line.iter().filter(|pending| !pending.cancelled)
    }

    pub(super) fn push(&mut self, pending: Pending) {
        self.line.push_back(pending);
    }

    /// Puts commands back that were taken first.
    pub(super) fn put_back(&mut self, taken: Vec<Pending>) {
        for pending in taken.into_iter().rev() {
            self.line.push_front(pending);
        }
    }

    /// Gives up a command. Whether it was in line.
    pub(super) fn cancel(&mut self, ticket: u64, batches: &mut Batches) -> bool {
        let found = self.line.binary_search_by_key(&ticket, |pending| pending.ticket);
        let Some(pending) = found.ok().and_then(|at| self.line.get_mut(at)) else { return false };
        if !std::mem::replace(&mut pending.cancelled, true) {
            batches.release(pending);
            self.gaps += 1;
            if self.gaps > MOST_GAPS && self.gaps * 2 > self.line.len() {
                self.close_gaps();
            }
        }
        true
    }

    /// How many of the oldest commands stand side by side in one payload: one, or so many that they
    /// have no more than `most` bytes. Nothing goes behind one that blocks.
    pub(super) fn run(&mut self, most: usize) -> usize {
        self.close_gaps();
        let mut run = usize::from(!self.line.is_empty());
        let mut length = self.line.front().map_or(0, |pending| pending.length);
        while run < self.line.len()
            && self.line[run - 1].blocks_for.is_none()
            && Batches::adjoins(&self.line[run - 1], &self.line[run])
        {
            length += self.line[run].length;
            if length > most {
                break;
            }
            run += 1;
        }
        run
    }

    /// How many bytes a run has.
    pub(super) fn extent(&self, run: usize) -> usize {
        let last = run.checked_sub(1).and_then(|at| self.line.get(at));
        self.line.front().zip(last).map_or(0, |(first, last)| Batches::extent(first, last))
    }

    /// The packed commands of a run.
    pub(super) fn packed<'a>(&self, run: usize, batches: &'a Batches) -> Option<&'a [u8]> {
        batches.span(self.line.front()?, self.line.get(run - 1)?)
    }

    /// The same, held until it is sent.
    pub(super) fn hold(&self, run: usize, batches: &mut Batches) -> Option<Held> {
        Some(batches.hold(self.line.front()?, self.line.get(run.checked_sub(1)?)?))
    }

    /// Takes a run out of the line.
    pub(super) fn take_run(&mut self, run: usize) -> impl Iterator<Item = Pending> + '_ {
        self.line.drain(..run)
    }

    /// Everything in line, oldest first.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Pending> + use<> {
        std::mem::take(self).line.into_iter().filter(|pending| !pending.cancelled)
    }

    fn close_gaps(&mut self) {
        if std::mem::take(&mut self.gaps) > 0 {
            self.line.retain(|pending| !pending.cancelled);
        }
    }
}

const MOST_GAPS: usize = 32;
