//! Connections beside the shared one: subscriptions, wires, and one that a caller holds.
#![expect(clippy::unwrap_used, reason = "a test")]

mod host;

use std::ptr;

use host::*;
use redlatch_c::*;

#[test]
fn a_lane_for_subscriptions_hears_messages() {
    let mut batch = Batch::default();
    let (client, _) = open(r#"{"protocol":2}"#, &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let lane = lane(&client, &mut batch, REDLATCH_LISTENING);
    let subscribe = b"*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n";
    let fields = record(1, subscribe.len());
    let submit = |batch: &mut Batch, lane| {
        let (from, length) = (subscribe.as_ptr(), subscribe.len());
        // SAFETY: both pointers are good.
        unsafe {
            redlatch_lane_submit(
                Some(&client),
                Some(batch),
                lane,
                fields.as_ptr(),
                fields.len(),
                from,
                length,
            )
        }
    };
    let link = records(submit(&mut batch, lane))[0].id;
    let up = redlatch_client_dialed(Some(&client), Some(&mut batch), link);
    let seen = converse(&client, &mut batch, link, up);
    let pushed: Vec<_> = seen.iter().filter(|it| it.kind == REDLATCH_PUSH).collect();
    assert_eq!(pushed.len(), 2, "it began, and a message: {seen:?}");
    assert!(pushed.iter().all(|it| it.id == u64::from(lane)));
    assert!(String::from_utf8_lossy(&pushed[1].body).contains("hello"));
    let shut = records(redlatch_lane_shut(Some(&client), Some(&mut batch), lane));
    assert_eq!(shut.last().unwrap().kind, REDLATCH_HANGUP);
    let gone = records(submit(&mut batch, lane));
    assert_eq!((gone[0].kind, gone[0].code), (REDLATCH_FAILURE, 904));
    redlatch_client_free(Some(client));
}

#[test]
fn a_wire_passes_bytes_and_tells_its_end() {
    let mut batch = Batch::default();
    let (client, _) = open(r#"{"protocol":2}"#, &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let lane = lane(&client, &mut batch, REDLATCH_BARE_WIRE);
    let ping = b"*1\r\n$4\r\nPING\r\n";
    let send = |batch: &mut Batch| {
        // SAFETY: the pointer is good.
        let view =
            unsafe { redlatch_lane_send(Some(&client), Some(batch), lane, ping.as_ptr(), 14) };
        records(view)
    };
    let early = send(&mut batch);
    assert_eq!((early[0].kind, early[0].code), (REDLATCH_FAULT, 605), "not up yet: {early:?}");
    let link = records(redlatch_lane_connect(Some(&client), Some(&mut batch), lane))[0].id;
    let up = records(redlatch_client_dialed(Some(&client), Some(&mut batch), link));
    assert_eq!((up[0].kind, up[0].id), (REDLATCH_OPENED, u64::from(lane)));
    assert_eq!(send(&mut batch)[0].kind, REDLATCH_WRITE);
    let pong = b"+PONG\r\n";
    // SAFETY: the pointer is good.
    let view = unsafe {
        redlatch_client_received(Some(&client), Some(&mut batch), link, pong.as_ptr(), 7)
    };
    let came = records(view);
    assert_eq!((came[0].kind, &came[0].body[..]), (REDLATCH_BYTES, &pong[..]));
    assert!(!redlatch_lane_may_leave(Some(&client), lane));
    // SAFETY: NULL is fine without bytes.
    let view =
        unsafe { redlatch_client_closed(Some(&client), Some(&mut batch), link, 0, ptr::null(), 0) };
    let ended = records(view);
    let end = ended.iter().find(|it| it.kind == REDLATCH_ENDED).unwrap();
    assert_eq!(end.json()["code"], "net.closed");
    assert!(redlatch_lane_may_leave(Some(&client), lane + 1), "a lane that is gone");
    redlatch_client_free(Some(client));
}

#[test]
fn a_lane_that_is_held_is_given_back() {
    let mut batch = Batch::default();
    let (client, _) = open(r#"{"protocol":2,"max_connections":2}"#, &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let held = lane(&client, &mut batch, REDLATCH_HELD);
    let full = redlatch_lane_open(Some(&client), Some(&mut batch), REDLATCH_HELD);
    assert_eq!(fault(full), "client.queue_full");
    redlatch_lane_take_back(Some(&client), Some(&mut batch), held);
    assert_eq!(lane(&client, &mut batch, REDLATCH_HELD), held, "the same one, kept");
    assert_eq!(fault(redlatch_lane_open(Some(&client), Some(&mut batch), 9)), "client.misuse");
    assert_eq!(fault(redlatch_lane_open(None, Some(&mut batch), 1)), "client.misuse");
    redlatch_client_free(Some(client));
}

#[test]
fn wires_of_their_own_share_settings() {
    let mut batch = Batch::default();
    let (pattern, _) = open(r#"{"protocol":2,"host":"one.test"}"#, &mut batch);
    // SAFETY: it was made above.
    let pattern = unsafe { Box::from_raw(pattern) };
    let at = |host: &str, batch: &mut Batch| {
        let mut made = ptr::null_mut();
        let (from, length) = (host.as_ptr(), host.len());
        // SAFETY: both pointers are good.
        let view = unsafe {
            redlatch_client_at(Some(&pattern), from, length, 7001, Some(batch), &raw mut made)
        };
        (made, view)
    };
    let (two, _) = at("two.test", &mut batch);
    // SAFETY: it was made above.
    let two = unsafe { Box::from_raw(two) };
    let mut wire = ptr::null_mut();
    // SAFETY: the pointer is good.
    unsafe { redlatch_wire_new(Some(&two), false, Some(&mut batch), &raw mut wire) };
    // SAFETY: it was made above.
    let wire = unsafe { Box::from_raw(wire) };
    // What they came from may be gone.
    redlatch_client_free(Some(two));
    let dial = &records(redlatch_lane_connect(Some(&wire), Some(&mut batch), 0))[0];
    assert_eq!((dial.kind, dial.code, &dial.body[8..]), (REDLATCH_DIAL, 7001, &b"two.test"[..]));
    let up = records(redlatch_client_dialed(Some(&wire), Some(&mut batch), dial.id));
    assert_eq!((up[0].kind, up[0].id), (REDLATCH_OPENED, 0));
    assert!(!redlatch_lane_may_leave(Some(&wire), 0));
    redlatch_client_free(Some(wire));

    let (secret, _) = open(r#"{"password":"hidden"}"#, &mut batch);
    // SAFETY: it was made above.
    let secret = unsafe { Box::from_raw(secret) };
    let mut made = ptr::null_mut();
    // SAFETY: both pointers are good.
    let view = unsafe {
        redlatch_client_at(Some(&secret), "h".as_ptr(), 1, 1, Some(&mut batch), &raw mut made)
    };
    assert_eq!(fault(view), "config.insecure");
    assert!(made.is_null(), "outputs are written only on success");
    // SAFETY: NULLs are refused.
    let view = unsafe { redlatch_wire_new(None, true, Some(&mut batch), &raw mut made) };
    assert_eq!(fault(view), "client.misuse");
    redlatch_client_free(Some(pattern));
    redlatch_client_free(Some(secret));
}

#[test]
fn a_host_that_logs_in_by_itself_is_told_how() {
    let mut batch = Batch::default();
    let (client, _) = open(r#"{"username":"app","password":"hunter2"}"#, &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let view = redlatch_client_credentials(Some(&client), Some(&mut batch));
    let known = records(view)[0].json();
    assert_eq!((&known["username"], &known["password"]), (&"app".into(), &"hunter2".into()));
    // SAFETY: the memory is the batch's, which still lives.
    let held = |view: Bytes| unsafe { std::slice::from_raw_parts(view.data, view.len) };
    assert!(held(view).windows(7).any(|it| it == b"hunter2"));
    redlatch_client_status(None, Some(&mut batch));
    assert!(!held(view).windows(7).any(|it| it == b"hunter2"), "it was not wiped");
    redlatch_client_free(Some(client));

    let (client, _) = open("{}", &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let view = redlatch_client_credentials(Some(&client), Some(&mut batch));
    assert_eq!(records(view)[0].json(), serde_json::json!({}));
    redlatch_client_free(Some(client));

    let (client, _) = open(r#"{"tls":true,"provide_credentials":true}"#, &mut batch);
    // SAFETY: it was made above.
    let client = unsafe { Box::from_raw(client) };
    let asked = records(redlatch_client_credentials(Some(&client), Some(&mut batch)));
    assert_eq!(asked.iter().map(|it| it.kind).collect::<Vec<_>>(), [REDLATCH_NEED]);
    assert!(records(redlatch_client_credentials(Some(&client), Some(&mut batch))).is_empty());
    let parts = [&8_u64.to_le_bytes()[..], b"a-secret"].concat();
    // SAFETY: the pointer is good.
    unsafe {
        redlatch_client_supply(
            Some(&client),
            Some(&mut batch),
            REDLATCH_CREDENTIALS,
            asked[0].id,
            parts.as_ptr(),
            parts.len(),
        )
    };
    let known = records(redlatch_client_credentials(Some(&client), Some(&mut batch)));
    assert_eq!(known[0].json()["password"], "a-secret");
    redlatch_client_free(Some(client));
}
