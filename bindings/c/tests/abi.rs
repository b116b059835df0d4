//! The interface as a host sees it: NULLs, misuse, and one command against a pretended server.
#![expect(clippy::unwrap_used, reason = "a test")]

mod host;

use std::ptr;

use host::*;
use redlatch_c::*;

#[test]
fn a_null_is_misuse_and_frees_take_it() {
    let mut batch = redlatch_batch_new().unwrap();
    assert_eq!(fault(redlatch_client_tick(None, Some(&mut batch))), "client.misuse");
    assert_eq!(fault(redlatch_client_status(None, Some(&mut batch))), "client.misuse");
    assert_eq!(fault(redlatch_client_config(None, Some(&mut batch))), "client.misuse");
    assert_eq!(fault(redlatch_client_tick(None, None)), "client.misuse");
    // SAFETY: NULLs are allowed.
    let view =
        unsafe { redlatch_client_new(b"{}".as_ptr(), 2, false, Some(&mut batch), ptr::null_mut()) };
    assert_eq!(fault(view), "client.misuse");
    let (client, view) = {
        let mut client = ptr::null_mut();
        // SAFETY: a NULL is refused.
        let view = unsafe {
            redlatch_client_new(ptr::null(), 5, false, Some(&mut batch), &raw mut client)
        };
        (client, view)
    };
    assert_eq!(fault(view), "client.misuse");
    assert!(client.is_null(), "outputs are written only on success");
    redlatch_client_free(None);
    redlatch_batch_free(None);
    redlatch_batch_free(Some(batch));
}

