//! Where materials come from, and what may not stand together.

use redlatch_core::{
    Code, Config,
    config::{Address, Recycle, Source, Value},
    document,
};

use crate::{conflict, evidence, explicit, files, refused};

/// What people gave, not the flag the binding sets for it.
fn shown(name: &'static str) -> &'static str {
    match name {
        "provide_trust" => "trust_provider",
        "provide_identity" => "identity_provider",
        "provide_credentials" => "credentials_provider",
        name => name,
    }
}

const CA: (&str, &str) = ("ca_file", "/ca.pem");

#[test]
fn trust_comes_from_one_source() {
    let trust = |settings: &[(&str, &str)]| explicit(settings).unwrap().tls.unwrap().trust;
    assert_eq!(files(&trust(&[CA])), ["/ca.pem"]);
    assert_eq!(files(&trust(&[("ca_files", "/a.pem, /b.pem,")])), ["/a.pem", "/b.pem"]);
    assert_eq!(files(&trust(&[("ca_files", r#"["/a,b.pem","/c"]"#)])), ["/a,b.pem", "/c"]);
    assert_eq!(trust(&[("provide_trust", "true")]), Source::Host);
    assert_eq!(trust(&[("tls", "true"), ("provide_trust", "false")]), Source::System);
    let all = [CA, ("ca_files", "/b.pem"), ("ca_pem", "x"), ("provide_trust", "true")];
    for (at, first) in all.iter().enumerate() {
        for second in &all[at + 1..] {
            conflict(explicit(&[*first, *second]), shown(first.0), shown(second.0));
        }
    }
    // A list as hosts have it.
    let given = document::settings(r#"{"ca_files":["/a.pem","/b.pem"],"pin_sha256":[]}"#).unwrap();
    let given = given.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let config = Config::parse(given, None).unwrap();
    assert_eq!(files(&config.tls.unwrap().trust), ["/a.pem", "/b.pem"]);
    assert!(document::settings(r#"{"ca_files":[1]}"#).is_err());
    let broken = Value::Text(r#"["/a.pem""#.to_owned());
    let error = refused(Config::parse([("ca_files", broken)], None));
    assert_eq!(
        (error.code(), evidence(&error, "setting")),
        (Code::ConfigInvalid, "ca_files".into())
    );
}

#[test]
fn identities_come_whole() {
    let identity = |settings: &[(&str, &str)]| {
        explicit(&[&[CA], settings].concat()).unwrap().tls.unwrap().identity.unwrap()
    };
    let (cert, key) = (("cert_file", "/c.pem"), ("key_file", "/k.pem"));
    let password = ("key_password_file", "/word");
    assert_eq!(files(&identity(&[cert, key, password])), ["/c.pem", "/k.pem", "/word"]);
    assert_eq!(files(&identity(&[cert, password])), ["/c.pem", "/c.pem", "/word"]);
    assert_eq!(identity(&[("provide_identity", "true")]), Source::Host);
    for (settings, missing) in [
        (&[CA, key][..], "cert_file"),
        (&[CA, ("key_pem", "hunter2")], "cert_pem"),
        (&[CA, ("key_password", "hunter2")], "cert_file"),
        (&[CA, ("provide_identity", "true"), password], "cert_file"),
    ] {
        let error = refused(explicit(settings));
        assert_eq!(error.code(), Code::ConfigMissing, "{error}");
        assert_eq!(evidence(&error, "setting"), missing);
    }
    for (first, second) in [
        (cert, ("cert_pem", "x")),
        (cert, ("key_pem", "hunter2")),
        (("cert_pem", "x"), key),
        (("provide_identity", "true"), key),
        (("provide_identity", "true"), cert),
    ] {
        conflict(explicit(&[CA, first, second]), shown(first.0), shown(second.0));
    }
    let both = [CA, cert, key, password, ("key_password", "hunter2")];
    conflict(explicit(&both), "key_password", "key_password_file");
}

#[test]
fn secrets_come_from_one_source() {
    let secret = |settings: &[(&str, &str)]| explicit(settings).unwrap().login.unwrap().secret;
    let words = |words: &[&str]| Source::Command(words.iter().map(|&it| it.into()).collect());
    assert_eq!(
        secret(&[("password_command", " gcloud auth  print ")]),
        words(&["gcloud", "auth", "print"])
    );
    assert_eq!(secret(&[("password_command", r#"["/a b","c"]"#)]), words(&["/a b", "c"]));
    // The parser of tests looks for this word in all that is said.
    assert!(explicit(&[("password_command", "vault hunter2")]).is_ok());
    for bad in ["  ", "[]", r#"[""]"#, r#"["a""#, "[1]"] {
        assert_eq!(
            refused(explicit(&[("password_command", bad)])).code(),
            Code::ConfigInvalid,
            "{bad}"
        );
    }
    let all = [
        ("password_file", "/f"),
        ("password", "hunter2"),
        ("password_command", "x"),
        ("provide_credentials", "true"),
    ];
    for (at, first) in all.iter().enumerate() {
        for second in &all[at + 1..] {
            conflict(explicit(&[*first, *second]), shown(first.0), shown(second.0));
        }
        assert!(explicit(&[*first, ("username", "app")]).is_ok());
    }
    let error = refused(explicit(&[("require_server_auth", "true")]));
    assert_eq!(
        (error.code(), evidence(&error, "setting")),
        (Code::ConfigMissing, "password".into())
    );
}

#[test]
fn another_address_gets_no_secret_in_clear_either() {
    let node = |host: &str| Address::Tcp { host: host.to_owned(), port: 7001 };
    let (far, insist) = (("host", "redis.internal"), ("danger_plaintext_auth", "true"));
    let here = explicit(&[("password", "hunter2")]).unwrap();
    assert_eq!(here.at(node("127.0.0.1")).unwrap().address, node("127.0.0.1"));
    assert_eq!(here.at(node("node.internal")).unwrap_err().code(), Code::ConfigInsecure);
    for settings in [&[far, CA, ("password", "hunter2")][..], &[far, ("password", "x"), insist]] {
        assert!(explicit(settings).unwrap().at(node("node.internal")).is_ok());
    }
    assert!(explicit(&[]).unwrap().at(node("node.internal")).is_ok(), "no secret");
}

/// A password may be sent in clear if somebody insists; what a provider gives may not.
#[test]
fn tokens_never_leave_in_clear() {
    let insist = ("danger_plaintext_auth", "true");
    let far = ("host", "redis.internal");
    assert!(explicit(&[far, ("password", "hunter2"), insist]).is_ok());
    for provider in [("password_command", "x"), ("provide_credentials", "true")] {
        for settings in [&[far, provider][..], &[far, provider, insist]] {
            let error = refused(explicit(settings));
            assert_eq!(error.code(), Code::ConfigInsecure);
            assert_eq!(evidence(&error, "setting"), shown(provider.0));
        }
        assert!(explicit(&[provider]).is_ok(), "this machine");
        assert!(explicit(&[far, CA, provider]).is_ok());
    }
}

#[test]
fn pins_have_two_spellings() {
    let pins =
        |text: &str| explicit(&[CA, ("pin_sha256", text)]).map(|config| config.tls.unwrap().pins);
    let (hex, base64) = ("ab".repeat(32), "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=");
    let pin = [0xab; 32];
    assert_eq!(pins(&hex).unwrap(), [pin]);
    let both = format!("sha256//{base64}, sha256/{base64},{}", hex.to_uppercase());
    assert_eq!(pins(&both).unwrap(), [pin; 3]);
    for bad in ["x", "abcd", &hex[1..], &format!("{base64}{base64}"), "é", &"zz".repeat(32)] {
        assert_eq!(refused(pins(bad).map(|_| explicit(&[]).unwrap())).code(), Code::ConfigInvalid);
    }
    // Whoever pins a key believes that the connection is protected.
    assert!(explicit(&[("pin_sha256", &hex)]).unwrap().tls.is_some());
    conflict(explicit(&[("tls", "false"), ("pin_sha256", &hex)]), "pin_sha256", "tls");
}

#[test]
fn what_weakens_is_a_danger() {
    let dangers = |settings: &[(&str, &str)]| explicit(settings).unwrap().dangers;
    assert_eq!(dangers(&[CA]), [""; 0]);
    assert_eq!(dangers(&[CA, ("recycle", "never")]), ["recycle"]);
    assert_eq!(dangers(&[CA, ("recycle", "always")]), [""; 0]);
    assert_eq!(dangers(&[CA, ("danger_keylog_file", "/keys")]), ["danger_keylog_file"]);
    assert_eq!(explicit(&[("recycle", "always")]).unwrap().recycle, Recycle::Always);
    for (name, bad) in [("recycle", "often"), ("tls_min_version", "1.1")] {
        let error = refused(explicit(&[CA, (name, bad)]));
        assert_eq!((error.code(), evidence(&error, "setting")), (Code::ConfigInvalid, name.into()));
    }
    conflict(explicit(&[("tls", "false"), ("tls_min_version", "1.3")]), "tls", "tls_min_version");
    assert!(explicit(&[("tls", "false"), ("tls_min_version", "1.2")]).unwrap().tls.is_none());
}
