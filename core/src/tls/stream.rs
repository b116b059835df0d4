//! One TLS connection over bytes that somebody else moves.
//!
//! rustls's unbuffered connection is used: the buffered one reads 4 KiB at a time and stops at
//! 16 KiB of plaintext, which costs a third of the throughput with large replies.

use std::sync::Arc;

use rustls::{
    ClientConfig, HandshakeKind,
    client::{ClientConnectionData, UnbufferedClientConnection},
    unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus},
};
use rustls_pki_types::{CertificateDer, ServerName};

use super::{
    Clock,
    classify::classify,
    client_auth::take_asked,
    verify::{Verdict, Verifier},
};
use crate::error::{Code, Error, Result};

/// Plaintext on one side, ciphertext on the other.
pub(crate) struct TlsStream {
    connection: UnbufferedClientConnection,
    incoming: Vec<u8>,
    /// Ciphertext for the peer.
    pub(crate) outgoing: Vec<u8>,
    clock: Arc<Clock>,
    has_identity: bool,
    /// The server asked for a client certificate.
    asked: bool,
    verifier: Arc<Verifier>,
    ready: bool,
    /// The peer sent application data, so it has accepted the client.
    spoke: bool,
    peer_closed: bool,
    received: u64,
    /// The peer's first byte starts no TLS record; `incoming` is what it says.
    in_clear: bool,
}

impl TlsStream {
    pub(super) fn new(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        clock: Arc<Clock>,
        verifier: Arc<Verifier>,
        has_identity: bool,
    ) -> Result<Self> {
        let connection = UnbufferedClientConnection::new(config, name)
            .map_err(|error| Error::with_detail(Code::TlsProtocol, error.to_string()))?;
        Ok(Self {
            connection,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            clock,
            has_identity,
            asked: false,
            verifier,
            ready: false,
            spoke: false,
            peer_closed: false,
            received: 0,
            in_clear: false,
        })
    }

    /// Whether application data can be written.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }

    /// Whether the peer said that it sends no more.
    pub(crate) fn is_peer_closed(&self) -> bool {
        self.peer_closed
    }

    /// Bytes received so far, whatever they meant.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Bytes received that are not whole records yet.
    pub(crate) fn undecrypted(&self) -> usize {
        self.incoming.len()
    }

    /// Starts the handshake.
    pub(crate) fn start(&mut self) -> Result<()> {
        self.advance(&mut Vec::new())
    }

