//! What is checked of a server besides its chain: pins, revocation, versions, names; and the log of
//! secrets that somebody asked for.

use base64::{Engine, prelude::BASE64_STANDARD};
use redlatch_core::{Code, EventKind};
use rustls::version::TLS12;

use crate::{
    assert_reply, refused, text,
    world::{
        World,
        certs::{Ca, DAY, EPOCH, Leaf, Wish},
        seconds,
        server::Port,
    },
};

/// The pin of a certificate, as `openssl x509 -pubkey | openssl pkey -outform der | openssl dgst
/// -sha256 -binary | base64` prints it.
fn pin(leaf: &Leaf) -> String {
    use sha2::Digest;
    let certificate = webpki::EndEntityCert::try_from(&leaf.chain[0]).unwrap();
    BASE64_STANDARD.encode(sha2::Sha256::digest(certificate.subject_public_key_info()))
}

#[test]
fn a_pin_stands_in_the_chain() {
    let ca = Ca::new("A");
    let (first, second) = (ca.leaf(), ca.leaf());
    let pins = format!("sha256//{},{}", pin(&first), "00".repeat(32));
    let mut world = World::secure(&ca, &[("pin_sha256", &pins)]);
    world.server.present(&first);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let pinned = &world.status()["verification"]["pins"];
    assert_eq!(pinned[0], pin(&first));
    // Another key of the same CA.
    world.server.present(&second);
    world.cut_all();
    let error = match world.call(&["PING"]) {
        crate::world::Outcome::Failed(error) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(error.code(), Code::TlsPinMismatch);
    let (_, presented) =
        error.evidence().iter().find(|(name, _)| *name == "presented_pins").unwrap();
    assert!(presented.contains(&pin(&second)), "{error}");
    // The pin of the CA covers all of its leaves.
    let ca_leaf = Leaf { chain: vec![ca.der()], ..ca.leaf() };
    let mut world = World::secure(&ca, &[("pin_sha256", &pin(&ca_leaf))]);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

/// A key that is only sent along proves nothing.
#[test]
fn a_pin_of_a_certificate_that_is_no_part_of_the_path() {
    let (ca, pinned) = (Ca::new("A"), Ca::new("B").leaf());
    let mut leaf = ca.leaf();
    leaf.chain.push(pinned.chain[0].clone());
    let mut world = World::secure(&ca, &[("pin_sha256", &pin(&pinned))]);
    world.server.present(&leaf);
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsPinMismatch);
}

#[test]
fn a_pin_holds_where_nothing_else_is_verified() {
    let (ca, leaf) = (Ca::new("A"), Ca::new("B").leaf());
    let settings = [("danger_accept_any_certificate", "true"), ("pin_sha256", &pin(&leaf))];
    let mut world = World::secure(&ca, &settings);
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsPinMismatch);
    let mut world = World::secure(&ca, &settings);
    world.server.present(&leaf);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_revoked_certificate_is_refused() {
    let ca = Ca::new("A");
    let (first, second) = (ca.leaf(), ca.leaf());
    let mut world = World::secure(&ca, &[("crl_file", "/crl.pem"), ("poll_interval", "1")]);
    world.disk.write("/crl.pem", ca.crl(&[], EPOCH + 30 * DAY));
    world.server.present(&first);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    // Revoked while it is in use: replaced, and gone after the grace.
    world.disk.write("/crl.pem", ca.crl(&[&first], EPOCH + 30 * DAY));
    world.advance(seconds(1.1));
    assert_eq!(world.last(EventKind::Distrusted).field("code"), Some("tls.revoked"));
    world.server.present(&second);
    world.advance(seconds(31.0));
    assert_eq!(world.status()["sessions"][0]["peer"]["sha256"], second.sha256);
    assert_eq!(world.status()["sessions"][0]["crl_generation"], 2);
    assert_eq!(world.client.counters().failures, 0);
    world.server.present(&first);
    world.cut_all();
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsRevoked);
    // A resumed session is not verified by rustls: we do it again.
    world.disk.write("/crl.pem", ca.crl(&[], EPOCH + 30 * DAY));
    world.advance(seconds(60.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn revocation_lists_are_kept_like_bundles() {
    let (ca, other) = (Ca::new("A"), Ca::new("B"));
    let leaf = ca.leaf();
    let mut world = World::secure(&ca, &[("crl_file", "/crl.pem"), ("poll_interval", "1")]);
    world.server.present(&leaf);
    // Without the list it was told to use it connects to nobody.
    assert_eq!(refused(&mut world, &["PING"]), Code::TrustUnreadable);
    let whole = [other.crl(&[], EPOCH + 3 * DAY - 1), ca.crl(&[&leaf], EPOCH + 60 * DAY)].concat();
    world.disk.write("/crl.pem", &whole);
    world.advance(seconds(1.1));
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsRevoked);
    let lists = world.status()["crl"]["lists"].clone();
    assert_eq!((lists[1]["revoked"].as_u64(), lists.as_array().unwrap().len()), (Some(1), 2));
    // Three days left: one notice, with the shortest that applies.
    assert_eq!(world.count(EventKind::Expiring), 1);
    assert_eq!(world.last(EventKind::Expiring).field("days_left"), Some("2"));
    for bad in [&whole[..whole.len() - 60], "", "rubbish"] {
        world.disk.write("/crl.pem", bad);
        world.advance(seconds(5.0));
        assert_eq!(world.last(EventKind::Rejected).field("material"), Some("crl"), "{bad}");
        assert_eq!(world.status()["crl"]["generation"], 1);
    }
}

#[test]
fn tls_12_may_be_too_old() {
    let ca = Ca::new("A");
    let old = |settings: &[(&str, &str)]| {
        let mut world = World::secure(&ca, settings);
        let config = world.server.tls_of(&[&TLS12], &ca.leaf(), None);
        world.server.port = Port::Tls(config.into());
        world
    };
    let mut world = old(&[]);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.status()["sessions"][0]["tls"], "TLSv1.2");
    let mut world = old(&[("tls_min_version", "1.3")]);
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsProtocol);
    assert_eq!(world.status()["verification"]["min_version"], "TLSv1.3");
}

