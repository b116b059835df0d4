//! rustls's failures as codes.

use rustls::{AlertDescription as Alert, CertificateError, Error as Rustls, InvalidMessage};

use crate::error::{Code, Error};

/// `asked`: the server asked for a client certificate; `has_identity`: there was one to send.
pub(super) fn classify(error: &Rustls, asked: bool, has_identity: bool) -> Error {
    match error {
        Rustls::InvalidCertificate(CertificateError::Other(other)) => {
            match other.0.downcast_ref::<Error>() {
                Some(error) => error.clone(),
                None => Error::with_detail(Code::TlsBadCertificate, other.to_string()),
            }
        }
        // The chain is verified elsewhere: this one is of the handshake itself.
        Rustls::InvalidCertificate(CertificateError::BadSignature) => Error::with_detail(
            Code::TlsBadCertificate,
            "its key did not sign the handshake, or is an RSA key of less than 2048 bits",
        ),
        Rustls::InvalidCertificate(other) => {
            Error::with_detail(Code::TlsBadCertificate, format!("{other:?}"))
        }
        Rustls::AlertReceived(alert) => alerted(*alert, asked, has_identity),
        Rustls::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Error::new(Code::TlsPlaintextPeer)
        }
        Rustls::NoCertificatesPresented => {
            Error::with_detail(Code::TlsBadCertificate, "the server sent no certificate")
        }
        other => Error::with_detail(Code::TlsProtocol, other.to_string()),
    }
}

fn alerted(alert: Alert, asked: bool, has_identity: bool) -> Error {
    let code = match alert {
        Alert::CertificateRequired => Code::TlsClientCertRequired,
        // TLS 1.2 has no word for it; ciphers were agreed upon before the server asked.
        Alert::HandshakeFailure
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied
        | Alert::DecryptError
            if asked =>
        {
            match has_identity {
                true => Code::TlsClientCertRejected,
                false => Code::TlsClientCertRequired,
            }
        }
        _ => Code::TlsProtocol,
    };
    // One that has no name is told by its number.
    let number = || u8::from(alert).to_string();
    Error::new(code).with("alert", alert.as_str().map_or_else(number, str::to_owned))
}
