//! What is healthy, what is only a warning, and what is not ready.

use redlatch_core::{Code, health};
use serde_json::{Value, json};

use crate::{
    assert_reply, text,
    world::{
        Dialing, Outcome, World,
        certs::{Ca, DAY, EPOCH},
        seconds,
    },
};

const PRIMARY: &str = "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n";
const REPLICA: &str =
    "# Replication\r\nrole:slave\r\nmaster_link_status:up\r\nslave_read_only:1\r\n";

fn replies(ping: Value, info: Value) -> Value {
    json!({ "seconds": 0.001, "replies": [ping, info] })
}

fn well() -> Value {
    replies(json!({ "text": "PONG" }), json!({ "text": PRIMARY }))
}

fn failed(code: &str) -> Value {
    json!({ "seconds": 0.9, "code": code, "message": "what happened" })
}

fn judged(status: &Value, outcome: &Value, read_only: bool) -> Value {
    let said = health::judge(&status.to_string(), &outcome.to_string(), read_only).unwrap();
    serde_json::from_str(&said).unwrap()
}

/// Connected to a server of `ca`, whose bundle has `more`, too.
fn connected(ca: &Ca, more: &[&Ca]) -> World {
    let mut world = World::secure(ca, &[("poll_interval", "1")]);
    let bundle: String =
        std::iter::once(ca).chain(more.iter().copied()).map(|it| &*it.pem).collect();
    world.disk.write("/ca.pem", bundle);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    world
}

/// The codes of problems, `!` before those that fail.
fn problems(health: &Value) -> Vec<String> {
    let all = health["problems"].as_array().unwrap();
    let told = |it: &Value| {
        assert!(
            !it["remedy"].as_str().unwrap().is_empty() && !it["text"].as_str().unwrap().is_empty()
        );
        let code = it["code"].as_str().unwrap();
        if it["severity"] == "failing" { format!("!{code}") } else { code.to_owned() }
    };
    all.iter().map(told).collect()
}

#[test]
fn a_client_that_is_well() {
    let world = connected(&Ca::new("A"), &[&Ca::new("B")]);
    let health = judged(&world.status(), &well(), false);
    assert_eq!(
        health,
        json!({
            "ok": true, "live": true, "alive": true, "authenticated": true, "writable": true,
            "role": "primary", "trust": "ok", "code": null, "text": null, "remedy": null,
            "problems": [], "seconds": 0.001, "state": "ready", "address": "redis.test:6379",
        })
    );
}

/// The commands of a judgement, as a server answers them or not.
#[test]
fn what_the_server_answers() {
    let world = connected(&Ca::new("A"), &[&Ca::new("B")]);
    let pong = json!({ "text": "PONG" });
    let error = |code: &str| json!({ "code": code, "message": "said" });
    let info = |text: &str| json!({ "text": text });
    let cut_off = REPLICA.replace("status:up", "status:down");
    let takes_writes = REPLICA.replace("read_only:1", "read_only:0");
    // Outcome; ready, alive, authenticated, writable; problems.
    let cases = [
        (well(), json!([true, true, true, true]), vec![]),
        (Value::Null, json!([true, null, null, null]), vec![]),
        (failed("client.timeout"), json!([false, false, null, null]), vec!["!client.timeout"]),
        (failed("auth.rejected"), json!([false, false, false, null]), vec!["!auth.rejected"]),
        (
            replies(error("auth.required"), error("auth.required")),
            json!([false, true, false, null]),
            vec!["!auth.required"],
        ),
        // Not allowed to ask; an application may need neither.
        (
            replies(error("auth.denied"), error("auth.denied")),
            json!([true, true, true, null]),
            vec![],
        ),
        (
            replies(error("server.loading"), error("server.loading")),
            json!([false, true, true, null]),
            vec!["!server.loading"],
        ),
        (
            replies(error("server.misconf"), info(PRIMARY)),
            json!([false, true, true, false]),
            vec!["!server.misconf"],
        ),
        (
            replies(pong.clone(), info(REPLICA)),
            json!([false, true, true, false]),
            vec!["!server.readonly"],
        ),
        (
            replies(pong.clone(), info(&cut_off)),
            json!([false, true, true, false]),
            vec!["!server.readonly", "server.master_down"],
        ),
        (replies(pong, info(&takes_writes)), json!([true, true, true, true]), vec![]),
    ];
    for (outcome, facts, expected) in cases {
        let health = judged(&world.status(), &outcome, false);
        let found = ["ok", "alive", "authenticated", "writable"].map(|name| health[name].clone());
        assert_eq!(json!(found), facts, "{outcome}");
        assert_eq!(problems(&health), expected, "{outcome}");
        let first = expected.first().map(|code| code.trim_start_matches('!'));
        assert_eq!(health["code"].as_str(), first, "{outcome}");
    }
}

#[test]
fn reading_may_be_enough() {
    let world = connected(&Ca::new("A"), &[&Ca::new("B")]);
    let outcome = replies(json!({ "text": "PONG" }), json!({ "text": REPLICA }));
    let health = judged(&world.status(), &outcome, true);
    assert_eq!(
        (&health["ok"], &health["writable"], &health["role"]),
        (&json!(true), &json!(false), &json!("replica"))
    );
    assert_eq!(problems(&health), [""; 0]);
}

