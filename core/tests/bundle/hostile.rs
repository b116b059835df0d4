//! Files that must be refused, and files made to hurt.

use std::time::{Duration, Instant};

use redlatch_core::{
    Code, Error,
    bundle::{Bundle, MAX_BYTES, certificates},
};

use super::{NEW, NOW, OLD, base64, pem, pem_as, wrapped};

fn refused(bytes: impl AsRef<[u8]>) -> Error {
    Bundle::parse(bytes.as_ref(), NOW).unwrap_err()
}

#[track_caller]
fn malformed(bytes: impl AsRef<[u8]>, says: &str) {
    let error = refused(bytes);
    assert_eq!(error.code(), Code::TrustMalformed, "{error}");
    assert!(error.detail().contains(says), "{error}");
}

#[track_caller]
fn empty(bytes: impl AsRef<[u8]>, says: &str) {
    let error = refused(bytes);
    assert_eq!(error.code(), Code::TrustEmpty, "{error}");
    assert!(error.detail().contains(says), "{error}");
}

fn both() -> String {
    format!("{}\n{}\n", pem(&OLD), pem(&NEW))
}

#[test]
fn second_certificate_cut_at_every_byte() {
    let (whole, first) = (both(), pem(&OLD).len());
    let label = "-----BEGIN CERTIFICATE".len();
    for end in first + 1 + label..whole.len() - 1 {
        malformed(&whole[..end], "1 of 2 certificates can be read; number 2: ");
    }
}

#[test]
fn last_line_lost() {
    let text = pem(&NEW);
    let cut = text.len() - "\n-----END CERTIFICATE-----".len();
    malformed(&text[..cut], "0 of 1 certificates can be read; number 1: its END line is missing");
}

#[test]
fn first_lines_lost() {
    let text = both();
    malformed(&text[100..], "number 1: an END line without its BEGIN line");
}

#[test]
fn line_lost_in_the_middle() {
    let text = pem(&OLD);
    let mut lines: Vec<_> = text.lines().collect();
    lines.remove(3);
    malformed(lines.join("\n"), "number 1: it is cut short");
}

