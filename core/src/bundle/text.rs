//! Encodings, escapes and comments: from bytes as written to text that can be searched.

use zeroize::Zeroizing;

/// Text to search. Wiped on drop, because an identity file may hold a key.
pub(super) struct Text {
    pub(super) body: Zeroizing<Vec<u8>>,
    /// Lines that a person switched off with `#`.
    pub(super) comments: Zeroizing<Vec<u8>>,
    pub(super) notes: Vec<&'static str>,
}

/// Makes escapes plain and sets comment lines apart. Characters outside ASCII mean nothing here.
pub(super) fn plain(bytes: &[u8]) -> Text {
    let mut notes = Vec::new();
    let (decoded, encoding) = decode(bytes);
    notes.extend(encoding);
    let has_feed = decoded.contains(&b'\n');
    if !has_feed && decoded.contains(&b'\r') {
        notes.push("CR line ends");
    }
    // Where lines are real, an escape stays inside its line, so that `# ca: "…\n…"` stays one
    // comment. A file of one line has only its escapes to tell lines apart.
    let one_line = !decoded.trim_ascii().iter().any(is_line_end);
    let line_end = if one_line { b'\n' } else { b' ' };
    let (unescaped, escapes) = unescape(&decoded, line_end);
    if escapes {
        notes.push("escaped line breaks");
    }
    if one_line && !unescaped.trim_ascii().contains(&b'\n') {
        return Text { body: unescaped, comments: Zeroizing::default(), notes };
    }
    let (mut body, mut comments) = (Zeroizing::default(), Zeroizing::default());
    for line in unescaped.split_inclusive(is_line_end) {
        let part: &mut Zeroizing<Vec<u8>> =
            if line.trim_ascii_start().starts_with(b"#") { &mut comments } else { &mut body };
        part.extend_from_slice(line);
    }
    Text { body, comments, notes }
}

pub(super) fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn decode(bytes: &[u8]) -> (Zeroizing<Vec<u8>>, Option<&'static str>) {
    let little: fn([u8; 2]) -> u16 = u16::from_le_bytes;
    let big: fn([u8; 2]) -> u16 = u16::from_be_bytes;
    let (rest, unit, note) = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => {
            return (Zeroizing::new(rest.to_vec()), Some("UTF-8 byte order mark"));
        }
        [0xff, 0xfe, rest @ ..] => (rest, little, "UTF-16, little endian"),
        [0xfe, 0xff, rest @ ..] => (rest, big, "UTF-16, big endian"),
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => (bytes, little, "UTF-16, little endian, unmarked"),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => (bytes, big, "UTF-16, big endian, unmarked"),
        _ => return (Zeroizing::new(bytes.to_vec()), None),
    };
    let units = rest.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    let ascii = units.map(|unit| u8::try_from(unit).ok().filter(u8::is_ascii).unwrap_or(b'?'));
    (Zeroizing::new(ascii.collect()), Some(note))
}

/// Resolves the escapes of JSON, Python, shells and .env files, at any depth of nesting. None of
/// them can occur inside base64 with another meaning.
fn unescape(bytes: &[u8], line_end: u8) -> (Zeroizing<Vec<u8>>, bool) {
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let (mut rest, mut any) = (bytes, false);
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        plain.extend_from_slice(&rest[..at]);
        let escape = &rest[at..];
        let slashes = escape.iter().take_while(|byte| **byte == b'\\').count();
        let (meant, length) = match &escape[slashes..] {
            [b'n' | b'r', ..] => (Some(line_end), 1),
            [b't', ..] => (Some(b'\t'), 1),
            [b'/', ..] => (Some(b'/'), 1),
            [b'u', b'0', b'0', high, low, ..] => match ascii(*high, *low) {
                Some(byte) if is_line_end(&byte) => (Some(line_end), 5),
                Some(byte) => (Some(byte), 5),
                None => (None, 0),
            },
            _ => (None, 0),
        };
        any |= meant == Some(line_end);
        plain.extend(meant);
        rest = &escape[slashes + length..];
    }
    plain.extend_from_slice(rest);
    (plain, any)
}

fn ascii(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    Some(digit(high)? << 4 | digit(low)?).filter(u8::is_ascii)
}
