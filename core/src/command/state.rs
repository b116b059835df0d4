//! What commands leave behind on their connection, and how long they may block it.

use std::time::Duration;

use super::{bulk, is_end, lookup, split};
use crate::resp::{begin_command, push_argument};

/// Whether a connection watches keys or is inside a transaction: nobody else's then, and not to be
/// left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pinned {
    watching: bool,
    in_transaction: bool,
}

impl Pinned {
    pub(crate) fn is_pinned(self) -> bool {
        self.watching || self.in_transaction
    }

    pub(crate) fn is_in_transaction(self) -> bool {
        self.in_transaction
    }

    /// What it is after a packed record.
    pub(crate) fn after(mut self, packed: &[u8]) -> Self {
        let mut rest = packed;
        while let Some((name, _, after)) = split(rest) {
            rest = after;
            match () {
                () if is_end(name) => self = Self::default(),
                () if name.eq_ignore_ascii_case(b"MULTI") => self.in_transaction = true,
                () if self.in_transaction => {}
                () if name.eq_ignore_ascii_case(b"WATCH") => self.watching = true,
                () if name.eq_ignore_ascii_case(b"UNWATCH") => self.watching = false,
                () => {}
            }
        }
        self
    }
}

/// What a single command sets for as long as its connection lives, and may be set again on the next:
/// the words that name it, upper case.
pub(crate) fn sets(packed: &[u8]) -> Option<Vec<u8>> {
    let (name, arguments, rest) = split(packed)?;
    let word = |at| words(arguments).nth(at).map(<[u8]>::to_ascii_uppercase);
    let key = match name.to_ascii_uppercase().as_slice() {
        b"SELECT" => b"SELECT".to_vec(),
        b"CLIENT" => match word(0)?.as_slice() {
            kind @ (b"SETNAME" | b"NO-EVICT" | b"NO-TOUCH") => kind.to_vec(),
            b"SETINFO" => [b"SETINFO ".to_vec(), word(1)?].concat(),
            _ => return None,
        },
        _ => return None,
    };
    rest.is_empty().then_some(key)
}

/// Whether a record gives up what was watched, or tries to use it.
pub(crate) fn unpins(packed: &[u8]) -> bool {
    Pinned { watching: true, in_transaction: false }.after(packed) == Pinned::default()
}

/// Whether a record runs a transaction.
pub(crate) fn executes(packed: &[u8]) -> bool {
    let mut rest = packed;
    while let Some((name, _, after)) = split(rest) {
        if name.eq_ignore_ascii_case(b"EXEC") {
            return true;
        }
        rest = after;
    }
    false
}

/// How long a single command blocks at most; zero means for ever. None if it does not block.
pub(crate) fn blocks_for(packed: &[u8]) -> Option<Duration> {
    let (name, arguments, _) = split(packed)?;
    if lookup(name) & super::BLOCKING == 0 {
        return None;
    }
    let (at, unit) = limit(name, arguments)?;
    let text = std::str::from_utf8(words(arguments).nth(at)?).ok()?;
    Duration::try_from_secs_f64(text.parse::<f64>().ok()? * unit).ok()
}

/// The same command with another limit, which is not zero.
pub(crate) fn blocking_for(packed: &[u8], limit_is: Duration) -> Option<Vec<u8>> {
    let (name, arguments, _) = split(packed)?;
    let (at, unit) = limit(name, arguments)?;
    let text = match unit == SECONDS {
        true => format!("{:.3}", limit_is.as_secs_f64().max(0.001)),
        false => limit_is.as_millis().max(1).to_string(),
    };
    let mut out = Vec::with_capacity(packed.len() + text.len());
    begin_command(&mut out, 1 + words(arguments).count());
    push_argument(&mut out, name);
    for (place, word) in words(arguments).enumerate() {
        push_argument(&mut out, if place == at { text.as_bytes() } else { word });
    }
    Some(out)
}

