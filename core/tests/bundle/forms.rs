//! Every text form in which bundles have been seen, one vector each.

use redlatch_core::{
    Code,
    bundle::{Bundle, certificates},
};

use super::{NEW, NOW, OLD, base64, pem, pem_as, wrapped};

/// Each form is written with both CAs and must be read as both, in order.
macro_rules! forms {
    ($($name:ident = $note:literal, |$old:ident, $new:ident| $form:expr;)*) => {$(
        #[test]
        fn $name() {
            let ($old, $new) = (pem(&OLD), pem(&NEW));
            let bytes: Vec<u8> = $form.into();
            reads_both(&bytes, $note);
        }
    )*};
}

fn reads_both(bytes: &[u8], note: &str) {
    let bundle = Bundle::parse(bytes, NOW).unwrap();
    let read: Vec<_> = bundle.certificates.iter().map(|one| one.der.as_ref()).collect();
    assert_eq!(read, [&OLD[..], &NEW[..]]);
    assert!(bundle.rejected.is_empty());
    match note {
        "" => assert_eq!(bundle.notes, Vec::<String>::new()),
        _ => assert!(bundle.notes.iter().any(|it| it == note), "{:?}", bundle.notes),
    }
    let chain = certificates(bytes).unwrap();
    assert_eq!(chain.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>(), read);
}

