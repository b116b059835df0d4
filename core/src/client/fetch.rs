//! Materials that somebody has to be asked for, before a session can be made or ahead of their end.

use std::time::Duration;

use super::{Action, MaterialKind, lane::Lane};
use crate::{
    error::{Error, Result},
    material::Look,
    secret::Secret,
    sink::Sink,
    time::Now,
};

/// What an attempt to connect waits for.
pub(super) struct Awaiting {
    pub(super) kind: MaterialKind,
    /// What the server, or we, refused, and the generation that was refused: only another one can
    /// mend it.
    pub(super) refused: Option<(Error, u64)>,
    /// When to look whether another client of the same material was answered.
    pub(super) look_at: Duration,
}

impl Lane {
    /// A question was answered.
    pub(super) fn answered(&mut self, material: MaterialKind, id: Option<u64>) {
        self.asked.retain(|(kind, number)| (*kind, Some(*number)) != (material, id));
    }

    /// Looks at all materials and asks the host for those it has to give.
    pub(super) fn poll_materials(&mut self, now: Now, look: Look) {
        for (kind, number) in self.profile.poll(now, look) {
            self.ask(kind, number);
        }
    }

    pub(super) fn ask(&mut self, material: MaterialKind, id: u64) {
        self.asked.push((material, id));
        self.actions.push_back(Action::Need { material, id });
    }

    /// Username and secret in force, if the settings have any.
    pub(super) fn credentials(&mut self, now: Now) -> Result<Option<(Option<String>, Secret)>> {
        self.poll_materials(now, Look::Now);
        let proof = self.profile.credentials().map(|it| it.proof(now)).transpose()?;
        Ok(proof.map(|proof| (proof.username, proof.secret)))
    }

    /// Nobody will answer any more.
    pub(super) fn abandon_questions(&mut self) {
        self.actions.retain(|action| !matches!(action, Action::Need { .. }));
        for (kind, number) in self.asked.drain(..) {
            self.profile.abandon(kind, number);
        }
        self.awaiting = None;
    }

    /// Whether a session can be made of what there is. If not, the attempt has failed, or goes on
    /// once the material is there.
    pub(super) fn has_materials(&mut self, now: Now, sink: &mut dyn Sink) -> bool {
        let Some((kind, error)) = self.profile.missing(now) else { return true };
        if self.profile.is_fetching(kind) {
            self.last_error = Some(error);
            self.awaiting = Some(Awaiting { kind, refused: None, look_at: now.monotonic + LOOK });
        } else {
            // Somebody who is asked again soon may know better then.
            let passing = self.profile.is_fetched(kind) || error.code().retry().is_transient();
            self.give_up(error, passing, now, sink);
        }
        false
    }

    /// Goes on with an attempt once what it waits for is there, or will not come.
    pub(super) fn resume(&mut self, now: Now, sink: &mut dyn Sink) {
        let Some(awaiting) = &mut self.awaiting else { return };
        // It may have been handed in meanwhile, whatever becomes of the question.
        let lacks = match &awaiting.refused {
            Some((_, generation)) => self.profile.generation(awaiting.kind) == *generation,
            None => self.profile.missing(now).is_some_and(|(kind, _)| kind == awaiting.kind),
        };
        if lacks && self.profile.is_fetching(awaiting.kind) {
            awaiting.look_at = now.monotonic + LOOK;
            return;
        }
        // Whether there is another one cannot be said yet: who failed is asked again soon.
        if let (true, Some((refused, _)), Some(failure)) =
            (lacks, &awaiting.refused, self.profile.fetch_failure(awaiting.kind))
        {
            awaiting.look_at = now.monotonic + PAUSE;
            self.last_error = Some(failure.with("after", refused.code()));
            return;
        }
        let kind = awaiting.kind;
        match self.awaiting.take().and_then(|awaiting| awaiting.refused) {
            Some((error, generation)) if self.profile.generation(kind) == generation => {
                let passing = error.code().retry().is_transient();
                self.give_up(error, passing, now, sink);
            }
            _ => self.dial(now, sink),
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Other clients of the same material must not wait for an answer that never comes.
        self.abandon_questions();
    }
}

/// How soon the answer to another client's question is looked for.
const LOOK: Duration = Duration::from_millis(20);
/// The same while nobody is asked.
const PAUSE: Duration = Duration::from_secs(1);
