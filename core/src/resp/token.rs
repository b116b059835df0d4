//! The elements a reply is made of, and the one place that reads them.

use std::iter::FusedIterator;

use super::scan::Limits;

/// One element of a reply; of an aggregate, its header. Texts are what the peer sent: any bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    /// `+`, a status.
    Simple(&'a [u8]),
    /// `-` or `!`, an error.
    Error(&'a [u8]),
    /// `:`
    Int(i64),
    /// `$`, a string.
    Bulk(&'a [u8]),
    /// `_`, `$-1` or `*-1`.
    Nil,
    /// `*`, so many elements follow.
    Array(usize),
    /// `%`, so many pairs of elements follow.
    Map(usize),
    /// `~`, so many elements follow.
    Set(usize),
    /// `>`, out of band; so many elements follow.
    Push(usize),
    /// `,`
    Double(f64),
    /// `#`
    Bool(bool),
    /// `(`, an optional sign and digits.
    BigNumber(&'a [u8]),
    /// `=`, a string for people.
    Verbatim {
        /// Three bytes: `txt` or `mkd`.
        format: &'a [u8],
        /// The string itself.
        text: &'a [u8],
    },
    /// `|`, so many pairs of elements follow, then what they are about. Not an element itself.
    Attribute(usize),
}

impl Token<'_> {
    /// The number of elements that follow an aggregate.
    #[inline]
    pub(super) fn children(self) -> Option<usize> {
        match self {
            Self::Array(count) | Self::Set(count) | Self::Push(count) => Some(count),
            Self::Map(pairs) | Self::Attribute(pairs) => Some(pairs.saturating_mul(2)),
            _ => None,
        }
    }
}

/// The elements of a reply, depth first, in wire order. Ends early where bytes are malformed,
/// which those passed by a [`Scanner`](super::Scanner) never are.
#[derive(Clone)]
pub struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The bytes not yet read: what two of these differ by is how a token was spelled.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// How many bytes were not yet read.
    pub(super) fn remaining(&self) -> usize {
        self.rest().len()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    #[inline]
    fn next(&mut self) -> Option<Token<'a>> {
        if let Step::Token(token, next) = step(self.bytes, self.at, 0, &Limits::NONE) {
            self.at = next;
            return Some(token);
        }
        self.at = self.bytes.len();
        None
    }
}

impl FusedIterator for Tokens<'_> {}

/// What stands at one place of the input.
pub(super) enum Step<'a> {
    /// An element, and where the next one starts.
    Token(Token<'a>, usize),
    /// Nothing to decide before the input has `need` bytes; no line ends before `seen`.
    More { need: usize, seen: usize },
    /// Not RESP.
    Malformed(&'static str),
    /// The named limit and its value.
    Limit(&'static str, usize),
}

/// Reads the element at `at`. `seen` is where an earlier search for the end of its line stopped.
#[inline(always)]
pub(super) fn step<'a>(buf: &'a [u8], at: usize, seen: usize, limits: &Limits) -> Step<'a> {
    let Some(&kind) = buf.get(at) else {
        return Step::More { need: at.saturating_add(1), seen: 0 };
    };
    let from = at + 1;
    match kind {
        b'$' | b'!' | b'=' => blob(kind, buf, from, limits),
        b'*' | b'~' | b'>' | b'%' | b'|' => aggregate(kind, buf, from, limits),
        b':' => int(buf, from),
        b'+' | b'-' | b'(' | b',' => line(kind, buf, from, seen, limits),
        b'_' => fixed(buf, from, [(b"\r\n", Token::Nil); 2], "a null is not empty"),
        b'#' => {
            let words = [(b"t\r\n", Token::Bool(true)), (b"f\r\n", Token::Bool(false))];
            fixed(buf, from, words, "a boolean is neither t nor f")
        }
        _ => Step::Malformed("unknown type"),
    }
}

#[inline(always)]
fn blob<'a>(kind: u8, buf: &'a [u8], from: usize, limits: &Limits) -> Step<'a> {
    let (length, start) = match count(buf, from, kind == b'$', limits.bulk, "bulk") {
        Ok(found) => found,
        Err(step) => return step,
    };
    let end = start.saturating_add(length).saturating_add(2);
    let Some((text, tail)) = buf.get(start..end).and_then(<[u8]>::split_last_chunk::<2>) else {
        return Step::More { need: end, seen: 0 };
    };
    if tail != b"\r\n" {
        return Step::Malformed("a string is longer than it says");
    }
    let token = match kind {
        b'$' => Token::Bulk(text),
        b'!' => Token::Error(text),
        _ => match text.split_first_chunk::<4>() {
            Some(([format @ .., b':'], text)) => Token::Verbatim { format, text },
            _ => return Step::Malformed("a verbatim string has no format"),
        },
    };
    Step::Token(token, end)
}

