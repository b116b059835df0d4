//! What goes wrong with connections, servers, clocks and the host itself.

use std::time::Duration;

use redlatch_core::{Link, Role};

use crate::{agenda::What, sim::Sim, totals::Fault};

impl Sim {
    pub(crate) fn fault(&mut self) {
        if self.plan.planned {
            return self.planned();
        }
        match self.dice.below(24) {
            0 => self.reset(),
            1 => self.server_closes(),
            2 => self.restart(),
            3 => self.black_hole(),
            4 => self.go_deaf(),
            5 => self.half_open(),
            6 => self.network.refusing = self.while_long(),
            7 => self.network.losing = self.while_long(),
            8 => self.network.full = self.while_long(),
            9 => self.change_dns(),
            10..12 => self.stall(),
            12 => self.hold(),
            13 => {
                self.server.is_loading ^= true;
                self.ledger.totals.count(Fault::Loading);
            }
            14 => self.freeze(),
            15 => self.jump(),
            16 => self.overhear(),
            17 => self.cancel(),
            18 => self.rotate_secret(),
            19 => self.rotate_identity(),
            20..22 => self.spoil(),
            _ => self.rotate_trust(),
        }
    }

    /// What a well-run site does to its clients.
    fn planned(&mut self) {
        match self.dice.below(10) {
            0 => self.overhear(),
            1 => self.jump(),
            // A handshake that is cut off may look like a refusal of a new client certificate.
            2..5 if !self.plan.has_company() && self.ledger.open == 0 && self.client.is_ready() => {
                if let [link] = self.links()[..] {
                    self.end(link);
                    self.ledger.totals.count(Fault::Reset);
                }
            }
            // The steps of one rotation end before the next one begins.
            _ if self.now.monotonic < self.shelf.busy => {}
            _ => {
                let asked = Duration::from_secs(if self.plan.provided { 8 } else { 0 });
                let steps = self.shelf.interval * 4 + asked + Duration::from_secs(3);
                self.shelf.busy = self.now.monotonic + steps;
                match self.dice.below(5) {
                    0 => self.rotate_secret(),
                    1 => self.rotate_identity(),
                    2 => self.spoil(),
                    _ if !self.plan.is_secure() => self.rotate_secret(),
                    _ => self.rotate_trust(),
                }
            }
        }
    }

    fn while_long(&mut self) -> Duration {
        self.now.monotonic + self.dice.millis(100, 4000)
    }

    /// Connections that are up, as far as the client knows.
    pub(crate) fn links(&self) -> Vec<Link> {
        let open = self.wires.iter().filter(|(_, wire)| wire.is_open);
        open.map(|(link, _)| *link).collect()
    }

    fn any_link(&mut self) -> Option<Link> {
        let links = self.links();
        (!links.is_empty()).then(|| self.dice.pick(&links))
    }

    fn reset(&mut self) {
        let Some(link) = self.any_link() else { return };
        self.cut(link);
        self.ledger.totals.count(Fault::Reset);
    }

    /// Both sides forget a connection; what is under way to the server may still arrive.
    pub(crate) fn cut(&mut self, link: Link) {
        self.note(|_| format!("link {link} is cut"));
        let mute = self.dice.percent(50);
        let Some(wire) = self.wires.get_mut(&link) else { return };
        wire.is_mute |= mute;
        wire.is_deaf = true;
        self.agenda.add(self.now.monotonic, What::Ended(link));
        if self.plan.has_company() {
            self.bury(link);
        }
    }

    fn server_closes(&mut self) {
        let Some(link) = self.any_link() else { return };
        let Some(wire) = self.wires.get_mut(&link) else { return };
        wire.conn.say_goodbye();
        self.serve(link);
        self.ledger.totals.count(Fault::ServerCloses);
    }

    fn restart(&mut self) {
        for link in self.links() {
            self.cut(link);
        }
        self.network.refusing = self.while_long();
        self.ledger.totals.count(Fault::Restart);
    }

    fn black_hole(&mut self) {
        let Some(link) = self.any_link() else { return };
        self.swallow(link);
        self.ledger.totals.count(Fault::BlackHole);
    }

    fn swallow(&mut self, link: Link) {
        self.note(|_| format!("link {link} is a black hole"));
        if let Some(wire) = self.wires.get_mut(&link) {
            (wire.is_mute, wire.is_deaf, wire.is_lost) = (true, true, true);
        }
    }

    /// Commands arrive and are executed, answers do not come back.
    fn go_deaf(&mut self) {
        let Some(link) = self.any_link() else { return };
        if let Some(wire) = self.wires.get_mut(&link) {
            wire.is_deaf = true;
            self.ledger.totals.count(Fault::Deaf);
        }
    }

    fn half_open(&mut self) {
        let Some(link) = self.any_link() else { return };
        if let Some(wire) = self.wires.get_mut(&link).filter(|wire| !wire.is_mute) {
            (wire.is_half, wire.is_deaf) = (true, true);
            self.ledger.totals.count(Fault::HalfOpen);
            if self.plan.has_company() {
                self.gone(link);
            }
        }
    }

    /// The name leads to another machine; the old one is gone without a word.
    fn change_dns(&mut self) {
        for link in self.links() {
            self.swallow(link);
        }
        let ca = self.dice.below(3);
        self.present(ca);
        self.ledger.totals.count(Fault::DnsChange);
    }

    /// Nothing moves for a while, and the host's buffers fill.
    fn stall(&mut self) {
        let until = self.now.monotonic + self.dice.millis(50, 6000);
        let Some(link) = self.any_link() else { return };
        if let Some(wire) = self.wires.get_mut(&link) {
            wire.stalled = until;
            self.ledger.totals.count(Fault::Stall);
        }
    }

    fn hold(&mut self) {
        self.server.on_hold = true;
        let until = self.while_long();
        self.agenda.add(until, What::Wake);
        self.ledger.totals.count(Fault::SlowServer);
    }

    /// The process sleeps: whatever was due comes late, and all at once.
    fn freeze(&mut self) {
        let most = if self.plan.role == Role::Shared { 20_000 } else { 5000 };
        let until = self.now.monotonic + self.dice.millis(10, most);
        self.pass(until);
        // A host that wakes up may look at its sockets before it looks at the clock.
        if self.dice.percent(50)
            && let Some((_, at)) = &mut self.timer
        {
            *at = (*at).max(until);
        }
        self.ledger.totals.count(Fault::Freeze);
    }

    /// The wall clock is set.
    fn jump(&mut self) {
        let by = self.dice.millis(10, 3_600_000);
        match self.dice.percent(50) {
            true => self.now.wall += by,
            false => self.now.wall -= by,
        }
        self.pass(self.now.monotonic);
        self.ledger.totals.count(Fault::ClockJump);
    }
}
