//! redis-rs's command layer over both connections.

use std::collections::HashMap;

use redis::{
    AsyncCommands, Commands, ConnectionLike, ErrorKind, RedisError, RetryMethod, Script,
    ServerErrorKind, Value, VerbatimFormat, cmd, pipe,
};
use redlatch::{Client, Code, code};
use redlatch_lab::Lab;

#[test]
fn commands_pipelines_and_scripts_block() {
    let lab = Lab::up();
    let mut redis = Client::open(&lab.url()).unwrap().connection();
    assert!(redis.check_connection() && redis.is_open());
    assert_eq!(redis.get_db(), 0);

    let _: () = redis.set(b"\xff\x00", vec![0_u8, 255]).unwrap();
    assert_eq!(redis.get::<_, Vec<u8>>(b"\xff\x00").unwrap(), [0, 255]);
    let _: () = redis.hset_multiple("hash", &[("a", 1), ("b", 2)]).unwrap();
    let hash: HashMap<String, i32> = redis.hgetall("hash").unwrap();
    assert_eq!(hash, HashMap::from([("a".into(), 1), ("b".into(), 2)]));
    assert_eq!(redis.get::<_, Option<String>>("nothing").unwrap(), None);

    let (first, second): (i32, i32) =
        pipe().incr("n", 1).set("x", 1).ignore().incr("n", 1).query(&mut redis).unwrap();
    assert_eq!((first, second), (1, 2));
    let (third,): (i32,) = pipe().atomic().incr("n", 1).query(&mut redis).unwrap();
    assert_eq!(third, 3);
    let _: () = pipe().query(&mut redis).unwrap();

    let script = Script::new("return tonumber(ARGV[1]) * 2");
    assert_eq!(script.arg(21).invoke::<i32>(&mut redis).unwrap(), 42);
    let keys: Vec<String> = redis.scan_match("has*").unwrap().map(Result::unwrap).collect();
    assert_eq!(keys, ["hash"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_pipelines_and_scripts_are_shared() {
    let lab = Lab::up();
    let mut redis = Client::open(&lab.url()).unwrap().async_connection().await.unwrap();
    let _: () = redis.set("key", "value").await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let mut redis = redis.clone();
        tasks.spawn(async move {
            assert_eq!(redis.get::<_, String>("key").await.unwrap(), "value");
            let (count, length): (i64, i64) = pipe()
                .atomic()
                .rpush("list", 1)
                .llen("list")
                .query_async(&mut redis)
                .await
                .unwrap();
            assert_eq!(count, length);
        });
    }
    tasks.join_all().await;
    assert_eq!(redis::aio::ConnectionLike::get_db(&redis), 0);
    let _: () = pipe().query_async(&mut redis).await.unwrap();
    let script = Script::new("return {ARGV[1], redis.error_reply('MINE of ours')}");
    let error = script.arg(1).invoke_async::<Vec<String>>(&mut redis).await.unwrap_err();
    assert_eq!((error.code(), error.detail()), (Some("MINE"), Some("of ours")));

    cmd("SET").arg("quiet").arg(1).set_no_response(true).exec_async(&mut redis).await.unwrap();
    assert_eq!(redis.get::<_, i32>("quiet").await.unwrap(), 1);
}

#[test]
fn every_type_arrives() {
    let lab = Lab::up();
    let mut redis = Client::open(&lab.url()).unwrap().connection();
    let mut lua = |result: &str| {
        let script = format!("redis.setresp(3); return {result}");
        cmd("EVAL").arg(script).arg(0).query::<Value>(&mut redis).unwrap()
    };
    assert_eq!(lua("'text'"), Value::BulkString(b"text".to_vec()));
    assert_eq!(lua("redis.status_reply('FINE')"), Value::SimpleString("FINE".into()));
    assert_eq!(lua("redis.status_reply('OK')"), Value::Okay);
    assert_eq!(lua("-5"), Value::Int(-5));
    assert_eq!(lua("{double=0.5}"), Value::Double(0.5));
    assert_eq!(lua("nil"), Value::Nil);
    assert_eq!(lua("true"), Value::Boolean(true));
    assert_eq!(
        lua("{1, {2}}"),
        Value::Array(vec![Value::Int(1), Value::Array(vec![Value::Int(2)])])
    );
    assert_eq!(lua("{set={a=true}}"), Value::Set(vec![Value::BulkString(b"a".to_vec())]));
    let pair = (Value::BulkString(b"a".to_vec()), Value::Int(1));
    assert_eq!(lua("{map={a=1}}"), Value::Map(vec![pair]));
    let number = "123456789012345678901234567890";
    assert_eq!(
        lua(&format!("{{big_number='{number}'}}")),
        Value::BigNumber(number.parse().unwrap())
    );
    let verbatim = Value::VerbatimString { format: VerbatimFormat::Markdown, text: "# x".into() };
    assert_eq!(lua("{verbatim_string={format='mkd', string='# x'}}"), verbatim);
}

#[test]
fn errors_keep_their_code_text_and_retry_class() {
    let lab = Lab::up();
    let mut redis = Client::open(&lab.url()).unwrap().connection();

    let _: () = redis.set("key", "text").unwrap();
    let error = redis.lpush::<_, _, ()>("key", 1).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Extension, Some("WRONGTYPE")));
    assert_eq!(code(&error), Some(Code::ServerWrongType));

    let error = pipe().atomic().set("a", 1).cmd("NOSUCH").exec(&mut redis).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server(ServerErrorKind::ExecAbort));
    assert!(error.to_string().contains("command 1: ERR unknown command"), "{error}");
    assert_eq!(code(&error), Some(Code::ServerExecAbort));
    let error = pipe().set("a", 1).cmd("NOSUCH").exec(&mut redis).unwrap_err();
    assert!(error.to_string().contains("Index 1"), "{error}");

    let error = cmd("WATCH").arg("key").exec(&mut redis).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Client);
    assert_eq!(code(&error), Some(Code::ClientMisuse));
    assert!(matches!(error.retry_method(), RetryMethod::NoRetry));

    lab.run(&["kill"]);
    let url = lab.url() + "&timeout=50ms";
    let error = fail(&url);
    assert!(error.is_connection_refusal() || error.is_io_error());
    assert_eq!(code(&error), Some(Code::NetRefused));
    assert!(matches!(error.retry_method(), RetryMethod::Reconnect));
    lab.run(&["restart"]);

    let error = fail(&lab.url().replace(&lab.password(), "wrong"));
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
    assert_eq!(code(&error), Some(Code::AuthRejected));
    assert!(error.to_string().contains("WRONGPASS"), "{error}");

    let other = Lab::up();
    let ca = |lab: &Lab| lab.ca_file().display().to_string();
    let error = fail(&lab.url().replace(&ca(&lab), &ca(&other)));
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(code(&error), Some(Code::TlsUntrusted));
    assert!(error.to_string().starts_with("tls.untrusted: "), "{error}");
    assert!(matches!(error.retry_method(), RetryMethod::NoRetry));
}

fn fail(url: &str) -> RedisError {
    let mut redis = Client::open(url).expect("settings").connection();
    cmd("PING").exec(&mut redis).expect_err("a failure")
}