/// Which argument is the limit, and its unit.
fn limit(name: &[u8], arguments: &[u8]) -> Option<(usize, f64)> {
    let mut upper = [0; 16];
    let upper = upper.get_mut(..name.len())?;
    upper.copy_from_slice(name);
    upper.make_ascii_uppercase();
    let last = words(arguments).count().checked_sub(1)?;
    match &*upper {
        b"BLPOP" | b"BRPOP" | b"BRPOPLPUSH" | b"BLMOVE" | b"BZPOPMIN" | b"BZPOPMAX" => {
            Some((last, SECONDS))
        }
        b"BLMPOP" | b"BZMPOP" => Some((0, SECONDS)),
        b"XREAD" | b"XREADGROUP" => {
            let mut options =
                words(arguments).take_while(|word| !word.eq_ignore_ascii_case(b"STREAMS"));
            let block = options.position(|word| word.eq_ignore_ascii_case(b"BLOCK"))?;
            Some((block + 1, MILLISECONDS))
        }
        _ => None,
    }
}

fn words(arguments: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = arguments;
    std::iter::from_fn(move || {
        let (word, after) = bulk(rest)?;
        rest = after;
        Some(word)
    })
}

const SECONDS: f64 = 1.0;
const MILLISECONDS: f64 = 0.001;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::pack;

    #[test]
    fn what_pins_a_connection() {
        let after = |commands: &[&str]| {
            commands.iter().fold(Pinned::default(), |it, command| it.after(&pack(command)))
        };
        assert!(after(&["WATCH k"]).is_pinned());
        assert!(after(&["MULTI", "UNWATCH"]).is_pinned());
        assert!(after(&["WATCH k", "MULTI", "GET k"]).is_pinned());
        for ended in
            [&["WATCH k", "UNWATCH"][..], &["WATCH k", "MULTI", "EXEC"], &["multi", "discard"]]
        {
            assert!(!after(ended).is_pinned(), "{ended:?}");
        }
        assert!(unpins(&[pack("MULTI"), pack("SET k v"), pack("EXEC")].concat()));
        assert!(!unpins(&pack("GET k")));
    }

    #[test]
    fn what_is_set_for_a_connection() {
        for (command, key) in [
            ("select 3", "SELECT"),
            ("CLIENT setname n", "SETNAME"),
            ("CLIENT SETINFO lib-ver 1", "SETINFO LIB-VER"),
        ] {
            assert_eq!(sets(&pack(command)), Some(key.as_bytes().to_vec()), "{command}");
        }
        for command in ["AUTH x", "CLIENT REPLY OFF", "CLIENT", "GET k"] {
            assert_eq!(sets(&pack(command)), None, "{command}");
        }
        assert_eq!(sets(&[pack("SELECT 1"), pack("SELECT 2")].concat()), None);
    }

    #[test]
    fn how_long_commands_block() {
        for (command, seconds) in [
            ("BLPOP a b 1.5", 1.5),
            ("brpoplpush a b 0", 0.0),
            ("BLMOVE a b LEFT RIGHT 3", 3.0),
            ("BZMPOP 2 1 z MIN", 2.0),
            ("XREAD COUNT 1 BLOCK 250 STREAMS s $", 0.25),
            ("XREADGROUP GROUP g c BLOCK 0 STREAMS s >", 0.0),
        ] {
            let found = blocks_for(&pack(command)).map(|it| it.as_secs_f64());
            assert_eq!(found, Some(seconds), "{command}");
        }
        for command in ["GET k", "XREAD STREAMS block 0", "BLPOP a never", "BLPOP a -1"] {
            assert_eq!(blocks_for(&pack(command)), None, "{command}");
        }
    }

    #[test]
    fn a_limit_is_replaced_in_place() {
        let half = Duration::from_millis(500);
        assert_eq!(blocking_for(&pack("BLPOP a b 9"), half), Some(pack("BLPOP a b 0.500")));
        assert_eq!(
            blocking_for(&pack("XREAD BLOCK 9000 STREAMS s 0-1"), half),
            Some(pack("XREAD BLOCK 500 STREAMS s 0-1"))
        );
        assert_eq!(blocking_for(&pack("GET k"), half), None);
    }
}
