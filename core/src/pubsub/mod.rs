//! Subscriptions: what is wanted, what commands change of it, and what a server says of it.

mod heard;
mod overlap;

use std::collections::BTreeSet;

pub(crate) use heard::{Heard, heard};
pub(crate) use overlap::Overlap;

use crate::resp::{Reply, Scanner, Token, encode_command};

/// What is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Channel,
    Pattern,
    Shard,
}

/// A command that begins or ends subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    pub(crate) begins: bool,
    /// None ends all.
    pub(crate) names: Vec<Vec<u8>>,
}

/// A command that a session of subscriptions takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Change(Change),
    Ping,
}

/// Reads a packed record of one command. None if a session of subscriptions does not take it.
pub(crate) fn request(packed: &[u8]) -> Option<Request> {
    let length = Scanner::new(crate::resp::Limits::default()).scan(packed).ok()??;
    if length != packed.len() {
        return None;
    }
    let mut words = Reply::new(packed).tokens().skip(1).map(|token| match token {
        Token::Bulk(word) => word.to_vec(),
        _ => Vec::new(),
    });
    let name = words.next()?.to_ascii_uppercase();
    if name == b"PING" {
        return Some(Request::Ping);
    }
    let (kind, begins, _) = WORDS.iter().copied().find(|(.., word)| word.as_bytes() == name)?;
    let names: Vec<_> = words.collect();
    (!begins || !names.is_empty()).then_some(Request::Change(Change { kind, begins, names }))
}

impl Change {
    /// The packed command.
    pub(crate) fn packed(&self) -> Vec<u8> {
        let same =
            |(kind, begins, _): &&(Kind, bool, _)| (*kind, *begins) == (self.kind, self.begins);
        let word = WORDS.iter().find(same).map_or("PING", |(.., word)| word);
        let mut out = Vec::new();
        let words: Vec<&[u8]> =
            std::iter::once(word.as_bytes()).chain(self.names.iter().map(Vec::as_slice)).collect();
        encode_command(&mut out, words);
        out
    }

    /// How often the server confirms it.
    pub(crate) fn confirmations(&self) -> u32 {
        u32::try_from(self.names.len().max(1)).unwrap_or(u32::MAX)
    }
}

/// What is subscribed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subscriptions {
    names: [BTreeSet<Vec<u8>>; 3],
}

impl Subscriptions {
    pub(crate) fn len(&self) -> usize {
        self.names.iter().map(BTreeSet::len).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.iter().all(BTreeSet::is_empty)
    }

    /// Names what a change that ends all would end: the server confirms each.
    pub(crate) fn spell_out(&self, change: Change) -> Change {
        match change.names.is_empty() {
            true => Change {
                names: self.names[change.kind as usize].iter().cloned().collect(),
                ..change
            },
            false => change,
        }
    }

    /// Takes a change.
    pub(crate) fn apply(&mut self, change: &Change) {
        let names = &mut self.names[change.kind as usize];
        for name in &change.names {
            match change.begins {
                true => names.insert(name.clone()),
                false => names.remove(name),
            };
        }
    }

    /// Forgets subscriptions that did not come about.
    pub(crate) fn forget(&mut self, change: &Change) {
        if change.begins {
            self.apply(&Change { begins: false, ..change.clone() });
        }
    }

    /// Whether a message is one of those subscribed to. None if it comes without a subscription.
    pub(crate) fn cover(&self, message: Reply<'_>) -> Option<bool> {
        let mut tokens = message.tokens().skip(1).map(|token| match token {
            Token::Bulk(text) | Token::Simple(text) => text,
            _ => b"",
        });
        let kind = match tokens.next() {
            Some(b"message") => Kind::Channel,
            Some(b"pmessage") => Kind::Pattern,
            Some(b"smessage") => Kind::Shard,
            _ => return None,
        };
        Some(self.names[kind as usize].contains(tokens.next()?))
    }

