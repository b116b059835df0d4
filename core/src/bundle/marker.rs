//! BEGIN and END markers of PEM, which need not stand on lines of their own.

/// A BEGIN or END line, wherever it stands.
pub(super) struct Marker {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) begins: bool,
    pub(super) label: Label,
    /// Has all its dashes.
    pub(super) whole: bool,
}

/// What a marker announces.
#[derive(PartialEq, Eq)]
pub(super) enum Label {
    Certificate,
    Trusted,
    PrivateKey,
    Other(&'static str),
}

const DASHES: usize = 5;
pub(super) const PKCS7: &str =
    "a PKCS#7 container (`openssl pkcs7 -print_certs` turns it into PEM)";
pub(super) const PKCS12: &str =
    "a PKCS#12 store (`openssl pkcs12 -nokeys` turns its certificates into PEM)";

impl Label {
    pub(super) fn is_certificate(&self) -> bool {
        matches!(self, Self::Certificate | Self::Trusted)
    }

    fn parse(label: &[u8]) -> Option<Self> {
        let known = std::str::from_utf8(label).ok()?.trim();
        Some(match known {
            "CERTIFICATE" | "X509 CERTIFICATE" => Self::Certificate,
            "TRUSTED CERTIFICATE" => Self::Trusted,
            _ if known.contains("PRIVATE KEY") => Self::PrivateKey,
            "PKCS7" | "CMS" => Self::Other(PKCS7),
            "X509 CRL" => Self::Other("a revocation list"),
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
                Self::Other("a certificate request, which is not yet a certificate")
            }
            "PUBLIC KEY" | "RSA PUBLIC KEY" => Self::Other("a public key"),
            _ if known.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b' ')) => {
                Self::Other("a PEM block that is no certificate")
            }
            _ => return None,
        })
    }
}

/// The next marker at or after `at`.
pub(super) fn next_marker(text: &[u8], mut at: usize) -> Option<Marker> {
    loop {
        at += text[at..].iter().position(|byte| *byte == b'-')?;
        let leading = dashes(&text[at..]);
        at += leading;
        let word = &text[at..];
        let begins = word.starts_with(b"BEGIN ");
        if !begins && !word.starts_with(b"END ") {
            continue;
        }
        let from = at + if begins { 6 } else { 4 };
        let stop = |byte: &u8| matches!(byte, b'-' | b'\n' | b'\r' | b'\\');
        let length = text[from..].iter().take(40).position(stop);
        let label_end = length.map_or(text.len().min(from + 40), |length| from + length);
        let Some(label) = Label::parse(&text[from..label_end]) else { continue };
        let trailing = dashes(&text[label_end..]);
        let whole = leading >= DASHES && trailing >= DASHES;
        // Prose may mention other blocks; a damaged certificate or key is never prose.
        if !whole && matches!(label, Label::Other(_)) {
            continue;
        }
        let end = label_end + trailing.min(DASHES);
        return Some(Marker { start: at - leading.min(DASHES), end, begins, label, whole });
    }
}

fn dashes(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b'-').count()
}