fn escaped(pem: &str) -> String {
    pem.replace('\n', "\\n")
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

fn secret(pem: &str) -> String {
    base64(format!("{pem}\n").as_bytes())
}

forms! {
    plain = "", |old, new| format!("{old}\n{new}\n");
    without_last_line_end = "", |old, new| format!("{old}\n{new}");
    crlf = "", |old, new| format!("{old}\n{new}\n").replace('\n', "\r\n");
    cr_only = "CR line ends", |old, new| format!("{old}\n{new}\n").replace('\n', "\r");
    body_on_one_line = "", |_old, _new| {
        let long = |der| format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(der));
        long(&OLD) + &long(&NEW)
    };
    body_without_padding = "", |old, new| format!("{old}\n{new}\n").replace('=', "");
    comments_and_blank_lines = "", |old, new| {
        format!("# Issuer: CN=Old - \u{e9}\n\n{old}\n\n  # the -- new one\n{new}\n\n")
    };
    latin_1_comment = "", |old, new| {
        [b"CN=Soci\xe9t\xe9\n".as_slice(), old.as_bytes(), b"\n", new.as_bytes()].concat()
    };
    openssl_text_preamble = "", |old, new| format!(
        "Certificate:\n    Data:\n        Version: 3 (0x2)\n        Modulus:\n            \
         00:b1:4c:ff\n{old}\nBag Attributes\n    friendlyName: new\nsubject=CN = New\n{new}\n");
    utf8_byte_order_mark = "UTF-8 byte order mark", |old, new| format!("\u{feff}{old}\n{new}\n");
    byte_order_marks_of_joined_files = "UTF-8 byte order mark", |old, new| {
        format!("\u{feff}{old}\n\u{feff}{new}\n")
    };
    utf16_little_endian = "UTF-16, little endian", |old, new| {
        utf16(&format!("\u{feff}{old}\r\n{new}\r\n"), u16::to_le_bytes)
    };
    utf16_big_endian = "UTF-16, big endian", |old, new| {
        utf16(&format!("\u{feff}{old}\n{new}\n"), u16::to_be_bytes)
    };
    utf16_unmarked_little = "UTF-16, little endian, unmarked", |old, new| {
        utf16(&format!("{old}\n{new}\n"), u16::to_le_bytes)
    };
    utf16_unmarked_big = "UTF-16, big endian, unmarked", |old, new| {
        utf16(&format!("{old}\n{new}\n"), u16::to_be_bytes)
    };

    gcloud_value = "joined by ';'", |old, new| format!("{old};{new}\n");
    gcloud_value_with_line_ends = "joined by ';'", |old, new| format!("{old}\n;{new}\n\n");
    gcloud_value_two_fields = "joined by TAB", |old, new| format!("{old}\t{new}\n");
    gcloud_csv = "quoted", |old, new| format!("server_ca_certs\n\"{old};{new}\"\n");
    gcloud_nested_list = "Python list", |old, new| {
        format!("['{}', '{}']\n", escaped(&old), escaped(&new))
    };
    gcloud_nested_lists_joined = "escaped line breaks", |old, new| {
        format!("['{}'];['{}']\n", escaped(&old), escaped(&new))
    };
    gcloud_json = "JSON", |old, new| format!(
        "{{\n  \"serverCaCerts\": [\n    {{\n      \"cert\": \"{}\",\n      \
         \"serialNumber\": \"0\"\n    }},\n    {{\n      \"cert\": \"{}\"\n    }}\n  ]\n}}\n",
        escaped(&old), escaped(&new));
    gcloud_yaml = "indented", |old, new| {
        let block = |pem: &str| format!(
            "- cert: |-\n    {}\n  serialNumber: '0'\n  sha1Fingerprint: 123a1a23c3f21c4b21c2\n",
            pem.replace('\n', "\n    "));
        format!("serverCaCerts:\n{}{}", block(&old), block(&new))
    };
    certificate_authority_json = "JSON", |old, new| format!(
        "{{\"name\":\"projects/p\",\"managedServerCa\":{{\"caCerts\":\
         [{{\"certificates\":[\"{}\\n\",\"{}\\n\"]}}]}}}}",
        escaped(&old), escaped(&new));
    json_string = "escaped line breaks", |old, new| {
        format!("\"{}\\n{}\"", escaped(&old), escaped(&new))
    };
    json_lines = "JSON", |old, new| format!(
        "{{\"cert\":\"{}\"}}\n{{\"cert\":\"{}\"}}\n", escaped(&old), escaped(&new));
    json_repeated_key = "JSON", |old, new| {
        format!("{{\"cert\":\"{}\",\"cert\":\"{}\"}}", escaped(&old), escaped(&new))
    };
    json_unicode_escapes = "JSON", |old, new| format!("{{\"ca\":\"{}\"}}",
        format!("{old}\n{new}").replace('+', "\\u002B").replace('\n', "\\u000a"));
    json_escaped_slashes = "JSON", |old, new| format!("{{\"ca\":\"{}\"}}",
        format!("{old}\n{new}").replace('/', "\\/").replace('\n', "\\r\\n"));
    json_inside_json = "JSON", |old, new| format!("{{\"data\":\"{{\\\"ca\\\":\\\"{}\\\"}}\"}}",
        format!("{old}\n{new}").replace('\n', "\\\\n"));
    json_list_of_lines = "JSON", |old, new| format!("[\"{}\"]",
        format!("{old}\n{new}").replace('\n', "\", \""));
    yaml_quoted = "quoted", |old, new| {
        format!("ca: \"{}\\n\"\nnext: '{new}'\n", escaped(&old))
    };

    escaped_line_ends = "escaped line breaks", |old, new| {
        format!("{}\\n{}", escaped(&old), escaped(&new))
    };
    escaped_crlf = "escaped line breaks", |old, new| {
        format!("{old}\n{new}").replace('\n', "\\r\\n")
    };
    escaped_with_heading = "escaped line breaks", |old, new| {
        escaped(&format!("# CN=Old\n{old}\n# CN=New\n{new}\n"))
    };
    environment_file = "escaped line breaks", |old, new| {
        format!("# made by deploy\nREDIS_CA_CERT=\"{}\\n{}\"\n", escaped(&old), escaped(&new))
    };
    joined_by_spaces = "joined by spaces", |old, new| format!("{old}\n{new}\n").replace('\n', " ");
    joined_by_spaces_with_heading = "", |old, new| {
        format!("# CN=Old\n{old}\n# CN=New\n{new}\n").replace('\n', " ")
    };
    concatenated = "joined without a line break", |old, new| format!("{old}{new}");
    indented = "indented", |old, new| {
        format!("    {}\n", format!("{old}\n{new}").replace('\n', "\n    "))
    };

    base64_of_bundle = "base64 of PEM", |old, new| base64(format!("{old}\n{new}\n").as_bytes());
    base64_wrapped = "base64 of PEM", |old, new| {
        wrapped(&base64(format!("{old}\n{new}\n").as_bytes()), 76) + "\n"
    };
    base64_wrapped_then_joined = "base64 of PEM", |old, new| {
        wrapped(&base64(format!("{old}\n{new}\n").as_bytes()), 76).replace('\n', " ")
    };
    base64_of_base64 = "base64 of PEM", |old, new| {
        base64(base64(format!("{old}\n{new}\n").as_bytes()).as_bytes())
    };
    base64_with_preamble = "base64 of PEM", |old, new| {
        base64(format!("# CN=Old\n{old}\n{new}\n").as_bytes())
    };
    base64_per_line = "base64 of PEM", |old, new| format!("{}\n{}\n", secret(&old), secret(&new));
    secret_yaml = "base64 of PEM", |old, new| format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: redis-certificate-authority\ndata:\n  \
         ca.crt: {}\n  next.crt: {}\ntype: Opaque\n", secret(&old), secret(&new));
    secret_yaml_folded = "base64 of PEM", |old, new| format!(
        "data:\n  ca.crt: |\n    {}\n  next: >-\n    {}\nkind: Secret\n",
        wrapped(&secret(&old), 76).replace('\n', "\n    "),
        wrapped(&secret(&new), 76).replace('\n', "\n    "));
    secret_json = "base64 of PEM", |old, new| format!(
        "{{\"kind\":\"Secret\",\"data\":{{\"ca.crt\":\"{}\",\"next.crt\":\"{}\"}}}}",
        secret(&old), secret(&new));
    base64_of_der = "base64 of DER", |_old, _new| {
        format!("{{\"x5c\":[\"{}\",\"{}\"]}}", base64(&OLD), base64(&NEW))
    };
    base64_of_der_wrapped = "base64 of DER", |_old, _new| {
        format!("{}\n\n{}\n", wrapped(&base64(&OLD), 64), wrapped(&base64(&NEW), 64))
    };
    der = "DER", |_old, _new| [&OLD[..], &NEW[..]].concat();
    der_with_line_end = "DER", |_old, _new| [&OLD[..], &NEW[..], b"\n"].concat();

    x509_label = "", |_old, _new| {
        pem_as("X509 CERTIFICATE", &OLD) + "\n" + &pem_as("X509 CERTIFICATE", &NEW)
    };
    trusted_label = "", |_old, _new| {
        // Settings as `openssl x509 -trustout -setalias` adds them.
        let settings = [0x30, 0x06, 0x0c, 0x04, b'n', b'a', b'm', b'e'];
        pem_as("TRUSTED CERTIFICATE", &[&OLD[..], &settings].concat())
            + "\n" + &pem_as("TRUSTED CERTIFICATE", &NEW)
    };
    revocation_list_beside = "left out: a revocation list", |old, new| {
        format!("{old}\n{}\n{new}", pem_as("X509 CRL", b"not read"))
    };
}

#[test]
fn one_der_certificate() {
    let bundle = Bundle::parse(&OLD, NOW).unwrap();
    assert_eq!(bundle.certificates.len(), 1);
    assert_eq!(bundle.notes, ["DER"]);
}

#[test]
fn commented_certificate_is_not_trusted() {
    let off = pem(&OLD).replace('\n', "\n# ");
    for old in [format!("# {off}"), format!("#ca: \"{}\"", escaped(&pem(&OLD)))] {
        let bundle = Bundle::parse(format!("{old}\n{}\n", pem(&NEW)).as_bytes(), NOW).unwrap();
        assert_eq!(bundle.certificates.len(), 1);
        assert_eq!(bundle.certificates[0].der.as_ref(), &NEW[..]);
        assert!(bundle.notes.contains(&"left out: 1 in comment lines".to_owned()));
        let error = Bundle::parse(format!("# old\n{old}\n").as_bytes(), NOW).unwrap_err();
        assert_eq!(error.code(), Code::TrustEmpty);
        assert!(Bundle::parse(old.as_bytes(), NOW).is_err());
    }
}
