//! Every variable the environment may hold, as the platforms set them.

use redlatch_core::{
    Code,
    config::{Address, SETTINGS, Source, Verify},
};

use crate::{SECRET, conflict, environment, evidence, files, parse, password, refused};

/// The one warning, or none.
fn warning(variables: &[(&str, &str)]) -> Option<String> {
    let mut warnings = environment(variables).unwrap().warnings;
    assert!(warnings.len() < 2, "{warnings:?}");
    warnings.pop()
}

#[test]
fn every_variable_is_read() {
    let config = environment(&[
        ("REDIS_HOST", "cache.test"),
        ("REDIS_PORT", "7000"),
        ("REDIS_USERNAME", "app"),
        ("REDIS_PASSWORD", SECRET),
        ("REDIS_DB", "4"),
        ("REDIS_SSL_ENABLED", "True"),
        ("REDIS_SSL_CERT_REQS", "required"),
        ("REDIS_SSL_CA_CERTS", "/ca.pem"),
        ("REDIS_SSL_CERTFILE", "/client.pem"),
        ("REDIS_SSL_KEYFILE", "/client.key"),
        ("REDIS_SSL_CHECK_HOSTNAME", "true"),
        ("UNRELATED", "x"),
    ])
    .unwrap();
    assert_eq!(config.address, Address::Tcp { host: "cache.test".into(), port: 7000 });
    assert_eq!((config.db, password(&config).unwrap()), (4, SECRET.as_bytes().to_vec()));
    assert_eq!(config.login.unwrap().username.unwrap(), "app");
    let tls = config.tls.unwrap();
    assert_eq!(files(&tls.trust), ["/ca.pem"]);
    assert_eq!(files(&tls.identity.unwrap()), ["/client.pem", "/client.key"]);
    assert_eq!((tls.verify, config.warnings.len()), (Verify::Full, 0));
    let url = environment(&[("REDIS_URL", "rediss://a:1/2")]).unwrap();
    assert_eq!((url.address.to_string(), url.tls.is_some(), url.db), ("a:1".into(), true, 2));
}

#[test]
fn other_names_for_the_same() {
    let config = environment(&[("REDIS_AUTH", SECRET), ("REDIS_CA_CERT", "/ca.pem")]).unwrap();
    assert_eq!(password(&config).unwrap(), SECRET.as_bytes());
    assert_eq!(files(&config.tls.unwrap().trust), ["/ca.pem"]);
}

#[test]
fn secrets_have_twins_that_are_watched() {
    for variable in ["REDIS_PASSWORD_FILE", "REDIS_AUTH_FILE"] {
        let config = environment(&[(variable, "/secret")]).unwrap();
        assert_eq!(files(&config.login.unwrap().secret), ["/secret"]);
    }
    let both = [("REDIS_USERNAME_FILE", "/name"), ("REDIS_PASSWORD_FILE", "/secret")];
    let login = environment(&both).unwrap().login.unwrap();
    assert_eq!(
        (files(&login.secret), login.username_from_source),
        (vec!["/secret", "/name"], true)
    );
    conflict(
        environment(&[("REDIS_PASSWORD", SECRET), ("REDIS_PASSWORD_FILE", "/secret")]),
        "REDIS_PASSWORD",
        "REDIS_PASSWORD_FILE",
    );
    conflict(
        environment(&[("REDIS_AUTH", SECRET), ("REDIS_AUTH_FILE", "/secret")]),
        "REDIS_AUTH",
        "REDIS_AUTH_FILE",
    );
    let alone =
        refused(environment(&[("REDIS_USERNAME_FILE", "/name"), ("REDIS_PASSWORD", SECRET)]));
    assert_eq!(alone.code(), Code::ConfigMissing);
}

#[test]
fn empty_means_unset() {
    for row in SETTINGS {
        for variable in row.environment {
            for empty in ["", "  ", "\n"] {
                let config = environment(&[(variable, empty)]).unwrap();
                assert_eq!(config.address.to_string(), "localhost:6379");
                assert!(config.login.is_none() && config.tls.is_none(), "{variable}");
            }
        }
    }
}

#[test]
fn blanks_are_removed_and_reported() {
    let config = environment(&[("REDIS_PASSWORD", " hunter2-hunter2\n")]).unwrap();
    assert_eq!(password(&config).unwrap(), SECRET.as_bytes());
    assert_eq!(config.warnings, ["blanks around the value of REDIS_PASSWORD were removed"]);
    assert_eq!(warning(&[("OTHER", " x ")]), None);
}

#[test]
fn near_misses_are_reported() {
    for (variable, meant) in [
        ("REDIS_PASS", "REDIS_PASSWORD"),
        ("REDIS_PASWORD", "REDIS_PASSWORD"),
        ("REDIS_HOSTS", "REDIS_HOST"),
        ("redis_host", "REDIS_HOST"),
        ("REDIS_SSL_CA_CERT", "REDIS_SSL_CA_CERTS"),
        ("REDIS_SSL_CERT_REQ", "REDIS_SSL_CERT_REQS"),
        ("REDIS_USER_NAME", "REDIS_USERNAME"),
    ] {
        let expected = format!("{variable} is not read; did you mean {meant}?");
        assert_eq!(warning(&[(variable, SECRET)]), Some(expected));
    }
    for unrelated in ["REDIS_PORT_6379_TCP_ADDR", "REDIS_SERVICE_HOST", "REDIS_NAMESPACE", "PORT"] {
        assert_eq!(warning(&[(unrelated, "x")]), None, "{unrelated}");
    }
}

