//! Several bundles as one, that one written out, and what a rotation changes.

use redlatch_core::{
    Code,
    bundle::{Bundle, Certificate, Difference, MAX_BYTES},
    document,
};
use rustls_pki_types::CertificateDer;

use super::{DAY, Made, NEW, NOW, OLD, pem, pem_as};

fn part(text: impl AsRef<[u8]>) -> Bundle {
    Bundle::parse_part(text.as_ref(), NOW).unwrap()
}

fn subjects(certificates: &[Certificate]) -> Vec<&str> {
    certificates.iter().map(|it| it.subject.trim_start_matches("CN=")).collect()
}

fn gone() -> Vec<u8> {
    Made::ca("Gone CA").valid(NOW - 30 * DAY, NOW - DAY).der()
}

#[test]
fn each_certificate_stands_once_where_it_came_first() {
    let joined = format!("{};{}", pem(&NEW), pem(&OLD));
    let merged = Bundle::merge([part(pem(&OLD)), part(joined), part(&*OLD)], NOW).unwrap();
    assert_eq!(subjects(&merged.certificates), ["Old CA", "New CA"]);
    assert!(merged.notes.contains(&"in more than one bundle: 2".to_owned()));
    assert!(merged.notes.contains(&"joined by ';'".to_owned()));
}

#[test]
fn what_grew_old_is_left_out_and_told() {
    let leaf = Made::leaf("leaf").issued_by(&Made::ca("CA"));
    let mixed = format!("{}\n{}", pem(&NEW), pem(&leaf));
    let merged = Bundle::merge([part(pem(&gone())), part(mixed)], NOW).unwrap();
    assert_eq!(subjects(&merged.certificates), ["New CA"]);
    let rejected: Vec<_> = merged.rejected.iter().map(|it| it.code).collect();
    assert_eq!(rejected, [Code::TrustExpired, Code::TrustMalformed]);
}

#[test]
fn one_bundle_trusts_what_another_one_excludes() {
    // OpenSSL's trust settings: rejected for TLS servers.
    let purpose = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    let reject = [&[0x30, 12, 0xa0, 10][..], &purpose].concat();
    let excluded = pem_as("TRUSTED CERTIFICATE", &[&OLD[..], &reject].concat());
    let excluding = part(format!("{excluded}\n{}", pem(&NEW)));
    assert_eq!(subjects(&excluding.certificates), ["New CA"]);
    let merged = Bundle::merge([excluding, part(pem(&OLD))], NOW).unwrap();
    assert_eq!(subjects(&merged.certificates), ["New CA", "Old CA"]);
    assert!(merged.rejected.is_empty());
}

#[test]
fn nothing_usable_is_an_error() {
    let error = Bundle::merge([part(pem(&gone()))], NOW).unwrap_err();
    assert_eq!(error.code(), Code::TrustExpired);
    assert_eq!(Bundle::merge([], NOW).unwrap_err().code(), Code::TrustEmpty);
    // A file that never held a CA is the wrong file, whatever the others hold.
    let leaf = pem(&Made::leaf("leaf").issued_by(&Made::ca("CA")));
    for (text, code) in [("", Code::TrustEmpty), (&leaf, Code::TrustMalformed)] {
        assert_eq!(Bundle::parse_part(text.as_bytes(), NOW).unwrap_err().code(), code);
    }
    let key =
        format!("{}\n-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----", pem(&OLD));
    let error = Bundle::parse_part(key.as_bytes(), NOW).unwrap_err();
    assert_eq!(error.code(), Code::TrustPrivateKey);
}

#[test]
fn what_would_be_refused_can_be_looked_at() {
    let bundle = Bundle::read(pem(&gone()).as_bytes(), NOW).unwrap();
    assert_eq!(bundle.rejected.len(), 1);
    let refusal = bundle.refusal(NOW).unwrap();
    assert_eq!(refusal, Bundle::parse(pem(&gone()).as_bytes(), NOW).unwrap_err());
    assert_eq!(part(pem(&OLD)).refusal(NOW), None);
}

