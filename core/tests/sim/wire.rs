//! The network: latency, pieces, losses, connections that are over on one side only.

use std::time::Duration;

use redlatch_core::{Code, Error, Link};

use crate::{
    agenda::What,
    sim::Sim,
    totals::{Deed, Fault},
    world::server::{Conn, Port},
};

/// One connection, or what the network still holds of it.
pub(crate) struct Wire {
    pub(crate) conn: Conn,
    /// Who issued the server's certificate.
    pub(crate) ca: usize,
    /// When the first application byte was sent on it.
    pub(crate) established: Option<Duration>,
    /// The client has not hung up.
    pub(crate) is_open: bool,
    /// Bytes to the server vanish.
    pub(crate) is_mute: bool,
    /// Bytes to the client vanish.
    pub(crate) is_deaf: bool,
    /// Whatever one side says, the other never hears of it.
    pub(crate) is_lost: bool,
    /// The server is gone and the client has not been told: it is when it writes.
    pub(crate) is_half: bool,
    /// Nothing arrives before this.
    pub(crate) stalled: Duration,
    pub(crate) is_blocked: bool,
    /// The client wrote the beginning of a command.
    pub(crate) begun: Vec<u8>,
    /// Arrived while nobody looked.
    pub(crate) kept: Vec<Vec<u8>>,
    pub(crate) kept_end: bool,
    is_over: bool,
    up: Duration,
    down: Duration,
}

/// What becomes of attempts to connect.
#[derive(Default)]
pub(crate) struct Network {
    /// Who issues the certificate new connections see.
    pub(crate) ca: usize,
    pub(crate) refusing: Duration,
    pub(crate) losing: Duration,
    pub(crate) full: Duration,
}

impl Sim {
    pub(crate) fn latency(&mut self) -> Duration {
        match self.calm {
            true => Duration::from_micros(200),
            false => self.plan.latency + self.plan.latency * self.dice.below(100) as u32 / 50,
        }
    }

    pub(crate) fn dial(&mut self, link: Link) {
        self.dialing.insert(link);
        let now = self.now.monotonic;
        let at = now + self.latency();
        if now < self.network.losing {
            self.ledger.totals.count(Fault::DialLost);
        } else if now < self.network.refusing {
            self.ledger.totals.count(Fault::Refused);
            let codes = [Code::NetRefused, Code::NetUnreachable, Code::NetDns, Code::NetTimeout];
            let code = self.dice.pick(&codes);
            self.agenda.add(at, What::DialFailed(link, code));
        } else {
            self.agenda.add(at, What::Dialed(link));
        }
    }

    pub(crate) fn dialed(&mut self, link: Link) {
        if !self.dialing.remove(&link) {
            return;
        }
        let now = self.now.monotonic;
        let port = match now < self.network.full {
            true => Port::Says(b"-ERR max number of clients reached\r\n"),
            false => self.server.port.clone(),
        };
        if now < self.network.full {
            self.ledger.totals.count(Fault::MaxClients);
        }
        let wire = Wire {
            conn: self.server.accept_at(link, port),
            ca: self.network.ca,
            established: None,
            is_open: true,
            is_mute: false,
            is_deaf: false,
            is_lost: false,
            is_half: false,
            stalled: Duration::ZERO,
            is_blocked: false,
            begun: Vec::new(),
            kept: Vec::new(),
            kept_end: false,
            is_over: false,
            up: now,
            down: now,
        };
        self.wires.insert(link, wire);
        self.note(|_| format!("link {link} is up"));
        self.ledger.speaking = Some(link);
        self.client.dialed(self.now, link, &mut self.ledger);
        self.ledger.speaking = None;
    }

    pub(crate) fn dial_failed(&mut self, link: Link, code: Code) {
        if self.dialing.remove(&link) {
            self.note(|_| format!("link {link} fails: {code}"));
            self.client.dial_failed(self.now, link, Error::new(code), &mut self.ledger);
        }
    }

    /// The client sends.
    pub(crate) fn send(&mut self, link: Link, bytes: Vec<u8>) {
        let latency = self.latency();
        let now = self.now.monotonic;
        let busy = self.wires.get(&link).map_or(now, |wire| wire.up);
        let pieces = self.pieces(bytes, busy);
        let Some(wire) = self.wires.get_mut(&link) else { return };
        if wire.is_half {
            wire.is_half = false;
            wire.is_mute = true;
            self.agenda.add(now + latency * 2, What::Ended(link));
        }
        let mut at = (now + latency).max(wire.stalled).max(wire.up);
        for piece in pieces {
            self.agenda.add(at, What::ToServer(link, piece, now));
            wire.up = at;
            at += latency / 3;
        }
        if now < wire.stalled && !wire.is_blocked && self.dice.percent(70) {
            wire.is_blocked = true;
            self.ledger.totals.count(Fault::Backpressure);
            self.agenda.add(wire.stalled, What::Writable(link));
            self.client.blocked(link);
        }
    }

    /// What is far behind arrives as it is: no network falls behind ever more.
    fn pieces(&mut self, bytes: Vec<u8>, busy: Duration) -> Vec<Vec<u8>> {
        if self.calm || busy > self.now.monotonic + FAR_BEHIND {
            return vec![bytes];
        }
        let pieces = self.dice.cut(bytes);
        if pieces.len() > 1 {
            self.ledger.totals.count(Fault::Pieces);
        }
        pieces
    }

    pub(crate) fn writable(&mut self, link: Link) {
        let Some(wire) = self.wires.get_mut(&link) else { return };
        wire.is_blocked = false;
        if wire.is_open {
            self.client.writable(self.now, link, &mut self.ledger);
        }
    }

