//! Replies as redis-rs's values.

use redis::{Value, VerbatimFormat, parse_redis_value};
use redlatch_core::resp::{self, Reply, Token};

use crate::replies::Replies;

/// The one reply to one command.
pub(super) fn only(replies: &Replies) -> Value {
    replies.iter().next().map_or(Value::Nil, of)
}

pub(super) fn of(reply: Reply<'_>) -> Value {
    match reply.first() {
        Token::Bulk(text) => Value::BulkString(text.to_vec()),
        Token::Simple(b"OK") => Value::Okay,
        _ => build(reply.to_value()),
    }
}

fn build(value: resp::Value) -> Value {
    match value {
        resp::Value::Simple(text) if text == "OK" => Value::Okay,
        resp::Value::Simple(text) => Value::SimpleString(text),
        resp::Value::Error(text) => error(&text),
        resp::Value::Int(number) => Value::Int(number),
        resp::Value::Bulk(text) => Value::BulkString(text),
        resp::Value::Array(list) | resp::Value::Push(list) => Value::Array(all(list)),
        resp::Value::Set(list) => Value::Set(all(list)),
        resp::Value::Map(pairs) => {
            Value::Map(pairs.into_iter().map(|(key, value)| (build(key), build(value))).collect())
        }
        resp::Value::Double(number) => Value::Double(number),
        resp::Value::Bool(truth) => Value::Boolean(truth),
        resp::Value::BigNumber(digits) => big_number(digits),
        resp::Value::Verbatim { format, text } => Value::VerbatimString {
            format: match &format {
                b"txt" => VerbatimFormat::Text,
                b"mkd" => VerbatimFormat::Markdown,
                other => VerbatimFormat::Unknown(String::from_utf8_lossy(other).into_owned()),
            },
            text: String::from_utf8_lossy(&text).into_owned(),
        },
        _ => Value::Nil,
    }
}

fn all(list: Vec<resp::Value>) -> Vec<Value> {
    list.into_iter().map(build).collect()
}

/// Only redis-rs's own parser makes these.
pub(super) fn error(text: &str) -> Value {
    parse_redis_value(format!("!{}\r\n{text}\r\n", text.len()).as_bytes()).unwrap_or(Value::Nil)
}

/// Its type depends on redis-rs's features, so that only redis-rs can make it.
fn big_number(digits: String) -> Value {
    parse_redis_value(format!("({digits}\r\n").as_bytes())
        .unwrap_or_else(|_| Value::SimpleString(digits))
}