#[inline(always)]
fn aggregate<'a>(kind: u8, buf: &'a [u8], from: usize, limits: &Limits) -> Step<'a> {
    let (count, next) = match count(buf, from, kind == b'*', limits.elements, "elements") {
        Ok(found) => found,
        Err(step) => return step,
    };
    let token = match kind {
        b'*' => Token::Array(count),
        b'~' => Token::Set(count),
        b'>' => Token::Push(count),
        b'%' => Token::Map(count),
        _ => Token::Attribute(count),
    };
    Step::Token(token, next)
}

/// A length or count, not above `limit`. As an error: whatever else the header turns out to be.
#[inline(always)]
fn count<'a>(
    buf: &'a [u8],
    from: usize,
    nullable: bool,
    limit: usize,
    name: &'static str,
) -> Result<(usize, usize), Step<'a>> {
    if let Some(b'-' | b'?') = buf.get(from) {
        return Err(special(buf, from, nullable));
    }
    let (number, next) = digits(buf, from)?;
    match usize::try_from(number) {
        Ok(number) if number <= limit => Ok((number, next)),
        _ => Err(Step::Limit(name, limit)),
    }
}

#[cold]
fn special(buf: &[u8], from: usize, nullable: bool) -> Step<'_> {
    if buf.get(from) == Some(&b'?') {
        return Step::Malformed("streamed strings and aggregates are not supported");
    }
    if !nullable {
        return Step::Malformed("a length is negative");
    }
    fixed(buf, from, [(b"-1\r\n", Token::Nil); 2], "a length is negative")
}

/// Exactly one of two words.
#[inline(always)]
fn fixed<'a, const N: usize>(
    buf: &'a [u8],
    from: usize,
    words: [(&[u8; N], Token<'a>); 2],
    otherwise: &'static str,
) -> Step<'a> {
    let end = from.saturating_add(N);
    let Some(found) = buf.get(from..end) else {
        return Step::More { need: end, seen: 0 };
    };
    match words.into_iter().find(|(word, _)| *word == found) {
        Some((_, token)) => Step::Token(token, end),
        None => Step::Malformed(otherwise),
    }
}

#[inline(always)]
fn int(buf: &[u8], from: usize) -> Step<'_> {
    let sign = buf.get(from).copied().filter(|byte| matches!(byte, b'-' | b'+'));
    let (number, next) = match digits(buf, from + usize::from(sign.is_some())) {
        Ok(found) => found,
        Err(step) => return step,
    };
    let signed = if sign == Some(b'-') {
        0_i64.checked_sub_unsigned(number)
    } else {
        i64::try_from(number).ok()
    };
    match signed {
        Some(signed) => Step::Token(Token::Int(signed), next),
        None => Step::Malformed("an integer has more than 64 bits"),
    }
}

/// Decimal digits and CR LF: the number, and where the next line starts.
#[inline(always)]
fn digits<'a>(buf: &'a [u8], from: usize) -> Result<(u64, usize), Step<'a>> {
    // Every 19 digits fit; more are never needed, and would make a cut header costly to read again.
    const MOST: usize = 19;
    const REASON: &str = "a number is not decimal";
    let mut number = 0_u64;
    let mut at = from;
    loop {
        match buf.get(at) {
            Some(&byte @ b'0'..=b'9') if at - from < MOST => {
                number = number * 10 + u64::from(byte - b'0');
                at += 1;
            }
            Some(b'\r') if at > from => break,
            Some(_) => return Err(Step::Malformed(REASON)),
            None => return Err(Step::More { need: at.saturating_add(1), seen: 0 }),
        }
    }
    match buf.get(at + 1) {
        Some(b'\n') => Ok((number, at + 2)),
        Some(_) => Err(Step::Malformed(REASON)),
        None => Err(Step::More { need: at.saturating_add(2), seen: 0 }),
    }
}

#[inline(always)]
fn line<'a>(kind: u8, buf: &'a [u8], from: usize, seen: usize, limits: &Limits) -> Step<'a> {
    // Long doubles have up to 5 KiB of digits.
    const NUMBER: usize = 64 << 10;
    let start = from.max(seen);
    let rest = buf.get(start..).unwrap_or_default();
    let found = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let end = start + found.unwrap_or(rest.len());
    if end - from > limits.bulk {
        return Step::Limit("bulk", limits.bulk);
    }
    if kind == b',' && end - from > NUMBER {
        return Step::Malformed("a number is too long");
    }
    let text = match (buf.get(from..end), buf.get(end), buf.get(end + 1)) {
        (Some(text), Some(b'\r'), Some(b'\n')) => text,
        (_, None, _) => return Step::More { need: end.saturating_add(1), seen: end },
        (_, Some(b'\r'), None) => return Step::More { need: end.saturating_add(2), seen: end },
        _ => return Step::Malformed("a line does not end in CR LF"),
    };
    let token = match kind {
        b'+' => Token::Simple(text),
        b'-' => Token::Error(text),
        b'(' => match text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text) {
            digits if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
                Token::BigNumber(text)
            }
            _ => return Step::Malformed("a number is not decimal"),
        },
        // Takes inf and nan in every spelling that servers have used.
        _ => match str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
            Some(double) => Token::Double(double),
            None => return Step::Malformed("a number is not decimal"),
        },
    };
    Step::Token(token, end + 2)
}
