//! The protocol through its public face: vectors, cuts, hostile peers, and redis-rs as a second
//! opinion.

use redlatch_core::{
    Code, Error,
    resp::{Limits, Reply, Scanner, Token, Value, begin_command, encode_command, push_argument},
};

fn scanner() -> Scanner {
    Scanner::new(Limits::default())
}

/// Feeds one more byte at a time until the first verdict.
fn drip(scanner: &mut Scanner, bytes: &[u8]) -> Result<Option<usize>, Error> {
    for end in 0..=bytes.len() {
        match scanner.scan(&bytes[..end]) {
            Ok(None) => {}
            verdict => return verdict,
        }
    }
    Ok(None)
}

fn value(bytes: &[u8]) -> Value {
    assert_eq!(scanner().scan(bytes), Ok(Some(bytes.len())), "{}", bytes.escape_ascii());
    Reply::new(bytes).to_value()
}

fn refused(bytes: &[u8], limits: Limits) -> Error {
    let whole = Scanner::new(limits).scan(bytes).expect_err("refused whole");
    let dripped = drip(&mut Scanner::new(limits), bytes).expect_err("refused in parts");
    assert_eq!(whole, dripped, "{}", bytes.escape_ascii());
    whole
}

fn bulk(text: &str) -> Value {
    Value::Bulk(text.into())
}

fn vectors() -> Vec<(&'static [u8], Value)> {
    use Value::{Array, BigNumber, Bool, Double, Int, Map, Nil, Push, Set, Simple, Verbatim};
    vec![
        (b"+OK\r\n", Simple("OK".into())),
        (b"+\r\n", Simple(String::new())),
        (b"-ERR no\r\n", Value::Error("ERR no".into())),
        (b"!8\r\nERR a\r\nb\r\n", Value::Error("ERR a\r\nb".into())),
        (b":0\r\n", Int(0)),
        (b":+7\r\n", Int(7)),
        (b":-1\r\n", Int(-1)),
        (b":9223372036854775807\r\n", Int(i64::MAX)),
        (b":-9223372036854775808\r\n", Int(i64::MIN)),
        (b"$0\r\n\r\n", bulk("")),
        (b"$4\r\na\r\nb\r\n", bulk("a\r\nb")),
        (b"$11\r\n$3\r\nabc\r\n\r\n\r\n", Value::Bulk(b"$3\r\nabc\r\n\r\n".into())),
        (b"$-1\r\n", Nil),
        (b"*-1\r\n", Nil),
        (b"_\r\n", Nil),
        (b"*0\r\n", Array(vec![])),
        (b"*2\r\n:1\r\n*1\r\n$-1\r\n", Array(vec![Int(1), Array(vec![Nil])])),
        (b"*3\r\n*0\r\n*1\r\n*0\r\n+a\r\n", {
            Array(vec![Array(vec![]), Array(vec![Array(vec![])]), Simple("a".into())])
        }),
        (b"~2\r\n#t\r\n#f\r\n", Set(vec![Bool(true), Bool(false)])),
        (b"%0\r\n", Map(vec![])),
        (b"%2\r\n+a\r\n:1\r\n+b\r\n%1\r\n:2\r\n_\r\n", {
            Map(vec![(Simple("a".into()), Int(1)), (Simple("b".into()), Map(vec![(Int(2), Nil)]))])
        }),
        (b">2\r\n$10\r\ninvalidate\r\n*-1\r\n", Push(vec![bulk("invalidate"), Nil])),
        (b",1.5\r\n", Double(1.5)),
        (b",-1.5e-7\r\n", Double(-1.5e-7)),
        (b",10\r\n", Double(10.0)),
        (b",inf\r\n", Double(f64::INFINITY)),
        (b",-inf\r\n", Double(f64::NEG_INFINITY)),
        (b"(-3492890328409238509324850943850943825024385\r\n", {
            BigNumber("-3492890328409238509324850943850943825024385".into())
        }),
        (b"=8\r\ntxt:a\r\nb\r\n", Verbatim { format: *b"txt", text: b"a\r\nb".into() }),
        (b"=4\r\nmkd:\r\n", Verbatim { format: *b"mkd", text: vec![] }),
        (b"|1\r\n+ttl\r\n:3600\r\n$1\r\na\r\n", bulk("a")),
        (b"|0\r\n|1\r\n|1\r\n+x\r\n+y\r\n*1\r\n+k\r\n%1\r\n+p\r\n+q\r\n:5\r\n", Int(5)),
        (b"*2\r\n|1\r\n+a\r\n*2\r\n:8\r\n:9\r\n:1\r\n:2\r\n", Array(vec![Int(1), Int(2)])),
    ]
}

