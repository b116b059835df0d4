//! Replies as flat tokens, so that no host parses RESP.

use redlatch::{
    Code,
    core::resp::{Reply, Token},
};

/// Appends the tokens of a reply, without attributes. Texts of at least `long` bytes stay where
/// they are: `loose` gets their addresses and lengths.
pub(crate) fn push(
    out: &mut Vec<u8>,
    reply: Reply<'_>,
    long: usize,
    loose: &mut Vec<(usize, usize)>,
) {
    // Elements still to be passed over: those of attributes.
    let mut skip = 0_usize;
    for token in reply.tokens() {
        if let Token::Attribute(pairs) = token {
            skip += pairs * 2;
        } else if skip > 0 {
            skip = skip - 1 + children(token);
        } else if let Token::Bulk(text) | Token::Verbatim { text, .. } = token
            && text.len() >= long
        {
            push_number(out, b'&', text.len() as u64);
            out.extend_from_slice(&(text.as_ptr() as u64).to_le_bytes());
            loose.push((text.as_ptr() as usize, text.len()));
        } else {
            push_token(out, token);
        }
    }
}

fn push_token(out: &mut Vec<u8>, token: Token<'_>) {
    match token {
        Token::Simple(text) => push_text(out, b'+', text),
        Token::Bulk(text) | Token::Verbatim { text, .. } => push_text(out, b'$', text),
        Token::BigNumber(text) => push_text(out, b'(', text),
        Token::Error(text) => {
            let code = Code::of_server_text(&String::from_utf8_lossy(text));
            push_number(out, b'-', u64::from(code.number()) << 32 | text.len() as u64);
            out.extend_from_slice(text);
        }
        Token::Nil | Token::Attribute(_) => push_number(out, b'_', 0),
        Token::Int(number) => push_number(out, b':', number as u64),
        Token::Bool(truth) => push_number(out, b'#', u64::from(truth)),
        Token::Double(number) => push_number(out, b',', number.to_bits()),
        Token::Array(count) => push_number(out, b'*', count as u64),
        Token::Set(count) => push_number(out, b'~', count as u64),
        Token::Push(count) => push_number(out, b'>', count as u64),
        Token::Map(pairs) => push_number(out, b'%', pairs as u64),
    }
}

#[inline]
fn push_number(out: &mut Vec<u8>, kind: u8, number: u64) {
    let mut token = [kind; 9];
    token[1..].copy_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&token);
}

#[inline]
fn push_text(out: &mut Vec<u8>, kind: u8, text: &[u8]) {
    push_number(out, kind, text.len() as u64);
    out.extend_from_slice(text);
}

fn children(token: Token<'_>) -> usize {
    match token {
        Token::Array(count) | Token::Set(count) | Token::Push(count) => count,
        Token::Map(pairs) => pairs * 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(wire: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        push(&mut out, Reply::new(wire), usize::MAX, &mut Vec::new());
        out
    }

    #[test]
    fn an_error_carries_its_code() {
        let out = tokens(b"-WRONGTYPE no\r\n");
        let number = u64::from_le_bytes(out[1..9].try_into().unwrap());
        assert_eq!((out[0], number & 0xffff_ffff, number >> 32), (b'-', 12, 816));
        assert_eq!(&out[9..], b"WRONGTYPE no");
    }

    #[test]
    fn attributes_are_left_out_at_any_depth() {
        let plain = tokens(b"*2\r\n:1\r\n$1\r\na\r\n");
        let nested =
            b"*2\r\n|1\r\n+k\r\n*2\r\n|1\r\n+x\r\n:7\r\n:8\r\n%1\r\n:9\r\n:9\r\n:1\r\n$1\r\na\r\n";
        assert_eq!(tokens(nested), plain);
        assert_eq!(tokens(b"|1\r\n+k\r\n+v\r\n*2\r\n:1\r\n$1\r\na\r\n"), plain);
    }
}
