//! URLs: every scheme, every part, and what is wrong with the rest.

use redlatch_core::{
    Code, Config,
    config::{Address, Verify},
};

use crate::{SECRET, conflict, evidence, explicit, password, refused, silent};

fn url(url: &str) -> redlatch_core::Result<Config> {
    explicit(&[("url", url)])
}

fn tcp(host: &str, port: u16) -> Address {
    Address::Tcp { host: host.to_owned(), port }
}

#[test]
fn each_scheme() {
    for (scheme, tls) in
        [("redis", false), ("valkey", false), ("rediss", true), ("valkeys", true), ("REDISS", true)]
    {
        let config = url(&format!("{scheme}://cache.test:7000/5")).unwrap();
        assert_eq!(config.address, tcp("cache.test", 7000));
        assert_eq!((config.tls.is_some(), config.db), (tls, 5), "{scheme}");
    }
    for scheme in ["unix", "redis+unix", "valkey+unix"] {
        let config = url(&format!("{scheme}:///run/redis.sock?db=2")).unwrap();
        assert_eq!((config.address, config.db), (Address::Unix("/run/redis.sock".into()), 2));
    }
    for wrong in ["http://a", "localhost:6379", "redis:/a", "", " ", "//a", "redis:a"] {
        assert_eq!(refused(url(wrong)).code(), Code::ConfigInvalid, "{wrong:?}");
    }
}

#[test]
fn defaults_fill_what_is_left_out() {
    for short in
        ["redis://", "redis://localhost", "redis://localhost/", "redis://:6379", " redis:// "]
    {
        let config = url(short).unwrap();
        assert_eq!((config.address, config.db), (tcp("localhost", 6379), 0), "{short}");
        assert!(config.tls.is_none() && config.login.is_none());
    }
}

#[test]
fn addresses_of_version_6() {
    for (given, host, port) in [
        ("rediss://[::1]:7000", "::1", 7000),
        ("rediss://[2001:db8::1]", "2001:db8::1", 6379),
        ("rediss://user:pw@[::1]:7000/1", "::1", 7000),
    ] {
        assert_eq!(url(given).unwrap().address, tcp(host, port));
    }
    assert_eq!(url("redis://[::1]:7").unwrap().address.to_string(), "[::1]:7");
    for wrong in [
        "redis://[::1",
        "redis://[::1]7000",
        "redis://[::1]:",
        "redis://::1",
        "redis://[fe80::1%25eth0]",
    ] {
        match wrong {
            "redis://[::1]:" => assert!(url(wrong).is_ok()),
            _ => assert_eq!(refused(url(wrong)).code(), Code::ConfigInvalid, "{wrong}"),
        }
    }
}

#[test]
fn users_and_passwords_are_percent_decoded() {
    for (given, username, secret) in [
        ("redis://app:s%40cr%2Fe%23t%3A@localhost", Some("app"), "s@cr/e#t:"),
        ("redis://:pw@localhost", None, "pw"),
        ("redis://a%40b:pw:more@localhost", Some("a@b"), "pw:more"),
        ("redis://app:p@w@localhost", Some("app"), "p@w"),
        ("unix://app:pw@/run/redis.sock", Some("app"), "pw"),
        ("redis://localhost?username=app&password=p%26w", Some("app"), "p&w"),
    ] {
        let config = url(given).unwrap();
        assert_eq!(password(&config).unwrap(), secret.as_bytes(), "{given}");
        assert_eq!(config.login.unwrap().username.as_deref(), username);
    }
    assert!(url("redis://:@localhost").unwrap().login.is_none());
    let error = refused(url("redis://app@localhost"));
    assert_eq!(
        (error.code(), evidence(&error, "setting")),
        (Code::ConfigMissing, "password".into())
    );
    assert_eq!(refused(url("redis://:%ff@localhost")).code(), Code::ConfigInvalid);
}

