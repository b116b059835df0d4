//! The host: does what the client asks, and holds it to its contract.

use std::time::Duration;

use redlatch_core::{Action, EventKind, Role, document};

use crate::{
    ledger::{MARK, is_bug},
    sim::Sim,
    world::server::commands,
};

impl Sim {
    /// Takes everything the client has to say, and checks what it promises.
    pub(crate) fn turn(&mut self) {
        self.obey();
        for news in std::mem::take(&mut self.ledger.news) {
            self.note(|_| news);
        }
        if self.plan.role == Role::Exclusive {
            self.end_call();
        }
        let deadline = self.client.deadline().filter(|_| !self.is_idle());
        if let Some(due) = self.ledger.next_deadline() {
            assert!(
                deadline.is_some_and(|deadline| deadline <= due + SLACK),
                "a command ends at {due:?}, the client asks to be called at {deadline:?}"
            );
        }
        if self.timer.map(|(deadline, _)| deadline) != deadline {
            let late = match self.dice.below(8) {
                0 => self.dice.millis(0, 15),
                _ => Duration::ZERO,
            };
            self.timer = deadline.map(|deadline| (deadline, deadline + late));
        }
    }

    /// Does what the client asks for.
    pub(crate) fn obey(&mut self) {
        self.listen();
        while let Some(action) = self.client.poll_action() {
            self.note(|_| format!("{action:?}"));
            self.act(action);
        }
    }

    pub(crate) fn tick(&mut self) {
        self.count_tick();
        self.note(|_| "tick".to_owned());
        let now = self.now.monotonic;
        self.client.tick(self.now, &mut self.ledger);
        let deadline = self.client.deadline();
        assert!(
            deadline.is_none_or(|at| at > now),
            "{deadline:?} stays due after a tick at {now:?}"
        );
        let overdue = self.ledger.next_deadline().filter(|due| *due + SLACK <= now);
        assert!(overdue.is_none(), "a command was to end at {overdue:?}, it is {now:?}");
    }

    /// Follows the client's events.
    pub(crate) fn listen(&mut self) {
        while let Some(event) = self.client.poll_event() {
            let said = document::event(&event);
            self.note(|_| said.clone());
            for said in [said, format!("{event:?}")] {
                assert!(!said.contains(MARK), "a secret is in {said}");
            }
            let totals = &mut self.ledger.totals;
            match event.kind {
                EventKind::Rotation => totals.rotations += 1,
                EventKind::Reauthenticated => totals.reauths += 1,
                EventKind::Connected => {
                    totals.resumed += u64::from(event.field("resumed") == Some("true"));
                }
                _ => {}
            }
            let bug = redlatch_core::Code::ALL.iter().filter(|code| is_bug(**code));
            for code in bug {
                assert!(event.field("code") != Some(code.name()), "{event:?}");
            }
            self.authority.hear(&event, self.now.monotonic);
            self.ledger.follow(&event);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Dial { link, .. } => {
                assert!(self.dialed.insert(link), "link {link} is used again");
                // Of several lanes not always in order.
                self.ledger.last_dialed = self.ledger.last_dialed.max(link);
                self.dial(link);
                // Each lane has one, and one that is to take over.
                let most = self.client.profile().config().max_connections * 2;
                let up = self.dialing.len() + self.links().len();
                assert!(up <= most, "{up} connections, {most} are allowed");
            }
            Action::Write { link, bytes } => self.write(link, bytes),
            Action::Hangup { link, flush } => {
                let known = self.dialing.remove(&link);
                let up = self.wires.get_mut(&link).filter(|wire| wire.is_open);
                let loses = !flush && self.dice.percent(50);
                match up {
                    Some(wire) => {
                        wire.is_open = false;
                        // What is under way may still arrive.
                        wire.is_mute |= loses;
                        if self.plan.has_company() {
                            self.bury(link);
                        }
                    }
                    None => assert!(known || link <= self.ledger.last_dialed),
                }
            }
            Action::Need { material, id } => self.ask(material, id),
            other => panic!("{other:?}"),
        }
    }

    fn write(&mut self, link: u64, bytes: Vec<u8>) {
        let now = self.now.monotonic;
        let Some(wire) = self.wires.get_mut(&link).filter(|wire| wire.is_open) else {
            panic!("a write on link {link}, which is not up");
        };
        match wire.established.filter(|_| self.plan.is_secure()) {
            Some(established) => assert!(
                self.authority.allows(wire.ca, established, now),
                "bytes on link {link} for a server nobody trusts"
            ),
            None if self.plan.is_secure() => {}
            None => {
                // What was begun in time goes on to its end.
                let begun = usize::from(!wire.begun.is_empty());
                wire.begun.extend_from_slice(&bytes);
                let written = commands(&mut wire.begun);
                for ticket in written.iter().skip(begun).filter_map(|it| crate::ledger::ticket(it))
                {
                    self.ledger.written(ticket, link);
                }
            }
        }
        self.send(link, bytes);
    }

    /// Whatever can be printed holds no secret.
    pub(crate) fn overhear(&mut self) {
        let status = self.client.status(self.now);
        self.note(|_| status.clone());
        for said in [status, format!("{:?}", self.client.profile())] {
            assert!(!said.contains(MARK), "a secret is in {said}");
        }
    }
}

/// Deadlines close together share a pass.
const SLACK: Duration = Duration::from_millis(1);
