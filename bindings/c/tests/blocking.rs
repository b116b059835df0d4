//! The blocking client as a C program sees it, against a real TLS server.
#![cfg(feature = "blocking")]
#![expect(clippy::unwrap_used, reason = "a test")]

mod plain;

use std::{
    ffi::CString,
    net::TcpListener,
    ptr, thread,
    time::{Duration, Instant},
};

use plain::*;
use redlatch_c::*;
use redlatch_lab::Lab;

#[test]
fn replies_of_every_kind_are_read() {
    let lab = Lab::up();
    let redis = opened(&lab.url());
    let set = call(&redis, &[b"SET", b"a\0key", b"\0\r\n\xff"]).unwrap();
    assert_eq!((kind(&set), text(&set).unwrap()), (Kind::Status, b"OK".to_vec()));
    let got = call(&redis, &[b"GET", b"a\0key"]).unwrap();
    assert_eq!((kind(&got), text(&got).unwrap()), (Kind::String, b"\0\r\n\xff".to_vec()));
    let nothing = call(&redis, &[b"GET", b"a"]).unwrap();
    assert_eq!((kind(&nothing), text(&nothing)), (Kind::Nil, None));
    let count = call(&redis, &[b"INCRBY", b"n", b"-41"]).unwrap();
    assert_eq!((kind(&count), redlatch_value_integer(Some(&count))), (Kind::Integer, -41));
    assert!((redlatch_value_double(Some(&count)) + 41.0).abs() < f64::EPSILON);

    call(&redis, &[b"HSET", b"h", b"field", b"value"]).unwrap();
    let map = call(&redis, &[b"HGETALL", b"h"]).unwrap();
    assert_eq!((kind(&map), redlatch_value_count(Some(&map))), (Kind::Map, 1));
    let (key, value) = (redlatch_value_key(Some(&map), 0), redlatch_value_element(Some(&map), 0));
    assert_eq!(text(key.unwrap()).unwrap(), b"field");
    assert_eq!(text(value.unwrap()).unwrap(), b"value");
    assert!(redlatch_value_key(Some(&map), 1).is_none());
    assert!(redlatch_value_element(Some(&map), usize::MAX).is_none());

    let script: &[u8] = b"redis.setresp(3) return {redis.call('ZADD','z',1.5,'m'), \
        redis.call('ZSCORE','z','m'), true, {set={a=true}}, {double=2.5}, {big_number='123'}, \
        redis.error_reply('OOPS x')}";
    let list = call(&redis, &[b"EVAL", script, b"0"]).unwrap();
    let kinds: Vec<_> = (0..7).map(|at| kind(element(&list, at))).collect();
    assert_eq!(
        kinds,
        [
            Kind::Integer,
            Kind::Double,
            Kind::Bool,
            Kind::Set,
            Kind::Double,
            Kind::BigNumber,
            Kind::Error
        ]
    );
    assert_eq!(redlatch_value_integer(Some(element(&list, 2))), 1);
    assert!((redlatch_value_double(Some(element(&list, 4))) - 2.5).abs() < f64::EPSILON);
    let error = redlatch_value_error(Some(element(&list, 6))).unwrap();
    assert_eq!(code(error), "server.error");
    redlatch_close(Some(redis));
}

