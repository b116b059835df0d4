//! Client certificates: demanded, refused, replaced.

use redlatch_core::{Code, EventKind};

use crate::{
    assert_reply, refused, text,
    world::{
        World,
        certs::{Ca, DAY, EPOCH, Leaf, Wish},
        seconds,
    },
};

const FILES: [(&str, &str); 3] =
    [("cert_file", "/client.pem"), ("key_file", "/client.key"), ("poll_interval", "1")];

fn publish(world: &mut World, leaf: &Leaf, key: &Leaf) {
    world
        .secrets
        .extend(key.key_pem.lines().filter(|line| !line.starts_with('-')).map(str::to_owned));
    world.disk.write("/client.pem", &leaf.cert_pem);
    world.disk.write("/client.key", &key.key_pem);
}

/// A server that demands certificates of `clients`.
fn world(ca: &Ca, clients: &Ca) -> World {
    let mut world = World::secure(ca, &FILES);
    world.server.demand(&ca.leaf(), clients);
    world
}

#[test]
fn a_client_shows_its_certificate() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = world(&ca, &clients);
    let leaf = clients.client();
    publish(&mut world, &leaf, &leaf);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.status()["identity"]["sha256"], leaf.sha256);
}

#[test]
fn one_file_may_hold_both() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = World::secure(&ca, &FILES[..1]);
    world.server.demand(&ca.leaf(), &clients);
    let leaf = clients.client();
    world.disk.write("/client.pem", [leaf.cert_pem, leaf.key_pem].concat());
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn a_server_that_demands_one() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = World::secure(&ca, &[]);
    world.server.demand(&ca.leaf(), &clients);
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsClientCertRequired);
}

/// What heals it heals it at once, as with trust and passwords.
#[test]
fn a_refused_certificate_is_replaced() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = world(&ca, &clients);
    let wrong = Ca::new("D").client();
    publish(&mut world, &wrong, &wrong);
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsClientCertRejected);
    // By now the pauses between attempts are long.
    for _ in 0..8 {
        world.advance(seconds(31.0));
        assert_eq!(refused(&mut world, &["PING"]), Code::TlsClientCertRejected);
    }
    let right = clients.client();
    publish(&mut world, &right, &right);
    world.advance(seconds(1.2));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

#[test]
fn certificate_and_key_change_together_or_not_at_all() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = world(&ca, &clients);
    let (first, second) = (clients.client(), clients.client());
    publish(&mut world, &first, &first);
    world.call(&["PING"]);
    // Half of a replacement.
    publish(&mut world, &second, &first);
    world.advance(seconds(5.0));
    assert_eq!(world.last(EventKind::Rejected).field("code"), Some("identity.mismatch"));
    world.cut_all();
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.status()["identity"]["generation"], 1);
    publish(&mut world, &second, &second);
    world.advance(seconds(5.0));
    assert_eq!(world.status()["identity"]["generation"], 2);
    // Live sessions stay; new ones use it and resume nothing of the old one.
    assert_eq!(world.conns.len(), 1);
    world.cut_all();
    world.advance(seconds(5.0));
    assert_eq!(world.last(EventKind::Connected).field("resumed"), Some("false"));
    assert_eq!(world.status()["sessions"][0]["identity_generation"], 2);
    let broken = "-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----\n";
    let mut world = crate::world::World::secure(&ca, &FILES);
    world.disk.write("/client.pem", &first.cert_pem);
    world.disk.write("/client.key", broken);
    assert_eq!(refused(&mut world, &["PING"]), Code::IdentityMalformed);
}

/// Clocks differ: a certificate of the next minute becomes good without being written again.
#[test]
fn a_certificate_that_is_not_valid_yet() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = world(&ca, &clients);
    let usage = rcgen::ExtendedKeyUsagePurpose::ClientAuth;
    let early = clients.issue(&Wish { from: EPOCH + 60, usage: usage.clone(), ..Wish::default() });
    publish(&mut world, &early, &early);
    assert_eq!(refused(&mut world, &["PING"]), Code::IdentityExpired);
    world.advance(seconds(63.0));
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    assert_eq!(world.count(EventKind::Rejected), 1);
    // One that has ended stays refused.
    let mut world = World::secure(&ca, &FILES);
    let late = clients.issue(&Wish { until: EPOCH - DAY / 2, usage, ..Wish::default() });
    publish(&mut world, &late, &late);
    assert_eq!(refused(&mut world, &["PING"]), Code::IdentityExpired);
}

/// The alert is lost, as it is when the server resets the connection: under TLS 1.3 the handshake
/// is over by then, and nothing but the question tells.
#[test]
fn a_refusal_without_a_word() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = World::secure(&ca, &[]);
    world.drops_last_words = true;
    world.server.demand(&ca.leaf(), &clients);
    let waiting = world.submit(&["PING"]);
    world.run();
    // One loss in a handshake happens.
    assert!(world.outcome(waiting).is_none());
    world.advance(seconds(0.1));
    assert_eq!(world.failure(waiting).code(), Code::TlsClientCertRequired);
    let mut world = self::world(&ca, &clients);
    world.drops_last_words = true;
    let wrong = Ca::new("D").client();
    publish(&mut world, &wrong, &wrong);
    let waiting = world.submit(&["PING"]);
    world.advance(seconds(0.1));
    assert_eq!(world.failure(waiting).code(), Code::TlsClientCertRejected);
    assert_eq!(world.dials.len(), 2);
    // A server that asks, accepts, and ends for another reason is not blamed on the certificate.
    let mut world = self::world(&ca, &clients);
    let right = clients.client();
    publish(&mut world, &right, &right);
    world.call(&["PING"]);
    world.server.hangs_up_at = Some("GET");
    let waiting = world.submit(&["APPEND", "log", "x"]);
    let lost = world.submit(&["GET", "k"]);
    world.run();
    assert!(world.outcome(waiting).is_some());
    world.server.hangs_up_at = None;
    world.advance(seconds(3.0));
    assert_reply(world.outcome(lost).unwrap(), redlatch_core::resp::Value::Nil);
    assert_eq!(world.last(EventKind::Disconnected).field("code"), Some("net.closed"));
}

