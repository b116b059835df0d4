//! Statuses as Prometheus metrics.

use std::collections::{BTreeMap, HashSet};

use redlatch_core::{Code, metrics};
use serde_json::{Value, json};

use crate::{
    assert_reply, text,
    world::{Dialing, World, certs::Ca, seconds},
};

/// Samples of one client by name and labels, `client` left out.
fn samples(status: &Value) -> BTreeMap<String, f64> {
    let text = metrics::expose(&json!([status]).to_string()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = name.split_once("{client=\"").unwrap();
        let (_, labels) = labels.split_once('"').unwrap();
        let labels = labels.trim_start_matches(',').trim_end_matches('}');
        let name = if labels.is_empty() { name.to_owned() } else { format!("{name} {labels}") };
        (name, value.parse().unwrap())
    });
    samples.collect()
}

#[test]
fn a_client_at_work() {
    let (ca, other) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&ca, &[("poll_interval", "1"), ("password", "first-secret")]);
    world.password("first-secret");
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    world.disk.write("/ca.pem", ca.pem.clone() + &other.pem);
    world.advance(seconds(3.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let status = world.status();
    let found = samples(&status);
    for (name, value) in [
        ("redlatch_up", 1.0),
        ("redlatch_state state=\"ready\"", 1.0),
        ("redlatch_state state=\"failing\"", 0.0),
        ("redlatch_sessions", 1.0),
        ("redlatch_commands_total", 2.0),
        ("redlatch_replies_total", 2.0),
        ("redlatch_failures_total", 0.0),
        ("redlatch_connects_total", 1.0),
        ("redlatch_auth_failures_total", 0.0),
        ("redlatch_trust_anchors", 2.0),
        ("redlatch_trust_generation", 2.0),
        ("redlatch_rotations_total material=\"trust\"", 1.0),
        ("redlatch_rotations_total material=\"credentials\"", 0.0),
        ("redlatch_material_rejected material=\"trust\"", 0.0),
    ] {
        assert_eq!(found.get(name), Some(&value), "{name}");
    }
    for (certificate, sessions) in [(&ca, 1.0), (&other, 0.0)] {
        let anchors = status["trust"]["certificates"].as_array().unwrap();
        let anchor = anchors.iter().find(|it| it["sha256"] == certificate.sha256).unwrap();
        let labels = format!("sha256={},subject={}", anchor["sha256"], anchor["subject"]);
        let end = found[&format!("redlatch_trust_anchor_expiry_timestamp_seconds {labels}")];
        assert_eq!(end, anchor["not_after"].as_f64().unwrap());
        assert_eq!(found[&format!("redlatch_trust_anchor_sessions {labels}")], sessions);
    }
    assert!(!found.contains_key("redlatch_credentials_expiry_timestamp_seconds"));
    assert!(!found.keys().any(|name| name.contains("redlatch_last_error_info")));
    assert!(!format!("{found:?}").contains("first-secret"));
}

#[test]
fn what_was_refused_is_counted_once() {
    let ca = Ca::new("A");
    let mut world = World::secure(&ca, &[("poll_interval", "1")]);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    world.disk.write("/ca.pem", "broken");
    world.advance(seconds(30.0));
    let found = samples(&world.status());
    assert_eq!(found["redlatch_material_rejected material=\"trust\""], 1.0);
    assert_eq!(found["redlatch_material_rejections_total material=\"trust\""], 1.0);
    world.disk.write("/ca.pem", &ca.pem);
    world.advance(seconds(30.0));
    let found = samples(&world.status());
    assert_eq!(found["redlatch_material_rejected material=\"trust\""], 0.0);
    assert_eq!(found["redlatch_material_rejections_total material=\"trust\""], 1.0);
}

#[test]
fn a_password_that_is_refused() {
    let mut world = World::secure(&Ca::new("A"), &[("password", "wrong-secret")]);
    world.server.passwords = vec!["right-secret".to_owned()];
    world.submit(&["PING"]);
    world.run();
    let found = samples(&world.status());
    assert_eq!(found["redlatch_up"], 0.0);
    assert_eq!(found["redlatch_last_error_info code=\"auth.rejected\""], 1.0);
    assert_eq!(found["redlatch_auth_failures_total"], 1.0);
    assert_eq!(found["redlatch_failures_total"], 1.0);
}

#[test]
fn a_session_that_is_distrusted() {
    let (old, new) = (Ca::new("A"), Ca::new("B"));
    let mut world = World::secure(&old, &[("poll_interval", "1")]);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    world.dialing = Dialing::Ignore;
    world.disk.write("/ca.pem", &new.pem);
    world.advance(seconds(2.0));
    assert_eq!(samples(&world.status())["redlatch_sessions_distrusted"], 1.0);
    world.dialing = Dialing::Accept;
    world.server.present(&new.leaf());
    world.advance(seconds(30.0));
    let found = samples(&world.status());
    assert_eq!((found["redlatch_sessions_distrusted"], found["redlatch_up"]), (0.0, 1.0));
}

/// A metric stands in one piece, told and typed once, and no sample stands there twice.
#[test]
fn several_clients_in_one_exposition() {
    let named = World::new(&[("host", "a.test"), ("client_name", "work\\er\"1\"")]).status();
    let (same, again) =
        (World::new(&[("host", "b.test")]).status(), World::new(&[("host", "b.test")]));
    let statuses = json!([named, same, again.status()]);
    let text = metrics::expose(&statuses.to_string()).unwrap();
    for client in [r#"work\\er\"1\""#, "b.test:6379", "b.test:6379-2"] {
        assert!(text.contains(&format!("redlatch_up{{client=\"{client}\"}} 0\n")), "{text}");
    }
    let (mut told, mut seen, mut current) = (HashSet::new(), HashSet::new(), "");
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            current = help.split_once(' ').unwrap().0;
            assert!(told.insert(current), "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind.split_once(' ').unwrap().0, current);
        } else {
            assert_eq!(line.split_once('{').unwrap().0, current);
            assert!(seen.insert(line.rsplit_once(' ').unwrap().0), "{line}");
        }
    }
}

#[test]
fn names_follow_the_conventions() {
    let mut names = HashSet::new();
    for metric in metrics::metrics() {
        assert!(names.insert(metric.name), "{}", metric.name);
        assert!(metric.name.starts_with("redlatch_"));
        assert!(matches!(metric.kind, "gauge" | "counter"));
        assert_eq!(metric.kind == "counter", metric.name.ends_with("_total"), "{}", metric.name);
        assert!(metric.help.ends_with('.') && !metric.help.contains(['\n', '\\']));
    }
}

#[test]
fn what_is_no_list_of_statuses_is_misuse() {
    for wrong in ["", "{}", "[1]"] {
        assert_eq!(metrics::expose(wrong).unwrap_err().code(), Code::ClientMisuse, "{wrong}");
    }
    assert_eq!(metrics::expose("[]").unwrap(), "");
}
