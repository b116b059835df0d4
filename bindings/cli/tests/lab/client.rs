//! A TLS client that trusts exactly the certificates it is given.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

pub(crate) struct Client {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Client {
    /// Connects and completes the handshake.
    pub(crate) fn connect(port: u16, trust: &[u8]) -> io::Result<Client> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(trust) {
            roots.add(certificate.expect("PEM")).expect("a CA");
        }
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
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
