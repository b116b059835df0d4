//! A complete reply: borrowed, and as an owned tree.

use std::{borrow::Cow, fmt};

use super::{
    scan::Limits,
    token::{Token, Tokens},
};

/// One complete reply, borrowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a>(&'a [u8]);

impl<'a> Reply<'a> {
    /// Only for exactly the bytes that a [`Scanner`](super::Scanner) found to be one reply, at
    /// whatever time they were scanned. Of other bytes the parts before the first fault are seen.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The reply as it was received, attributes included.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Every element, attributes included.
    #[inline]
    pub fn tokens(self) -> Tokens<'a> {
        Tokens::new(self.0)
    }

    /// The element that says what the reply is, after any attributes.
    #[inline]
    pub fn first(self) -> Token<'a> {
        next_content(&mut self.tokens()).unwrap_or(Token::Nil)
    }

    /// The text of a reply that is an error; not of errors within an aggregate.
    #[inline]
    pub fn error_text(self) -> Option<Cow<'a, str>> {
        match self.0.first() {
            Some(b'-' | b'!' | b'|') => match self.first() {
                Token::Error(text) => Some(String::from_utf8_lossy(text)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this answers no command.
    #[inline]
    pub fn is_push(self) -> bool {
        match self.0.first() {
            Some(b'|') => matches!(self.first(), Token::Push(_)),
            first => first == Some(&b'>'),
        }
    }

    /// The reply as an owned tree. Attributes are dropped.
    pub fn to_value(self) -> Value {
        build(&mut self.tokens(), 0).unwrap_or(Value::Nil)
    }
}

/// Shows the size only: replies hold what callers stored.
impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({} bytes)", self.0.len())
    }
}

/// An owned reply. Status and error texts are made UTF-8; strings stay bytes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// No value, in each of its three spellings.
    Nil,
    /// A status, such as `OK`.
    Simple(String),
    /// An error, as a reply or inside an aggregate.
    Error(String),
    /// An integer.
    Int(i64),
    /// A string.
    Bulk(Vec<u8>),
    /// A list.
    Array(Vec<Value>),
    /// Keys and values in the server's order.
    Map(Vec<(Value, Value)>),
    /// A set in the server's order.
    Set(Vec<Value>),
    /// An out-of-band message; its first element is its kind.
    Push(Vec<Value>),
    /// A floating point number.
    Double(f64),
    /// A truth value.
    Bool(bool),
    /// An integer of any size, as an optional sign and digits.
    BigNumber(String),
    /// A string for people.
    Verbatim {
        /// `txt` or `mkd`.
        format: [u8; 3],
        /// The string itself.
        text: Vec<u8>,
    },
}

impl Value {
    /// The bytes of a string of any kind.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Simple(text) | Self::BigNumber(text) => Some(text.as_bytes()),
            Self::Bulk(text) | Self::Verbatim { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The same, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        self.as_bytes().and_then(|bytes| str::from_utf8(bytes).ok())
    }
}

/// The next element that is neither an attribute nor within one.
#[inline]
fn next_content<'a>(tokens: &mut Tokens<'a>) -> Option<Token<'a>> {
    match tokens.next()? {
        Token::Attribute(pairs) => after_attributes(tokens, pairs),
        token => Some(token),
    }
}

#[cold]
fn after_attributes<'a>(tokens: &mut Tokens<'a>, pairs: usize) -> Option<Token<'a>> {
    let mut skip = pairs.saturating_mul(2);
    loop {
        let token = tokens.next()?;
        if !matches!(token, Token::Attribute(_)) {
            if skip == 0 {
                return Some(token);
            }
            skip -= 1;
        }
        skip = skip.saturating_add(token.children().unwrap_or(0));
    }
}

fn build(tokens: &mut Tokens<'_>, depth: usize) -> Option<Value> {
    // Only bytes that no scanner has passed get here: calls and drops must not exhaust the stack.
    if depth > Limits::MAX_DEPTH {
        return None;
    }
    Some(match next_content(tokens)? {
        Token::Nil | Token::Attribute(_) => Value::Nil,
        Token::Simple(text) => Value::Simple(lossy(text)),
        Token::Error(text) => Value::Error(lossy(text)),
        Token::Int(number) => Value::Int(number),
        Token::Bulk(text) => Value::Bulk(text.to_vec()),
        Token::Array(count) => Value::Array(list(tokens, count, depth)),
        Token::Set(count) => Value::Set(list(tokens, count, depth)),
        Token::Push(count) => Value::Push(list(tokens, count, depth)),
        Token::Map(pairs) => {
            let mut map = Vec::with_capacity(expected(tokens, pairs));
            for _ in 0..pairs {
                let Some(key) = build(tokens, depth + 1) else { break };
                let Some(value) = build(tokens, depth + 1) else { break };
                map.push((key, value));
            }
            Value::Map(map)
        }
        Token::Double(number) => Value::Double(number),
        Token::Bool(truth) => Value::Bool(truth),
        Token::BigNumber(text) => Value::BigNumber(lossy(text)),
        Token::Verbatim { format, text } => {
            Value::Verbatim { format: format.try_into().ok()?, text: text.to_vec() }
        }
    })
}

fn list(tokens: &mut Tokens<'_>, count: usize, depth: usize) -> Vec<Value> {
    let mut list = Vec::with_capacity(expected(tokens, count));
    for _ in 0..count {
        let Some(value) = build(tokens, depth + 1) else { break };
        list.push(value);
    }
    list
}

/// Room to make at once for what a header announces: an element takes three bytes, and a peer that
/// lies about many does not get more than a page's worth each.
fn expected(tokens: &Tokens<'_>, count: usize) -> usize {
    count.min(tokens.remaining() / 3).min(128)
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