#[test]
fn every_type_is_read_wherever_it_is_cut() {
    for (bytes, expected) in vectors() {
        assert_eq!(value(bytes), expected, "{}", bytes.escape_ascii());
        let mut dripping = scanner();
        for _ in 0..2 {
            assert_eq!(drip(&mut dripping, bytes), Ok(Some(bytes.len())));
        }
        let followed = [bytes, b"+next\r\n"].concat();
        for cut in 0..followed.len() {
            let mut scanner = scanner();
            let first = scanner.scan(&followed[..cut]);
            assert_eq!(first, Ok((cut >= bytes.len()).then_some(bytes.len())));
            if cut < bytes.len() {
                assert_eq!(scanner.scan(&followed), Ok(Some(bytes.len())));
            }
            assert_eq!(scanner.scan(&followed[bytes.len()..]), Ok(Some(7)));
        }
        // Bytes no scanner has passed end early; nothing else.
        for cut in 0..bytes.len() {
            assert!(Reply::new(&bytes[..cut]).tokens().count() <= bytes.len() / 3);
            Reply::new(&bytes[cut..]).to_value();
        }
    }
    assert!(matches!(value(b",nan\r\n"), Value::Double(nan) if nan.is_nan()));
    assert!(matches!(value(b",-nan\r\n"), Value::Double(nan) if nan.is_nan()));
}

#[test]
fn what_is_not_resp_is_refused() {
    let bad: &[&[u8]] = &[
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x15\x03\x01",
        b"\r\n",
        b"+a\nb\r\n",
        b"+a\rb\r\n",
        b"-a\n",
        b":\r\n",
        b":+\r\n",
        b":1 \r\n",
        b":1\n",
        b":1\rx",
        b":9223372036854775808\r\n",
        b":-9223372036854775809\r\n",
        b":00000000000000000001\r\n",
        b"$\r\n",
        b"$x\r\n",
        b"$+1\r\n",
        b"$-2\r\n",
        b"$-1x\r\n",
        b"$?\r\n",
        b"*?\r\n",
        b"%?\r\n",
        b"*-2\r\n",
        b"~-1\r\n",
        b"%-1\r\n",
        b">-1\r\n",
        b"|-1\r\n",
        b"!-1\r\n",
        b"=-1\r\n",
        b"$3\r\nabcd\r\n",
        b"$3\r\nab\r\n+x\r\n",
        b"=3\r\ntxt\r\n",
        b"=5\r\ntxt;a\r\n",
        b"_a\r\n",
        b"#x\r\n",
        b"#true\r\n",
        b",\r\n",
        b",1.5x\r\n",
        b",0x10\r\n",
        b"(\r\n",
        b"(-\r\n",
        b"(12a\r\n",
        b"*1\r\n\r\n",
    ];
    for bytes in bad {
        let error = refused(bytes, Limits::default());
        assert_eq!(error.code(), Code::ProtocolMalformed, "{}", bytes.escape_ascii());
        assert!(!error.detail().is_empty());
    }
    assert!(refused(b"*?\r\n", Limits::default()).detail().contains("streamed"));
    let error = refused(b"*1\r\nHsecret\r\n", Limits::default());
    assert_eq!(error.evidence(), [("type", "H".to_owned()), ("offset", "4".to_owned())]);
    assert!(!error.to_string().contains("secret"));
}

#[test]
fn a_failed_scanner_stays_failed() {
    let mut scanner = scanner();
    let error = scanner.scan(b"?").expect_err("malformed");
    assert_eq!(scanner.scan(b"+OK\r\n"), Err(error));
}

fn over(bytes: &[u8], limits: Limits) -> String {
    let error = refused(bytes, limits);
    assert_eq!(error.code(), Code::ProtocolLimit);
    error.evidence().iter().map(|(name, value)| format!("{name}={value} ")).collect()
}

