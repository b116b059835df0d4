//! Just enough DER to find where elements end and what they are.

/// One DER element.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// Tag, length and content.
    pub(super) whole: &'a [u8],
    /// What follows the element.
    pub(super) rest: &'a [u8],
}

/// What an outer SEQUENCE holds, as far as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Certificate,
    PrivateKey,
    Pkcs7,
    Pkcs12,
    Other,
}

/// The element at the start of `bytes`; none if it is cut short or its length is indefinite.
pub(super) fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let [tag, first, after @ ..] = bytes else { return None };
    let (length, after) = match first {
        0x81..=0x84 => {
            let (digits, after) = after.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), after)
        }
        0x00..=0x7f => (usize::from(*first), after),
        _ => return None,
    };
    let (content, rest) = after.split_at_checked(length)?;
    let whole = bytes.strip_suffix(rest)?;
    Some(Element { tag: *tag, content, whole, rest })
}

/// Whether a file that starts like this is DER and not text: no text has a second byte of 0x81 to
/// 0x84 after "0". Small keys have short lengths and need a closer look.
pub(super) fn is_der(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, 0x81..=0x84, ..] => true,
        [0x30, ..] => element(bytes)
            .is_some_and(|one| one.rest.is_empty() && one.content.starts_with(&[0x02, 0x01])),
        _ => false,
    }
}

pub(super) fn sort(der: &[u8]) -> Sort {
    const PKCS7: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
    match element(der) {
        Some(Element { tag: 0x30, content, .. }) => match content {
            [0x02, 0x01, 0x00 | 0x01, ..] => Sort::PrivateKey,
            [0x02, 0x01, 0x03, ..] => Sort::Pkcs12,
            [0x30, ..] => match element(content) {
                // An algorithm first: an encrypted key or a public key.
                Some(Element { content: [0x06, ..], rest: [0x04, ..], .. }) => Sort::PrivateKey,
                Some(Element { content: [0x06, ..], rest: [0x03, ..], .. }) => Sort::Other,
                _ => Sort::Certificate,
            },
            _ if content.starts_with(PKCS7) => Sort::Pkcs7,
            _ => Sort::Other,
        },
        _ => Sort::Other,
    }
}

/// Whether OpenSSL's trust settings, which follow a TRUSTED CERTIFICATE, exclude TLS servers.
/// Distributions list distrusted CAs in this form, so passing over the settings would trust them.
pub(super) fn refuses_servers(settings: &[u8]) -> bool {
    let Some(settings) = element(settings) else { return false };
    let mut rest = settings.content;
    while let Some(one) = element(rest) {
        rest = one.rest;
        match one.tag {
            0x30 if !names_servers(one.content) => return true,
            0xa0 if names_servers(one.content) => return true,
            _ => {}
        }
    }
    false
}

fn names_servers(mut purposes: &[u8]) -> bool {
    const SERVER_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
    const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
    while let Some(one) = element(purposes) {
        if one.content == SERVER_AUTH || one.content == ANY {
            return true;
        }
        purposes = one.rest;
    }
    false
}
