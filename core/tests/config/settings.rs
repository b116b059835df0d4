//! The table of settings: bounds, spellings, and names that are not in it.

use std::time::Duration;

use redlatch_core::{
    Code, Config, Materials, Profile,
    config::{SETTINGS, Value, Verify},
    document,
    material::NoFiles,
};

use crate::{SECRET, evidence, explicit, refused, text};

#[test]
fn the_defaults_are_valid() {
    let config = explicit(&[]).unwrap();
    assert_eq!(config.address.to_string(), "localhost:6379");
    assert_eq!((config.db, config.protocol, config.timeout), (0, 3, Some(Duration::from_secs(5))));
    // Giving each default changes nothing.
    let rows = SETTINGS.iter().filter(|row| !row.default.is_empty());
    let given = explicit(&rows.map(|row| (row.name, row.default)).collect::<Vec<_>>());
    assert_eq!(format!("{:?}", given.unwrap()), format!("{config:?}"));
}

#[test]
fn whole_numbers_have_bounds() {
    for (name, least, most) in [
        ("port", 1, 65_535),
        ("db", 0, i64::from(u32::MAX)),
        ("protocol", 2, 3),
        ("max_queue", 1, i64::MAX),
        ("max_queue_bytes", 1, i64::MAX),
        ("max_reply_bytes", 1024, i64::MAX),
    ] {
        for good in [least, most] {
            assert!(explicit(&[(name, &good.to_string())]).is_ok(), "{name} {good}");
            assert!(Config::parse([(name, Value::Integer(good))], None).is_ok());
        }
        for bad in [Some(least - 1), most.checked_add(1)].into_iter().flatten() {
            let error = refused(explicit(&[(name, &bad.to_string())]));
            assert_eq!(
                (error.code(), evidence(&error, "setting")),
                (Code::ConfigInvalid, name.into())
            );
            assert_eq!(evidence(&error, "value"), bad.to_string());
        }
        for bad in ["1.5", "x", "9223372036854775808", "0x10", "1 "] {
            assert_eq!(refused(explicit(&[(name, bad)])).code(), Code::ConfigInvalid);
        }
    }
}

#[test]
fn durations_have_units_and_bounds() {
    let must_wait =
        ["connect_timeout", "handshake_timeout", "poll_interval", "backoff_min", "backoff_max"];
    let may_be_off = ["timeout", "liveness", "distrust_grace"];
    for name in must_wait.iter().chain(&may_be_off) {
        for good in ["1", "1.5", "500ms", "2m", "1h", "4294967295"] {
            assert!(explicit(&[(name, good)]).is_ok(), "{name} {good}");
        }
        for bad in ["-1", "x", "5 s", "5d", "1e3", "nan", "inf", "4294967296", "ms", "1.2.3"] {
            let error = refused(explicit(&[(name, bad)]));
            assert_eq!(
                (error.code(), evidence(&error, "setting")),
                (Code::ConfigInvalid, (*name).into())
            );
        }
        assert_eq!(explicit(&[(name, "0")]).is_ok(), may_be_off.contains(name), "{name}");
    }
    let config = explicit(&[("timeout", "0"), ("liveness", "0"), ("distrust_grace", "0")]).unwrap();
    assert_eq!(
        (config.timeout, config.liveness, config.distrust_grace),
        (None, None, Duration::ZERO)
    );
    let config = explicit(&[("timeout", "500ms"), ("poll_interval", "2m")]).unwrap();
    assert_eq!(config.timeout.unwrap().as_millis(), 500);
    assert_eq!(config.poll_interval.as_secs(), 120);
    let number = Config::parse([("timeout", Value::Number(0.25))], None).unwrap();
    assert_eq!(number.timeout.unwrap().as_millis(), 250);
    for bad in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        assert!(Config::parse([("timeout", Value::Number(bad))], None).is_err());
    }
}

#[test]
fn a_look_is_short() {
    let look = |text| explicit(&[("busy_poll", text)]).map(|config| config.busy_poll);
    for (given, microseconds) in [("0", 0), ("50us", 50), ("0.0002", 200), ("10ms", 10_000)] {
        assert_eq!(look(given).unwrap(), Duration::from_micros(microseconds), "{given}");
    }
    assert_eq!(explicit(&[]).unwrap().busy_poll, Duration::from_micros(200));
    let error = refused(explicit(&[("busy_poll", "10001us")]));
    assert_eq!(error.code(), Code::ConfigInvalid);
    assert_eq!(evidence(&error, "setting"), "busy_poll");
    assert_eq!(evidence(&error, "value"), "10001us");
}