#[test]
fn limits_hold_exactly() {
    let limits = Limits { depth: 2, bulk: 5, elements: 4, bytes: 40 };
    let fits: &[&[u8]] = &[
        b"*1\r\n*1\r\n:1\r\n",
        b"+abcde\r\n",
        b"$5\r\nabcde\r\n",
        b"*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
        b"|1\r\n:1\r\n:2\r\n*1\r\n:1\r\n",
        b"*4\r\n:11111111\r\n:1\r\n$5\r\nabcde\r\n:111111\r\n",
    ];
    for bytes in fits {
        assert!(Scanner::new(limits).scan(bytes).is_ok(), "{}", bytes.escape_ascii());
    }
    assert_eq!(over(b"*1\r\n*1\r\n*0\r\n", limits), "limit=depth value=2 ");
    assert_eq!(over(b"$6\r\n", limits), "limit=bulk value=5 ");
    assert_eq!(over(b"!6\r\n", limits), "limit=bulk value=5 ");
    assert_eq!(over(b"+abcdef", limits), "limit=bulk value=5 ");
    assert_eq!(over(b"*5\r\n", limits), "limit=elements value=4 ");
    assert_eq!(over(b"%3\r\n", limits), "limit=elements value=4 ");
    assert_eq!(over(b"*2\r\n*3\r\n", limits), "limit=elements value=4 ");
    assert_eq!(over(&b"|0\r\n".repeat(5), limits), "limit=elements value=4 ");
    let long = b"*4\r\n$5\r\nabcde\r\n$5\r\nabcde\r\n$5\r\nabcde\r\n$5\r\n";
    assert_eq!(over(long, limits), "limit=bytes value=40 ");
    assert_eq!(over(&[&b"*4\r\n"[..], &b":1000000\r\n".repeat(4)].concat(), limits), {
        "limit=bytes value=40 "
    });
}

#[test]
fn a_hostile_peer_gets_nothing_allocated() {
    let default = Limits::default();
    for header in ["*1000000000\r\n", "*9999999999999999999\r\n", "%8388609\r\n", "|99999999\r\n"] {
        assert_eq!(over(header.as_bytes(), default), "limit=elements value=16777216 ");
    }
    assert_eq!(over(b"$536870913\r\n", default), "limit=bulk value=536870912 ");
    // Within the limits: nothing is set aside for what has not arrived.
    assert_eq!(scanner().scan(b"*16777216\r\n"), Ok(None));
    assert_eq!(scanner().scan(b"$536870912\r\n"), Ok(None));
    assert_eq!(Reply::new(b"*1000000000\r\n").to_value(), Value::Array(vec![]));
    assert_eq!(Reply::new(b"%1000000000000\r\n:1\r\n").to_value(), Value::Map(vec![]));
    for header in [b"*1\r\n", b"~1\r\n", b"%1\r\n", b">1\r\n", b"|1\r\n"] {
        let nested = header.repeat(10_000);
        assert_eq!(over(&nested, default), "limit=depth value=128 ");
        let boundless = Limits { depth: usize::MAX, ..default };
        assert_eq!(over(&nested, boundless), "limit=depth value=512 ");
        Reply::new(&nested).to_value();
    }
    assert_eq!(
        scanner().scan(&[b"*1\r\n".repeat(128), b":1\r\n".to_vec()].concat()),
        Ok(Some(516))
    );
}

/// Would not end within a day if any byte were looked at again for each one that arrives.
#[test]
fn large_replies_take_linear_time_byte_by_byte() {
    let text = vec![b'x'; 1 << 20];
    let array = b"$8\r\nabcdefgh\r\n".repeat(100_000);
    for bytes in [
        [b"$1048576\r\n", &text[..], b"\r\n"].concat(),
        [b"+", &text[..], b"\r\n"].concat(),
        [b"*100000\r\n", &array[..]].concat(),
    ] {
        assert_eq!(drip(&mut scanner(), &bytes), Ok(Some(bytes.len())));
    }
    let Value::Array(list) = value(&[b"*100000\r\n", &array[..]].concat()) else {
        panic!("not an array");
    };
    assert!(list.len() == 100_000 && list.iter().all(|item| *item == bulk("abcdefgh")));
}

