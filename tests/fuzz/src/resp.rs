use redis::Value as Theirs;
use redlatch_core::resp::{Limits, Reply, Scanner, Token, Value};

/// The decoder: the same verdict whole and byte by byte, and redis-rs reads what it reads.
pub fn resp(data: &[u8]) {
    // redis-rs nests no deeper than a hundred.
    let limits = Limits { bytes: 1 << 20, depth: 64, ..Limits::default() };
    let verdict = Scanner::new(limits).scan(data);
    let mut dripping = Scanner::new(limits);
    let dripped = (1..=data.len()).map(|end| dripping.scan(&data[..end]));
    let dripped = dripped.into_iter().find(|it| !matches!(it, Ok(None))).unwrap_or(Ok(None));
    assert_eq!(verdict.is_ok(), dripped.is_ok());
    let Ok(Some(end)) = verdict else { return };
    assert_eq!(dripped.ok().flatten(), Some(end), "another end byte by byte");
    let reply = Reply::new(&data[..end]);
    if reply.tokens().any(is_beyond_them) {
        return;
    }
    let ours = reply.to_value();
    match redis::parse_redis_value(&data[..end]) {
        Ok(theirs) => assert!(agrees(&ours, &theirs), "{ours:?} {theirs:?}"),
        Err(error) => panic!("redis-rs refuses {}: {error}", data[..end].escape_ascii()),
    }
}

/// What redis-rs reads in another way or not at all, though it is RESP: text that is not UTF-8,
/// numbers that Rust's own parser spells differently, and pushes without a kind.
fn is_beyond_them(token: Token<'_>) -> bool {
    match token {
        Token::Simple(text) | Token::Error(text) => std::str::from_utf8(text).is_err(),
        Token::Verbatim { .. } | Token::Double(_) | Token::BigNumber(_) | Token::Push(_) => true,
        _ => false,
    }
}

fn agrees(ours: &Value, theirs: &Theirs) -> bool {
    let all = |ours: &[Value], theirs: &[Theirs]| {
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| agrees(a, b))
    };
    match (ours, theirs) {
        (ours, Theirs::Attribute { data, .. }) => agrees(ours, data),
        (Value::Nil, Theirs::Nil) => true,
        (Value::Simple(a), Theirs::Okay) => a == "OK",
        (Value::Simple(a), Theirs::SimpleString(b)) => a == b,
        // redis-rs takes the text apart.
        (Value::Error(_), Theirs::ServerError(_)) => true,
        (Value::Int(a), Theirs::Int(b)) => a == b,
        (Value::Bulk(a), Theirs::BulkString(b)) => a == b,
        (Value::Bool(a), Theirs::Boolean(b)) => a == b,
        (Value::Array(a), Theirs::Array(b)) | (Value::Set(a), Theirs::Set(b)) => all(a, b),
        (Value::Map(a), Theirs::Map(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| agrees(&a.0, &b.0) && agrees(&a.1, &b.1))
        }
        _ => false,
    }
}