#[test]
fn what_kubernetes_injects_is_no_port() {
    let config = environment(&[("REDIS_PORT", "tcp://10.0.0.1:6379")]).unwrap();
    assert_eq!(config.address.to_string(), "localhost:6379");
    assert!(config.warnings[0].contains("Kubernetes"), "{:?}", config.warnings);
    let error = refused(environment(&[("REDIS_PORT", "redis")]));
    assert_eq!(
        (error.code(), evidence(&error, "setting")),
        (Code::ConfigInvalid, "REDIS_PORT".into())
    );
}

#[test]
fn a_url_may_not_contradict_a_variable() {
    let url = ("REDIS_URL", "redis://a.test:1/2");
    conflict(environment(&[url, ("REDIS_HOST", "b.test")]), "REDIS_HOST", "REDIS_URL (host)");
    conflict(environment(&[url, ("REDIS_PORT", "2")]), "REDIS_PORT", "REDIS_URL (port)");
    conflict(environment(&[url, ("REDIS_DB", "3")]), "REDIS_DB", "REDIS_URL (db)");
    conflict(
        environment(&[url, ("REDIS_SSL_ENABLED", "yes")]),
        "REDIS_SSL_ENABLED",
        "REDIS_URL (tls)",
    );
    conflict(environment(&[url, ("REDIS_CA_CERT", "/a")]), "REDIS_CA_CERT", "REDIS_URL (tls)");
    conflict(
        environment(&[("REDIS_URL", "rediss://:one-hunter2@a"), ("REDIS_PASSWORD", SECRET)]),
        "REDIS_PASSWORD",
        "REDIS_URL (password)",
    );
    conflict(
        environment(&[("REDIS_PASSWORD", SECRET), ("REDIS_AUTH", "another-hunter2")]),
        "REDIS_AUTH",
        "REDIS_PASSWORD",
    );
    conflict(
        environment(&[("REDIS_URL", "unix:///a"), ("REDIS_HOST", "b")]),
        "REDIS_HOST",
        "REDIS_URL (path)",
    );
    for same in [("REDIS_HOST", "a.test"), ("REDIS_DB", "02"), ("REDIS_SSL_ENABLED", "0")] {
        assert!(environment(&[url, same]).is_ok(), "{same:?}");
    }
    let tls = [("REDIS_URL", "rediss://a"), ("REDIS_SSL_ENABLED", "1"), ("REDIS_CA_CERT", "/a")];
    assert!(environment(&tls).is_ok());
}

#[test]
fn a_ca_turns_tls_on_unless_it_is_off() {
    for variable in ["REDIS_SSL_CA_CERTS", "REDIS_CA_CERT"] {
        let ca = (variable, "/ca.pem");
        assert!(environment(&[("REDIS_HOST", "a"), ca]).unwrap().tls.is_some());
        let off = [("REDIS_HOST", "a"), ca, ("REDIS_SSL_ENABLED", "false")];
        conflict(environment(&off), variable, "REDIS_SSL_ENABLED");
    }
    for on in ["true", "1", "yes", "on", "TRUE"] {
        let tls = environment(&[("REDIS_SSL_ENABLED", on)]).unwrap().tls.unwrap();
        assert_eq!(tls.trust, Source::System);
    }
    let error = refused(environment(&[("REDIS_SSL_ENABLED", "maybe")]));
    assert_eq!(error.code(), Code::ConfigInvalid);
}

#[test]
fn how_much_is_verified() {
    let ca = ("REDIS_CA_CERT", "/ca.pem");
    let verify = |variable, value| {
        let config = environment(&[ca, (variable, value)]).unwrap();
        (config.tls.unwrap().verify, config.dangers.len(), config.warnings.len())
    };
    assert_eq!(verify("REDIS_SSL_CERT_REQS", "CERT_REQUIRED"), (Verify::Full, 0, 0));
    assert_eq!(verify("REDIS_SSL_CERT_REQS", "none"), (Verify::DangerNone, 1, 0));
    // Whatever is not understood must not weaken anything.
    assert_eq!(verify("REDIS_SSL_CERT_REQS", "optional"), (Verify::Full, 0, 1));
    assert_eq!(verify("REDIS_SSL_CHECK_HOSTNAME", "false"), (Verify::Ca, 0, 0));
    assert_eq!(verify("REDIS_SSL_CHECK_HOSTNAME", "0"), (Verify::Ca, 0, 0));
    assert_eq!(verify("REDIS_SSL_CHECK_HOSTNAME", "nope"), (Verify::Full, 0, 1));
    // A public CA issues to everybody.
    let public = [("REDIS_SSL_ENABLED", "true"), ("REDIS_SSL_CHECK_HOSTNAME", "false")];
    assert_eq!(refused(environment(&public)).code(), Code::ConfigInsecure);
    // What the program says is not weakened by the environment.
    let config = parse(&[("verify", "full")], &[ca, ("REDIS_SSL_CERT_REQS", "none")]).unwrap();
    assert_eq!((config.tls.unwrap().verify, config.dangers.len()), (Verify::Full, 0));
    let config =
        parse(&[("url", "rediss://a?verify=full")], &[ca, ("REDIS_SSL_CERT_REQS", "none")]);
    assert_eq!(config.unwrap().tls.unwrap().verify, Verify::Full);
}
