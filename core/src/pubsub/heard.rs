//! What a server says on a session of subscriptions. RESP2 has no type of its own for it.

use super::Kind;
use crate::resp::{Reply, Token};

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A message.
    Message,
    /// A subscription began or ended.
    Change { kind: Kind, begins: bool },
    /// The answer to another command.
    Reply,
}

/// Tells a reply from what was not asked for.
pub(crate) fn heard(reply: Reply<'_>) -> Heard {
    let mut tokens = reply.tokens();
    let (Some(Token::Array(_) | Token::Push(_)), Some(Token::Bulk(word) | Token::Simple(word))) =
        (tokens.next(), tokens.next())
    else {
        return Heard::Reply;
    };
    let change = |kind, begins| Heard::Change { kind, begins };
    match word {
        b"message" | b"pmessage" | b"smessage" => Heard::Message,
        b"subscribe" => change(Kind::Channel, true),
        b"unsubscribe" => change(Kind::Channel, false),
        b"psubscribe" => change(Kind::Pattern, true),
        b"punsubscribe" => change(Kind::Pattern, false),
        b"ssubscribe" => change(Kind::Shard, true),
        b"sunsubscribe" => change(Kind::Shard, false),
        // Whatever else a server pushes answers nothing.
        _ if reply.is_push() => Heard::Message,
        _ => Heard::Reply,
    }
}
