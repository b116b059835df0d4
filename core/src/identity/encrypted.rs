//! Keys in PKCS#8 that a password opens (RFC 8018, PBES2).

use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::{ENCRYPTED, find, malformed};
use crate::{error::Result, secret::Secret};

pub(super) fn open(content: &[u8], password: &Secret) -> Result<PrivateKeyDer<'static>> {
    let der = encrypted_der(content).ok_or_else(|| malformed("the encrypted key is cut off"))?;
    if has_short_iv(&der) {
        return Err(malformed("the encrypted key is cut off"));
    }
    let info = pkcs8::EncryptedPrivateKeyInfoRef::try_from(der.as_slice())
        .map_err(|_| malformed("the encrypted key is no PKCS#8 with PBES2"))?;
    let opened = info
        .decrypt(password.expose())
        .map_err(|_| malformed("the key cannot be opened with this password"))?;
    Ok(PrivatePkcs8KeyDer::from(opened.as_bytes().to_vec()).into())
}

/// The parser takes for granted that the initialisation vector of triple DES has eight bytes.
fn has_short_iv(der: &[u8]) -> bool {
    find(der, DES_EDE3_CBC).is_some_and(|at| !der[at + DES_EDE3_CBC.len()..].starts_with(&[4, 8]))
}

/// The first encrypted key of a file that may hold certificates too.
fn encrypted_der(content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    use base64::{Engine, prelude::BASE64_STANDARD};

    let start = find(content, ENCRYPTED.as_bytes())? + ENCRYPTED.len();
    let length = find(&content[start..], b"-----END")?;
    let text: Zeroizing<Vec<u8>> = Zeroizing::new(
        content[start..start + length]
            .iter()
            .copied()
            .filter(|b| !b.is_ascii_whitespace())
            .collect(),
    );
    BASE64_STANDARD.decode(&text[..]).ok().map(Zeroizing::new)
}

/// The object identifier 1.2.840.113549.3.7 in DER.
const DES_EDE3_CBC: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7];