/// Names are checked of every address: DNS, IPv4 and IPv6, in any spelling.
#[test]
fn every_address_has_its_name_checked() {
    let ca = Ca::new("A");
    let names = ["redis.test", "10.0.0.1", "2001:db8::1"];
    let leaf = ca.issue(&Wish { names: &names, ..Wish::default() });
    for (host, good) in [
        ("redis.test", true),
        ("REDIS.test", true),
        ("10.0.0.1", true),
        ("2001:db8::1", true),
        ("[2001:0DB8:0:0::0001]", true),
        ("other.test", false),
        ("10.0.0.2", false),
        ("2001:db8::2", false),
    ] {
        let mut world = World::new(&[("host", host), ("ca_file", "/ca.pem")]);
        world.disk.write("/ca.pem", &ca.pem);
        world.server.present(&leaf);
        match good {
            true => assert_reply(world.call(&["ECHO", "e"]), text("e")),
            false => assert_eq!(refused(&mut world, &["PING"]), Code::TlsNameMismatch, "{host}"),
        }
    }
    let settings = [("host", "other.test"), ("ca_file", "/ca.pem"), ("expected_name", "10.0.0.1")];
    let mut world = World::new(&settings);
    world.disk.write("/ca.pem", &ca.pem);
    world.server.present(&leaf);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.status()["verification"]["expected_name"], "10.0.0.1");
}

#[test]
fn session_secrets_are_logged_only_on_demand() {
    let ca = Ca::new("A");
    let mut world = World::secure(&ca, &[]);
    world.call(&["PING"]);
    assert_eq!(world.disk.appended(), "");
    let mut world = World::secure(&ca, &[("danger_keylog_file", "/keys")]);
    world.call(&["PING"]);
    let log = world.disk.appended();
    assert!(log.contains("CLIENT_TRAFFIC_SECRET_0 ") && log.ends_with('\n'), "{log}");
    assert!(log.lines().all(|line| line.split(' ').count() == 3), "{log}");
    assert_eq!(world.last(EventKind::Danger).field("setting"), Some("danger_keylog_file"));
}

/// Who verified it, and when each of them ends.
#[test]
fn the_status_tells_who_verified_the_server() {
    let ca = Ca::until("A", EPOCH + 400 * DAY);
    let leaf = ca.issue(&Wish { until: EPOCH + 90 * DAY, ..Wish::default() });
    let mut world = World::secure(&ca, &[]);
    world.server.present(&leaf);
    world.call(&["PING"]);
    let session = &world.status()["sessions"][0];
    assert_eq!(session["anchor_sha256"], ca.sha256);
    assert_eq!(session["anchor_not_after"], EPOCH + 400 * DAY);
    assert_eq!(session["peer"]["sha256"], leaf.sha256);
    assert_eq!(session["peer"]["not_after"], EPOCH + 90 * DAY);
    assert_eq!(session["peer"]["days_left"], 90);
    let event = world.last(EventKind::Connected);
    assert_eq!(event.field("anchor_sha256"), Some(ca.sha256.as_str()));
    assert_eq!(event.field("peer_sha256"), Some(leaf.sha256.as_str()));
    assert_eq!(event.field("protocol"), Some("3"));
}

/// A notice at 30, 7 and 1 day, once each, however often the files are looked at.
#[test]
fn what_nears_its_end_is_announced() {
    let ca = Ca::until("A", EPOCH + 40 * DAY);
    let mut world = World::secure(&ca, &[("poll_interval", "1h")]);
    world.call(&["PING"]);
    let mut told = Vec::new();
    for day in 1..40 {
        world.advance(seconds(DAY as f64));
        if world.count(EventKind::Expiring) > told.len() {
            let event = world.last(EventKind::Expiring);
            assert_eq!(event.field("what"), Some(ca.sha256.as_str()));
            told.push(day);
        }
    }
    assert_eq!(told, [10, 33, 39]);
    assert_eq!((world.count(EventKind::Expiring), world.count(EventKind::Expired)), (3, 0));
    world.advance(seconds(DAY as f64 + 2.0));
    assert_eq!((world.count(EventKind::Expiring), world.count(EventKind::Expired)), (3, 1));
    assert_eq!(world.last(EventKind::Expired).field("what"), Some(ca.sha256.as_str()));
}