    /// Takes ciphertext; appends what it decrypts to.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        plain: &mut Vec<u8>,
        now: crate::time::Now,
    ) -> Result<()> {
        self.clock.set(now);
        self.received += bytes.len() as u64;
        self.incoming.extend_from_slice(bytes);
        if self.received == bytes.len() as u64 {
            // No TLS record starts with a printable byte.
            self.in_clear = bytes.first().is_some_and(|byte| *byte >= 0x20);
        }
        if self.in_clear {
            let whole = bytes.contains(&b'\n') || self.incoming.len() >= LONGEST_ANSWER;
            return self.answer_in_clear().filter(|_| whole).map_or(Ok(()), Err);
        }
        self.advance(plain)
    }

    /// What a peer that does not speak TLS has said so far: a Redis error, or HTTP.
    pub(crate) fn answer_in_clear(&self) -> Option<Error> {
        self.in_clear.then(|| answered_in_clear(&self.incoming))
    }

    /// Encrypts application data.
    pub(crate) fn write(&mut self, plain: &[u8]) -> Result<()> {
        // Half a handshake message may lie in `incoming`, and rustls knows where in it.
        let UnbufferedStatus { state, .. } =
            self.connection.process_tls_records(&mut self.incoming);
        match state {
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                let start = self.outgoing.len();
                // 22 bytes of overhead for every record of 16 KiB, and room for a key update.
                let room = plain.len() + 64 + plain.len() / 16_384 * 64;
                self.outgoing.resize(start + room, 0);
                let written = match traffic.encrypt(plain, &mut self.outgoing[start..]) {
                    Err(EncryptError::InsufficientSize(needed)) => {
                        self.outgoing.resize(start + needed.required_size, 0);
                        traffic.encrypt(plain, &mut self.outgoing[start..])
                    }
                    done => done,
                };
                let written = written
                    .map_err(|error| Error::with_detail(Code::TlsProtocol, error.to_string()))?;
                self.outgoing.truncate(start + written);
                Ok(())
            }
            Ok(_) => Err(Error::with_detail(Code::InternalBug, "write before the handshake")),
            Err(error) => Err(classify(&error, self.asked, self.has_identity)),
        }
    }

    /// Says that no more data follows.
    pub(crate) fn close(&mut self) {
        let UnbufferedStatus { state, .. } =
            self.connection.process_tls_records(&mut self.incoming);
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) = state {
            let start = self.outgoing.len();
            self.outgoing.resize(start + 64, 0);
            let written = traffic.queue_close_notify(&mut self.outgoing[start..]).unwrap_or(0);
            self.outgoing.truncate(start + written);
        }
    }

    /// The chain the server presented, or presented when the resumed session was new.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        let chain = self.connection.peer_certificates().unwrap_or_default();
        chain.iter().map(|certificate| certificate.clone().into_owned()).collect()
    }

    /// What a handshake found this chain to end at, this one or an earlier one with the same
    /// generations, if that holds now.
    pub(crate) fn proven(
        &self,
        chain: &[CertificateDer<'_>],
        now: crate::time::Now,
    ) -> Option<Verdict> {
        self.verifier.proven(chain, now.unix())
    }

    /// For example `TLSv1.3`.
    pub(crate) fn version(&self) -> Option<String> {
        Some(self.connection.protocol_version()?.as_str()?.replace('_', "."))
    }

    /// For example `TLS13_AES_256_GCM_SHA384`.
    pub(crate) fn cipher(&self) -> Option<String> {
        self.connection.negotiated_cipher_suite()?.suite().as_str().map(str::to_owned)
    }

    /// Whether the handshake resumed an earlier session.
    pub(crate) fn is_resumed(&self) -> bool {
        self.connection.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Why a connection that ended without a word may have ended: the server asked for a client
    /// certificate and has not said anything since.
    pub(crate) fn refused_silently(&self) -> Option<Error> {
        let code = match self.has_identity {
            true => Code::TlsClientCertRejected,
            false => Code::TlsClientCertRequired,
        };
        (self.asked && !self.spoke).then(|| {
            Error::with_detail(
                code,
                "the connection ended right after the server had asked for a client certificate",
            )
        })
    }

    fn advance(&mut self, plain: &mut Vec<u8>) -> Result<()> {
        let outcome = self.process(plain);
        self.spoke |= !plain.is_empty();
        if outcome.is_err() {
            self.send_alert();
        }
        outcome
    }

    fn process(&mut self, plain: &mut Vec<u8>) -> Result<()> {
        take_asked();
        let mut used = 0;
        let outcome = loop {
            let UnbufferedStatus { discard, state } =
                self.connection.process_tls_records(&mut self.incoming[used..]);
            self.asked |= take_asked();
            let state = match state {
                Ok(state) => state,
                Err(error) => {
                    used += discard;
                    break Err(classify(&error, self.asked, self.has_identity));
                }
            };
            let more = match state {
                ConnectionState::ReadTraffic(mut traffic) => {
                    let mut failed = None;
                    while let Some(record) = traffic.next_record() {
                        match record {
                            Ok(record) => plain.extend_from_slice(record.payload),
                            Err(error) => failed = Some(error),
                        }
                    }
                    if let Some(error) = failed {
                        break Err(classify(&error, self.asked, self.has_identity));
                    }
                    true
                }
                ConnectionState::EncodeTlsData(mut data) => {
                    encode(&mut data, &mut self.outgoing)?;
                    true
                }
                ConnectionState::TransmitTlsData(data) => {
                    data.done();
                    true
                }
                ConnectionState::PeerClosed => {
                    self.peer_closed = true;
                    true
                }
                ConnectionState::WriteTraffic(_) => {
                    self.ready = true;
                    false
                }
                _ => false,
            };
            used += discard;
            if !more {
                break Ok(());
            }
        };
        if used == self.incoming.len() {
            self.incoming.clear();
        } else {
            self.incoming.drain(..used);
        }
        outcome
    }

    /// After an error rustls holds the alert that tells the peer why.
    fn send_alert(&mut self) {
        let UnbufferedStatus { state, .. } =
            self.connection.process_tls_records(&mut self.incoming);
        if let Ok(ConnectionState::EncodeTlsData(mut data)) = state {
            // The connection fails with the first error, whatever becomes of the alert.
            let _ = encode(&mut data, &mut self.outgoing);
        }
    }
}

fn encode(
    data: &mut rustls::unbuffered::EncodeTlsData<'_, ClientConnectionData>,
    outgoing: &mut Vec<u8>,
) -> Result<()> {
    let start = outgoing.len();
    outgoing.resize(start + 4096, 0);
    let written = match data.encode(&mut outgoing[start..]) {
        Err(EncodeError::InsufficientSize(needed)) => {
            outgoing.resize(start + needed.required_size, 0);
            data.encode(&mut outgoing[start..])
        }
        done => done,
    };
    match written {
        Ok(written) => {
            outgoing.truncate(start + written);
            Ok(())
        }
        Err(error) => Err(Error::with_detail(Code::InternalBug, error.to_string())),
    }
}

/// More than a line of words is not waited for.
const LONGEST_ANSWER: usize = 512;

fn answered_in_clear(bytes: &[u8]) -> Error {
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let text: String =
        String::from_utf8_lossy(line).chars().filter(|c| !c.is_control()).take(200).collect();
    match text.strip_prefix('-') {
        Some(reply) => {
            let error = Error::from_server_text(reply);
            match error.code() {
                Code::ServerError => Error::new(Code::TlsPlaintextPeer).with("answer", text),
                _ => error,
            }
        }
        None => Error::new(Code::TlsPlaintextPeer).with("answer", text),
    }
}
