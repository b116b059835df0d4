//! What may become an anchor, and what is said about the rest.

use rcgen::KeyUsagePurpose;
use redlatch_core::{
    Code,
    bundle::{Bundle, Certificate, Kind, certificates},
};
use rustls_pki_types::CertificateDer;

use super::{DAY, Made, NEW, NOW, OLD, base64, pem, pem_as, tlv};

fn bundle(ders: &[&[u8]]) -> redlatch_core::Result<Bundle> {
    Bundle::parse(ders.iter().map(|der| pem(der) + "\n").collect::<String>().as_bytes(), NOW)
}

#[test]
fn root_facts() {
    let bundle = bundle(&[&OLD]).unwrap();
    let [root] = &bundle.certificates[..] else { panic!("one certificate") };
    assert_eq!((root.kind, root.kind.name()), (Kind::Root, "root"));
    assert!(root.can_sign && root.self_issued);
    assert!(root.subject.contains("CN=Old CA"), "{}", root.subject);
    assert_eq!(root.subject, root.issuer);
    assert_eq!((root.not_before, root.not_after), (NOW - 365 * DAY, NOW + 365 * DAY));
    assert_eq!(root.days_left(NOW), 365);
    assert_eq!(root.days_left(NOW + 1), 364);
    assert_eq!(root.days_left(root.not_after + 1), -1);
    assert!(root.is_valid_at(root.not_after) && !root.is_valid_at(root.not_after + 1));
    assert_eq!(root.sha256_hex().len(), 64);
    assert_eq!(root.fingerprint().replace(':', "").to_lowercase(), root.sha256_hex());
    assert_eq!(Certificate::read(&CertificateDer::from(OLD.clone())).unwrap(), *root);
}

#[test]
fn intermediate_is_kept() {
    let bundle = bundle(&[&Made::ca("Issuing CA").issued_by(&Made::ca("Root"))]).unwrap();
    assert_eq!(bundle.certificates[0].kind, Kind::Intermediate);
    assert_eq!(bundle.certificates[0].kind.name(), "intermediate");
}

#[test]
fn self_signed_leaf_is_kept() {
    let bundle = bundle(&[&Made::leaf("redis.test").der()]).unwrap();
    assert_eq!((bundle.certificates[0].kind, Kind::Leaf.name()), (Kind::Leaf, "leaf"));
}

#[test]
fn issued_leaf_is_rejected() {
    let leaf = Made::leaf("redis.test").issued_by(&Made::ca("Root"));
    let mixed = bundle(&[&leaf, &OLD]).unwrap();
    assert_eq!(mixed.certificates.len(), 1);
    assert_eq!(mixed.rejected[0].code, Code::TrustMalformed);
    assert!(mixed.rejected[0].reason.contains("not a CA"));
    assert!(mixed.rejected[0].certificate.subject.contains("redis.test"));
    let error = bundle(&[&leaf]).unwrap_err();
    assert_eq!(error.code(), Code::TrustMalformed);
    assert!(error.detail().contains("not a CA"), "{error}");
}

#[test]
fn ca_that_may_not_sign_is_rejected() {
    let ca = Made::ca("CRL only").usage(&[KeyUsagePurpose::CrlSign]).der();
    let error = bundle(&[&ca]).unwrap_err();
    assert_eq!(error.code(), Code::TrustMalformed);
    assert!(error.detail().contains("key usage"), "{error}");
    assert_eq!(bundle(&[&ca, &OLD]).unwrap().rejected.len(), 1);
}

#[test]
fn ca_without_key_usage_is_kept() {
    assert!(bundle(&[&Made::ca("Any use").usage(&[]).der()]).unwrap().certificates[0].can_sign);
}

#[test]
fn version_1_root_is_kept() {
    let bundle = bundle(&[&version_1()]).unwrap();
    assert_eq!(bundle.certificates[0].kind, Kind::Root);
    assert!(bundle.certificates[0].can_sign);
}

