//! Handshakes that trust anybody and send nothing, only to see what is there.

use std::{sync::Arc, time::Duration};

use rustls_pki_types::CertificateDer;

use super::{Heard, Host, Target, Transport, host::listen};
use crate::{
    config::{Address, Config, Source, Tls, Verify},
    error::{Code, Error, Result},
    material::NoFiles,
    tls::{Connector, Generations, TlsStream},
    trust::TrustGeneration,
};

/// What a server shows of itself before anybody trusts it.
#[derive(Default)]
pub(super) struct Look {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) version: Option<String>,
    pub(super) cipher: Option<String>,
    /// Why the handshake was not finished.
    pub(super) failure: Option<Error>,
    /// The peer's first byte.
    first: Option<u8>,
}

/// Makes a handshake in which nothing is verified, and no certificate and no secret is sent.
///
/// # Errors
/// Why there was no connection to make it on; how it ended is in the result.
pub(super) fn at(config: &Config, tls: &Tls, target: &Target, host: &mut dyn Host) -> Result<Look> {
    let nobody = Tls {
        trust: Source::Bytes(Vec::new()),
        identity: None,
        verify: Verify::DangerNone,
        key_password: None,
        crls: None,
        pins: Vec::new(),
        danger_keylog_file: None,
        ..tls.clone()
    };
    let connector = Connector::new(config, &nobody, Arc::new(NoFiles), Arc::default())?;
    let generations =
        Generations { trust: Arc::new(TrustGeneration::of_nobody()), identity: None, crl: None };
    let mut stream = connector.connect(&generations, host.now())?;
    let mut transport = host.connect(target, config.connect_timeout)?;
    let until = host.now().monotonic + config.handshake_timeout;
    let mut look = Look::default();
    let outcome = stream
        .start()
        .and_then(|()| shake(&mut stream, &mut *transport, until, &mut look.first, host));
    if let Err(error) = outcome {
        if error.code() == Code::ClientCancelled {
            return Err(error);
        }
        // The alert that says why; the examination goes on either way.
        let _ = transport.send(&stream.outgoing);
        look.failure = Some(error);
    } else {
        stream.close();
        let _ = transport.send(&std::mem::take(&mut stream.outgoing));
    }
    look.chain = stream.chain();
    (look.version, look.cipher) = (stream.version(), stream.cipher());
    Ok(look)
}

fn shake(
    stream: &mut TlsStream,
    transport: &mut dyn Transport,
    until: Duration,
    first: &mut Option<u8>,
    host: &mut dyn Host,
) -> Result<()> {
    let mut plain = Vec::new();
    while !stream.is_ready() {
        let left = until.saturating_sub(host.now().monotonic);
        let mut bytes = Vec::new();
        let heard = transport
            .send(&std::mem::take(&mut stream.outgoing))
            .and_then(|()| listen(transport, &mut bytes, left, host));
        let heard = match heard {
            // A reset is an end too.
            Err(error) if error.code() == Code::NetClosed => Heard::End,
            heard => heard?,
        };
        match heard {
            Heard::Bytes => {
                *first = first.or(bytes.first().copied());
                stream.receive(&bytes, &mut plain, host.now())?;
            }
            Heard::Nothing => {
                return Err(Error::with_detail(
                    Code::TlsTimeout,
                    match stream.received() {
                        0 => "no byte came: this is probably a plaintext port",
                        _ => "the server stopped in the middle of the handshake",
                    },
                )
                .with("received_bytes", stream.received()));
            }
            Heard::End => {
                return Err(stream.answer_in_clear().unwrap_or_else(|| {
                    Error::with_detail(
                        Code::NetClosed,
                        match stream.received() {
                            0 => "closed before TLS began",
                            _ => "closed during the TLS handshake",
                        },
                    )
                }));
            }
        }
    }
    transport.send(&std::mem::take(&mut stream.outgoing))
}

/// The first line that a port answers to a client without TLS, who says nothing but PING.
pub(super) fn plain_answer(target: &Target, host: &mut dyn Host) -> Option<String> {
    let mut transport = host.connect(target, PATIENCE).ok()?;
    transport.send(b"*1\r\n$4\r\nPING\r\n").ok()?;
    let until = host.now().monotonic + PATIENCE;
    let mut bytes = Vec::new();
    while !bytes.contains(&b'\n') && bytes.len() < LONGEST {
        let left = until.saturating_sub(host.now().monotonic);
        match listen(&mut *transport, &mut bytes, left, host) {
            Ok(Heard::Bytes) => {}
            _ => break,
        }
    }
    // A TLS server may answer with an alert, which is no word.
    let is_word = bytes.first().is_some_and(|byte| byte.is_ascii_graphic());
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let text = String::from_utf8_lossy(line);
    is_word.then(|| text.chars().filter(|it| !it.is_control()).take(200).collect())
}

/// Whether a port answers to the first message of TLS with one of TLS.
pub(super) fn speaks_tls(config: &Config, target: &Target, host: &mut dyn Host) -> bool {
    let name = match &config.address {
        Address::Tcp { .. } => None,
        Address::Unix(_) => Some("localhost".to_owned()),
    };
    let tls = Tls {
        trust: Source::Bytes(Vec::new()),
        identity: None,
        verify: Verify::DangerNone,
        expected_name: name,
        key_password: None,
        crls: None,
        pins: Vec::new(),
        only_tls13: false,
        danger_keylog_file: None,
    };
    let look = at(config, &tls, target, host);
    // Records of TLS begin with their type (RFC 8446, 5.1): change_cipher_spec to application_data.
    look.is_ok_and(|look| look.first.is_some_and(|first| (20..=23).contains(&first)))
}

/// For answers that come at once or not at all.
const PATIENCE: Duration = Duration::from_secs(2);
const LONGEST: usize = 512;