#[test]
fn settings_that_cannot_be_used_are_coded_errors() {
    let mut batch = Batch::default();
    for (settings, code) in [
        (r#"{"hots":"x"}"#, "config.unknown"),
        (r#"{"port":"many"}"#, "config.invalid"),
        (r#"{"tls":false,"ca_file":"/ca.pem"}"#, "config.conflict"),
        (r#"{"host":"example.org","password":"hidden"}"#, "config.insecure"),
        ("[]", "config.invalid"),
        ("\u{0}", "config.invalid"),
    ] {
        let (client, view) = open(settings, &mut batch);
        assert!(client.is_null());
        assert_eq!(fault(view), code, "{settings}");
        assert!(!format!("{:?}", records(view)).contains("hidden"));
    }
}

#[test]
fn a_command_goes_out_and_its_reply_comes_back_as_tokens() {
    let mut batch = Batch::default();
    let (client, view) = open(r#"{"protocol":2,"timeout":0}"#, &mut batch);
    assert!(records(view).is_empty(), "nothing happens before it is used");
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let get = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    let dial = &records(submit(&client, &mut batch, &record(7, get.len()), get))[0];
    assert_eq!((dial.kind, dial.code), (REDLATCH_DIAL, 6379));
    assert_eq!((number(&dial.body, 0), &dial.body[8..]), (5000, &b"localhost"[..]));

    let link = dial.id;
    let mut view = redlatch_client_dialed(Some(&client), Some(&mut batch), link);
    let mut reply = None;
    for _ in 0..10 {
        let mut answers = Vec::new();
        for seen in records(view) {
            match seen.kind {
                REDLATCH_WRITE => {
                    let (data, length) = (number(&seen.body, 0), number(&seen.body, 8));
                    // SAFETY: what a `WRITE` points to lives as long as the view.
                    let sent =
                        unsafe { std::slice::from_raw_parts(data as *const u8, length as usize) };
                    answers.extend(answer(&String::from_utf8_lossy(sent)));
                }
                REDLATCH_REPLY => reply = Some((seen.id, seen.body)),
                _ => {}
            }
        }
        if answers.is_empty() {
            break;
        }
        // SAFETY: the pointer is good.
        view = unsafe {
            redlatch_client_received(
                Some(&client),
                Some(&mut batch),
                link,
                answers.as_ptr(),
                answers.len(),
            )
        };
    }
    let (ticket, tokens) = reply.expect("a reply");
    assert_eq!((ticket, tokens[0], number(&tokens, 1), &tokens[9..]), (7, b'$', 5, &b"value"[..]));

    let status = records(redlatch_client_status(Some(&client), Some(&mut batch)));
    assert_eq!(status[0].json()["state"], "ready");
    let goodbye = records(redlatch_client_close(Some(&client), Some(&mut batch)));
    assert_eq!(goodbye.last().unwrap().kind, REDLATCH_HANGUP);
    redlatch_client_free(Some(client));
}

#[test]
fn a_host_learns_whether_to_look() {
    let mut batch = Batch::default();
    let (client, _) = open(r#"{"busy_poll": "50us"}"#, &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let mut poll = redlatch_busy_poll_new(Some(&client));
    redlatch_client_free(Some(client));
    assert_eq!(poll.patience, 50_000);
    for _ in 0..10 {
        poll = redlatch_busy_poll_waited(poll, 60_000);
    }
    assert_eq!(poll.patience, 0, "a server far away");
    for _ in 0..100 {
        poll = redlatch_busy_poll_waited(poll, 50_000);
    }
    assert_eq!(poll.patience, 50_000, "one nearby");
    assert_eq!(redlatch_busy_poll_new(None).patience, 0);
}

#[test]
fn records_that_do_not_fit_are_refused() {
    let mut batch = Batch::default();
    let (client, _) = open("{}", &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let cut = submit(&client, &mut batch, &[0; 23], b"");
    assert_eq!(fault(cut), "client.misuse");
    let seen = records(submit(&client, &mut batch, &record(1, 100), b"*1\r\n$4\r\nPING\r\n"));
    assert_eq!((seen[0].kind, seen[0].code, seen[0].id), (REDLATCH_FAILURE, 905, 1));
    let why = b"refused";
    // SAFETY: the pointer is good.
    let view = unsafe {
        redlatch_client_dial_failed(
            Some(&client),
            Some(&mut batch),
            1,
            901,
            why.as_ptr(),
            why.len(),
        )
    };
    assert_eq!(fault(view), "client.misuse", "a code of another family");
}

#[test]
fn one_cause_of_many_failures_is_told_once() {
    let mut batch = Batch::default();
    let (client, _) = open("{}", &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let ping = b"*1\r\n$4\r\nPING\r\n";
    let both = [record(1, ping.len()), record(2, ping.len())].concat();
    submit(&client, &mut batch, &both, &[&ping[..], ping].concat());
    let failures: Vec<_> = records(redlatch_client_close(Some(&client), Some(&mut batch)))
        .into_iter()
        .filter(|seen| seen.kind == REDLATCH_FAILURE)
        .collect();
    assert_eq!(failures.len(), 2);
    assert_eq!(failures[0].json()["code"], "client.closed");
    assert_eq!((failures[1].code, failures[1].id, failures[1].body.len()), (904, 2, 0));
}

#[test]
fn a_long_write_leaves_in_pieces() {
    let mut batch = Batch::default();
    let (client, _) = open(r#"{"protocol":2}"#, &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let set = format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$300000\r\n{}\r\n", "x".repeat(300_000));
    let view = submit(&client, &mut batch, &record(1, set.len()), set.as_bytes());
    let link = records(view)[0].id;
    let up = redlatch_client_dialed(Some(&client), Some(&mut batch), link);
    let seen = converse(&client, &mut batch, link, up);
    let sizes: Vec<_> =
        seen.iter().filter(|it| it.kind == REDLATCH_WRITE).map(|it| number(&it.body, 8)).collect();
    assert!(sizes.iter().filter(|size| **size >= 1 << 15).count() >= 4, "{sizes:?}");
    assert!(sizes.iter().sum::<u64>() as usize > set.len());
    redlatch_client_free(Some(client));
}

#[test]
fn a_long_text_comes_where_it_belongs() {
    let mut batch = Batch::default();
    let (client, _) = open(r#"{"protocol":2}"#, &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let echo = b"*2\r\n$4\r\nECHO\r\n$5\r\n\r\n";
    let mut submit = |ticket, at, text: &[u8]| {
        let record = record(ticket, echo.len() + text.len());
        // SAFETY: the pointers are good.
        let view = unsafe {
            redlatch_client_submit_long(
                Some(&client),
                Some(&mut batch),
                record.as_ptr(),
                record.len(),
                echo.as_ptr(),
                echo.len(),
                at,
                text.as_ptr(),
                text.len(),
                ptr::null_mut(),
            )
        };
        records(view)
    };
    assert_eq!(submit(1, echo.len() + 1, b"hello")[0].json()["code"], "client.misuse");
    let link = submit(1, echo.len() - 2, b"hello")[0].id;
    let up = redlatch_client_dialed(Some(&client), Some(&mut batch), link);
    let seen = converse(&client, &mut batch, link, up);
    let sent: Vec<u8> =
        seen.iter().filter(|it| it.kind == REDLATCH_WRITE).flat_map(|it| it.sent.clone()).collect();
    assert!(sent.ends_with(b"*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n"));
    redlatch_client_free(Some(client));
}

#[test]
fn a_long_text_comes_part_by_part() {
    let mut batch = Batch::default();
    let (client, _) = open(r#"{"protocol":2}"#, &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let (echo, text) = (b"*2\r\n$4\r\nECHO\r\n$200000\r\n\r\n", vec![b'x'; 200_000]);
    let submit = |batch: &mut Batch, ticket, taken: &mut usize| {
        let record = record(ticket, echo.len() + text.len());
        // SAFETY: the pointers are good.
        let view = unsafe {
            redlatch_client_submit_long(
                Some(&client),
                Some(batch),
                record.as_ptr(),
                record.len(),
                echo.as_ptr(),
                echo.len(),
                echo.len() - 2,
                text.as_ptr(),
                text.len(),
                &raw mut *taken,
            )
        };
        records(view)
    };
    let mut taken = 0;
    let link = submit(&mut batch, 1, &mut taken)[0].id;
    assert_eq!(taken, text.len(), "it waits for a connection");
    let up = redlatch_client_dialed(Some(&client), Some(&mut batch), link);
    converse(&client, &mut batch, link, up);
    let answer = b"$1\r\nx\r\n";
    // SAFETY: the pointer is good.
    unsafe {
        redlatch_client_received(
            Some(&client),
            Some(&mut batch),
            link,
            answer.as_ptr(),
            answer.len(),
        )
    };

    let mut sent = submit(&mut batch, 2, &mut taken).remove(0).sent;
    assert!(sent.len() > taken && taken < 33_000, "{taken}");
    let mut left = &text[taken..];
    while !left.is_empty() {
        // SAFETY: the pointers are good.
        let mut view = unsafe {
            redlatch_client_append(
                Some(&client),
                Some(&mut batch),
                2,
                left.as_ptr(),
                left.len(),
                &raw mut taken,
            )
        };
        assert!(taken > 0 && taken < 130_000, "{taken}");
        left = &left[taken..];
        loop {
            sent.extend(records(view).into_iter().flat_map(|it| it.sent));
            if header(view)[28] == 0 {
                break;
            }
            view = redlatch_client_more(Some(&client), Some(&mut batch));
        }
    }
    let whole = [&echo[..echo.len() - 2], &text, b"\r\n"].concat();
    assert!(sent == whole, "{} of {} bytes", sent.len(), whole.len());
    redlatch_client_free(Some(client));
}

#[test]
fn tables_are_complete() {
    let mut batch = Batch::default();
    let codes = records(redlatch_codes(Some(&mut batch)))[0].json();
    assert_eq!(codes.as_array().unwrap().len(), redlatch::Code::ALL.len());
    let settings = records(redlatch_settings(Some(&mut batch)))[0].json();
    assert!(settings.as_array().unwrap().iter().any(|row| row["name"] == "ca_file"));
}

#[test]
fn scripts_have_the_name_that_servers_give_them() {
    let mut batch = Batch::default();
    let source = "return 1";
    // SAFETY: the bytes live.
    let view = unsafe { redlatch_script_hash(source.as_ptr(), source.len(), Some(&mut batch)) };
    assert_eq!(records(view)[0].body, b"e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

#[test]
fn health_and_metrics_are_made_of_documents() {
    let mut batch = Batch::default();
    let plan = records(redlatch_health_plan(Some(&mut batch)))[0].json();
    assert_eq!(plan["commands"][0], serde_json::json!(["PING"]));
    assert_eq!(plan["limit_ms"], 900);

    let status = br#"{"state":"ready","address":"a:1","client_name":null}"#;
    let outcome = br#"{"seconds":0.1,"replies":[{"text":"PONG"},{"text":"role:slave"}]}"#;
    let mut judged = |outcome: &[u8], read_only| {
        let (data, len) = (outcome.as_ptr(), outcome.len());
        let batch = Some(&mut batch);
        // SAFETY: the pointers are good.
        records(unsafe {
            redlatch_judge_health(status.as_ptr(), status.len(), data, len, read_only, batch)
        })
        .remove(0)
    };
    assert_eq!(judged(outcome, false).json()["code"], "server.readonly");
    assert_eq!(judged(outcome, true).json()["ok"], true);
    assert_eq!(judged(b"{", true).kind, REDLATCH_FAULT);

    let statuses = [b"[", &status[..], b"]"].concat();
    // SAFETY: the pointer is good.
    let view =
        unsafe { redlatch_expose_metrics(statuses.as_ptr(), statuses.len(), Some(&mut batch)) };
    let text = String::from_utf8(records(view).remove(0).body).unwrap();
    assert!(text.contains("\nredlatch_up{client=\"a:1\"} 1\n"), "{text}");
    // SAFETY: NULL is allowed.
    let view = unsafe { redlatch_expose_metrics(std::ptr::null(), 1, Some(&mut batch)) };
    assert_eq!(records(view)[0].kind, REDLATCH_FAULT);
}
