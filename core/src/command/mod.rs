//! Facts about commands, read from their packed form.

mod facts;
mod script;
mod state;
mod table;

use facts::{BLOCKING, Facts, READ_ONLY, STATE};
pub use script::script_hash;
pub(crate) use state::{Pinned, blocking_for, blocks_for, executes, sets, unpins};
use table::TABLE;

/// Why a command cannot share a connection with other callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unshareable {
    /// It changes what later commands mean, for as long as the connection lives.
    State,
    /// It belongs to what the same caller did or will do on the connection: WATCH, an open
    /// transaction, WAIT.
    Sequence,
    /// It holds up every command behind it.
    Blocking,
}

/// Whether every command of a packed record only reads, so that sending it again is safe.
pub(crate) fn is_read_only(packed: &[u8]) -> bool {
    let mut rest = packed;
    while !rest.is_empty() {
        let Some((name, _, after)) = split(rest) else { return false };
        if lookup(name) & (READ_ONLY | BLOCKING | STATE) != READ_ONLY {
            return false;
        }
        rest = after;
    }
    true
}

/// Whether a command of a packed record may write, by itself or through a script.
pub(crate) fn may_write(packed: &[u8]) -> bool {
    let mut rest = packed;
    while !rest.is_empty() {
        let Some((name, _, after)) = split(rest) else { return true };
        if lookup(name) & READ_ONLY == 0
            && !is_sequence(name)
            && !name.eq_ignore_ascii_case(b"MULTI")
        {
            return true;
        }
        rest = after;
    }
    false
}

/// Checks that a packed record is exactly `commands` commands, and tells whether they may be mixed
/// with those of other callers. A transaction may, if it is whole.
pub(crate) fn inspect(packed: &[u8], commands: u32) -> Result<Option<Unshareable>, Malformed> {
    let mut in_transaction = false;
    let mut found = None;
    let mut rest = packed;
    for _ in 0..commands {
        let (name, arguments, after) = split(rest).ok_or(Malformed)?;
        rest = after;
        // Nearly every command ends here, for the price of a comparison; none that begins or ends a
        // transaction does.
        if !name.first().is_some_and(|byte| MARKED.contains(byte)) {
            continue;
        }
        let facts = lookup(name);
        if name.eq_ignore_ascii_case(b"MULTI") {
            in_transaction = true;
        } else if in_transaction && is_end(name) {
            in_transaction = false;
        } else if facts & STATE != 0 && !is_harmless_client(name, arguments) {
            found = match is_sequence(name) {
                true => {
                    found.filter(|it| *it == Unshareable::State).or(Some(Unshareable::Sequence))
                }
                false => Some(Unshareable::State),
            };
        } else if facts & BLOCKING != 0 && !in_transaction && blocks(name, arguments) {
            found = found.or(Some(Unshareable::Blocking));
        }
    }
    if !rest.is_empty() || commands == 0 {
        return Err(Malformed);
    }
    Ok(match in_transaction && found != Some(Unshareable::State) {
        true => Some(Unshareable::Sequence),
        false => found,
    })
}

/// Whether `before`, a text of so many bytes, and `behind` are one command that anybody may send,
/// whatever the text is.
pub(crate) fn is_plain(before: &[u8], text: usize, behind: &[u8]) -> bool {
    let check = || {
        let (count, rest) = number(before, b'*')?;
        let (name, mut rest) = bulk(rest)?;
        let mut left = count.checked_sub(2)?;
        while let Some((_, after)) = bulk(rest) {
            (rest, left) = (after, left.checked_sub(1)?);
        }
        let announced = number(rest, b'$')?;
        let mut behind = behind.strip_prefix(b"\r\n")?;
        for _ in 0..left {
            behind = bulk(behind)?.1;
        }
        let begins = name.eq_ignore_ascii_case(b"MULTI") || is_end(name);
        let is_plain = !begins && lookup(name) & (STATE | BLOCKING) == 0;
        Some(announced == (text, &[][..]) && behind.is_empty() && is_plain)
    };
    check().unwrap_or(false)
}

/// The record does not hold what its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// First letters of commands that hold state or block.
const MARKED: &[u8] = b"SsAaHhRrQqMmCcWwPpBbXxUuDdEe";

/// The name of the first command, for errors and events.
pub(crate) fn name(packed: &[u8]) -> String {
    split(packed).map_or_else(String::new, |(name, ..)| {
        String::from_utf8_lossy(&name[..name.len().min(32)]).to_ascii_uppercase()
    })
}

fn is_end(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"EXEC") || name.eq_ignore_ascii_case(b"DISCARD")
}

fn is_sequence(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 6] = [b"WATCH", b"UNWATCH", b"EXEC", b"DISCARD", b"WAIT", b"WAITAOF"];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// XREAD and XREADGROUP block only with BLOCK.
fn blocks(name: &[u8], arguments: &[u8]) -> bool {
    if !name.first().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'X')) {
        return true;
    }
    let mut rest = arguments;
    while let Some((argument, after)) = bulk(rest) {
        if argument.eq_ignore_ascii_case(b"BLOCK") {
            return true;
        }
        if argument.eq_ignore_ascii_case(b"STREAMS") {
            return false;
        }
        rest = after;
    }
    false
}