#[test]
fn a_query_holds_settings() {
    let config =
        url("rediss://cache.test?ca_file=%2Fetc%2Fca.pem&verify=ca&timeout=1.5&client_name=me")
            .unwrap();
    let tls = config.tls.unwrap();
    assert_eq!(crate::files(&tls.trust), ["/etc/ca.pem"]);
    assert_eq!(tls.verify, Verify::Ca);
    assert_eq!(config.timeout.unwrap().as_millis(), 1500);
    assert_eq!(config.client_name.unwrap(), "me");
    let error = refused(url("redis://localhost?timout=3"));
    assert_eq!(error.code(), Code::ConfigUnknown);
    assert_eq!(evidence(&error, "setting"), "url (query timout)");
    assert_eq!(refused(url("redis://localhost?url=redis%3A%2F%2Fa")).code(), Code::ConfigUnknown);
}

#[test]
fn a_url_may_not_contradict_itself() {
    conflict(url("redis://localhost/1?db=2"), "url (db)", "url (query db)");
    conflict(url("redis://localhost?db=1&db=2"), "url (db)", "url (query db)");
    conflict(url("rediss://localhost?tls=false"), "url (tls)", "url (query tls)");
    conflict(url("redis://a?host=b"), "url (host)", "url (query host)");
    conflict(url("redis://a:1?port=2"), "url (port)", "url (query port)");
    conflict(
        url("redis://:one-hunter2@a?password=two-hunter2"),
        "url (password)",
        "url (query password)",
    );
    conflict(url("redis://localhost?ca_file=/ca.pem"), "url (ca_file)", "url (tls)");
    conflict(url("unix:///a?host=b"), "url (host)", "url (path)");
    // The same twice, in whatever spelling, is none.
    for same in
        ["redis://a/1?db=1", "redis://a/1?db=01", "rediss://a?tls=1", "redis://a?host=a&host=a"]
    {
        assert!(url(same).is_ok(), "{same}");
    }
}

#[test]
fn ports_and_databases_are_numbers() {
    for wrong in
        ["redis://a:port", "redis://a:0", "redis://a:65536", "redis://a:-1", "redis://a:1:2"]
    {
        assert_eq!(refused(url(wrong)).code(), Code::ConfigInvalid, "{wrong}");
    }
    for wrong in ["redis://a/x", "redis://a/-1", "redis://a/1/2", "redis://a/99999999999"] {
        assert_eq!(refused(url(wrong)).code(), Code::ConfigInvalid, "{wrong}");
    }
}

#[test]
fn a_fragment_is_no_way_to_turn_verification_off() {
    for given in
        ["rediss://localhost#insecure", "rediss://localhost/#insecure", "redis://:p#w@localhost"]
    {
        let error = refused(url(given));
        assert_eq!(error.code(), Code::ConfigInvalid);
        assert!(error.detail().contains("%23"), "{error}");
    }
}

/// A socket's address needs its whole path; silently connecting elsewhere would be worse.
#[test]
fn paths_of_sockets() {
    assert_eq!(url("unix:///run/a@b.sock").unwrap().address, Address::Unix("/run/a@b.sock".into()));
    assert_eq!(url("unix:///a%20b").unwrap().address, Address::Unix("/a b".into()));
    for wrong in
        ["unix://", "unix://run/redis.sock", "unix://localhost/run/redis.sock", "unix://user:pw@"]
    {
        assert_eq!(refused(url(wrong)).code(), Code::ConfigInvalid, "{wrong}");
    }
}

/// Passwords that were not encoded end up in any part of the URL; none is repeated.
#[test]
fn no_part_of_a_password_is_repeated() {
    let leaks = [
        "redis://:hunter2/x@localhost",
        "redis://:x/hunter2@localhost",
        "redis://:12/hunter2@localhost",
        "redis://:12?hunter2@localhost",
        "redis://:12?hunter2=x@localhost",
        "redis://:12?x=hunter2@localhost",
        "redis://:hunter2#x@localhost",
        "redis://:x#hunter2@localhost",
        "redis://localhost:hunter2",
        "redis://[hunter2",
        "redis://localhost/hunter2",
        "redis://hunter2 hunter2",
        "hunter2://localhost",
        "redis://localhost?port=0&password=hunter2",
        "redis://localhost?hunter2",
        "redis://localhost?password=%ffhunter2",
        "redis://remote.test?password=hunter2",
        "unix://hunter2/run/redis.sock",
    ];
    for leak in leaks {
        refused(url(leak));
        silent(&format!("{:?}", Config::from_url(leak)));
    }
    silent(&format!("{:?}", crate::text(SECRET)));
}