#[test]
fn a_bundle_that_is_refused_is_a_warning_while_the_last_good_one_serves() {
    let mut world = connected(&Ca::new("A"), &[&Ca::new("B")]);
    world.disk.write("/ca.pem", "broken");
    world.advance(seconds(5.0));
    let health = judged(&world.status(), &well(), false);
    assert_eq!((&health["ok"], &health["trust"]), (&json!(true), &json!("warning")));
    assert_eq!(problems(&health), ["trust.empty"]);
    assert!(
        health["text"].as_str().unwrap().starts_with("the last good content stays"),
        "{health}"
    );

    let mut world = World::secure(&Ca::new("A"), &[]);
    world.disk.write("/ca.pem", "broken");
    let Outcome::Failed(error) = world.call(&["PING"]) else { panic!("it was answered") };
    let health = judged(&world.status(), &failed(error.code().name()), false);
    assert_eq!((&health["ok"], &health["trust"]), (&json!(false), &json!("failing")));
    assert_eq!(problems(&health), ["!trust.empty"]);
}

#[test]
fn a_server_that_is_not_trusted() {
    let (ca, other) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&ca, &[]);
    world.server.present(&other.leaf());
    let Outcome::Failed(error) = world.call(&["PING"]) else { panic!("it was trusted") };
    assert_eq!(error.code(), Code::TlsUntrusted);
    let health = judged(&world.status(), &failed("tls.untrusted"), false);
    assert_eq!((&health["ok"], &health["trust"]), (&json!(false), &json!("failing")));
    // It is told once, though the client knows it, too.
    assert_eq!(problems(&health), ["!tls.untrusted"]);
    // Whoever looks at the client alone sees it, too.
    assert_eq!(problems(&judged(&world.status(), &Value::Null, false)), ["!tls.untrusted"]);
}

#[test]
fn a_live_session_that_is_distrusted_is_told_until_it_is_replaced() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = connected(&old, &[&Ca::new("C")]);
    world.dialing = Dialing::Ignore;
    world.disk.write("/ca.pem", new.pem.clone() + &Ca::new("D").pem);
    world.advance(seconds(2.0));
    let health = judged(&world.status(), &well(), false);
    assert_eq!((&health["ok"], &health["trust"]), (&json!(true), &json!("warning")));
    assert_eq!(problems(&health), ["tls.untrusted"]);
}

#[test]
fn cas_that_end() {
    let at = |days: u64| EPOCH + days * DAY;
    let soon = Ca::until("Soon", at(20));
    let (middle, late) = (Ca::until("Middle", at(80)), Ca::until("Late", at(400)));
    let of = |used: &Ca, more: &[&Ca]| {
        let mut world = connected(used, more);
        // Whatever the client knows by now.
        world.advance(seconds(1.0));
        problems(&judged(&world.status(), &well(), false))
    };
    assert_eq!(of(&late, &[]), [""; 0]);
    assert_eq!(of(&middle, &[]), ["trust.single_anchor"]);
    assert_eq!(of(&middle, &[&late]), [""; 0]);
    assert_eq!(of(&soon, &[]), ["trust.expiring"]);
    // It protects a connection, whatever else is trusted; left over, it may end.
    assert_eq!(of(&soon, &[&late]), ["trust.expiring"]);
    assert_eq!(of(&late, &[&soon]), [""; 0]);
}

#[test]
fn all_cas_have_ended() {
    let mut world = connected(&Ca::until("A", EPOCH + 20 * DAY), &[]);
    world.pass(seconds((21 * DAY) as f64));
    world.advance(seconds(1.0));
    let health = judged(&world.status(), &well(), false);
    assert_eq!((&health["ok"], &health["trust"]), (&json!(false), &json!("failing")));
    assert_eq!(health["code"], "trust.expired");
}

#[test]
fn without_tls_nothing_is_verified() {
    let mut world = World::new(&[("host", "redis.test")]);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let health = judged(&world.status(), &well(), false);
    assert_eq!((&health["ok"], &health["trust"]), (&json!(true), &json!("off")));
}

#[test]
fn dangers_are_warnings() {
    let mut world = World::new(&[
        ("host", "redis.test"),
        ("tls", "true"),
        ("danger_accept_any_certificate", "true"),
    ]);
    world.server.present(&Ca::new("A").leaf());
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let health = judged(&world.status(), &well(), false);
    assert_eq!(health["ok"], true);
    assert_eq!(problems(&health), ["config.danger"]);
}

#[test]
fn a_closed_client_is_not_live() {
    let mut world = connected(&Ca::new("A"), &[&Ca::new("B")]);
    world.client.close(world.now, &mut world.log);
    let health = judged(&world.status(), &Value::Null, false);
    assert_eq!((&health["ok"], &health["live"]), (&json!(false), &json!(false)));
    assert_eq!(problems(&health), ["!client.closed"]);
    // A server that is away is no reason to restart.
    let mut away = World::new(&[("host", "redis.test"), ("timeout", "1")]);
    away.dialing = Dialing::Fail(Code::NetRefused);
    away.submit(&["PING"]);
    away.advance(seconds(2.0));
    let health = judged(&away.status(), &failed("net.refused"), false);
    assert_eq!((&health["ok"], &health["live"]), (&json!(false), &json!(true)));
}

/// A host that gives up by itself says no more than that time has passed.
#[test]
fn a_time_limit_has_a_cause() {
    let mut away = World::new(&[("host", "redis.test"), ("timeout", "60")]);
    away.dialing = Dialing::Fail(Code::NetRefused);
    away.submit(&["PING"]);
    away.advance(seconds(1.0));
    let health = judged(&away.status(), &failed("client.timeout"), false);
    assert_eq!(problems(&health), ["!net.refused"]);
}

#[test]
fn what_is_no_document_is_misuse() {
    for (status, outcome) in [("", "null"), ("{}", "replies")] {
        let error = health::judge(status, outcome, false).unwrap_err();
        assert_eq!(error.code(), Code::ClientMisuse);
    }
}