#[test]
fn truth_has_spellings() {
    for (given, on) in [("true", true), ("YES", true), ("1", true), ("off", false), ("0", false)] {
        assert_eq!(explicit(&[("tls", given)]).unwrap().tls.is_some(), on);
    }
    assert!(Config::parse([("tls", Value::Bool(true))], None).unwrap().tls.is_some());
    assert_eq!(refused(explicit(&[("tls", "2")])).code(), Code::ConfigInvalid);
}

#[test]
fn verification_is_full_or_ca() {
    let ca = ("ca_file", "/ca.pem");
    assert_eq!(explicit(&[ca]).unwrap().tls.unwrap().verify, Verify::Full);
    assert_eq!(explicit(&[ca, ("verify", "ca")]).unwrap().tls.unwrap().verify, Verify::Ca);
    assert_eq!(refused(explicit(&[ca, ("verify", "none")])).code(), Code::ConfigInvalid);
    let public = explicit(&[("tls", "true"), ("verify", "ca")]);
    assert_eq!(refused(public).code(), Code::ConfigInsecure);
    let danger = explicit(&[ca, ("danger_accept_any_certificate", "true")]).unwrap();
    assert_eq!(danger.dangers, ["danger_accept_any_certificate"]);
}

#[test]
fn keys_and_certificates_come_in_pairs() {
    for (given, missing) in [("key_file", "cert_file"), ("key_pem", "cert_pem")] {
        let error = refused(explicit(&[(given, SECRET)]));
        assert_eq!(
            (error.code(), evidence(&error, "setting")),
            (Code::ConfigMissing, missing.into())
        );
    }
    let alone = refused(explicit(&[("username", "a")]));
    assert_eq!(
        (alone.code(), evidence(&alone, "setting")),
        (Code::ConfigMissing, "password".into())
    );
}

#[test]
fn names_of_clients_are_words() {
    for name in ["client_name", "lib_name", "lib_version"] {
        assert!(explicit(&[(name, "a-word_1.0")]).is_ok());
        for bad in ["two words", "line\nbreak", "caf\u{e9}"] {
            assert_eq!(refused(explicit(&[(name, bad)])).code(), Code::ConfigInvalid);
        }
    }
}

#[test]
fn hosts_are_names_or_addresses() {
    for good in ["a", "a.b-c_d", "10.0.0.1", "::1", "[::1]", "xn--caf-dma.test"] {
        assert!(explicit(&[("host", good)]).is_ok(), "{good}");
    }
    for bad in ["a:1", "a b", "redis://a", "user@a", "[::1", "::g", "[]"] {
        assert_eq!(refused(explicit(&[("host", bad)])).code(), Code::ConfigInvalid, "{bad}");
    }
    // What can stand in no certificate is told before anything is dialed.
    let materials = Materials::new(std::sync::Arc::new(NoFiles));
    for bad in
        [&[("host", "a..b"), ("ca_file", "/a")][..], &[("expected_name", "*.a"), ("tls", "1")]]
    {
        let config = explicit(bad).unwrap();
        assert_eq!(Profile::new(config, &materials).err().unwrap().code(), Code::ConfigInvalid);
    }
    let socket = explicit(&[("path", "/a"), ("tls", "true")]);
    assert_eq!(evidence(&refused(socket), "setting"), "expected_name");
}

#[test]
fn unknown_names_get_a_suggestion() {
    for (given, meant) in [
        ("pasword", Some("password")),
        ("Timeout", Some("timeout")),
        ("ca_fil", Some("ca_file")),
        ("ssl_ca_certs", None),
        ("", Some("db")),
    ] {
        let error = refused(explicit(&[(given, SECRET)]));
        assert_eq!(
            (error.code(), evidence(&error, "setting")),
            (Code::ConfigUnknown, given.into())
        );
        let suggested = error.evidence().iter().find(|(name, _)| *name == "did_you_mean");
        assert_eq!(suggested.map(|(_, name)| name.as_str()), meant, "{given}");
    }
}

#[test]
fn settings_may_come_as_a_document() {
    let given =
        document::settings(r#"{"host":"a","port":1,"timeout":0.5,"tls":true,"db":null}"#).unwrap();
    let config =
        Config::parse(given.iter().map(|(name, value)| (name.as_str(), value.clone())), None);
    let config = config.unwrap();
    assert_eq!((config.address.to_string(), config.tls.is_some()), ("a:1".into(), true));
    for bad in [
        "",
        "[]",
        "{\"a\":[1]}",
        "{\"password\":{\"a\":\"hunter2\"}}",
        "{\"password\":\"hunter2\"",
        "nul",
    ] {
        let error = document::settings(bad).err().unwrap();
        assert_eq!(error.code(), Code::ConfigInvalid);
        crate::silent(&format!("{error:?}"));
    }
    let table = document::settings_table();
    for row in SETTINGS {
        assert!(table.contains(&format!("\"{}\"", row.name)) && !row.sentence.is_empty());
    }
    assert_eq!(text("a"), Value::Text("a".to_owned()));
}