#[test]
fn an_error_tells_what_to_do() {
    let lab = Lab::up();
    let redis = opened(&lab.url());
    call(&redis, &[b"SET", b"text", b"x"]).unwrap();
    let error = call(&redis, &[b"LPUSH", b"text", b"x"]).err().unwrap();
    assert_eq!(
        (code(&error), redlatch_error_number(Some(&error))),
        ("server.wrong_type".into(), 816)
    );
    assert!(said(redlatch_error_message(Some(&error))).contains("WRONGTYPE"));
    assert!(said(redlatch_error_remedy(Some(&error))).starts_with("Use a command"));
    assert!(said(redlatch_error_json(Some(&error))).contains(r#""family":"server""#));
    assert_eq!(redlatch_error_retry(Some(&error)), Retry::Never);
    assert!(!redlatch_error_maybe_executed(Some(&error)));

    let wrong = opened(&lab.url().replace(&lab.password(), "wrong"));
    let error = call(&wrong, &[b"PING"]).err().unwrap();
    assert_eq!(code(&error), "auth.rejected");
    assert_eq!(redlatch_error_retry(Some(&error)), Retry::AfterRotation);
    for command in [&[&b"SELECT"[..], b"1"][..], &[b"SUBSCRIBE", b"c"], &[b"WATCH", b"k"], &[]] {
        assert_eq!(code(&call(&redis, command).err().unwrap()), "client.misuse");
    }
    redlatch_close(Some(redis));
    redlatch_close(Some(wrong));
}

#[test]
fn a_call_ends_in_time() {
    let lab = Lab::up();
    let redis = opened(&lab.url());
    call(&redis, &[b"PING"]).unwrap();
    let started = Instant::now();
    let error = call_within(&redis, &[b"BLPOP", b"nothing", b"30"], 200).err().unwrap();
    assert_eq!(code(&error), "client.timeout");
    assert!(redlatch_error_maybe_executed(Some(&error)));
    assert!(started.elapsed() < Duration::from_secs(5));

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = opened(&format!("redis://127.0.0.1:{closed}?timeout=50ms"));
    let error = call(&nobody, &[b"PING"]).err().unwrap();
    assert_eq!(
        (code(&error), redlatch_error_retry(Some(&error))),
        ("net.refused".into(), Retry::Backoff)
    );
    redlatch_close(Some(redis));
    redlatch_close(Some(nobody));
}

#[test]
fn a_pipeline_leaves_together_and_may_run_again() {
    let lab = Lab::up();
    let redis = opened(&lab.url());
    let mut pipeline = redlatch_pipeline_new().unwrap();
    for command in [&[&b"MULTI"[..]][..], &[b"INCR", b"n"], &[b"GET", b"n"], &[b"EXEC"], &[b"NO"]] {
        assert!(add(&mut pipeline, command).is_none());
    }
    assert_eq!(code(&add(&mut pipeline, &[]).unwrap()), "client.misuse");
    for round in 1..3 {
        let replies = run(&redis, &pipeline).unwrap();
        assert_eq!(redlatch_value_count(Some(&replies)), 5);
        let results = element(&replies, 3);
        assert_eq!(redlatch_value_integer(Some(element(results, 0))), round);
        assert_eq!(kind(element(&replies, 4)), Kind::Error);
    }
    let none = run(&redis, &redlatch_pipeline_new().unwrap()).unwrap();
    assert_eq!((kind(&none), redlatch_value_count(Some(&none))), (Kind::Array, 0));
    redlatch_pipeline_free(Some(pipeline));
    redlatch_close(Some(redis));
}

#[test]
fn threads_share_a_client_while_one_blocks_and_passwords_rotate() {
    let lab = Lab::up();
    let redis = opened(&(lab.url_of_files() + "&poll_interval=0.2"));
    thread::scope(|scope| {
        let popped = scope
            .spawn(|| call(&redis, &[b"BLPOP", b"queue", b"60"]).map(|it| text(element(&it, 1))));
        let workers: Vec<_> = (0..4)
            .map(|number: u32| {
                let (redis, key) = (&redis, number.to_string());
                scope.spawn(move || {
                    for round in 1..300 {
                        let count = call(redis, &[b"INCR", key.as_bytes()])
                            .unwrap_or_else(|error| panic!("{}", code(&error)));
                        assert_eq!(redlatch_value_integer(Some(&count)), round);
                        thread::sleep(Duration::from_millis(2));
                    }
                })
            })
            .collect();
        lab.run(&["rotate-password"]);
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        call(&redis, &[b"RPUSH", b"queue", b"item"]).unwrap();
        assert_eq!(popped.join().unwrap().ok().unwrap().unwrap(), b"item");
    });
    let events = told(&redis, redlatch_events);
    let events: Vec<_> = (0..redlatch_value_count(Some(&events)))
        .map(|at| String::from_utf8(text(element(&events, at)).unwrap()).unwrap())
        .collect();
    assert!(events.iter().any(|event| event.contains("connected")), "{events:?}");
    let rotations = events.iter().filter(|event| event.contains(r#""kind":"rotation""#));
    let told_twice = rotations.clone().count();
    let mut rotations: Vec<_> = rotations.collect();
    rotations.dedup();
    assert_eq!(rotations.len(), told_twice, "each is told once: {rotations:?}");
    redlatch_close(Some(redis));
}

#[test]
fn no_more_connections_are_made_than_are_allowed() {
    let lab = Lab::up();
    let redis = opened(&(lab.url() + "&max_connections=1"));
    call(&redis, &[b"PING"]).unwrap();
    thread::scope(|scope| {
        let waits = scope.spawn(|| {
            loop {
                match call(&redis, &[b"BLPOP", b"queue", b"1"]) {
                    Err(error) if code(&error) == "client.queue_full" => {}
                    other => break other.map(|it| kind(&it)),
                }
            }
        });
        let until = Instant::now() + Duration::from_secs(5);
        // Until the other has taken it.
        let full = loop {
            match call(&redis, &[b"PING"]) {
                Err(error) => break code(&error),
                Ok(_) => assert!(Instant::now() < until),
            }
        };
        assert_eq!(full, "client.queue_full");
        assert_eq!(waits.join().unwrap().ok(), Some(Kind::Nil));
    });
    call(&redis, &[b"PING"]).unwrap();
    redlatch_close(Some(redis));
}

#[test]
fn settings_come_as_url_json_and_environment() {
    let lab = Lab::up();
    let json = serde_json::json!({
        "host": "127.0.0.1", "port": lab.port(), "password": lab.password(),
        "ca_file": lab.ca_file(),
    });
    let redis = opened(&json.to_string());
    call(&redis, &[b"PING"]).unwrap();
    let status = document(&told(&redis, redlatch_status));
    assert_eq!(status["state"], "ready");
    let config = document(&told(&redis, redlatch_config));
    assert_eq!((&config["port"], &config["password"]), (&lab.port().into(), &"***".into()));
    redlatch_close(Some(redis));

    for (settings, expected) in [
        ("localhost", "config.invalid"),
        ("{\"hots\": 1}", "config.unknown"),
        ("{", "config.invalid"),
        ("redis://u:hidden@elsewhere.example", "config.insecure"),
    ] {
        let error = open(settings).err().unwrap();
        assert_eq!(code(&error), expected);
        assert!(!said(redlatch_error_json(Some(&error))).contains("hidden"));
    }
}

#[test]
fn material_is_handed_in_at_any_time() {
    let lab = Lab::up();
    let bundle = std::fs::read(lab.ca_file()).unwrap();
    let redis = opened(&format!("rediss://:{}@127.0.0.1:{}", lab.password(), lab.port()));
    assert_eq!(code(&call(&redis, &[b"PING"]).err().unwrap()), "tls.untrusted");
    assert_eq!(code(&supply(&redis, REDLATCH_TRUST, b"nothing").unwrap()), "trust.empty");
    assert_eq!(code(&supply(&redis, 99, &bundle).unwrap()), "client.misuse");
    assert!(supply(&redis, REDLATCH_TRUST, &bundle).is_none());
    call(&redis, &[b"PING"]).unwrap();
    assert!(redlatch_reload(Some(&redis)).is_none());
    redlatch_close(Some(redis));
}

#[test]
fn health_and_metrics_follow_the_server() {
    let lab = Lab::up();
    let redis = opened(&lab.url());
    let health = |read_only| {
        // SAFETY: the pointer is good.
        let told = given(|out| unsafe { redlatch_health(Some(&redis), 0, read_only, out) });
        document(&told.ok().unwrap())
    };
    assert_eq!(health(false)["ok"], true);
    call(&redis, &[b"REPLICAOF", b"127.0.0.1", b"1"]).unwrap();
    assert_eq!(health(false)["code"], "server.readonly");
    assert_eq!((&health(true)["ok"], &health(true)["role"]), (&true.into(), &"replica".into()));
    lab.run(&["kill"]);
    assert_eq!((&health(true)["ok"], &health(true)["live"]), (&false.into(), &true.into()));

    let other = opened("redis://localhost?client_name=other");
    let clients = [Some(&*redis), Some(&*other)];
    // SAFETY: all pointers are good.
    let told = given(|out| unsafe { redlatch_metrics(clients.as_ptr(), 2, out) }).ok().unwrap();
    let metrics = String::from_utf8(text(&told).unwrap()).unwrap();
    let address = format!("127.0.0.1:{}", lab.port());
    for sample in [
        format!("redlatch_up{{client=\"{address}\"}} 0\n"),
        // Counted by the connection that was lost, and by all that follow.
        format!("redlatch_connects_total{{client=\"{address}\"}} 1\n"),
        "redlatch_commands_total{client=\"other\"} 0\n".to_owned(),
    ] {
        assert!(metrics.contains(&sample), "{sample} is not in {metrics}");
    }
    redlatch_close(Some(redis));
    redlatch_close(Some(other));
}

/// Connections of several threads count together, whichever was used last.
#[test]
fn counters_are_those_of_all_connections() {
    let lab = Lab::up();
    let redis = opened(&lab.url());
    let together = std::sync::Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                together.wait();
                for _ in 0..50 {
                    call(&redis, &[b"INCR", b"n"]).unwrap();
                }
            });
        }
    });
    let status = document(&told(&redis, redlatch_status));
    assert_eq!(status["counters"]["commands"], 200);
    assert_eq!(status["counters"]["replies"], 200);
    assert_eq!(status["connections"], status["counters"]["connects"]);
    redlatch_close(Some(redis));
}