#[test]
fn a_reply_says_what_it_is() {
    let reply = |bytes| Reply::new(bytes);
    assert_eq!(reply(b"-ERR a\r\n").error_text().as_deref(), Some("ERR a"));
    assert_eq!(reply(b"!5\r\nERR a\r\n").error_text().as_deref(), Some("ERR a"));
    assert_eq!(reply(b"-\xff\r\n").error_text().as_deref(), Some("\u{fffd}"));
    let attributed = b"|1\r\n+a\r\n-no\r\n-ERR b\r\n";
    assert_eq!(reply(attributed).error_text().as_deref(), Some("ERR b"));
    assert_eq!(reply(attributed).tokens().next(), Some(Token::Attribute(1)));
    assert_eq!(reply(b"*1\r\n-ERR a\r\n").error_text(), None);
    assert_eq!(reply(b"|1\r\n-a\r\n-a\r\n+OK\r\n").error_text(), None);
    assert!(reply(b">1\r\n+a\r\n").is_push());
    assert!(reply(b"|1\r\n+a\r\n+b\r\n>1\r\n+a\r\n").is_push());
    assert!(!reply(b"|1\r\n+a\r\n>0\r\n+x\r\n").is_push());
    assert!(!reply(b"*1\r\n>0\r\n").is_push());
    assert_eq!(reply(b"").first(), Token::Nil);
    assert_eq!(reply(b"=5\r\ntxt:a\r\n").first(), Token::Verbatim { format: b"txt", text: b"a" });
    assert_eq!(value(b"=5\r\ntxt:a\r\n").as_str(), Some("a"));
    assert!(!format!("{:?}", reply(b"+secret\r\n")).contains("secret"));
}

#[test]
fn commands_are_arrays_of_bulk_strings() {
    let lengths = [0, 9, 10, 99, 100, 101, 999, 1000, 1001, 65_536, 1_234_567];
    let args: Vec<Vec<u8>> = lengths.iter().map(|&length| vec![b'\n'; length]).collect();
    let mut out = b"before".to_vec();
    encode_command(&mut out, &args);
    begin_command(&mut out, 1);
    push_argument(&mut out, b"PING");
    let command = &out[6..];
    let end = scanner().scan(command).ok().flatten().expect("complete");
    let mut tokens = Reply::new(&command[..end]).tokens();
    assert_eq!(tokens.next(), Some(Token::Array(args.len())));
    assert!(tokens.eq(args.iter().map(|arg| Token::Bulk(arg))));
    assert_eq!(&command[end..], b"*1\r\n$4\r\nPING\r\n");
}

/// xorshift64*, so that failures repeat.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn text(&mut self) -> String {
        (0..self.below(20)).map(|_| (b' ' + self.below(95) as u8) as char).collect()
    }

    fn list(&mut self, depth: usize, wire: &mut Vec<u8>) -> Vec<Value> {
        let count = self.below(5);
        wire.extend(format!("{count}\r\n").bytes());
        (0..count).map(|_| self.tree(depth + 1, wire)).collect()
    }

    fn pairs(&mut self, depth: usize, wire: &mut Vec<u8>) -> Vec<(Value, Value)> {
        let count = self.below(4);
        wire.extend(format!("{count}\r\n").bytes());
        (0..count).map(|_| (self.tree(depth + 1, wire), self.tree(depth + 1, wire))).collect()
    }

    /// A random tree, and its encoding behind `wire`.
    fn tree(&mut self, depth: usize, wire: &mut Vec<u8>) -> Value {
        if depth < 6 && self.below(12) == 0 {
            wire.push(b'|');
            self.pairs(depth, wire);
        }
        let kinds = if depth < 6 { 14 } else { 10 };
        let (line, value) = match self.below(kinds) {
            0 => (["$-1", "*-1", "_"][self.below(3)].into(), Value::Nil),
            1 => {
                let text = self.text();
                (format!("+{text}"), Value::Simple(text))
            }
            2 => {
                let text = format!("ERR {}", self.text());
                (format!("-{text}"), Value::Error(text))
            }
            3 => {
                let text = format!("WRONGTYPE a\r\nb{}", self.text());
                (format!("!{}\r\n{text}", text.len()), Value::Error(text))
            }
            4 => {
                let number = (self.below(usize::MAX) as i64 - (1 << 30)) << self.below(34);
                (format!(":{number}"), Value::Int(number))
            }
            5 | 6 => {
                let text = self.text() + ["", "\r\n", "\u{e9}", "\0"][self.below(4)];
                (format!("${}\r\n{text}", text.len()), Value::Bulk(text.into()))
            }
            7 => {
                let number = (self.below(1 << 20) as f64 - 1e5) / 1024.0;
                (format!(",{number}"), Value::Double(number))
            }
            8 => (["#f", "#t"][depth % 2].into(), Value::Bool(depth % 2 == 1)),
            9 => {
                let text = self.text();
                let wire = format!("={}\r\ntxt:{text}", text.len() + 4);
                (wire, Value::Verbatim { format: *b"txt", text: text.into() })
            }
            kind => {
                wire.push([b'*', b'~', b'%', b'*'][kind - 10]);
                return match kind {
                    11 => Value::Set(self.list(depth, wire)),
                    12 => Value::Map(self.pairs(depth, wire)),
                    _ => Value::Array(self.list(depth, wire)),
                };
            }
        };
        wire.extend(line.bytes());
        wire.extend(b"\r\n");
        value
    }
}