    pub(crate) fn reach_server(&mut self, link: Link, bytes: &[u8], sent: Duration) {
        let Some(wire) = self.wires.get_mut(&link) else { return };
        if wire.is_mute || wire.conn.ended {
            return;
        }
        let heard = wire.conn.heard;
        self.server.take(&mut wire.conn, bytes);
        if let Port::Says(words) = wire.conn.port {
            self.ledger.says(link, words);
        }
        if wire.conn.heard > heard {
            let established = *wire.established.get_or_insert(sent);
            assert!(
                !self.plan.is_secure() || self.authority.allows(wire.ca, established, sent),
                "link {link} carried application bytes to a server nobody trusts"
            );
        }
        self.serve(link);
    }

    /// Lets the server work on what it has, and sends its answers.
    pub(crate) fn serve(&mut self, link: Link) {
        let latency = self.latency();
        let Some(wire) = self.wires.get_mut(&link) else { return };
        self.server.work(&mut wire.conn);
        let replies = std::mem::take(&mut self.server.replies);
        let mut committed = std::mem::take(&mut self.server.committed).into_iter();
        for ((from, arguments), reply) in self.server.log.drain(..).zip(replies) {
            self.ledger.says(from, &reply);
            self.ledger.ran(from, &arguments, &reply);
            match (arguments[0].as_str(), &reply[..]) {
                ("EXEC", b"*-1\r\n" | b"_\r\n") => self.ledger.conflicted(from),
                ("EXEC", [b'*', ..]) => {
                    let (_, watched) = committed.next().unwrap();
                    self.ledger.committed(from, &watched);
                }
                _ => {}
            }
        }
        for popped in std::mem::take(&mut self.server.popped) {
            self.ledger.popped(&popped, wire.is_lost);
        }
        if let Some(wait) = wire.conn.waits_for.as_mut().filter(|wait| !wait.noted) {
            wait.noted = true;
            if let Some(until) = wait.until {
                self.agenda.add(until, What::Serve(link));
            }
        }
        let out = std::mem::take(&mut wire.conn.out);
        let over = wire.conn.ended && !std::mem::replace(&mut wire.is_over, wire.conn.ended);
        let busy = wire.down;
        let pieces = self.pieces(out, busy);
        let Some(wire) = self.wires.get_mut(&link) else { return };
        let mut at = (self.now.monotonic + latency).max(wire.stalled).max(wire.down);
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            self.agenda.add(at, What::ToClient(link, piece));
            wire.down = at;
            at += latency / 3;
        }
        if over {
            self.agenda.add(wire.down.max(at), What::Closed(link));
        }
        for link in self.server.unblocked.clone().into_iter().filter(|other| *other != link) {
            self.ledger.totals.did(Deed::Unblock);
            self.serve(link);
        }
    }

    /// The server learns in the end that a connection is over, unless the network swallows that.
    pub(crate) fn bury(&mut self, link: Link) {
        let latency = self.latency();
        if let Some(wire) = self.wires.get(&link).filter(|wire| !wire.is_lost) {
            let at = (self.now.monotonic + latency).max(wire.stalled).max(wire.up);
            self.agenda.add(at, What::Gone(link));
        }
    }

    pub(crate) fn gone(&mut self, link: Link) {
        let Some(wire) = self.wires.get_mut(&link) else { return };
        self.server.forget_wait(&mut wire.conn);
        wire.conn.subscribed.clear();
        wire.conn.ended = true;
    }

    pub(crate) fn wake(&mut self) {
        self.server.on_hold = false;
        for link in self.wires.keys().copied().collect::<Vec<_>>() {
            self.serve(link);
        }
    }

    pub(crate) fn reach_client(&mut self, link: Link, bytes: Vec<u8>) {
        let is_idle = self.is_idle();
        let Some(wire) = self.wires.get_mut(&link).filter(|it| it.is_open && !it.is_deaf) else {
            return;
        };
        if is_idle {
            wire.kept.push(bytes);
            return;
        }
        self.hand_over(link, &bytes);
    }

    /// Gives the client bytes, and watches whose they are.
    pub(crate) fn hand_over(&mut self, link: Link, bytes: &[u8]) {
        self.ledger.speaking = Some(link);
        let before = self.ledger.totals.replies;
        self.client.received(self.now, link, bytes, &mut self.ledger);
        self.ledger.speaking = None;
        if let Some(wire) = self.wires.get_mut(&link).filter(|_| self.ledger.raw.link == Some(link))
        {
            // Established without a word.
            wire.established.get_or_insert(self.now.monotonic);
        }
        if self.plan.is_secure() && self.ledger.totals.replies > before {
            self.listen();
            let wire = &self.wires[&link];
            let established = wire.established.unwrap_or_default();
            assert!(
                self.authority.allows(wire.ca, established, self.now.monotonic),
                "link {link} delivered bytes of a server nobody trusts"
            );
        }
    }

    /// The client's side of a connection is over.
    pub(crate) fn end(&mut self, link: Link) {
        let is_idle = self.is_idle();
        let Some(wire) = self.wires.get_mut(&link).filter(|it| it.is_open) else { return };
        wire.is_deaf = true;
        wire.kept_end = is_idle;
        if !is_idle {
            self.note(|_| format!("link {link} ends"));
            let error = self.dice.percent(50).then(|| Error::new(Code::NetClosed));
            self.client.closed(self.now, link, error, &mut self.ledger);
            self.check_raw(link);
        }
    }
}

const FAR_BEHIND: Duration = Duration::from_secs(1);