    /// The changes that make these of others.
    pub(crate) fn changes_from(&self, others: &Self) -> Vec<Change> {
        let mut all = Vec::new();
        for kind in [Kind::Channel, Kind::Pattern, Kind::Shard] {
            let (these, others) = (&self.names[kind as usize], &others.names[kind as usize]);
            for (begins, more, less) in [(true, these, others), (false, others, these)] {
                let names: Vec<_> = more.difference(less).cloned().collect();
                // Of several slots a cluster takes them only one by one.
                let at_once = if kind == Kind::Shard { 1 } else { usize::MAX };
                let parts = names.chunks(at_once.min(names.len().max(1)));
                all.extend(parts.map(|names| Change { kind, begins, names: names.to_vec() }));
            }
        }
        all
    }
}

const WORDS: &[(Kind, bool, &str)] = &[
    (Kind::Channel, true, "SUBSCRIBE"),
    (Kind::Channel, false, "UNSUBSCRIBE"),
    (Kind::Pattern, true, "PSUBSCRIBE"),
    (Kind::Pattern, false, "PUNSUBSCRIBE"),
    (Kind::Shard, true, "SSUBSCRIBE"),
    (Kind::Shard, false, "SUNSUBSCRIBE"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::pack;

    fn change(kind: Kind, begins: bool, names: &[&str]) -> Change {
        Change { kind, begins, names: names.iter().map(|name| name.as_bytes().to_vec()).collect() }
    }

    #[test]
    fn which_commands_are_taken() {
        let begin = change(Kind::Channel, true, &["a", "b"]);
        assert_eq!(request(&pack("subscribe a b")), Some(Request::Change(begin.clone())));
        assert_eq!(request(&begin.packed()), Some(Request::Change(begin)));
        assert_eq!(request(&pack("PING")), Some(Request::Ping));
        let end = change(Kind::Shard, false, &[]);
        assert_eq!(request(&pack("SUNSUBSCRIBE")), Some(Request::Change(end)));
        assert_eq!(request(&[pack("PING"), pack("PING")].concat()), None);
        for command in ["GET k", "SUBSCRIBE", "RESET"] {
            assert_eq!(request(&pack(command)), None, "{command}");
        }
    }

    #[test]
    fn what_is_subscribed_to_follows_the_commands() {
        let mut it = Subscriptions::default();
        it.apply(&change(Kind::Channel, true, &["a", "b"]));
        it.apply(&change(Kind::Channel, true, &["b", "c"]));
        it.forget(&change(Kind::Channel, true, &["c"]));
        it.apply(&change(Kind::Pattern, true, &["p*"]));
        it.apply(&change(Kind::Shard, true, &["s", "t"]));
        assert_eq!(it.len(), 5);
        let from = |others: &Subscriptions| -> Vec<_> {
            it.changes_from(others).iter().map(Change::packed).collect()
        };
        let expected = ["SUBSCRIBE a b", "PSUBSCRIBE p*", "SSUBSCRIBE s", "SSUBSCRIBE t"];
        assert_eq!(from(&Subscriptions::default()), expected.map(pack));
        let mut others = Subscriptions::default();
        others.apply(&change(Kind::Channel, true, &["a", "z"]));
        others.apply(&change(Kind::Pattern, true, &["p*"]));
        let expected = ["SUBSCRIBE b", "UNSUBSCRIBE z", "SSUBSCRIBE s", "SSUBSCRIBE t"];
        assert_eq!(from(&others), expected.map(pack));
        let every = it.spell_out(change(Kind::Channel, false, &[]));
        assert_eq!(every, change(Kind::Channel, false, &["a", "b"]));
        it.apply(&every);
        assert_eq!(it.len(), 3);
    }

    #[test]
    fn whose_a_message_is() {
        let mut it = Subscriptions::default();
        it.apply(&change(Kind::Pattern, true, &["p*"]));
        assert_eq!(it.cover(Reply::new(&pack("pmessage p* pq m"))), Some(true));
        assert_eq!(it.cover(Reply::new(&pack("message pq m"))), Some(false));
        assert_eq!(it.cover(Reply::new(&pack("invalidate k"))), None);
    }
}
