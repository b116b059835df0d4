use redlatch_core::{
    Code, Now, Secret,
    bundle::{Bundle, certificates},
    crl, identity,
};

/// A bundle of CAs, a client identity, or revocation lists: anything may be in a file.
pub fn bundle(data: &[u8]) {
    let now = Now {
        monotonic: std::time::Duration::from_secs(1),
        wall: std::time::Duration::from_secs(NOW),
    };
    match Bundle::parse(data, NOW as i64) {
        Ok(bundle) => {
            assert!(!bundle.certificates.is_empty());
            assert!(bundle.certificates.iter().all(|one| one.not_after >= NOW as i64));
            // Written again one by one, in DER, it is the same bundle.
            for certificate in &bundle.certificates {
                let again = Bundle::parse(&certificate.der, NOW as i64);
                let again = again.unwrap_or_else(|error| panic!("its own DER is refused: {error}"));
                assert_eq!(again.certificates[0].sha256, certificate.sha256);
            }
        }
        Err(error) => assert!(
            matches!(
                error.code(),
                Code::TrustEmpty
                    | Code::TrustMalformed
                    | Code::TrustExpired
                    | Code::TrustPrivateKey
            ),
            "{error}"
        ),
    }
    if let Ok(found) = certificates(data) {
        assert!(!found.is_empty());
    }
    let content = [Secret::new(data)];
    let kind = crl::lists();
    if let Ok(lists) = (kind.parse)(&content, now) {
        assert!(!lists.facts().is_empty());
    }
    // A password is given, so that encrypted keys are looked into.
    let kind = identity::key_pair(Some(Secret::new("password")));
    let _ = (kind.parse)(&content, now);
}

/// 2026-01-01.
const NOW: u64 = 1_767_225_600;
