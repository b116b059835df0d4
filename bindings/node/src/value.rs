//! Replies to JavaScript values, as node-redis maps them.

use redlatch_core::{
    Code, Error, document,
    resp::{Reply, Token, Tokens},
};

use crate::{
    mapping::Mapping,
    primitive::{Value, Values},
};

/// First argument of `convert` of node/src/native.ts, which makes what JavaScript makes faster or alone.
#[derive(Clone, Copy)]
pub(crate) enum Convert {
    /// The code's number, a blank and the text of an error reply, to an error.
    ErrorReply = 0,
    /// Keys and values in turn to an object.
    Object = 1,
    /// Digits to a BigInt.
    BigInt = 2,
    /// An error document to an error.
    Failure = 3,
    /// Keys and values in turn to a Map.
    Map = 4,
    /// A list to a Set.
    Set = 5,
    /// Format and text to a VerbatimString.
    Verbatim = 6,
}

impl Values {
    /// A whole reply.
    pub(crate) fn reply(&self, reply: Reply<'_>, mapping: Mapping) -> Value {
        let mut tokens = reply.tokens();
        self.next(&mut tokens, mapping).unwrap_or_else(|| self.null())
    }

    #[inline]
    fn next(&self, tokens: &mut Tokens<'_>, mapping: Mapping) -> Option<Value> {
        let before = tokens.rest();
        Some(match content(tokens)? {
            Token::Bulk(bytes) => match mapping.has(Mapping::BLOB_BUFFER) {
                true => self.buffer(bytes),
                false => self.text(bytes),
            },
            Token::Verbatim { format, text } => self.verbatim(format, text, mapping),
            Token::Nil | Token::Attribute(_) => self.null(),
            Token::Simple(bytes) => match mapping.has(Mapping::SIMPLE_BUFFER) {
                true => self.buffer(bytes),
                false => self.text(bytes),
            },
            Token::Int(number) if mapping.has(Mapping::NUMBER_TEXT) => {
                self.text(number.to_string().as_bytes())
            }
            Token::Int(number) => self.integer(number),
            Token::Set(count) if mapping.has(Mapping::SET_AS_SET) => {
                let list = self.list(tokens, count, mapping, false);
                self.convert(Convert::Set, list)
            }
            Token::Array(count) | Token::Set(count) | Token::Push(count) => {
                self.list(tokens, count, mapping, false)
            }
            Token::Map(pairs) => {
                let as_array = mapping.has(Mapping::MAP_AS_ARRAY);
                let flat = self.list(tokens, pairs.saturating_mul(2), mapping, !as_array);
                match as_array {
                    true => flat,
                    false if mapping.has(Mapping::MAP_AS_MAP) => self.convert(Convert::Map, flat),
                    false => self.convert(Convert::Object, flat),
                }
            }
            Token::Double(_) if mapping.has(Mapping::DOUBLE_TEXT) => {
                self.text(spelling(before, tokens.rest()))
            }
            Token::Double(number) => self.double(number),
            Token::Bool(truth) => self.boolean(truth),
            Token::BigNumber(digits) => match mapping.has(Mapping::BIG_TEXT) {
                true => self.text(digits),
                false => self.convert(Convert::BigInt, self.text(digits)),
            },
            Token::Error(text) => self.error_reply(text),
        })
    }

    fn verbatim(&self, format: &[u8], text: &[u8], mapping: Mapping) -> Value {
        if mapping.has(Mapping::VERBATIM_BUFFER) {
            self.buffer(text)
        } else if mapping.has(Mapping::VERBATIM_OBJECT) {
            let both = self.array();
            self.set(both, 0, self.text(format));
            self.set(both, 1, self.text(text));
            self.convert(Convert::Verbatim, both)
        } else {
            self.text(text)
        }
    }

    /// The depth of aggregates was bounded when they were scanned.
    fn list(
        &self,
        tokens: &mut Tokens<'_>,
        count: usize,
        mapping: Mapping,
        has_keys: bool,
    ) -> Value {
        let array = self.array();
        let mut at = 0;
        while at < count {
            let end = count.min(at + SCOPE);
            self.scoped(|| {
                while at < end {
                    let is_key = has_keys && at.is_multiple_of(2);
                    let mapping = if is_key { mapping.of_key() } else { mapping };
                    match self.next(tokens, mapping) {
                        Some(value) => self.set(array, at as u32, value),
                        None => at = count - 1,
                    }
                    at += 1;
                }
            });
        }
        array
    }

    #[cold]
    pub(crate) fn too_long(&self, length: usize) -> Value {
        let error = Error::with_detail(
            Code::ProtocolLimit,
            "the reply is longer than a string of JavaScript can be; ask for a Buffer",
        )
        .with("length", length);
        self.failure(&error)
    }

    fn error_reply(&self, text: &[u8]) -> Value {
        let text = String::from_utf8_lossy(text);
        let numbered = format!("{} {text}", Code::of_server_text(&text).number());
        self.convert(Convert::ErrorReply, self.text(numbered.as_bytes()))
    }

    /// An instance of the error's class.
    pub(crate) fn failure(&self, error: &Error) -> Value {
        self.convert(Convert::Failure, self.text(document::error(error).as_bytes()))
    }
}

/// The next element that is neither an attribute nor within one.
#[inline]
fn content<'a>(tokens: &mut Tokens<'a>) -> Option<Token<'a>> {
    match tokens.next()? {
        Token::Attribute(pairs) => {
            let mut skip = pairs.saturating_mul(2);
            loop {
                let token = tokens.next()?;
                let children = match token {
                    Token::Array(count) | Token::Set(count) | Token::Push(count) => count,
                    Token::Map(pairs) | Token::Attribute(pairs) => pairs.saturating_mul(2),
                    _ => 0,
                };
                if !matches!(token, Token::Attribute(_)) {
                    if skip == 0 {
                        return Some(token);
                    }
                    skip -= 1;
                }
                skip = skip.saturating_add(children);
            }
        }
        token => Some(token),
    }
}

/// How the server spelled the number that was read between two places.
fn spelling<'a>(before: &'a [u8], rest: &[u8]) -> &'a [u8] {
    let read = before.get(..before.len() - rest.len()).unwrap_or_default();
    let start = read.iter().rposition(|byte| *byte == b',').map_or(0, |at| at + 1);
    read[start..].trim_ascii_end()
}

/// Values kept alive at a time while a long list is made.
const SCOPE: usize = 1024;
