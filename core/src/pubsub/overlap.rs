//! Messages that two sessions heard while one took over from the other.
//!
//! Both are subscribed to the same for a moment. A server hands every subscriber the messages of one
//! channel in the same order, so what the new session heard first is what the old one heard last:
//! for each subscription the longest such run is the same messages, and is told once. Should equal
//! messages follow each other in that moment, one of them may be taken for the other.

use std::collections::{HashMap, VecDeque};

use crate::resp::Reply;

/// The latest messages of a session that is being replaced.
#[derive(Debug, Default)]
pub(crate) struct Overlap {
    recent: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Overlap {
    /// The old session heard a message.
    pub(crate) fn note(&mut self, message: Reply<'_>) {
        let message = message.bytes().to_vec();
        self.bytes += message.len();
        self.recent.push_back(message);
        while self.bytes > MOST {
            self.bytes -= self.recent.pop_front().map_or(0, |oldest| oldest.len());
        }
    }

    /// Of what the new session heard meanwhile, what the old one did not.
    pub(crate) fn unheard(self, held: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let mut heard: HashMap<Vec<u8>, Vec<&[u8]>> = HashMap::new();
        for message in &self.recent {
            heard.entry(subscription(message)).or_default().push(message);
        }
        let mut begun: HashMap<Vec<u8>, Vec<&[u8]>> = HashMap::new();
        for message in &held {
            begun.entry(subscription(message)).or_default().push(message);
        }
        let mut told: HashMap<Vec<u8>, usize> = begun
            .into_iter()
            .map(|(key, new)| {
                let old = heard.get(&key).map_or(&[][..], Vec::as_slice);
                let most = old.len().min(new.len());
                let run = (1..=most).rev().find(|run| old[old.len() - run..] == new[..*run]);
                // Who unsubscribed for a moment has heard no such run.
                let shared =
                    run.or_else(|| Some(1 + new.iter().position(|it| Some(it) == old.last())?));
                (key, shared.unwrap_or(0))
            })
            .collect();
        held.into_iter()
            .filter(|message| match told.get_mut(&subscription(message)) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    false
                }
                _ => true,
            })
            .collect()
    }
}

/// The kind of a message and what it was subscribed by: its first two elements.
fn subscription(message: &[u8]) -> Vec<u8> {
    let tokens = Reply::new(message).tokens().skip(1).take(2);
    let parts = tokens.map(|token| match token {
        crate::resp::Token::Bulk(text) | crate::resp::Token::Simple(text) => text,
        _ => b"",
    });
    parts.collect::<Vec<_>>().join(&b'\n')
}

/// Bytes kept. What is older than a hand-over matters to nobody.
const MOST: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn message(channel: &str, text: &str) -> Vec<u8> {
        format!(
            ">3\r\n$7\r\nmessage\r\n${}\r\n{channel}\r\n${}\r\n{text}\r\n",
            channel.len(),
            text.len()
        )
        .into_bytes()
    }

    fn unheard(old: &[&str], new: &[&str]) -> String {
        let mut overlap = Overlap::default();
        let read = |word: &&str| message(&word[..1], &word[1..]);
        for bytes in old.iter().map(read) {
            overlap.note(Reply::new(&bytes));
        }
        let left = overlap.unheard(new.iter().map(read).collect());
        let all = new.iter().filter(|word| left.contains(&read(word)));
        assert_eq!(left.len(), all.clone().count());
        all.copied().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_message_is_told_once() {
        assert_eq!(unheard(&["a1", "a2"], &["a2", "a3"]), "a3");
        assert_eq!(unheard(&["a1"], &["a2", "a3"]), "a2 a3");
        assert_eq!(unheard(&[], &["a1"]), "a1");
        assert_eq!(unheard(&["a1", "a2"], &["a1", "a2"]), "");
        assert_eq!(unheard(&["a1", "a2"], &[]), "");
    }

    #[test]
    fn each_subscription_for_itself() {
        // The new session was subscribed to b before it was to a.
        assert_eq!(unheard(&["b1", "a1", "b2", "a2"], &["b1", "b2", "a2", "b3", "a3"]), "b3 a3");
    }

    #[test]
    fn only_a_run_at_the_end_is_shared() {
        assert_eq!(unheard(&["a1", "a2"], &["a1", "a3"]), "a1 a3");
    }

    #[test]
    fn what_one_of_them_did_not_hear_in_between() {
        assert_eq!(unheard(&["a1", "a4"], &["a1", "a2", "a3", "a4", "a5"]), "a5");
    }
}