/// rcgen writes version 3 only: an old certificate with nothing but what version 1 has.
fn version_1() -> Vec<u8> {
    let algorithm = tlv(0x30, &tlv(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
    let name = [tlv(0x06, &[0x55, 0x04, 0x03]), tlv(0x0c, b"Old\nroot")].concat();
    let name = tlv(0x30, &tlv(0x31, &tlv(0x30, &name)));
    let validity = [tlv(0x17, b"200101000000Z"), tlv(0x17, b"300101000000Z")].concat();
    let curve = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let key = [tlv(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]), curve.to_vec()].concat();
    let key = tlv(0x30, &[tlv(0x30, &key), tlv(0x03, &[0, 4, 1, 2])].concat());
    let body =
        [vec![0x02, 0x01, 0x00], algorithm.clone(), name.clone(), tlv(0x30, &validity), name, key];
    // webpki takes only the shortest length, tlv() always writes the long one.
    shortest(&tlv(0x30, &[tlv(0x30, &body.concat()), algorithm, tlv(0x03, &[0, 1])].concat()))
}

fn shortest(element: &[u8]) -> Vec<u8> {
    let (tag, mut content) = match element {
        [tag, 0x82, _, _, content @ ..] => (*tag, content),
        _ => return element.to_vec(),
    };
    let mut inner = Vec::new();
    if tag & 0x20 == 0 {
        inner.extend_from_slice(content);
        content = &[];
    }
    while let [_, first, second, third, ..] = content {
        let length = match first {
            0x82 => 4 + usize::from(u16::from_be_bytes([*second, *third])),
            short => 2 + usize::from(*short),
        };
        inner.extend(shortest(&content[..length]));
        content = &content[length..];
    }
    inner.extend_from_slice(content);
    let length = u16::try_from(inner.len()).unwrap().to_be_bytes();
    let head = match length {
        [0, short @ ..=0x7f] => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [head, inner].concat()
}

#[test]
fn control_characters_in_names_are_not_printed() {
    let bundle = bundle(&[&version_1()]).unwrap();
    assert_eq!(bundle.certificates[0].subject, "CN=Old\u{fffd}root");
}

#[test]
fn expired_ca_is_rejected_beside_a_valid_one() {
    let expired = Made::ca("Expired").valid(NOW - 20 * DAY, NOW - 10 * DAY).der();
    let mixed = bundle(&[&expired, &NEW]).unwrap();
    assert_eq!(mixed.certificates.len(), 1);
    assert_eq!(mixed.rejected[0].code, Code::TrustExpired);
    assert_eq!(mixed.rejected[0].reason, "it expired on 2025-12-22T00:00:00Z");
}

#[test]
fn only_expired_cas_are_an_error_of_their_own() {
    let first = Made::ca("First").valid(NOW - 20 * DAY, NOW - 10 * DAY).der();
    let last = Made::ca("Last").valid(NOW - 20 * DAY, NOW - 1).der();
    let error = bundle(&[&first, &last]).unwrap_err();
    assert_eq!(error.code(), Code::TrustExpired);
    let evidence = error.evidence();
    assert!(evidence.contains(&("certificates", "2".to_owned())));
    assert!(evidence.contains(&("last_not_after", "2025-12-31T23:59:59Z".to_owned())));
    assert!(evidence.contains(&("now", "2026-01-01T00:00:00Z".to_owned())));
    let still = Made::ca("Last second").valid(NOW - DAY, NOW).der();
    assert_eq!(bundle(&[&still]).unwrap().certificates.len(), 1);
}

#[test]
fn expired_ca_and_a_leaf_are_both_explained() {
    let expired = Made::ca("Expired").valid(NOW - 2 * DAY, NOW - DAY).der();
    let leaf = Made::leaf("redis.test").issued_by(&Made::ca("Root"));
    let error = bundle(&[&expired, &leaf]).unwrap_err();
    assert_eq!(error.code(), Code::TrustMalformed);
    assert!(error.detail().contains("it expired on") && error.detail().contains("not a CA"));
}

#[test]
fn ca_of_the_future_is_kept_and_noted() {
    let early = bundle(&[&Made::ca("Early").valid(NOW + DAY, NOW + 2 * DAY).der()]).unwrap();
    assert_eq!(early.certificates.len(), 1);
    assert!(early.notes[0].starts_with("not valid before 2026-01-02T00:00:00Z"));
}

#[test]
fn duplicates_are_dropped() {
    let bundle = bundle(&[&OLD, &NEW, &OLD, &OLD]).unwrap();
    assert_eq!(bundle.certificates.len(), 2);
    assert_eq!(bundle.notes, ["dropped duplicates: 2"]);
}

#[test]
fn fingerprint_of_a_bundle_ignores_form_and_order() {
    let rewritten = Bundle::parse(&[&NEW[..], &OLD[..]].concat(), NOW).unwrap();
    let both = bundle(&[&OLD, &NEW, &OLD]).unwrap();
    assert_eq!(both.sha256_hex(), rewritten.sha256_hex());
    assert_ne!(both.sha256_hex(), bundle(&[&OLD]).unwrap().sha256_hex());
}

#[test]
fn distrusted_certificate_is_rejected() {
    let server_auth = tlv(0x06, &[0x2b, 6, 1, 5, 5, 7, 3, 1]);
    let mail = tlv(0x06, &[0x2b, 6, 1, 5, 5, 7, 3, 4]);
    let with = |settings: &[u8]| {
        let der = [&OLD[..], &tlv(0x30, settings)].concat();
        Bundle::parse(pem_as("TRUSTED CERTIFICATE", &der).as_bytes(), NOW)
    };
    for refusing in [tlv(0xa0, &server_auth), tlv(0x30, &mail)] {
        let error = with(&refusing).unwrap_err();
        assert!(error.detail().contains("exclude TLS servers"), "{error}");
    }
    for allowing in [tlv(0x30, &[mail.clone(), server_auth].concat()), tlv(0xa0, &mail)] {
        assert_eq!(with(&allowing).unwrap().certificates.len(), 1);
    }
}

#[test]
fn chain_of_an_identity_is_read_without_ca_rules() {
    let expired = Made::leaf("client").valid(NOW - 2 * DAY, NOW - DAY);
    let leaf = expired.issued_by(&Made::ca("Root"));
    let key = pem_as("PRIVATE KEY", b"any content");
    let file = format!("{key}\n{}\n{}\n{}\n", pem(&leaf), pem(&OLD), pem(&OLD));
    let chain = certificates(file.as_bytes()).unwrap();
    assert_eq!(chain.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>(), [&leaf[..], &OLD, &OLD]);
    let error = certificates(key.as_bytes()).unwrap_err();
    assert_eq!(error.code(), Code::IdentityMalformed);
    assert!(error.detail().contains("private key and no certificate"), "{error}");
    let cut = base64(file.as_bytes());
    let error = certificates(&cut.as_bytes()[..cut.len() - 100]).unwrap_err();
    assert_eq!(error.code(), Code::IdentityMalformed);
}
