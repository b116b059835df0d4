//! What a person wants to know of a certificate besides what rules are made of.

use sha1::{Digest, Sha1};
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer, public_key::PublicKey,
};

use super::{Certificate, classify::hex};

/// What a person wants to know of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Its subjectAltName, each as `DNS:name` or `IP:address`, in order.
    pub names: Vec<String>,
    /// The first common name of its subject.
    pub common_name: Option<String>,
    /// For example `RSA 2048`, `EC 256` (bits) or `Ed25519`.
    pub key: String,
    /// Of X.509: 1 or 3.
    pub version: u32,
    /// SHA-1 of the DER, lower-case hexadecimal, as `sha1Fingerprint` of gcloud: no identity.
    pub sha1: String,
}

impl Certificate {
    /// Reads what rules are not made of.
    pub fn details(&self) -> Details {
        let Ok((_, x509)) = X509Certificate::from_der(&self.der) else {
            return Details::default();
        };
        let names = x509.subject_alternative_name().ok().flatten();
        let names = names.map(|found| found.value.general_names.iter().map(name).collect());
        let common_name = x509.subject().iter_common_name().next();
        Details {
            names: names.unwrap_or_default(),
            common_name: common_name.and_then(|it| it.as_str().ok()).map(clean),
            key: match x509.public_key().parsed() {
                Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
                Ok(PublicKey::EC(point)) => format!("EC {}", point.key_size()),
                _ => match x509.public_key().algorithm.algorithm.to_id_string() {
                    id if id == ED25519 => "Ed25519".to_owned(),
                    id => id,
                },
            },
            version: x509.version().0 + 1,
            sha1: hex(&Sha1::digest(&self.der)),
        }
    }
}

fn name(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => format!("DNS:{}", clean(name)),
        GeneralName::IPAddress(bytes) => {
            match (<[u8; 4]>::try_from(*bytes), <[u8; 16]>::try_from(*bytes)) {
                (Ok(four), _) => format!("IP:{}", std::net::Ipv4Addr::from(four)),
                (_, Ok(sixteen)) => format!("IP:{}", std::net::Ipv6Addr::from(sixteen)),
                _ => "IP:?".to_owned(),
            }
        }
        GeneralName::URI(uri) => format!("URI:{}", clean(uri)),
        _ => "other".to_owned(),
    }
}

/// Safe to print: whoever made the certificate chose it.
fn clean(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).take(253).collect()
}

const ED25519: &str = "1.3.101.112";
