//! A lane of the host's own bytes: one session, made and trusted like all others.

use super::{Role, lane::Lane};
use crate::{
    error::{Code, Error, Result},
    sink::Sink,
    time::Now,
};

impl Lane {
    pub(super) fn is_raw(&self) -> bool {
        matches!(self.role, Role::Raw { .. })
    }

    /// Sends bytes, unless trust in the server has ended meanwhile.
    pub(super) fn send(&mut self, now: Now, bytes: &[u8], sink: &mut dyn Sink) -> Result<()> {
        self.adopt(now, sink);
        self.enforce_grace(now, sink);
        let active = self.active.filter(|_| self.is_raw());
        let Some(session) = active.and_then(|link| self.session(link)) else {
            return Err(self.last_error.clone().unwrap_or_else(|| Error::new(Code::NetClosed)));
        };
        let link = session.link;
        let sent = session.send(bytes);
        if let Err(error) = &sent {
            self.session_failed(link, error.clone(), now, sink);
        }
        self.collect();
        sent
    }

    /// Tells the peer that nothing more follows. What it still has to say is taken.
    pub(super) fn finish(&mut self, now: Now, sink: &mut dyn Sink) {
        self.enforce_grace(now, sink);
        let active = self.active.filter(|_| self.is_raw());
        if let Some(session) = active.and_then(|link| self.session(link)) {
            session.close();
        }
        self.collect();
    }

    /// The session, or the attempt to make one, is over; another one is the host's decision.
    pub(super) fn end_raw(&mut self, error: &Error, sink: &mut dyn Sink) {
        self.last_error = Some(error.clone());
        (self.connects, self.attempts) = (false, 0);
        (self.dial_at, self.retry_at) = (None, None);
        sink.ended(self.id, error);
    }
}
