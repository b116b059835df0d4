//! Base64: the inside of a PEM block, and values that stand by themselves.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

// What is cut short or damaged shows as DER of the wrong length, with a better message.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes between a BEGIN and an END marker. Besides base64 it may hold what lists, quotes and
/// wrapped output leave there.
pub(super) fn decode_block(inside: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut base64 = Vec::with_capacity(inside.len());
    let mut padded = false;
    for byte in inside {
        match byte {
            _ if byte.is_ascii_whitespace() => {}
            b'"' | b'\'' | b',' | b';' | b'\\' => {}
            b'=' => padded = true,
            _ if !is_base64(*byte) => return Err("a character in it is not base64"),
            _ if padded => return Err("its base64 goes on after its end"),
            _ => base64.push(*byte),
        }
    }
    LENIENT.decode(base64).map_err(|_| "its base64 is cut short")
}

/// Base64 that stands by itself, without line ends and padding.
#[derive(Default)]
pub(super) struct Token {
    base64: Zeroizing<Vec<u8>>,
    /// Length of its lines, as long as it may go on.
    width: Option<usize>,
}

impl Token {
    /// The first run of base64 in `text`, lines put together, and what follows it.
    pub(super) fn next(text: &[u8]) -> Option<(Self, &[u8])> {
        let (mut token, mut rest) = (Self::default(), text);
        while let Some(at) = rest.iter().position(|byte| is_base64(*byte)) {
            let (gap, tail) = rest.split_at(at);
            let length = tail.iter().position(|byte| !is_base64(*byte)).unwrap_or(tail.len());
            let (piece, after) = tail.split_at(length);
            if !token.base64.is_empty() && !token.continues(gap, piece, after) {
                break;
            }
            token.push(piece);
            rest = after;
        }
        (!token.base64.is_empty()).then_some((token, rest))
    }

    /// "-----BEGIN" in base64.
    pub(super) fn is_pem(&self) -> bool {
        self.base64.starts_with(b"LS0tLS1CRUdJTi")
    }

    /// Whether it may hold a certificate, and is not just a word, a name or a fingerprint.
    pub(super) fn is_candidate(&self) -> bool {
        self.is_pem() || self.base64.len() >= 64
    }

    pub(super) fn decode(&self) -> Zeroizing<Vec<u8>> {
        // One left-over character stands for no byte.
        let whole = self.base64.len() - usize::from(self.base64.len() % 4 == 1);
        Zeroizing::new(LENIENT.decode(&self.base64[..whole]).unwrap_or_default())
    }

    /// Whether `piece` is the next line of the same value: wrapped output has lines of one
    /// length, except the last.
    fn continues(&self, gap: &[u8], piece: &[u8], after: &[u8]) -> bool {
        let is_word = matches!(after, [b':' | b'.' | b'-' | b'_' | b'@', ..]);
        self.width.is_some_and(|width| piece.len() <= width)
            && !is_word
            && gap.iter().all(u8::is_ascii_whitespace)
    }

    fn push(&mut self, piece: &[u8]) {
        let goes_on = self.base64.is_empty() || self.width == Some(piece.len());
        let is_line = (16..=128).contains(&piece.len());
        self.width = (goes_on && is_line).then_some(piece.len());
        self.base64.extend_from_slice(piece);
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}
