//! What a file without certificates most likely is.

use super::extract::Found;

/// Says what was found instead; names kinds of content, never content.
pub(super) fn nothing_found(bytes: &[u8], found: &Found) -> String {
    if let Some(what) = found.foreign.first() {
        return format!("it holds {what}");
    }
    if found.commented > 0 {
        return format!("{} certificate(s) stand in comment lines", found.commented);
    }
    if found.private_key {
        return "it holds a private key and no certificate".to_owned();
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text.trim_ascii();
    match text.iter().all(|byte| *byte == 0) {
        true if bytes.is_empty() => "the file is empty".to_owned(),
        true => "the file holds only blanks".to_owned(),
        false => looks_like(text).map_or_else(
            || "no certificate in any known form".to_owned(),
            |what| format!("it looks like {what}"),
        ),
    }
}

fn looks_like(text: &[u8]) -> Option<&'static str> {
    const STARTS: &[(&[u8], &str)] = &[
        (b"\xfe\xed\xfe\xed", JAVA),
        (b"\xce\xce\xce\xce", JAVA),
        (b"\x30\x80", "a PKCS#12 or PKCS#7 file: export it as PEM"),
        (b"\x1f\x8b", "a gzip file"),
        (b"PK\x03\x04", "a zip file"),
        (b"<!doctype", "HTML: a login or error page was saved"),
        (b"<html", "HTML: a login or error page was saved"),
        (b"<", "XML or HTML"),
        (b"{", "JSON without a certificate"),
        (b"[", "JSON without a certificate"),
        (b"null", "JSON without a certificate"),
        (b"ssh-", "an SSH key"),
        (b"ecdsa-", "an SSH key"),
        (b"error", "an error message"),
        (b"/", "the name of a file, not its content"),
    ];
    let is_start =
        |start: &[u8]| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    STARTS.iter().find(|(start, _)| is_start(start)).map(|(_, what)| *what)
}

const JAVA: &str = "a Java key store (`keytool -exportcert -rfc` writes its certificates as PEM)";
