//! A bundle as a person looks at it, and whom it trusts.

use std::time::Duration;

use redlatch_core::{
    Code, Now,
    bundle::{Bundle, chain},
    client, document,
};
use rustls_pki_types::CertificateDer;
use serde_json::Value;

use rcgen::{Issuer, KeyPair};

use super::{DAY, Made, NEW, NOW, OLD, pem};

fn inspected(text: &str) -> Value {
    let bundle = Bundle::read(text.as_bytes(), NOW).unwrap();
    serde_json::from_str(&document::inspection(&bundle, NOW)).unwrap()
}

#[test]
fn everything_of_each_certificate_is_told() {
    let gone = Made::ca("Gone CA").valid(NOW - 30 * DAY, NOW - DAY).der();
    let told = inspected(&format!("{}{}", pem(&gone), pem(&NEW)));
    let [new, gone] = [&told["certificates"][0], &told["certificates"][1]];
    assert_eq!((&new["subject"], &new["trusted"]), (&"CN=New CA".into(), &true.into()));
    assert_eq!((&new["days_left"], &new["key"]), (&365.into(), &"EC 256".into()));
    assert_eq!((&new["common_name"], &new["self_issued"]), (&"New CA".into(), &true.into()));
    assert_eq!(new["sha1"].as_str().unwrap().len(), 40);
    assert_eq!(new["warnings"], serde_json::json!([]));
    assert_eq!((&gone["trusted"], &gone["code"]), (&false.into(), &"trust.expired".into()));
    assert!(gone["reason"].as_str().unwrap().contains("expired"));
    let pem = told["pem"].as_str().unwrap();
    assert_eq!(Bundle::parse(pem.as_bytes(), NOW).unwrap().sha256_hex(), told["sha256"]);
}

#[test]
fn what_nobody_would_trust_is_written_nowhere() {
    let gone = Made::ca("Gone CA").valid(NOW - 30 * DAY, NOW - DAY).der();
    assert_eq!(inspected(&pem(&gone))["pem"], Value::Null);
}

#[test]
fn what_to_mind_is_told_in_words() {
    let warnings = |der: Vec<u8>| {
        let told = inspected(&pem(&der));
        let all = told["certificates"][0]["warnings"].as_array().unwrap().clone();
        all.iter().map(|it| it.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let ends = |days| warnings(Made::ca("CA").valid(NOW - DAY, NOW + days * DAY).der());
    assert_eq!(ends(31), [""; 0]);
    assert_eq!(ends(30), ["It ends in 30 days."]);
    assert_eq!(ends(1), ["It ends in 1 day."]);
    assert_eq!(ends(0), ["It ends within a day."]);
    let early = warnings(Made::ca("CA").valid(NOW + DAY, NOW + 9 * DAY).der());
    assert_eq!(early, ["Not valid before 2026-01-02T00:00:00Z."]);
    let issued = warnings(Made::ca("Sub").issued_by(&Made::ca("CA")));
    assert!(issued[0].starts_with("An intermediate CA"));
    assert!(warnings(Made::leaf("own").der())[0].starts_with("Not a CA"));
}

#[test]
fn a_chain_is_judged_without_a_server() {
    let now = Duration::from_secs(NOW as u64);
    let now = Now { monotonic: now, wall: now };
    let (params, key) = (Made::ca("CA").params, KeyPair::generate().unwrap());
    let root = params.self_signed(&key).unwrap();
    let leaf = Made::leaf("redis").valid(NOW - DAY, NOW + 9 * DAY).params;
    let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &Issuer::new(params, key)).unwrap();
    let presented = || chain(pem(leaf.der()).as_bytes()).unwrap();
    let judge = |anchor: &[u8], name| {
        let bundle = Bundle::parse(anchor, NOW).unwrap();
        client::judge(&bundle, presented(), name, now).map_err(|error| error.code())
    };
    let trusted = judge(root.der(), Some("redis.test")).unwrap();
    assert_eq!((&*trusted.anchor.subject, trusted.until), ("CN=CA", NOW + 9 * DAY));
    assert!(judge(root.der(), None).is_ok());
    assert_eq!(judge(root.der(), Some("other.test")).unwrap_err(), Code::TlsNameMismatch);
    assert_eq!(judge(&OLD, None).unwrap_err(), Code::TlsUntrusted);
}

#[test]
fn a_chain_may_come_in_any_form_but_not_with_a_key() {
    let both = format!("{};{}", pem(&NEW), pem(&OLD));
    let read: Vec<CertificateDer<'_>> =
        chain(both.as_bytes()).unwrap().into_iter().map(|it| it.der).collect();
    assert_eq!(read.iter().map(|it| &**it).collect::<Vec<_>>(), [&**NEW, &**OLD]);
    let code = |text: &str| chain(text.as_bytes()).unwrap_err().code();
    assert_eq!(code("nothing"), Code::TrustEmpty);
    let key = KeyPair::generate().unwrap().serialize_pem();
    assert_eq!(code(&format!("{both}{key}")), Code::TrustPrivateKey);
}
