//! Subscriptions: what is wanted, what commands change of it, and what a server says of it.

mod heard;
mod overlap;

use std::collections::BTreeSet;

pub(crate) use heard::{Heard, heard};
pub(crate) use overlap::Overlap;

use crate::resp::{Scanner, Token, encode_command};

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
    let mut words = crate::resp::Reply::new(packed).tokens().skip(1).map(|token| match token {
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

/// What the callers of a session want to hear.
#[derive(Debug, Default)]
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

    /// Takes a change. What is left of it is what it really changed.
    pub(crate) fn apply(&mut self, mut change: Change) -> Change {
        let wanted = &mut self.names[change.kind as usize];
        change.names.retain(|name| match change.begins {
            true => wanted.insert(name.clone()),
            false => wanted.remove(name),
        });
        change
    }

    /// Forgets subscriptions that did not come about.
    pub(crate) fn forget(&mut self, change: &Change) {
        for name in change.names.iter().filter(|_| change.begins) {
            self.names[change.kind as usize].remove(name);
        }
    }

    /// The commands that subscribe a new session to everything but what others will.
    pub(crate) fn all_but<'a>(&self, others: impl Iterator<Item = &'a Change>) -> Vec<Change> {
        let mut names = self.names.clone();
        for change in others.filter(|change| change.begins) {
            for name in &change.names {
                names[change.kind as usize].remove(name);
            }
        }
        let begin = |kind, names| Change { kind, begins: true, names };
        let mut all = Vec::new();
        for kind in [Kind::Channel, Kind::Pattern] {
            let names: Vec<_> = std::mem::take(&mut names[kind as usize]).into_iter().collect();
            if !names.is_empty() {
                all.push(begin(kind, names));
            }
        }
        // Of several slots a cluster takes them only one by one.
        let [.., shards] = names;
        all.extend(shards.into_iter().map(|name| begin(Kind::Shard, vec![name])));
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
    fn what_is_wanted_follows_the_commands() {
        let mut wanted = Subscriptions::default();
        wanted.apply(change(Kind::Channel, true, &["a", "b"]));
        let new = wanted.apply(change(Kind::Channel, true, &["b", "c"]));
        assert_eq!(new, change(Kind::Channel, true, &["c"]));
        wanted.forget(&new);
        wanted.apply(change(Kind::Pattern, true, &["p*"]));
        wanted.apply(change(Kind::Shard, true, &["s", "t"]));
        assert_eq!(wanted.len(), 5);
        let all = |others: &[Change]| -> Vec<_> {
            wanted.all_but(others.iter()).iter().map(Change::packed).collect()
        };
        let expected = ["SUBSCRIBE a b", "PSUBSCRIBE p*", "SSUBSCRIBE s", "SSUBSCRIBE t"];
        assert_eq!(all(&[]), expected.map(pack));
        let others = [change(Kind::Channel, true, &["a"]), change(Kind::Pattern, true, &["p*"])];
        assert_eq!(all(&others), ["SUBSCRIBE b", "SSUBSCRIBE s", "SSUBSCRIBE t"].map(pack));
        let every = wanted.spell_out(change(Kind::Channel, false, &[]));
        assert_eq!(every, change(Kind::Channel, false, &["a", "b"]));
        wanted.apply(every);
        assert_eq!(wanted.len(), 3);
    }
}
