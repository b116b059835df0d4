//! The configuration in force, as every language shows it.

use redlatch_core::{Config, config::SETTINGS, document};
use serde_json::Value;

use crate::{SECRET, environment, explicit, silent};

fn described(config: &Config) -> Value {
    serde_json::from_str(&document::config(config)).unwrap()
}

#[test]
fn every_setting_is_told_by_its_name() {
    let shown = described(&explicit(&[]).unwrap());
    for row in SETTINGS.iter().filter(|row| row.name != "url") {
        assert!(shown.get(row.name).is_some(), "{} is missing", row.name);
    }
    assert_eq!(shown.as_object().unwrap().len(), SETTINGS.len() - 1 + 3);
    assert_eq!((&shown["address"], &shown["timeout"]), (&"localhost:6379".into(), &5.0.into()));
    assert_eq!((&shown["tls"], &shown["verify"]), (&false.into(), &Value::Null));
}

#[test]
fn secrets_are_masked() {
    let url = format!("rediss://app:{SECRET}@h/?key_pem={SECRET}&cert_pem=c&ca_pem={SECRET}");
    let text = document::config(&explicit(&[("url", &url)]).unwrap());
    silent(&text);
    let shown: Value = serde_json::from_str(&text).unwrap();
    for name in ["password", "ca_pem", "cert_pem", "key_pem"] {
        assert_eq!(shown[name], "***", "{name}");
    }
    assert_eq!(shown["username"], "app");
}

#[test]
fn words_of_a_command_are_masked() {
    let config = explicit(&[("password_command", "vault read token")]).unwrap();
    let text = document::config(&config);
    assert!(text.contains(r#""password_command":"vault ***""#), "{text}");
}

#[test]
fn handed_back_it_means_the_same() {
    for settings in [
        &[("url", "rediss://h:1/2?timeout=0&liveness=0&distrust_grace=0&protocol=2")][..],
        &[("path", "/run/redis.sock"), ("client_name", "me"), ("max_queue", "7")],
        &[("host", "::1"), ("ca_file", "/ca"), ("cert_file", "/c"), ("verify", "ca")],
        &[("host", "h"), ("ca_file", "/ca"), ("cert_file", "/c"), ("key_file", "/k")],
        &[("host", "h"), ("ca_files", "/a,/b"), ("recycle", "never"), ("crl_file", "/crl")],
        &[("host", "h"), ("provide_trust", "true"), ("provide_identity", "true")],
        &[("host", "h"), ("tls_min_version", "1.3"), ("pin_sha256", &"ab".repeat(32))],
        &[("host", "h"), ("cert_file", "/c"), ("key_password_file", "/p")],
        &[("host", "h"), ("danger_keylog_file", "/log"), ("provide_credentials", "true")],
        &[("host", "::1"), ("password_command", "vault"), ("command_timeout", "1")],
        &[("host", "h"), ("tls", "true"), ("danger_accept_any_certificate", "true")],
        &[("host", "h"), ("password_file", "/p"), ("danger_plaintext_auth", "true")],
        &[("host", "h"), ("password_file", "/p"), ("username_file", "/u"), ("tls", "yes")],
    ] {
        let shown = described(&explicit(settings).unwrap());
        let told: serde_json::Map<_, _> = shown.as_object().unwrap().clone();
        let told = told.into_iter().filter(|(name, _)| SETTINGS.iter().any(|row| row.name == name));
        let again = document::settings(&Value::Object(told.collect()).to_string()).unwrap();
        let again = again.iter().map(|(name, value)| (name.as_str(), value.clone()));
        assert_eq!(described(&Config::parse(again, None).unwrap()), shown);
    }
}

#[test]
fn warnings_and_dangers_are_told() {
    let shown = described(
        &environment(&[
            ("REDIS_HOST", " h "),
            ("REDIS_SSL_ENABLED", "true"),
            ("REDIS_SSL_CERT_REQS", "none"),
        ])
        .unwrap(),
    );
    assert_eq!(shown["warnings"].as_array().unwrap().len(), 1);
    assert_eq!(shown["dangers"][0], "danger_accept_any_certificate");
    assert_eq!(shown["danger_accept_any_certificate"], true);
}
