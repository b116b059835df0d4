//! A password that the server takes up while a client is on its way back.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use redlatch::Client;
use redlatch_lab::Lab;

use crate::PROGRAM;

/// File first: the new password is refused, then the server changes, then the old one is refused.
#[test]
fn the_server_may_follow_between_two_attempts() {
    let lab = Lab::with(Path::new(PROGRAM));
    let (sender, changed) = channel();
    let port = holding_relay(lab.port(), 3, changed);
    let url = lab.url_of_files().replace(&format!(":{}/", lab.port()), &format!(":{port}/"));
    let mut connection = Client::open(&url).expect("a URL").connection();
    connection.call(["PING"]).expect("PONG");
    thread::scope(|scope| {
        let old = std::fs::read(lab.password_file()).expect("a password");
        scope.spawn(|| {
            lab.run(&["rotate-password", "--file-first", "--gap", "2"]);
            let _ = sender.send(());
        });
        while std::fs::read(lab.password_file()).is_ok_and(|found| found == old) {
            thread::yield_now();
        }
        lab.run(&["disconnect"]);
        connection.call(["PING"]).expect("PONG");
    });
}

/// Relays to `port`; the connection of this `number` waits for a word. Returns its own port.
fn holding_relay(port: u16, number: usize, word: Receiver<()>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let own = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for (at, client) in listener.incoming().flatten().enumerate() {
            if at + 1 == number {
                let _ = word.recv();
            }
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server");
            for (from, to) in [(&client, &server), (&server, &client)] {
                let ends = from.try_clone().and_then(|from| Ok((from, to.try_clone()?)));
                let (mut from, mut to) = ends.expect("a copy");
                thread::spawn(move || {
                    // Whoever goes away first ends it.
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
            }
        }
    });
    own
}