#[test]
fn what_is_written_reads_as_the_same_and_is_written_the_same_again() {
    let merged = Bundle::merge([part(&*OLD), part(&*NEW)], NOW).unwrap();
    let text = merged.to_pem().unwrap();
    let again = Bundle::parse(text.as_bytes(), NOW).unwrap();
    assert_eq!(again.certificates, merged.certificates);
    assert!(again.notes.is_empty() && again.rejected.is_empty());
    assert_eq!(again.to_pem().unwrap(), text);
    let lines: Vec<_> = text.lines().collect();
    let sha256 = merged.certificates[0].sha256_hex();
    assert_eq!(lines[0], "# CN=Old CA");
    assert_eq!(lines[1], format!("# not after 2027-01-01T00:00:00Z, sha256 {sha256}"));
    assert_eq!(lines[2], "-----BEGIN CERTIFICATE-----");
    assert!(lines.iter().all(|line| line.len() <= 110 && line.is_ascii()), "{text}");
    // As any other PEM reader has it.
    let strict: Vec<_> = rustls_pki_types::pem::PemObject::pem_slice_iter(text.as_bytes())
        .map(|one: Result<CertificateDer<'_>, _>| one.unwrap().to_vec())
        .collect();
    assert_eq!(strict, [OLD.clone(), NEW.clone()]);
}

#[test]
fn a_name_cannot_smuggle_a_block_into_what_is_written() {
    let hostile = format!(
        "{}\u{e9}\n-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----",
        "x".repeat(230)
    );
    let escaped = r"\u002d\u002d\u002d\u002d\u002dBEGIN PRIVATE KEY-----";
    let names = [
        hostile.as_str(),
        escaped,
        "-----BEGIN PRIVATE KEY-----",
        "-BEGIN PRIVATE KEY-",
        "-----END CERTIFICATE-----",
    ];
    for name in names {
        let text = part(pem(&Made::ca(name).der())).to_pem().unwrap();
        assert_eq!(text.matches("-----BEGIN").count(), 1, "{text}");
        assert_eq!(text.matches("-----END").count(), 1, "{text}");
        assert!(text.is_ascii() && text.lines().all(|line| line.len() < 250), "{text}");
        assert_eq!(Bundle::parse(text.as_bytes(), NOW).unwrap().notes, [""; 0]);
    }
}

#[test]
fn no_file_is_written_that_no_client_would_read() {
    let one = part(&*OLD);
    let count = MAX_BYTES / one.to_pem().unwrap().len() + 1;
    let many = Bundle { certificates: vec![one.certificates[0].clone(); count], ..one };
    assert_eq!(many.to_pem().unwrap_err().code(), Code::TrustMalformed);
}

#[test]
fn a_rotation_adds_keeps_and_removes() {
    let soon = Made::ca("Soon CA").valid(NOW - DAY, NOW + 30 * DAY).der();
    let old = part(format!("{}\n{}", pem(&OLD), pem(&soon))).certificates;
    let new = part(format!("{}\n{}", pem(&soon), pem(&NEW))).certificates;
    let difference = Difference::between(&old, &new, NOW);
    assert_eq!(subjects(&difference.added), ["New CA"]);
    assert_eq!(subjects(&difference.removed), ["Old CA"]);
    assert_eq!(subjects(&difference.kept), ["Soon CA"]);
    assert_eq!(subjects(&difference.expiring), ["Soon CA"]);
    assert!(!difference.is_same());
    let reversed: Vec<_> = new.iter().rev().cloned().collect();
    assert!(Difference::between(&new, &reversed, NOW).is_same());
    // A second earlier it still has more than 30 days.
    assert!(Difference::between(&old, &new, NOW - 1).expiring.is_empty());

    let json: serde_json::Value =
        serde_json::from_str(&document::difference(&difference, NOW)).unwrap();
    assert_eq!(json["same"], false);
    assert_eq!(json["added"][0]["subject"], "CN=New CA");
    assert_eq!(json["expiring"][0]["days_left"], 30);
    assert_eq!(json["kept"][0]["names"], serde_json::json!([]));

    let leaf = Certificate::read(&CertificateDer::from(Made::leaf("leaf").der())).unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&document::certificates(&[leaf], NOW)).unwrap();
    assert_eq!(json[0]["names"], serde_json::json!(["DNS:redis.test"]));
}