#[test]
fn garbage_between_the_markers() {
    let text = pem(&NEW).replacen('\n', "\nsecret*", 1);
    let error = refused(format!("{}\n{text}", pem(&OLD)));
    assert!(error.detail().ends_with("number 2: a character in it is not base64"), "{error}");
    assert!(!error.to_string().contains("secret"));
    malformed(pem(b"certainly no DER"), "it is cut short");
    malformed(pem(&[0x30, 0x03, 0x30, 0x01, 0x00]), "it is not an X.509 certificate");
    malformed(pem(&[0x04, 0x01, 0x00]), "not a certificate");
    malformed(pem(&[&OLD[..], b"\0"].concat()), "more bytes follow");
    malformed("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "it is cut short");
    malformed(pem(&OLD).replace("\n-----END", "==AA\n-----END"), "goes on after its end");
}

#[test]
fn damaged_markers() {
    malformed(both().replacen("-----BEGIN", "----BEGIN", 1), "BEGIN or END line is damaged");
    malformed(both().replacen("CATE-----", "CATE---", 1), "BEGIN or END line is damaged");
    let label = both().replacen("END CERTIFICATE", "END TRUSTED CERTIFICATE", 1);
    malformed(label, "number 1: its END line is missing");
}

#[test]
fn damaged_values_in_base64() {
    let value = base64(both().as_bytes());
    malformed(&value[..value.len() - 90], "1 of 2 certificates can be read");
    malformed(&value[..60], "0 of 1");
    let der = base64(&OLD);
    malformed(&der[..der.len() - 40], "DER is cut short");
    let deep = (0..5).fold(both(), |text, _| base64(text.as_bytes()));
    empty(deep, "no certificate");
    let deep = (0..4).fold(both(), |text, _| base64(text.as_bytes()));
    malformed(deep, "too many times");
}

#[test]
fn damaged_der() {
    malformed(&OLD[..OLD.len() - 1], "DER is cut short");
    malformed([&OLD[..], &NEW[..100]].concat(), "1 of 2 certificates can be read");
    malformed([&OLD[..], b"text"].concat(), "1 of 2");
}

#[test]
fn many_bad_certificates_are_summed_up() {
    malformed(pem(b"bad").repeat(9), "number 4: it is cut short; and 5 more");
}

#[test]
fn private_keys() {
    let key = rcgen::KeyPair::generate().unwrap();
    let (der, text) = (key.serialize_der(), key.serialize_pem());
    let encrypted = pem_as("ENCRYPTED PRIVATE KEY", b"\x30\x00");
    for bytes in [
        format!("{}{text}", both()).into_bytes(),
        text.clone().into_bytes(),
        format!("{}{encrypted}", both()).into_bytes(),
        format!("{}{}", both(), pem_as("RSA PRIVATE KEY", b"x")).into_bytes(),
        format!("{}{}", both(), pem_as("EC PRIVATE KEY", b"x").replace('\n', "\\n")).into_bytes(),
        format!("{}-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", both()).into_bytes(),
        format!("{}\n# {}", both(), text.replace('\n', "\n# ")).into_bytes(),
        format!("{}\n{}", &both()[..200], text).into_bytes(),
        format!("ca.crt: {}\ntls.key: {}\n", base64(both().as_bytes()), base64(text.as_bytes()))
            .into_bytes(),
        format!("{{\"key\":\"{}\"}}", base64(&der)).into_bytes(),
        pem(&der).into_bytes(),
        der,
        // An encrypted key: an algorithm, then an octet string.
        [&[0x30, 0x81, 0x87, 0x30, 0x03, 0x06, 0x01, 0x2a, 0x04, 0x80][..], &[0; 128]].concat(),
    ] {
        let error = refused(&bytes);
        assert_eq!(error.code(), Code::TrustPrivateKey, "{error}");
        assert!(error.detail().is_empty() && error.evidence().is_empty());
    }
}

#[test]
fn nothing_in_it() {
    empty("", "the file is empty");
    empty(" \r\n\t\n", "only blanks");
    empty("\u{feff}\n", "only blanks");
    empty([0; 64], "only blanks");
    empty("just some words", "no certificate in any known form");
    empty("<!DOCTYPE html><html>", "it looks like HTML");
    empty("\n<html lang=en>", "it looks like HTML");
    empty("{\"serverCaCerts\": []}", "JSON without a certificate");
    empty("[]", "JSON without a certificate");
    empty("null\n", "JSON without a certificate");
    empty("ERROR: (gcloud.redis.instances.describe) NOT_FOUND", "an error message");
    empty("/etc/redis/ca.pem", "the name of a file");
    empty(b"\xfe\xed\xfe\xed\0\0\0\x02", "a Java key store");
    empty(b"\x1f\x8b\x08", "a gzip file");
    empty(pem_as("PKCS7", b"x"), "a PKCS#7 container");
    empty(pem_as("CERTIFICATE REQUEST", b"x"), "a certificate request");
    empty(pem_as("PUBLIC KEY", b"x"), "a public key");
    empty(b"\x30\x80\x06\x09", "PKCS#7");
    let store = [&[0x30, 0x81, 0x83, 0x02, 0x01, 0x03][..], &[0; 128]].concat();
    empty(&store, "a PKCS#12 store");
    empty(base64(&store), "a PKCS#12 store");
    let signed = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    empty([&[0x30, 0x81, 0x8b][..], &signed, &[0; 128]].concat(), "a PKCS#7 container");
}

#[test]
fn base64_that_means_something_else() {
    let noise: Vec<u8> = (0..600_u32).map(|at| (at * 167 % 251) as u8).collect();
    empty(base64(&noise), "no certificate");
    let text = format!("{}\nsignature: {}\n{}\n", pem(&OLD), base64(&noise), pem(&NEW));
    let bundle = Bundle::parse(text.as_bytes(), NOW).unwrap();
    assert_eq!((bundle.certificates.len(), bundle.notes.len()), (2, 0));
}

/// Lines that happen to be full, values that happen to end anywhere: what follows stays apart.
#[test]
fn neighbours_of_base64_values() {
    let unpadded = |pem: &str, fits: &dyn Fn(usize) -> bool| {
        let padded = (0..).map(|blanks| base64(format!("{pem}{:blanks$}", "").as_bytes()));
        let mut stripped = padded.map(|value| value.trim_end_matches('=').to_owned());
        stripped.find(|value| fits(value.len())).unwrap()
    };
    let full = |pem: &str| wrapped(&unpadded(pem, &|length| length % 140 == 70), 70);
    let long = |pem: &str| unpadded(pem, &|length| length % 4 == 2 && length > 2000);
    let (old, new) = (pem(&OLD), pem(&NEW));
    for text in [
        format!("- \"{}\"\n- \"{}\"\n", full(&old), full(&new)),
        format!("{}\n{}\n", long(&old), long(&new)),
        format!("{}\n{new}\n", full(&old)),
        format!("first: {}\nnext: {new}\n", long(&old)),
    ] {
        let bundle = Bundle::parse(text.as_bytes(), NOW).unwrap();
        assert_eq!(bundle.certificates.len(), 2, "{text}");
    }
    let der = base64(&OLD);
    let der = der.trim_end_matches('=');
    for width in (16..=128).filter(|width| der.len().is_multiple_of(*width)) {
        let text = format!("{}\nkind: Secret\n", wrapped(der, width));
        assert_eq!(Bundle::parse(text.as_bytes(), NOW).unwrap().certificates.len(), 1);
    }
}

#[test]
fn size_limit() {
    let mut text = both().into_bytes();
    text.resize(MAX_BYTES, b'\n');
    assert!(Bundle::parse(&text, NOW).is_ok());
    text.push(b'\n');
    malformed(&text, "larger than 1048576 bytes");
    assert_eq!(certificates(&text).unwrap_err().code(), Code::IdentityMalformed);
}

#[test]
fn large_inputs_take_linear_time() {
    let begin = "-----BEGIN CERTIFICATE-----";
    let shapes: &[(&str, String)] = &[
        ("dashes", "-".repeat(MAX_BYTES)),
        ("backslashes", "\\".repeat(MAX_BYTES)),
        ("begins", begin.repeat(MAX_BYTES / begin.len())),
        ("mixed ends", "-----BEGIN CERTIFICATE----------END CRL-----".repeat(20_000)),
        ("base64", "LS0tLS1CRUdJTi".repeat(MAX_BYTES / 14)),
        ("short base64", "LS0tLS1CRUdJTi ".repeat(MAX_BYTES / 15)),
        ("base64 of DER", "MIIA".repeat(MAX_BYTES / 4)),
        ("lines of base64", wrapped(&"MIIA".repeat(MAX_BYTES / 5), 64)),
        ("quotes", "\"'".repeat(MAX_BYTES / 2)),
        ("small DER", "0\u{1}0".repeat(MAX_BYTES / 3)),
        ("brackets", "[".repeat(MAX_BYTES)),
        ("comments", "#-----BEGIN CERTIFICATE-----\n".repeat(MAX_BYTES / 29)),
        ("valid", both().repeat(MAX_BYTES / both().len())),
    ];
    for (name, text) in shapes {
        let start = Instant::now();
        let _ = Bundle::parse(text.as_bytes(), NOW);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(4), "{name} took {took:?}");
    }
}

/// Random damage to valid files may end in anything but a panic.
#[test]
fn random_damage() {
    let value = base64(both().as_bytes());
    let mut forms = vec![both().into_bytes(), [&OLD[..], &NEW[..]].concat(), value.into_bytes()];
    forms.push(both().replace('\n', "\\n").into_bytes());
    let mut seed = 0x9e37_79b9_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for _ in 0..3_000 {
        let mut bytes = forms[random(forms.len())].clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len().max(1));
            match random(4) {
                0 => bytes.insert(at, u8::try_from(random(256)).unwrap()),
                1 => bytes.insert(at, b"\\-\"#\n=0"[random(7)]),
                2 => drop(bytes.drain(at..bytes.len().min(at + 1))),
                _ => bytes.truncate(at),
            }
        }
        let _ = certificates(&bytes);
        let _ = Bundle::parse(&bytes, i64::MIN);
        let _ = Bundle::parse(&bytes, i64::MAX);
    }
}