/// Most CLIENT subcommands only ask or act on other connections.
fn is_harmless_client(name: &[u8], arguments: &[u8]) -> bool {
    const CHANGING: [&[u8]; 7] =
        [b"REPLY", b"TRACKING", b"CACHING", b"NO-EVICT", b"NO-TOUCH", b"SETNAME", b"SETINFO"];
    name.eq_ignore_ascii_case(b"CLIENT")
        && bulk(arguments).is_some_and(|(subcommand, _)| {
            !CHANGING.iter().any(|word| subcommand.eq_ignore_ascii_case(word))
        })
}

fn lookup(name: &[u8]) -> Facts {
    let mut upper = [0; 24];
    let Some(upper) = upper.get_mut(..name.len()) else { return 0 };
    upper.copy_from_slice(name);
    upper.make_ascii_uppercase();
    match TABLE.binary_search_by(|(known, _)| (*known).cmp(upper)) {
        Ok(at) => TABLE[at].1,
        Err(_) => 0,
    }
}

/// Name, packed arguments, and what follows the first command.
fn split(packed: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (count, rest) = number(packed, b'*').filter(|(count, _)| *count > 0)?;
    let (name, arguments) = bulk(rest)?;
    let mut after = arguments;
    for _ in 1..count {
        after = bulk(after)?.1;
    }
    Some((name, &arguments[..arguments.len() - after.len()], after))
}

fn bulk(packed: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(packed, b'$')?;
    let text = rest.get(..length)?;
    Some((text, rest[length..].strip_prefix(b"\r\n")?))
}

fn number(packed: &[u8], marker: u8) -> Option<(usize, &[u8])> {
    let digits = packed.strip_prefix(&[marker])?;
    let mut value = 0_usize;
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value.checked_mul(10)?.checked_add(usize::from(byte - b'0'))?,
            b'\r' if at > 0 => return Some((value, digits[at..].strip_prefix(b"\r\n")?)),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn pack(command: &str) -> Vec<u8> {
        let words: Vec<_> = command.split(' ').collect();
        let mut packed = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            packed.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
        }
        packed
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by(|left, right| left.0 < right.0));
    }

    #[test]
    fn only_reads_are_repeatable() {
        assert!(is_read_only(&pack("GET key")));
        assert!(is_read_only(&[pack("get key"), pack("MGET a b")].concat()));
        assert!(!is_read_only(&pack("SET key value")));
        assert!(!is_read_only(&[pack("GET key"), pack("SET key value")].concat()));
        assert!(!is_read_only(&pack("NOSUCHCOMMAND")));
        assert!(!is_read_only(b"*1\r\n$3\r\nGE"));
    }

    #[test]
    fn who_may_write() {
        for command in ["SET k v", "EVAL x 0", "NOSUCHCOMMAND"] {
            assert!(may_write(&pack(command)), "{command}");
        }
        assert!(!may_write(&[pack("WATCH k"), pack("GET k"), pack("MULTI")].concat()));
    }

    #[test]
    fn state_and_blocking_do_not_mix_with_other_callers() {
        for command in ["SELECT 1", "subscribe c", "CLIENT REPLY OFF"] {
            assert_eq!(inspect(&pack(command), 1), Ok(Some(Unshareable::State)), "{command}");
        }
        for command in ["WATCH k", "unwatch", "MULTI", "EXEC", "WAIT 1 0"] {
            assert_eq!(inspect(&pack(command), 1), Ok(Some(Unshareable::Sequence)), "{command}");
        }
        for command in ["BLPOP k 0", "XREAD BLOCK 0 STREAMS s $", "bzpopmin z 1"] {
            assert_eq!(inspect(&pack(command), 1), Ok(Some(Unshareable::Blocking)), "{command}");
        }
        for command in ["SET k v", "XREAD STREAMS block 0", "CLIENT LIST", "SMEMBERS s"] {
            assert_eq!(inspect(&pack(command), 1), Ok(None), "{command}");
        }
        let hidden = [pack("GET k"), pack("SELECT 1")].concat();
        assert_eq!(inspect(&hidden, 2), Ok(Some(Unshareable::State)));
    }

    #[test]
    fn a_whole_transaction_mixes() {
        let whole = [pack("MULTI"), pack("SET k v"), pack("BLPOP k 0"), pack("EXEC")].concat();
        assert_eq!(inspect(&whole, 4), Ok(None));
        let half = [pack("MULTI"), pack("SET k v")].concat();
        assert_eq!(inspect(&half, 2), Ok(Some(Unshareable::Sequence)));
        let worse = [pack("SELECT 1"), pack("MULTI")].concat();
        assert_eq!(inspect(&worse, 2), Ok(Some(Unshareable::State)));
    }

    #[test]
    fn a_wrong_count_is_malformed() {
        assert_eq!(inspect(&pack("GET k"), 2), Err(Malformed));
        assert_eq!(inspect(&[pack("GET k"), pack("GET k")].concat(), 1), Err(Malformed));
        assert_eq!(inspect(b"", 0), Err(Malformed));
        assert_eq!(inspect(b"*2\r\n$3\r\nGET\r\n$9\r\nk\r\n", 1), Err(Malformed));
        // A server takes these for something else and loses its place in the stream.
        for packed in ["*0\r\n$4\r\nPING\r\n", "*\r\n$4\r\nPING\r\n", "*1\rX$4\r\nPING\r\n"] {
            assert_eq!(inspect(packed.as_bytes(), 1), Err(Malformed), "{packed:?}");
        }
        assert_eq!(inspect(b"*1\r\n$4\r\nPINGXX", 1), Err(Malformed));
    }
}
