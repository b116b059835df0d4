//! Where a reply ends. The judge of what a peer sends.

use super::token::{Step, Token, step};
use crate::error::{Code, Error, Result};

/// Limits on what a peer may make us hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Aggregates inside each other: 128, and at most 512 because owned trees nest calls.
    pub depth: usize,
    /// Bytes of one string, also a simple one: 512 MiB, as in the server.
    pub bulk: usize,
    /// Elements of one reply, in all its aggregates: 16 Mi.
    pub elements: usize,
    /// Bytes of one reply: 1 GiB.
    pub bytes: usize,
}

impl Limits {
    /// The depth above which no limit goes.
    pub(super) const MAX_DEPTH: usize = 512;

    /// For bytes that a scanner has passed.
    pub(super) const NONE: Self =
        Self { depth: usize::MAX, bulk: usize::MAX, elements: usize::MAX, bytes: usize::MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 128, bulk: 512 << 20, elements: 16 << 20, bytes: 1 << 30 }
    }
}

/// Finds the ends of replies, in time linear in the input however it is cut: strings are skipped,
/// not read, a search for the end of a line goes on where it stopped, and only a header of at most
/// 23 bytes is read again when its rest arrives.
#[derive(Clone, Debug)]
pub struct Scanner {
    limits: Limits,
    /// Start of the element under way.
    at: usize,
    /// The end of its line is not before this.
    seen: usize,
    /// It is pointless to look before the input has so many bytes.
    need: usize,
    /// Elements that all aggregates so far announced.
    elements: usize,
    /// Elements still to come in the innermost aggregate, at least 1.
    left: usize,
    /// The same for those around it.
    outer: Vec<usize>,
    /// A stream that has lost its frame never finds it again.
    failed: Option<Error>,
}

impl Scanner {
    /// A scanner at the start of a stream.
    pub fn new(limits: Limits) -> Self {
        let limits = Limits { depth: limits.depth.min(Limits::MAX_DEPTH), ..limits };
        Self {
            limits,
            at: 0,
            seen: 0,
            need: 0,
            elements: 0,
            left: 1,
            outer: Vec::new(),
            failed: None,
        }
    }

    /// Looks for the end of the reply that starts at `buf[0]`. Attributes belong to the reply they
    /// precede.
    ///
    /// `Some(length)`: the first `length` bytes are one complete reply; cut them off and call again
    /// for the next one. `None`: call again with the same bytes and more behind them.
    ///
    /// # Errors
    ///
    /// [`Code::ProtocolMalformed`] and [`Code::ProtocolLimit`]. Every later call repeats the error,
    /// for the rest of the stream cannot be told apart.
    #[inline]
    pub fn scan(&mut self, buf: &[u8]) -> Result<Option<usize>> {
        if buf.len() < self.need {
            return self.failed.clone().map_or(Ok(None), Err);
        }
        self.advance(buf).map_err(|fault| self.fail(buf, fault))
    }

    /// What is known of the reply that the last call, of these bytes, found to be cut off: how many
    /// bytes must follow at least, and what has come of it if it is one string, of how many bytes.
    pub(crate) fn cut_off<'a>(&self, buf: &'a [u8]) -> (usize, Option<(&'a [u8], usize)>) {
        let due = self.need.saturating_sub(buf.len());
        (due, self.text(buf).filter(|_| due > 0))
    }

    fn text<'a>(&self, buf: &'a [u8]) -> Option<(&'a [u8], usize)> {
        if self.at > 0 || !self.outer.is_empty() || *buf.first()? != b'$' {
            return None;
        }
        let start = buf.iter().take(LONGEST_HEADER).position(|byte| *byte == b'\n')? + 1;
        let whole = self.need.checked_sub(start + 2)?;
        Some((buf.get(start..buf.len().min(start + whole))?, whole))
    }

    fn advance(&mut self, buf: &[u8]) -> Result<Option<usize>, Fault> {
        loop {
            let (token, next) = match step(buf, self.at, self.seen, &self.limits) {
                Step::Token(token, next) => (token, next),
                Step::More { need, seen } if need <= self.limits.bytes => {
                    (self.need, self.seen) = (need, seen);
                    return Ok(None);
                }
                Step::More { .. } => return Err(Fault::Limit("bytes", self.limits.bytes)),
                Step::Malformed(reason) => return Err(Fault::Malformed(reason)),
                Step::Limit(name, value) => return Err(Fault::Limit(name, value)),
            };
            if next > self.limits.bytes {
                return Err(Fault::Limit("bytes", self.limits.bytes));
            }
            if let Some(children) = token.children() {
                self.enter(token, children)?;
            } else {
                self.left -= 1;
            }
            self.at = next;
            while self.left == 0 {
                let Some(left) = self.outer.pop() else {
                    (self.at, self.seen, self.need) = (0, 0, 0);
                    (self.elements, self.left) = (0, 1);
                    return Ok(Some(next));
                };
                self.left = left;
            }
        }
    }

    fn enter(&mut self, token: Token<'_>, children: usize) -> Result<(), Fault> {
        // An attribute is not an element of what it stands in, but costs as much as one.
        let attribute = matches!(token, Token::Attribute(_));
        self.elements = self.elements.saturating_add(children).saturating_add(attribute.into());
        if self.elements > self.limits.elements {
            return Err(Fault::Limit("elements", self.limits.elements));
        }
        if self.outer.len() >= self.limits.depth {
            return Err(Fault::Limit("depth", self.limits.depth));
        }
        if !attribute {
            self.left -= 1;
        }
        if children > 0 {
            self.outer.push(self.left);
            self.left = children;
        }
        Ok(())
    }

    #[cold]
    fn fail(&mut self, buf: &[u8], fault: Fault) -> Error {
        let error = match fault {
            // One byte tells an HTTP or TLS peer from a broken server, and no secret.
            Fault::Malformed(reason) => {
                let kind = buf.get(self.at).copied().unwrap_or_default();
                Error::with_detail(Code::ProtocolMalformed, reason)
                    .with("type", kind.escape_ascii())
                    .with("offset", self.at)
            }
            Fault::Limit(name, value) => {
                Error::new(Code::ProtocolLimit).with("limit", name).with("value", value)
            }
        };
        self.need = usize::MAX;
        self.failed = Some(error.clone());
        error
    }
}

/// Type, number, end of line.
const LONGEST_HEADER: usize = 23;

/// Kept small, so that the hot loop does not carry an error's weight.
enum Fault {
    Malformed(&'static str),
    Limit(&'static str, usize),
}
