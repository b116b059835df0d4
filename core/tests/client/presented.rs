//! A server is looked at without being talked to, and judged as a connection would judge it.

use std::sync::Arc;

use redlatch_core::{Client, Code, Profile, Role, client::Presented};

use crate::world::{
    World,
    certs::{Ca, EPOCH, Wish},
    config,
    server::Port,
};

const LOOKS: Role = Role::Raw { login: false };

/// What the world's server presents to somebody who trusts nobody.
fn presented(world: &mut World) -> Presented {
    let unverified = world.client.profile().danger_unverified().unwrap();
    world.client = Client::new(Arc::new(unverified), LOOKS, 7, world.now);
    world.client.connect(world.now, &mut world.log);
    world.run();
    world.client.presented().unwrap()
}

fn profile(world: &World, settings: &[(&str, &str)]) -> Profile {
    let settings = [&[("host", "redis.test")], settings].concat();
    Profile::new(config(&settings), &world.materials).unwrap()
}

fn judge(world: &World, settings: &[(&str, &str)], presented: &Presented) -> Result<String, Code> {
    let verdict = profile(world, settings).judge(presented, world.now);
    verdict.map(|anchor| anchor.subject).map_err(|error| error.code())
}

#[test]
fn each_bundle_is_judged_as_a_connection_would() {
    let (ca, next, other) = (Ca::new("A"), Ca::new("B"), Ca::new("C"));
    let mut world = World::secure_as(LOOKS, &other, &[("password", "hunter2")]);
    world.password("hunter2");
    let leaf = next.leaf();
    world.server.present(&leaf);
    let seen = presented(&mut world);
    assert_eq!(seen.chain[0].sha256_hex(), leaf.sha256);
    assert_eq!(seen.chain[0].details().names, ["DNS:redis.test"]);
    assert_eq!(seen.version.as_deref(), Some("TLSv1.3"));
    assert!(seen.cipher.is_some());
    // Neither a command nor a secret went to somebody nobody vouches for.
    assert!(world.server.log.is_empty());

    let both = format!("{}{}", ca.pem, next.pem);
    assert_eq!(judge(&world, &[("ca_pem", &both)], &seen), Ok("CN=B".to_owned()));
    assert_eq!(judge(&world, &[("ca_pem", &ca.pem)], &seen), Err(Code::TlsUntrusted));
    let wrong_name = [("ca_pem", both.as_str()), ("expected_name", "elsewhere.test")];
    assert_eq!(judge(&world, &wrong_name, &seen), Err(Code::TlsNameMismatch));
    let no_name = [&wrong_name[..], &[("verify", "ca")]].concat();
    assert_eq!(judge(&world, &no_name, &seen), Ok("CN=B".to_owned()));
    let pin = "0".repeat(64);
    let pinned = [("ca_pem", both.as_str()), ("pin_sha256", &pin)];
    assert_eq!(judge(&world, &pinned, &seen), Err(Code::TlsPinMismatch));
    world.disk.write("/crl.pem", next.crl(&[&leaf], EPOCH + 86_400));
    let revoked = [("ca_pem", both.as_str()), ("crl_file", "/crl.pem")];
    assert_eq!(judge(&world, &revoked, &seen), Err(Code::TlsRevoked));
    assert_eq!(judge(&world, &[("ca_file", "/none")], &seen), Err(Code::TrustUnreadable));
}

#[test]
fn the_dates_of_what_is_presented_count() {
    let ca = Ca::new("A");
    let mut world = World::secure_as(LOOKS, &ca, &[]);
    world.server.present(&ca.issue(&Wish { until: EPOCH - 1, ..Wish::default() }));
    let seen = presented(&mut world);
    assert_eq!(judge(&world, &[("ca_pem", &ca.pem)], &seen), Err(Code::TlsExpired));
}

#[test]
fn settings_that_refuse_the_server_do_not_hide_it() {
    let ca = Ca::new("A");
    let pin = "0".repeat(64);
    let settings = [("pin_sha256", pin.as_str()), ("crl_file", "/none.crl")];
    let mut world = World::secure_as(LOOKS, &ca, &settings);
    assert_eq!(presented(&mut world).chain.len(), 1);
}

#[test]
fn where_nothing_is_verified_nothing_is_trusted() {
    let ca = Ca::new("A");
    let mut world = World::secure_as(LOOKS, &ca, &[]);
    let seen = presented(&mut world);
    let any = [("tls", "true"), ("danger_accept_any_certificate", "true")];
    assert_eq!(judge(&world, &any, &seen), Err(Code::ClientMisuse));
    assert_eq!(judge(&world, &[], &seen), Err(Code::ClientMisuse));
}

#[test]
fn without_tls_nothing_is_presented() {
    let mut world = World::used_as(LOOKS, &[]);
    world.server.port = Port::Plain;
    let unverified = world.client.profile().danger_unverified().unwrap();
    world.client = Client::new(Arc::new(unverified), LOOKS, 7, world.now);
    world.client.connect(world.now, &mut world.log);
    world.run();
    assert_eq!(world.log.opened, 1);
    assert!(world.client.presented().is_none());
}
