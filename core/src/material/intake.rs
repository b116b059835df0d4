//! What becomes of content: accepted as the next generation, known already, or refused.

use std::sync::{Arc, atomic::Ordering};

use sha2::{Digest, Sha256};

use super::{Generation, Material, State};
use crate::{
    error::{Code, Error, Result},
    event::{Event, EventKind},
    secret::Secret,
    time::Now,
};

impl<T> Material<T> {
    pub(super) fn take(&self, state: &mut State<T>, content: Result<Vec<Secret>>, now: Now) {
        let found = content.as_ref().ok().map(|content| digest(content));
        if found.is_some() && found == state.good {
            // Also the repair of a bad file: what is in force is what is published.
            (state.bad, state.last_error) = (None, None);
            state.watch.settled(now.monotonic, self.pace.files);
            return;
        }
        if found.is_some() && found == state.bad {
            state.watch.settled(now.monotonic, self.pace.files);
            return;
        }
        match (found, content.and_then(|content| (self.kind.parse)(&content, now))) {
            (Some(digest), Ok(value)) => {
                match &state.current {
                    // Written in another form; what was resumed with it may be resumed again.
                    Some(current) if (self.kind.is_same)(&current.value, &value) => {
                        (state.good, state.bad, state.last_error) = (Some(digest), None, None);
                    }
                    _ => self.accept(state, digest, value, now),
                }
                state.watch.settled(now.monotonic, self.pace.files);
            }
            (_, Ok(_)) => {}
            (found, Err(error)) => {
                // Half-written files are read again before anybody is alarmed.
                let early = state.current.is_some() && state.watch.is_first_failure();
                state.watch.retry(now.monotonic, self.pace.files);
                state.bad = None;
                if !early {
                    // What the clock decides may become good as it stands.
                    let dated = matches!(error.code(), Code::TrustExpired | Code::IdentityExpired);
                    state.bad = found.filter(|_| !dated);
                    self.refuse(state, error, now);
                }
            }
        }
    }

    pub(super) fn printed(&self, state: &mut State<T>, printed: Result<Secret, String>, now: Now) {
        let content = printed.map(|it| vec![it]).map_err(|why| self.unreadable(&why));
        // A failure is logged, and kept for those who ask for the value.
        let _ = self.fetched(state, content, now);
    }

    /// Takes what a host or a command gave: never the same twice, because its end may be new.
    pub(super) fn fetched(
        &self,
        state: &mut State<T>,
        content: Result<Vec<Secret>>,
        now: Now,
    ) -> Result<()> {
        let given = content.and_then(|content| Ok((self.given(&content, now)?, digest(&content))));
        match given {
            Ok((value, digest)) => {
                let end = (self.kind.expires)(&value);
                match &state.current {
                    Some(current)
                        if state.good == Some(digest)
                            || (self.kind.is_same)(&current.value, &value) =>
                    {
                        let Generation { number, since, .. } = **current;
                        state.current = Some(Arc::new(Generation { number, since, value }));
                        (state.good, state.last_error) = (Some(digest), None);
                    }
                    _ => self.accept(state, digest, value, now),
                }
                state.fetch.settled(now, end);
                Ok(())
            }
            Err(error) => {
                state.fetch.failed(now);
                self.refuse(state, error.clone(), now);
                Err(error)
            }
        }
    }

    pub(super) fn given(&self, content: &[Secret], now: Now) -> Result<T> {
        if content.is_empty() {
            return Err(self.unreadable("nothing was given"));
        }
        self.kind.parse_given.as_ref().unwrap_or(&self.kind.parse)(content, now)
    }

    pub(super) fn accept(&self, state: &mut State<T>, digest: [u8; 32], value: T, now: Now) {
        let number = state.current.as_ref().map_or(1, |current| current.number + 1);
        let mut event = Event::new(now.wall, EventKind::Rotation)
            .with("material", self.kind.name)
            .with("generation", number);
        event.fields.extend((self.kind.describe)(&value));
        state.log.push(event);
        if state.current.is_none() {
            for path in state.watch.frozen(&*self.files) {
                let text = format!(
                    "{} is mounted as a single file (subPath), which never shows a later one: mount its folder",
                    path.display()
                );
                state.log.push(Event::new(now.wall, EventKind::Warning).with("text", text));
            }
        }
        state.warnings.follow((self.kind.ends)(&value));
        state.current = Some(Arc::new(Generation { number, since: now.wall, value }));
        (state.good, state.bad, state.last_error) = (Some(digest), None, None);
        self.revision.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn refuse(&self, state: &mut State<T>, error: Error, now: Now) {
        // The same refusal again is not news.
        let known = state.last_error.replace(error.clone());
        if known.is_some_and(|it| (it.code(), it.detail()) == (error.code(), error.detail())) {
            return;
        }
        state.rejections += 1;
        let kept = state.current.as_ref().map_or(0, |current| current.number);
        state.log.push(
            Event::new(now.wall, EventKind::Rejected)
                .with("material", self.kind.name)
                .with("kept_generation", kept)
                .with_error(&error),
        );
        self.revision.fetch_add(1, Ordering::AcqRel);
    }
}

pub(super) fn digest(content: &[Secret]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in content {
        hash.update((part.expose().len() as u64).to_le_bytes());
        hash.update(part.expose());
    }
    hash.finalize().into()
}
