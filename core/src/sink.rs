//! Where replies go: each language builds its own values straight from the wire form.

use crate::{error::Error, resp::Reply};

/// Names a connection; never used twice by one client.
pub type Link = u64;

/// Names a line of commands with its session; the client's main one is [`MAIN`].
pub type LaneId = u32;

/// The lane every client has.
pub const MAIN: LaneId = 0;

/// A string that has not come as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff<'a> {
    /// Whose reply it is: the next one with this ticket, if there is one.
    pub ticket: u64,
    /// What has come.
    pub part: &'a [u8],
    /// How many bytes it has as a whole.
    pub whole: usize,
}

/// Receives what a client has for its host, in wire order.
pub trait Sink {
    /// One reply to the command with this ticket. A record of several commands gets as many
    /// replies, in order. An error reply of the server is a reply too.
    fn reply(&mut self, ticket: u64, reply: Reply<'_>);

    /// The command with this ticket will get no (further) reply.
    fn fail(&mut self, ticket: u64, error: &Error);

    /// The first `used` bytes of a buffer were given to [`Sink::reply`] and [`Sink::push`] and are
    /// read no more. A sink that points into them takes the buffer, leaves one that holds the rest,
    /// and says so.
    fn keep(&mut self, buffer: &mut Vec<u8>, used: usize) -> bool {
        let _ = (buffer, used);
        false
    }

    /// A long reply is cut off: so many bytes at least are still to come on this connection before
    /// there is anything to be told, and a host need not wake for fewer. If the reply is one string
    /// that somebody waits for, `text` is what has come of it.
    fn awaits(&mut self, link: Link, bytes: usize, text: Option<CutOff<'_>>) {
        let _ = (link, bytes, text);
    }

    /// What a lane of subscriptions heard: a message, or that a subscription began or ended.
    fn push(&mut self, lane: LaneId, message: Reply<'_>) {
        let _ = (lane, message);
    }

    /// The session of a lane of raw bytes is up.
    fn opened(&mut self, lane: LaneId) {
        let _ = lane;
    }

    /// Bytes of a lane of raw bytes, decrypted.
    fn bytes(&mut self, lane: LaneId, bytes: &[u8]) {
        let _ = (lane, bytes);
    }

    /// The session of a lane of raw bytes has ended, or could not be made.
    fn ended(&mut self, lane: LaneId, error: &Error) {
        let _ = (lane, error);
    }
}
