//! A lane of the host's own bytes.

use redlatch_core::{LaneId, Link, Role};

use crate::{agenda::What, ledger::Ledger, sim::Sim, totals::Deed, world::pack};

/// What was sent and said on the session of a lane of raw bytes.
#[derive(Default)]
pub(crate) struct Raw {
    lane: Option<LaneId>,
    /// The session that is up.
    pub(crate) link: Option<Link>,
    /// Asked for, and neither opened nor ended.
    connects: bool,
    greeted: bool,
    said: Vec<u8>,
    heard: usize,
}

impl Ledger {
    /// The server answered.
    pub(crate) fn says(&mut self, link: Link, reply: &[u8]) {
        if self.raw.link == Some(link) {
            self.raw.said.extend_from_slice(reply);
        }
    }

    pub(crate) fn raw_opens(&mut self, lane: LaneId) {
        assert_eq!(Some(lane), self.raw.lane);
        assert!(std::mem::take(&mut self.raw.connects), "opened, and nobody asked for it");
        assert_eq!(self.raw.link, None, "opened twice");
        self.raw.link = self.speaking;
        (self.raw.said, self.raw.heard, self.raw.greeted) = (Vec::new(), 0, false);
        self.totals.did(Deed::RawOpened);
    }

    pub(crate) fn raw_hears(&mut self, lane: LaneId, bytes: &[u8]) {
        let raw = &mut self.raw;
        assert_eq!((Some(lane), raw.link), (raw.lane, self.speaking), "bytes of another session");
        let expected = raw.said.get(raw.heard..raw.heard + bytes.len());
        assert_eq!(expected, Some(bytes), "these are not the bytes that were said");
        raw.heard += bytes.len();
    }

    pub(crate) fn raw_ends(&mut self, lane: LaneId) {
        assert_eq!(Some(lane), self.raw.lane);
        let was_up = self.raw.link.take().is_some();
        assert!(std::mem::take(&mut self.raw.connects) || was_up, "it ends twice");
        self.totals.did(Deed::RawEnded);
    }
}

impl Sim {
    pub(crate) fn use_raw(&mut self) {
        let login = self.plan.raw_login;
        match self.ledger.raw.lane {
            None => {
                self.ledger.raw.lane = self.client.open(self.now, Role::Raw { login }).ok();
            }
            Some(lane) if self.ledger.raw.link.is_some() => {
                if self.client.is_stale(lane) && self.dice.percent(20) || self.dice.percent(2) {
                    self.shut_raw();
                } else {
                    self.say(lane, login);
                }
            }
            Some(lane) if !self.ledger.raw.connects => {
                self.ledger.raw.connects = true;
                self.note(|_| "a raw session is asked for".to_owned());
                self.client.connect_to(self.now, lane, &mut self.ledger);
            }
            _ => {}
        }
        let pause = self.dice.millis(5, 900);
        self.agenda.add(self.now.monotonic + pause, What::Raw);
    }

    fn say(&mut self, lane: LaneId, login: bool) {
        let mut bytes = Vec::new();
        if !login && !std::mem::replace(&mut self.ledger.raw.greeted, true) {
            bytes = pack(&["AUTH", &self.shelf.secret()]);
        }
        let text = "raw".repeat(1 + self.dice.below(20));
        bytes.extend(pack(&["ECHO", &text]));
        self.note(|_| format!("{} raw bytes", bytes.len()));
        // That it has ended just now is told by the sink as well.
        let _ = self.client.send(self.now, lane, &bytes, &mut self.ledger);
    }

    pub(crate) fn shut_raw(&mut self) {
        if let Some(lane) = self.ledger.raw.lane.take() {
            self.note(|_| "the raw lane is shut".to_owned());
            self.client.shut(self.now, lane, &mut self.ledger);
            self.ledger.raw = Raw::default();
        }
    }

    /// The client was told that a connection is over: so is its user.
    pub(crate) fn check_raw(&self, link: Link) {
        assert!(self.ledger.raw.link != Some(link), "the end of raw link {link} is not told");
    }
}
