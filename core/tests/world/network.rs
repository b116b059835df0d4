//! The network between client and server: no delay, but pieces, cuts and refusals.

use redlatch_core::{Action, Error, Link, Secret};

use super::{Dialing, World};

impl World {
    /// Moves everything that can move without time.
    pub(crate) fn run(&mut self) {
        for _ in 0..100_000 {
            let mut moved = false;
            while let Some(action) = self.client.poll_action() {
                self.overhear(&format!("{action:?}"));
                self.act(action);
                moved = true;
            }
            for link in self.conns.keys().copied().collect::<Vec<_>>() {
                moved |= self.serve(link);
            }
            if !moved {
                return self.listen();
            }
        }
        panic!("the world does not come to rest");
    }

    /// Moves all bytes to the server, and one piece of its answers to each connection.
    pub(crate) fn step(&mut self) {
        while let Some(action) = self.client.poll_action() {
            self.act(action);
        }
        for link in self.conns.keys().copied().collect::<Vec<_>>() {
            let conn = self.conns.get_mut(&link).unwrap();
            self.server.work(conn);
            let rest = conn.out.split_off(conn.out.len().min(self.chunk));
            let piece = std::mem::replace(&mut conn.out, rest);
            if !piece.is_empty() {
                self.client.received(self.now, link, &piece, &mut self.log);
            }
        }
    }

    /// Bytes that the server sent and the client has not got.
    pub(crate) fn under_way(&self, link: Link) -> usize {
        self.conns[&link].out.len()
    }

    /// The network ends a connection.
    pub(crate) fn cut(&mut self, link: Link) {
        self.conns.remove(&link);
        self.client.closed(self.now, link, None, &mut self.log);
        self.run();
    }

    pub(crate) fn cut_all(&mut self) {
        for link in self.conns.keys().copied().collect::<Vec<_>>() {
            self.cut(link);
        }
    }

    /// The server says something by itself.
    pub(crate) fn say(&mut self, link: Link, plain: &[u8]) {
        self.conns.get_mut(&link).unwrap().send(plain);
        self.run();
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Dial { link, .. } => {
                self.dials.push((self.now.monotonic, link));
                match self.dialing {
                    Dialing::Accept => {
                        self.conns.insert(link, self.server.accept(link));
                        self.client.dialed(self.now, link, &mut self.log);
                    }
                    Dialing::Fail(code) => {
                        let error = Error::new(code);
                        self.client.dial_failed(self.now, link, error, &mut self.log);
                    }
                    Dialing::Ignore => {}
                }
            }
            Action::Write { link, bytes } => {
                self.sent.push((self.now.monotonic, link, bytes.len()));
                if let Some(conn) = self.conns.get_mut(&link) {
                    self.server.take(conn, &bytes);
                }
            }
            Action::Hangup { link, flush } => {
                self.hangups.push((link, flush));
                self.conns.remove(&link);
            }
            Action::Need { material, id } => self.needs.push((material, id)),
            other => panic!("{other:?}"),
        }
    }

    /// The provider answers the oldest question.
    pub(crate) fn answer(&mut self, content: Result<&[&str], &str>) -> Result<(), Error> {
        let (material, id) = self.needs.remove(0);
        let content = match content {
            Ok(parts) => Ok(parts.iter().map(|part| Secret::new(*part)).collect()),
            Err(why) => Err(material.unavailable(why)),
        };
        let outcome = self.client.supply(self.now, material, Some(id), content, &mut self.log);
        self.run();
        outcome
    }

    fn serve(&mut self, link: Link) -> bool {
        let Some(mut conn) = self.conns.remove(&link) else { return false };
        self.server.work(&mut conn);
        let mut out = std::mem::take(&mut conn.out);
        let ended = conn.ended;
        if ended && self.drops_last_words {
            out.clear();
        }
        self.conns.insert(link, conn);
        for piece in out.chunks(self.chunk.min(out.len().max(1))) {
            self.client.received(self.now, link, piece, &mut self.log);
        }
        if ended {
            self.conns.remove(&link);
            self.client.closed(self.now, link, None, &mut self.log);
        }
        !out.is_empty() || ended
    }
}