#[test]
fn tls_12_has_other_words_for_it() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let old = |mut world: World| {
        let config = world.server.tls_of(&[&rustls::version::TLS12], &ca.leaf(), Some(&clients));
        world.server.port = crate::world::server::Port::Tls(config.into());
        world
    };
    let mut world = old(World::secure(&ca, &[]));
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsClientCertRequired);
    let mut world = old(World::secure(&ca, &FILES));
    let wrong = Ca::new("D").client();
    publish(&mut world, &wrong, &wrong);
    assert_eq!(refused(&mut world, &["PING"]), Code::TlsClientCertRejected);
    let mut world = old(World::secure(&ca, &FILES));
    let right = clients.client();
    publish(&mut world, &right, &right);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
}

/// A key as `openssl pkcs8 -topk8` writes it, or as `openssl req` still does.
fn encrypted(leaf: &Leaf, password: &str, is_old: bool) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use pkcs8::pkcs5::pbes2::{EncryptionScheme, Parameters};

    let key = pkcs8::PrivateKeyInfoRef::try_from(leaf.key.secret_der()).unwrap();
    let mut parameters =
        Parameters::generate_pbkdf2_sha256_aes256cbc(2048, b"salt and pepper", [7; 16]).unwrap();
    if is_old {
        parameters.encryption = EncryptionScheme::DesEde3Cbc { iv: [7; 8] };
    }
    let document = key.encrypt_with_params(parameters, password).unwrap();
    let text = BASE64_STANDARD.encode(document.as_bytes());
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let (begin, end) = ("-----BEGIN", "-----END");
    let label = "ENCRYPTED PRIVATE KEY-----";
    format!("{begin} {label}\n{}\n{end} {label}\n", lines.join("\n"))
}

#[test]
fn an_encrypted_key_is_opened() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let leaf = clients.client();
    let start = |settings: &[(&str, &str)], key: &str| {
        let mut world = World::secure(&ca, settings);
        world.secrets.extend(["open-sesame", "wrong-word"].map(str::to_owned));
        world.server.demand(&ca.leaf(), &clients);
        world.disk.write("/client.pem", &leaf.cert_pem);
        world.disk.write("/client.key", key);
        world.disk.write("/word", "open-sesame\n");
        world
    };
    let key = encrypted(&leaf, "open-sesame", false);
    let with = |more: (&'static str, &'static str)| [&FILES[..], &[more]].concat();
    let mut world = start(&with(("key_password", "open-sesame")), &key);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let mut world = start(&with(("key_password_file", "/word")), &key);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    let old = encrypted(&leaf, "open-sesame", true);
    let mut world = start(&with(("key_password", "open-sesame")), &old);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    // Both in one file.
    let one = [("cert_file", "/both.pem"), ("key_password_file", "/word")];
    let mut world = start(&one, "");
    world.disk.write("/both.pem", [leaf.cert_pem.as_str(), &key].concat());
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    // An initialisation vector of one byte in place of eight.
    let short = format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{SHORT_IV}\n-----END");
    for (settings, key, why) in [
        (FILES.to_vec(), key.as_str(), "key_password"),
        (with(("key_password", "open-sesame")), &short, "cut off"),
        (with(("key_password", "wrong-word")), &key, "cannot be opened"),
        (with(("key_password", "open-sesame")), &key[..key.len() / 2], "cut off"),
        (
            with(("key_password", "open-sesame")),
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n",
            "topk8",
        ),
    ] {
        let mut world = start(&settings, key);
        let waiting = world.submit(&["PING"]);
        world.run();
        let error = world.failure(waiting);
        assert_eq!(error.code(), Code::IdentityMalformed);
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// A loss in the middle of a handshake is no refusal of a certificate that was taken before.
#[test]
fn a_lost_handshake_is_no_refusal_of_a_known_certificate() {
    let (ca, clients) = (Ca::new("A"), Ca::new("C"));
    let mut world = world(&ca, &clients);
    let leaf = clients.client();
    publish(&mut world, &leaf, &leaf);
    assert_reply(world.call(&["ECHO", "e"]), text("e"));
    world.server.on_hold = true;
    let ticket = world.submit(&["ECHO", "again"]);
    // Other trust: no session is resumed, so the certificate is asked for.
    world.disk.write("/ca.pem", [&ca.pem[..], &clients.pem[..]].concat());
    world.cut_all();
    world.cut_all();
    assert!(world.outcome(ticket).is_none());
    world.server.on_hold = false;
    world.advance(seconds(1.0));
    assert_reply(world.outcome(ticket).unwrap(), text("again"));
}

const SHORT_IV: &str = "ME0wOQYJKoZIhvcNAQUNMCwwGwYJKoZIhvcNAQUMMA4ECHNhbHRzYWx0AgIIADANBggqhkiG9w0DBwQBBwQQeHh4eHh4eHh4eHh4eHh4eA==";
