//! A TLS client that trusts exactly the certificates it is given.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

pub(crate) struct Client {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Client {
    /// Connects and completes the handshake.
    pub(crate) fn connect(port: u16, trust: &[u8]) -> io::Result<Client> {
        let config = ClientConfig::builder().with_root_certificates(roots(trust));
        Client::handshake(port, config.with_no_client_auth())
    }

    /// The same with a client certificate and its key.
    pub(crate) fn connect_as(
        port: u16,
        trust: &[u8],
        (chain, key): (&[u8], &[u8]),
    ) -> io::Result<Client> {
        let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().expect("PEM");
        let key = PrivateKeyDer::from_pem_slice(key).expect("a key");
        let config = ClientConfig::builder().with_root_certificates(roots(trust));
        let config = config.with_client_auth_cert(chain, key).map_err(io::Error::other)?;
        Client::handshake(port, config)
    }

    /// The same without one, and with revocation lists.
    pub(crate) fn connect_unrevoked(port: u16, trust: &[u8], crls: &[u8]) -> io::Result<Client> {
        let crls = CertificateRevocationListDer::pem_slice_iter(crls).map(|crl| crl.expect("PEM"));
        let verifier = WebPkiServerVerifier::builder(Arc::new(roots(trust))).with_crls(crls);
        let verifier = verifier.build().map_err(io::Error::other)?;
        let config = ClientConfig::builder().with_webpki_verifier(verifier);
        Client::handshake(port, config.with_no_client_auth())
    }

    fn handshake(port: u16, config: ClientConfig) -> io::Result<Client> {
        let name = "localhost".try_into().expect("a name");
        let mut tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        while tls.is_handshaking() {
            tls.complete_io(&mut tcp)?;
        }
        Ok(Client { stream: BufReader::new(StreamOwned::new(tls, tcp)) })
    }

    /// Connects and authenticates.
    pub(crate) fn open(port: u16, trust: &[u8], password: &str) -> Client {
        let mut client = Client::connect(port, trust).expect("a handshake");
        assert_eq!(client.call(&["AUTH", password]), "+OK");
        client
    }

    /// SHA-256 of the certificate the server presented.
    pub(crate) fn leaf(&self) -> String {
        let chain = self.stream.get_ref().conn.peer_certificates().expect("a chain");
        Sha256::digest(&chain[0]).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether the server answers PING. With TLS 1.3 it judges a client certificate only after the
    /// handshake.
    pub(crate) fn pings(mut self) -> bool {
        let stream = self.stream.get_mut();
        let sent = stream.write_all(b"PING\r\n").and_then(|()| stream.flush());
        let mut line = String::new();
        // NOAUTH is an answer too.
        sent.and_then(|()| self.stream.read_line(&mut line)).is_ok_and(|length| length > 0)
    }

    /// Sends a command and returns the first line of its reply; of a bulk string, its content.
    pub(crate) fn call(&mut self, words: &[&str]) -> String {
        self.send(words);
        self.reply()
    }

    pub(crate) fn send(&mut self, words: &[&str]) {
        let words: String =
            words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
        let count = words.matches("\r\n$").count() + 1;
        let stream = self.stream.get_mut();
        write!(stream, "*{count}\r\n{words}").and_then(|()| stream.flush()).expect("a write");
    }

    pub(crate) fn reply(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a reply");
        let line = line.trim_end();
        let Some(length) = line.strip_prefix('$') else { return line.to_owned() };
        let mut bulk = vec![0; length.parse::<usize>().expect("a value") + 2];
        self.stream.read_exact(&mut bulk).expect("a value");
        String::from_utf8(bulk).expect("text").trim_end().to_owned()
    }

    /// True if bytes arrive before `patience` ends.
    pub(crate) fn hears_within(&mut self, patience: std::time::Duration) -> bool {
        let tcp = &self.stream.get_ref().sock;
        tcp.set_read_timeout(Some(patience)).expect("a timeout");
        let heard = tcp.peek(&mut [0]).is_ok();
        tcp.set_read_timeout(None).expect("no timeout");
        heard
    }
}

fn roots(trust: &[u8]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(trust) {
        roots.add(certificate.expect("PEM")).expect("a CA");
    }
    roots
}
