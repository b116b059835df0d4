//! Explicit over URL over environment; what a stronger source says in another way counts too.

use redlatch_core::{Code, config::Address};

use crate::{SECRET, conflict, explicit, files, parse, password, refused};

#[test]
fn the_stronger_source_wins() {
    let explicit = ("host", "explicit.test");
    let url = ("url", "redis://url.test:1/1");
    let variables = [("REDIS_HOST", "env.test"), ("REDIS_PORT", "2"), ("REDIS_DB", "2")];
    for (settings, expected, db) in [
        (&[explicit, url][..], "explicit.test:1", 1),
        (&[explicit], "explicit.test:2", 2),
        (&[url], "url.test:1", 1),
        (&[("url", "redis://url.test")], "url.test:2", 2),
        (&[], "env.test:2", 2),
    ] {
        let config = parse(settings, &variables).unwrap();
        assert_eq!((config.address.to_string(), config.db), (expected.to_owned(), db));
    }
    // An explicit URL stands above the URL of the environment.
    let config = parse(&[("url", "redis://url.test/1")], &[("REDIS_URL", "redis://env.test:3/3")]);
    let config = config.unwrap();
    assert_eq!((config.address.to_string(), config.db), ("url.test:3".into(), 1));
}

#[test]
fn an_empty_explicit_setting_is_unset() {
    let config = parse(&[("host", "")], &[("REDIS_HOST", "env.test")]).unwrap();
    assert_eq!(config.address.to_string(), "env.test:6379");
}

#[test]
fn one_way_to_say_it_silences_the_others() {
    let config = parse(&[("password", SECRET)], &[("REDIS_PASSWORD_FILE", "/secret")]).unwrap();
    assert_eq!(password(&config).unwrap(), SECRET.as_bytes());
    let config = parse(&[("password_file", "/secret")], &[("REDIS_PASSWORD", SECRET)]).unwrap();
    assert_eq!(files(&config.login.unwrap().secret), ["/secret"]);
    let config = parse(&[("path", "/run/redis.sock")], &[("REDIS_HOST", "a"), ("REDIS_PORT", "1")]);
    assert_eq!(config.unwrap().address, Address::Unix("/run/redis.sock".into()));
    let config =
        parse(&[("url", "redis://a")], &[("REDIS_URL", "unix:///run/redis.sock")]).unwrap();
    assert_eq!(config.address.to_string(), "a:6379");
    let config = parse(&[("ca_pem", "PEM")], &[("REDIS_CA_CERT", "/ca.pem")]).unwrap();
    assert!(matches!(config.tls.unwrap().trust, redlatch_core::config::Source::Bytes(_)));
}

/// Within one source both cannot be meant.
#[test]
fn two_ways_to_say_it_are_a_conflict() {
    for (first, second) in [
        ("password", "password_file"),
        ("ca_file", "ca_pem"),
        ("cert_file", "cert_pem"),
        ("key_file", "key_pem"),
        ("path", "host"),
        ("path", "port"),
    ] {
        let mut settings = vec![("tls", "true"), ("expected_name", "a.test")];
        if first != "path" {
            settings.push(("cert_file", "/cert"));
        }
        settings.retain(|(name, _)| *name != first && *name != second);
        settings.extend([(first, "1"), (second, "1")]);
        conflict(explicit(&settings), first, second);
    }
    let both = [("username", "a"), ("username_file", "/a"), ("password_file", "/b")];
    conflict(explicit(&both), "username", "username_file");
}

#[test]
fn a_program_that_turns_tls_off_hears_of_the_ca() {
    let config = parse(&[("tls", "false")], &[("REDIS_CA_CERT", "/ca.pem")]);
    conflict(config, "REDIS_CA_CERT", "tls");
    for only in
        ["ca_file", "ca_pem", "cert_file", "key_file", "cert_pem", "key_pem", "expected_name"]
    {
        conflict(explicit(&[("tls", "false"), (only, SECRET)]), only, "tls");
    }
}

#[test]
fn a_secret_needs_protection_on_the_way() {
    for (settings, expected) in [
        (&[("host", "a.test"), ("password", SECRET)][..], Some("password")),
        (&[("host", "10.0.0.1"), ("password_file", "/secret")], Some("password_file")),
        (&[("url", "redis://:hunter2@a.test")], Some("url (password)")),
        (&[("host", "localhost"), ("password", SECRET)], None),
        (&[("host", "127.0.0.9"), ("password", SECRET)], None),
        (&[("host", "::1"), ("password", SECRET)], None),
        (&[("path", "/run/redis.sock"), ("password", SECRET)], None),
        (&[("host", "a.test"), ("tls", "true"), ("password", SECRET)], None),
        (&[("host", "a.test")], None),
    ] {
        match expected {
            None => assert!(explicit(settings).is_ok(), "{settings:?}"),
            Some(name) => {
                let error = refused(explicit(settings));
                assert_eq!(error.code(), Code::ConfigInsecure);
                assert_eq!(crate::evidence(&error, "setting"), name);
            }
        }
    }
    let danger = [("host", "a.test"), ("password", SECRET), ("danger_plaintext_auth", "true")];
    assert_eq!(explicit(&danger).unwrap().dangers, ["danger_plaintext_auth"]);
}