/// What redis-rs makes of the same bytes. It trims errors into parts, and keeps attributes.
fn agrees(ours: &Value, theirs: &redis::Value) -> bool {
    use redis::Value as Theirs;
    let all = |ours: &[Value], theirs: &[Theirs]| {
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| agrees(a, b))
    };
    match (ours, theirs) {
        (ours, Theirs::Attribute { data, .. }) => agrees(ours, data),
        (Value::Nil, Theirs::Nil) => true,
        (Value::Simple(a), Theirs::Okay) => a == "OK",
        (Value::Simple(a), Theirs::SimpleString(b)) => a == b,
        (Value::Error(a), Theirs::ServerError(b)) => {
            a.starts_with(b.code()) && a.ends_with(b.details().unwrap_or_default())
        }
        (Value::Int(a), Theirs::Int(b)) => a == b,
        (Value::Bulk(a), Theirs::BulkString(b)) => a == b,
        (Value::Double(a), Theirs::Double(b)) => a == b,
        (Value::Bool(a), Theirs::Boolean(b)) => a == b,
        (Value::Verbatim { text: a, .. }, Theirs::VerbatimString { text: b, .. }) => {
            a == b.as_bytes()
        }
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

#[test]
fn random_trees_come_back_and_redis_rs_agrees() {
    let mut random = Random(0x5EED);
    let mut dripping = scanner();
    for _ in 0..4_000 {
        let mut wire = Vec::new();
        let tree = random.tree(0, &mut wire);
        assert_eq!(value(&wire), tree, "{}", wire.escape_ascii());
        assert_eq!(drip(&mut dripping, &wire), Ok(Some(wire.len())));
        let theirs = redis::parse_redis_value(&wire).expect("redis-rs reads it");
        assert!(agrees(&tree, &theirs), "{} {theirs:?}", wire.escape_ascii());
    }
    for (bytes, ours) in vectors() {
        let theirs = redis::parse_redis_value(bytes).expect("redis-rs reads it");
        assert!(agrees(&ours, &theirs), "{} {theirs:?}", bytes.escape_ascii());
    }
}

#[test]
fn garbage_is_judged_alike_whole_and_in_parts() {
    let mut random = Random(0xBAD);
    for round in 0..20_000 {
        let mut wire = Vec::new();
        if round % 4 == 0 {
            wire.extend(
                (0..random.below(40)).map(|_| b"+-:$*_#,(!=%~>|\r\n012a?"[random.below(22)]),
            );
        } else {
            random.tree(3, &mut wire);
            for _ in 0..=random.below(3) {
                let at = random.below(wire.len());
                wire[at] = b"+-:$*_#,(!=%~>|\r\n012a?"[random.below(22)];
            }
        }
        let verdict = scanner().scan(&wire);
        assert_eq!(verdict, drip(&mut scanner(), &wire), "{}", wire.escape_ascii());
        Reply::new(&wire).to_value();
        if let Ok(Some(end)) = verdict {
            let tokens = Reply::new(&wire[..end]).tokens();
            let announced = |token| match token {
                Token::Array(n) | Token::Set(n) | Token::Push(n) => n,
                Token::Map(n) => 2 * n,
                Token::Attribute(n) => 2 * n + 1,
                _ => 0,
            };
            // Nothing was cut short: every announced element is there.
            assert_eq!(tokens.clone().count(), 1 + tokens.map(announced).sum::<usize>());
        }
    }
}
