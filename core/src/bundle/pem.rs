//! A bundle written out: PEM that every loader reads, the anchors only.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{Bundle, Certificate, MAX_BYTES, classify::date};
use crate::error::{Code, Error, Result};

impl Bundle {
    /// The usable certificates as PEM, each below a comment that names it.
    ///
    /// # Errors
    /// [`Code::TrustMalformed`] if no client would read a file of that size.
    pub fn to_pem(&self) -> Result<String> {
        let text: String = self.certificates.iter().map(block).collect();
        match text.len() {
            length if length > MAX_BYTES => {
                let detail = format!("it would be larger than {MAX_BYTES} bytes");
                Err(Error::with_detail(Code::TrustMalformed, detail).with("bytes", length))
            }
            _ => Ok(text),
        }
    }
}

fn block(certificate: &Certificate) -> String {
    let base64 = BASE64_STANDARD.encode(&certificate.der);
    let lines: Vec<_> = base64.as_bytes().chunks(LINE).map(String::from_utf8_lossy).collect();
    format!(
        "# {}\n# not after {}, sha256 {}\n-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        comment(&certificate.subject),
        date(certificate.not_after),
        certificate.sha256_hex(),
        lines.join("\n"),
    )
}

/// A name that no loader mistakes for anything: whoever made the certificate chose it. OpenSSL reads
/// lines in pieces of 254 bytes, some loaders take ASCII only, others resolve escapes first.
fn comment(name: &str) -> String {
    let clean = |letter| match letter {
        '\\' => '/',
        ' '..='~' => letter,
        _ => '?',
    };
    let name: String = name.chars().take(LONGEST_NAME).map(clean).collect();
    match ["-BEGIN ", "-END "].iter().any(|marker| name.contains(marker)) {
        true => name.replace('-', "_"),
        false => name,
    }
}

const LINE: usize = 64;
const LONGEST_NAME: usize = 200;
