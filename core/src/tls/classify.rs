//! rustls's failures as codes.

use rustls::{AlertDescription as Alert, CertificateError, Error as Rustls, InvalidMessage};

use crate::error::{Code, Error};

pub(super) fn classify(error: &Rustls, has_identity: bool) -> Error {
    match error {
        Rustls::InvalidCertificate(CertificateError::Other(other)) => {
            match other.0.downcast_ref::<Error>() {
                Some(error) => error.clone(),
                None => Error::with_detail(Code::TlsBadCertificate, other.to_string()),
            }
        }
        Rustls::InvalidCertificate(other) => {
            Error::with_detail(Code::TlsBadCertificate, format!("{other:?}"))
        }
        Rustls::AlertReceived(alert) => alerted(*alert, has_identity),
        Rustls::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Error::new(Code::TlsPlaintextPeer)
        }
        Rustls::NoCertificatesPresented => {
            Error::with_detail(Code::TlsBadCertificate, "the server sent no certificate")
        }
        other => Error::with_detail(Code::TlsProtocol, other.to_string()),
    }
}

fn alerted(alert: Alert, has_identity: bool) -> Error {
    let code = match alert {
        Alert::CertificateRequired => Code::TlsClientCertRequired,
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied
        | Alert::DecryptError
            if has_identity =>
        {
            Code::TlsClientCertRejected
        }
        _ => Code::TlsProtocol,
    };
    Error::new(code).with("alert", format!("{alert:?}"))
}
