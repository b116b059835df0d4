//! A relay in front of a server that refuses a client certificate without a word.
//!
//! With TLS 1.3 the server judges the certificate after the client's handshake is over, and the
//! alert that tells about it may be lost with the connection.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;

/// What is left of a connection once the certificate is on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// The stream ends.
    Eof,
    /// The system says that nobody is there.
    Reset,
}

/// Relays to `port`, each connection up to its `end`, as long as the test runs. Returns its port.
pub(crate) fn relay(port: u16, end: End) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let own = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server");
                // Whoever goes away first ends it.
                let _ = hand_over(client, server, end);
            });
        }
    });
    own
}

fn hand_over(mut client: TcpStream, mut server: TcpStream, end: End) -> io::Result<()> {
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    let answers = thread::spawn(move || io::copy(&mut from, &mut to));
    loop {
        let mut header = [0; 5];
        client.read_exact(&mut header)?;
        // The first encrypted record holds the client's certificate, or that it has none.
        if header[0] == APPLICATION_DATA {
            break;
        }
        let mut record = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
        client.read_exact(&mut record)?;
        server.write_all(&[&header, &*record].concat())?;
    }
    server.shutdown(Shutdown::Both)?;
    let _ = answers.join();
    if let End::Eof = end {
        client.shutdown(Shutdown::Write)?;
        io::copy(&mut client, &mut io::sink())?;
    }
    // What is unread when a socket is closed makes it a reset.
    Ok(())
}

const APPLICATION_DATA: u8 = 23;
