use redis::Value as Theirs;
use redlatch_core::resp::{Limits, Reply, Scanner, Value};

/// The decoder: the same verdict whole and byte by byte, and redis-rs reads what it reads.
pub fn resp(data: &[u8]) {
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let verdict = Scanner::new(limits).scan(data);
    let mut dripping = Scanner::new(limits);
    let dripped = (1..=data.len()).map(|end| dripping.scan(&data[..end]));
    let dripped = dripped.into_iter().find(|it| !matches!(it, Ok(None))).unwrap_or(Ok(None));
    assert_eq!(verdict.is_ok(), dripped.is_ok());
    let Ok(Some(end)) = verdict else { return };
    assert_eq!(dripped.ok().flatten(), Some(end), "another end byte by byte");
    let reply = Reply::new(&data[..end]);
    let ours = reply.to_value();
    if is_beyond_them(&ours) {
        return;
    }
    match redis::parse_redis_value(&data[..end]) {
        Ok(theirs) => assert!(agrees(&ours, &theirs), "{ours:?} {theirs:?}"),
        Err(error) => panic!("redis-rs refuses {}: {error}", data[..end].escape_ascii()),
    }
}

/// What redis-rs reads in another way or not at all, though it is RESP: text that is not UTF-8,
/// numbers with a sign or zeros in front, and errors within its own aggregates.
fn is_beyond_them(ours: &Value) -> bool {
    let beyond = |text: &str| text.contains('\u{fffd}');
    match ours {
        Value::Simple(text) | Value::Error(text) | Value::BigNumber(text) => beyond(text),
        Value::Verbatim { .. } | Value::Double(_) => true,
        Value::Array(all) | Value::Set(all) | Value::Push(all) => all.iter().any(is_beyond_them),
        Value::Map(pairs) => {
            pairs.iter().any(|(key, value)| is_beyond_them(key) || is_beyond_them(value))
        }
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
        (Value::BigNumber(a), Theirs::BigNumber(b)) => *a == b.to_string(),
        (Value::Array(a), Theirs::Array(b)) | (Value::Set(a), Theirs::Set(b)) => all(a, b),
        (Value::Push(a), Theirs::Push { data, .. }) => all(a.get(1..).unwrap_or_default(), data),
        (Value::Map(a), Theirs::Map(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| agrees(&a.0, &b.0) && agrees(&a.1, &b.1))
        }
        _ => false,
    }
}
