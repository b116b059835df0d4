//! The client's certificate, and whether the server asked for one: under TLS 1.3 a refusal comes
//! after the handshake, sometimes without a word, and only this tells it from any other end.

use std::{cell::Cell, sync::Arc};

use rustls::{SignatureScheme, client::ResolvesClientCert, sign::CertifiedKey};

/// One for each generation of the identity: rustls resumes no session of another one.
#[derive(Debug)]
pub(super) struct ClientAuth(Option<Arc<CertifiedKey>>);

impl ClientAuth {
    pub(super) fn new(certified: Option<Arc<CertifiedKey>>) -> Self {
        Self(certified)
    }
}

impl ResolvesClientCert for ClientAuth {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        ASKED.set(true);
        // A key that cannot sign as the server wants would only fail later.
        self.0.clone().filter(|certified| certified.key.choose_scheme(schemes).is_some())
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

/// Whether the server of the connection that this thread just advanced asked for a certificate.
pub(super) fn take_asked() -> bool {
    ASKED.take()
}

thread_local! {
    /// rustls calls the resolver from within the call that takes the server's bytes, and many
    /// connections share it.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}