#[test]
fn nulls_are_told_and_outputs_are_left_alone() {
    let mut out = ptr::dangling_mut();
    let before = out;
    let settings = CString::new("redis://localhost").unwrap();
    // SAFETY: NULLs are allowed.
    unsafe {
        for error in [
            redlatch_open(ptr::null(), ptr::null_mut()),
            redlatch_open(settings.as_ptr(), ptr::null_mut()),
            redlatch_open_from_env(settings.as_ptr(), ptr::null_mut()),
            redlatch_call(None, 0, ptr::null(), ptr::null(), 0, &raw mut out),
            redlatch_status(None, &raw mut out),
            redlatch_config(None, &raw mut out),
            redlatch_health(None, 0, false, &raw mut out),
            redlatch_metrics(ptr::null(), 1, &raw mut out),
            redlatch_metrics([None].as_ptr(), 1, &raw mut out),
            redlatch_events(None, &raw mut out),
            redlatch_supply(None, 1, 0, ptr::null(), ptr::null()),
            redlatch_pipeline_add(None, 0, ptr::null(), ptr::null()),
            redlatch_pipeline_call(None, None, 0, &raw mut out),
            redlatch_reload(None),
        ] {
            assert_eq!(code(&error.unwrap()), "client.misuse");
        }
        let redis = opened("redis://localhost");
        assert!(redlatch_status(Some(&redis), ptr::null_mut()).is_some());
        let empty = [ptr::null()];
        for argc in [0, 1, usize::MAX] {
            let error =
                redlatch_call(Some(&redis), argc, empty.as_ptr(), ptr::null(), 0, &raw mut out);
            assert_eq!(code(&error.unwrap()), "client.misuse");
        }
        assert!(redlatch_value_text(None, ptr::null_mut()).is_null());
        redlatch_close(Some(redis));
    }
    assert_eq!(out, before, "written only on success");
    assert_eq!(said(redlatch_error_code(None)), "");
    assert_eq!(redlatch_value_kind(None), Kind::Nil);
    redlatch_close(None);
    redlatch_value_free(None);
    redlatch_error_free(None);
    redlatch_pipeline_free(None);
}
