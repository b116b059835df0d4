//! Commands and replies of a stream that somebody else speaks, counted.

use super::{Limits, Reply, Scanner, Token};

/// Tells when a connection may be left without harm: every command has its reply, nothing is
/// watched, no transaction is open, and nobody listens.
#[derive(Debug, Default)]
pub struct Tally {
    commands: Half,
    replies: Half,
    owed: u64,
    /// MULTI or WATCH, until what ends it.
    is_bound: bool,
    /// What follows are no replies, or no RESP.
    is_lost: bool,
}

#[derive(Debug)]
struct Half {
    scanner: Scanner,
    /// The start of an element that is not complete.
    rest: Vec<u8>,
}

impl Default for Half {
    fn default() -> Self {
        Self { scanner: Scanner::new(Limits::default()), rest: Vec::new() }
    }
}

impl Tally {
    /// Bytes of commands, however they are cut.
    pub fn sent(&mut self, bytes: &[u8]) {
        let Self { commands, owed, is_bound, is_lost, .. } = self;
        if *is_lost {
            return;
        }
        let counted = commands.each(bytes, |command| {
            let mut tokens = command.tokens();
            let (Some(Token::Array(_)), Some(Token::Bulk(name))) = (tokens.next(), tokens.next())
            else {
                *is_lost = true;
                return;
            };
            *owed += 1;
            let is =
                |names: &[&str]| names.iter().any(|it| name.eq_ignore_ascii_case(it.as_bytes()));
            *is_lost |= is(LISTENING);
            *is_bound = (*is_bound || is(BINDING)) && !is(FREEING);
        });
        self.is_lost |= !counted;
    }

    /// Bytes of replies, however they are cut.
    pub fn received(&mut self, bytes: &[u8]) {
        let Self { replies, owed, is_lost, .. } = self;
        if *is_lost {
            return;
        }
        let counted = replies.each(bytes, |reply| {
            if !matches!(reply.tokens().next(), Some(Token::Push(_))) {
                *owed = owed.saturating_sub(1);
            }
        });
        self.is_lost |= !counted;
    }

    /// Whether it may be left now.
    pub fn is_even(&self) -> bool {
        self.owed == 0 && !self.is_bound && !self.is_lost
    }
}

impl Half {
    /// Hands on each complete element. Whether it was RESP.
    fn each(&mut self, bytes: &[u8], mut take: impl FnMut(Reply<'_>)) -> bool {
        let mut held = std::mem::take(&mut self.rest);
        let whole = match held.is_empty() {
            true => bytes,
            false => {
                held.extend_from_slice(bytes);
                &held
            }
        };
        let mut start = 0;
        loop {
            match self.scanner.scan(&whole[start..]) {
                Ok(Some(length)) => {
                    take(Reply::new(&whole[start..start + length]));
                    start += length;
                }
                Ok(None) => break,
                Err(_) => return false,
            }
        }
        if held.is_empty() {
            self.rest = bytes[start..].to_vec();
        } else {
            held.drain(..start);
            self.rest = held;
        }
        true
    }
}

const LISTENING: &[&str] = &["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR", "SYNC", "PSYNC"];
const BINDING: &[&str] = &["MULTI", "WATCH"];
const FREEING: &[&str] = &["EXEC", "DISCARD", "UNWATCH", "RESET"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::encode_command;

    fn after(exchanges: &[(&str, &str)]) -> bool {
        let mut tally = Tally::default();
        for (sent, received) in exchanges {
            for command in sent.split_terminator(';') {
                let mut packed = Vec::new();
                encode_command(&mut packed, command.split(' ').collect::<Vec<_>>());
                tally.sent(&packed);
            }
            // One byte at a time.
            received.as_bytes().iter().for_each(|byte| tally.received(&[*byte]));
        }
        tally.is_even()
    }

    #[test]
    fn it_is_even_when_every_command_has_its_reply() {
        assert!(after(&[]));
        assert!(!after(&[("GET k", "")]));
        assert!(!after(&[("GET k", "$3\r\nab")]));
        assert!(after(&[("GET k", "$3\r\nabc\r\n")]));
        assert!(!after(&[("GET k;GET k", "$-1\r\n")]));
        assert!(after(&[("GET k;LRANGE l 0 -1", "$-1\r\n*2\r\n$1\r\na\r\n"), ("", ":1\r\n")]));
    }

    #[test]
    fn what_is_pushed_is_no_reply() {
        assert!(!after(&[("GET k", ">2\r\n+invalidate\r\n*0\r\n")]));
        assert!(after(&[("GET k", ">2\r\n+invalidate\r\n*0\r\n$-1\r\n")]));
    }

    #[test]
    fn an_open_transaction_keeps_it() {
        assert!(!after(&[("WATCH k", "+OK\r\n")]));
        assert!(!after(&[("multi;SET k v", "+OK\r\n+QUEUED\r\n")]));
        assert!(after(&[("MULTI;SET k v;EXEC", "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n")]));
        assert!(after(&[("WATCH k;UNWATCH", "+OK\r\n+OK\r\n")]));
    }

    #[test]
    fn who_listens_is_never_even_nor_is_what_cannot_be_read() {
        assert!(!after(&[("SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")]));
        assert!(!after(&[("", "HTTP/1.1 200 OK\r\n")]));
        let mut tally = Tally::default();
        tally.sent(b"PING\r\n");
        tally.received(b"+PONG\r\n");
        assert!(!tally.is_even());
    }
}
