//! A server as far as clients notice: TLS in memory, HELLO, AUTH, and a few commands.

use std::{
    collections::{HashMap, VecDeque},
    io::{Read, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustls::{
    RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion,
    crypto::CryptoProvider, server::WebPkiClientVerifier, time_provider::TimeProvider,
};
use rustls_pki_types::UnixTime;

use super::{
    certs::{Ca, EPOCH, Leaf},
    channels::Subscribed,
    lists::{Popped, Wait},
    transactions::Transaction,
};

/// What answers at the address.
#[derive(Clone, Default)]
pub(crate) enum Port {
    /// RESP, without TLS.
    #[default]
    Plain,
    /// RESP over TLS.
    Tls(Arc<ServerConfig>),
    /// Reads and says nothing.
    Silent,
    /// Answers the first bytes with these, then closes.
    Says(&'static [u8]),
}

pub(crate) struct Server {
    pub(crate) port: Port,
    /// Passwords that are accepted; none are asked for if there is none.
    pub(crate) passwords: Vec<String>,
    pub(crate) knows_hello: bool,
    pub(crate) is_loading: bool,
    /// Answers to commands that are not worth implementing.
    pub(crate) answers: HashMap<&'static str, Vec<u8>>,
    /// Takes bytes and works on nothing.
    pub(crate) on_hold: bool,
    /// Ends a connection as soon as it gets this command.
    pub(crate) hangs_up_at: Option<&'static str>,
    pub(crate) data: HashMap<String, String>,
    pub(crate) lists: HashMap<String, VecDeque<String>>,
    /// What those who wait were given, since somebody looked.
    pub(crate) popped: Vec<Popped>,
    /// Connections that wait for an element, the longest first.
    pub(crate) waiting: Vec<u64>,
    /// Connections that were asked not to wait any longer.
    pub(crate) unblocked: Vec<u64>,
    /// How often each key was written to.
    pub(crate) versions: HashMap<String, u64>,
    /// Transactions that were run since somebody looked, and what they watched.
    pub(crate) committed: Vec<(u64, Vec<(String, u64)>)>,
    /// The time; zero stands still.
    pub(crate) clock: Duration,
    /// Every command, with the connection it came by.
    pub(crate) log: Vec<(u64, Vec<String>)>,
    /// What each of them was answered.
    pub(crate) replies: Vec<Vec<u8>>,
    /// Repeats secrets in its refusals.
    pub(crate) blabs: bool,
    pub(crate) wall: Arc<AtomicU64>,
}

/// One connection, seen from the server.
pub(crate) struct Conn {
    pub(crate) link: u64,
    pub(crate) port: Port,
    tls: Option<ServerConnection>,
    received: Vec<u8>,
    authenticated: bool,
    pub(crate) transaction: Option<Transaction>,
    /// Keys, and how often they had been written to.
    pub(crate) watched: Vec<(String, u64)>,
    pub(crate) waits_for: Option<Wait>,
    pub(crate) subscribed: Vec<Subscribed>,
    pub(crate) protocol: u8,
    pub(crate) out: Vec<u8>,
    pub(crate) ended: bool,
    /// What was sent is still on its way.
    pub(crate) is_late: bool,
    /// Bytes of commands received so far, without those of TLS itself.
    pub(crate) heard: usize,
    /// The client said that nothing more follows.
    pub(crate) is_done: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            port: Port::Plain,
            passwords: Vec::new(),
            knows_hello: true,
            is_loading: false,
            answers: HashMap::new(),
            on_hold: false,
            hangs_up_at: None,
            data: HashMap::new(),
            lists: HashMap::new(),
            popped: Vec::new(),
            waiting: Vec::new(),
            unblocked: Vec::new(),
            versions: HashMap::new(),
            committed: Vec::new(),
            clock: Duration::ZERO,
            log: Vec::new(),
            replies: Vec::new(),
            blabs: false,
            wall: Arc::new(AtomicU64::new(EPOCH)),
        }
    }
}

impl Server {
    /// Speaks TLS from now on, with a certificate.
    pub(crate) fn present(&mut self, leaf: &Leaf) {
        self.port = Port::Tls(Arc::new(self.tls(leaf, None)));
    }

    /// The same, and asks for a client certificate.
    pub(crate) fn demand(&mut self, leaf: &Leaf, clients: &Ca) {
        self.port = Port::Tls(Arc::new(self.tls(leaf, Some(clients))));
    }

    pub(crate) fn tls(&self, leaf: &Leaf, clients: Option<&Ca>) -> ServerConfig {
        self.tls_of(rustls::ALL_VERSIONS, leaf, clients)
    }

    pub(crate) fn tls_of(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        leaf: &Leaf,
        clients: Option<&Ca>,
    ) -> ServerConfig {
        let builder =
            ServerConfig::builder_with_details(provider(), Arc::new(Clock(self.wall.clone())))
                .with_protocol_versions(versions)
                .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let mut roots = RootCertStore::empty();
                roots.add(ca.der()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        builder.with_single_cert(leaf.chain.clone(), leaf.key.clone_key()).unwrap()
    }

    pub(crate) fn accept(&self, link: u64) -> Conn {
        self.accept_at(link, self.port.clone())
    }

    pub(crate) fn accept_at(&self, link: u64, port: Port) -> Conn {
        let tls = match &port {
            Port::Tls(config) => {
                let mut tls = ServerConnection::new(config.clone()).unwrap();
                tls.set_buffer_limit(None);
                Some(tls)
            }
            _ => None,
        };
        Conn {
            link,
            port,
            tls,
            received: Vec::new(),
            authenticated: false,
            transaction: None,
            watched: Vec::new(),
            waits_for: None,
            subscribed: Vec::new(),
            protocol: 2,
            out: Vec::new(),
            ended: false,
            is_late: false,
            heard: 0,
            is_done: false,
        }
    }

    /// Takes bytes from the network.
    pub(crate) fn take(&self, conn: &mut Conn, bytes: &[u8]) {
        match &conn.port {
            Port::Silent => {}
            Port::Says(words) => {
                conn.out.extend_from_slice(words);
                conn.ended = true;
            }
            Port::Plain => conn.hear(bytes),
            Port::Tls(_) => conn.decrypt(bytes),
        }
    }

    /// Works on what was received.
    pub(crate) fn work(&mut self, conn: &mut Conn) {
        if self.on_hold || conn.ended || conn.is_late {
            return;
        }
        while !self.keeps_waiting(conn)
            && let Some((arguments, length)) = command(&conn.received)
        {
            conn.received.drain(..length);
            let name = arguments[0].to_ascii_uppercase();
            if self.hangs_up_at.is_some_and(|at| at == name) {
                conn.ended = true;
                return;
            }
            let reply = self.transact(conn, &name, &arguments);
            conn.send(&reply);
            self.log.push((conn.link, arguments));
            self.replies.push(reply);
        }
    }

    pub(crate) fn answer(&mut self, conn: &mut Conn, name: &str, arguments: &[String]) -> Vec<u8> {
        let argument = |at: usize| arguments.get(at).cloned().unwrap_or_default();
        if let Some(answer) = self.answers.get(name) {
            return answer.clone();
        }
        if !self.knows_hello && (name == "HELLO" || name == "CLIENT") {
            // As Redis 5 does: with everything that was said to it.
            let heard: Vec<_> = arguments[1..].iter().map(|it| format!("`{it}`, ")).collect();
            let heard = heard.concat();
            return format!("-ERR unknown command `{name}`, with args beginning with: {heard}\r\n")
                .into();
        }
        // While it loads, too.
        if self.is_open(conn)
            && let Some(reply) = conn.listen(name, arguments)
        {
            return reply;
        }
        match name {
            "HELLO" | "AUTH" => {
                let at = arguments.iter().position(|it| it.eq_ignore_ascii_case("AUTH"));
                let given = match at {
                    Some(0) => Some(argument(arguments.len() - 1)),
                    Some(at) => Some(argument(at + 2)),
                    None => None,
                };
                match given {
                    Some(secret) if !self.accepts(&secret) => {
                        return match self.knows_hello {
                            _ if self.blabs => format!("-WRONGPASS no user has `{secret}`\r\n").into(),
                            true => b"-WRONGPASS invalid username-password pair or user is disabled.\r\n".to_vec(),
                            false => b"-ERR invalid password\r\n".to_vec(),
                        };
                    }
                    Some(_) => conn.authenticated = true,
                    None if !self.is_open(conn) => {
                        return b"-NOAUTH HELLO must be called with the client already authenticated\r\n".to_vec();
                    }
                    None => {}
                }
                if name == "AUTH" {
                    return b"+OK\r\n".to_vec();
                }
                conn.protocol = if argument(1) == "2" { 2 } else { 3 };
                let head = if conn.protocol == 2 { "*6" } else { "%3" };
                format!(
                    "{head}\r\n$7\r\nversion\r\n$5\r\n7.4.0\r\n$5\r\nproto\r\n:{}\r\n$2\r\nid\r\n:{}\r\n",
                    conn.protocol, conn.link
                )
                .into()
            }
            _ if !self.is_open(conn) => b"-NOAUTH Authentication required.\r\n".to_vec(),
            "WATCH" => self.watch(conn, &arguments[1..]),
            "UNWATCH" => {
                conn.watched.clear();
                b"+OK\r\n".to_vec()
            }
            _ if self.is_loading => b"-LOADING Redis is loading the dataset in memory\r\n".to_vec(),
            "PING" => b"+PONG\r\n".to_vec(),
            "CLIENT" if argument(1).eq_ignore_ascii_case("UNBLOCK") => self.unblock(&argument(2)),
            "RPUSH" => format!(":{}\r\n", self.push(&argument(1), &arguments[2..])).into(),
            "BLPOP" => self.blocking_pop(conn, arguments),
            "CLIENT" | "SELECT" => b"+OK\r\n".to_vec(),
            "ECHO" => bulk(&argument(1)),
            "SET" => {
                self.touch(&argument(1));
                self.data.insert(argument(1), argument(2));
                b"+OK\r\n".to_vec()
            }
            "APPEND" => {
                self.touch(&argument(1));
                let text = self.data.entry(argument(1)).or_default();
                text.push_str(&argument(2));
                format!(":{}\r\n", text.len()).into()
            }
            // One key that is there, and one that is not.
            "MGET" => {
                let value = self.data.get(&argument(1)).map_or("$-1\r\n".into(), |it| bulk(it));
                [b"*2\r\n", &value[..], b"$-1\r\n"].concat()
            }
            "GET" => match self.data.get(&argument(1)) {
                Some(value) => bulk(value),
                None => b"$-1\r\n".to_vec(),
            },
            other => format!("-ERR unknown command '{other}'\r\n").into(),
        }
    }

    fn accepts(&self, secret: &str) -> bool {
        self.passwords.is_empty() || self.passwords.iter().any(|it| it == secret)
    }

    pub(crate) fn is_open(&self, conn: &Conn) -> bool {
        self.passwords.is_empty() || conn.authenticated
    }
}

impl Conn {
    /// Says that nothing follows.
    pub(crate) fn say_goodbye(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            tls.write_tls(&mut self.out).unwrap();
        }
        self.ended = true;
    }

    pub(crate) fn nil(&self) -> &'static [u8] {
        if self.protocol == 3 { b"_\r\n" } else { b"*-1\r\n" }
    }

    fn hear(&mut self, plain: &[u8]) {
        self.heard += plain.len();
        self.received.extend_from_slice(plain);
    }

    /// Says something, asked or not.
    pub(crate) fn send(&mut self, plain: &[u8]) {
        match &mut self.tls {
            None => self.out.extend_from_slice(plain),
            Some(tls) => {
                tls.writer().write_all(plain).unwrap();
                tls.write_tls(&mut self.out).unwrap();
                while tls.wants_write() {
                    tls.write_tls(&mut self.out).unwrap();
                }
            }
        }
    }

    fn decrypt(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.ended {
            let Some(tls) = &mut self.tls else { return };
            tls.read_tls(&mut bytes).unwrap();
            match tls.process_new_packets() {
                Ok(state) => self.is_done |= state.peer_has_closed(),
                Err(_) => self.ended = true,
            }
            let mut plain = Vec::new();
            // There is nothing more to read for now, or ever.
            let _ = tls.reader().read_to_end(&mut plain);
            self.hear(&plain);
        }
        let Some(tls) = &mut self.tls else { return };
        while tls.wants_write() {
            tls.write_tls(&mut self.out).unwrap();
        }
    }
}

/// Takes whole commands, one after the other; the beginning of another one stays.
pub(crate) fn commands(bytes: &mut Vec<u8>) -> Vec<Vec<String>> {
    let mut at = 0;
    let found = std::iter::from_fn(|| {
        let (arguments, length) = command(&bytes[at..])?;
        at += length;
        Some(arguments)
    });
    let found = found.collect();
    bytes.drain(..at);
    found
}

/// The first whole command of `bytes`, and its length.
fn command(bytes: &[u8]) -> Option<(Vec<String>, usize)> {
    let line = |from: usize| {
        let end = from + bytes.get(from..)?.iter().position(|byte| *byte == b'\n')?;
        let number = std::str::from_utf8(&bytes[from + 1..end - 1]).unwrap().parse().unwrap();
        Some((number, end + 1))
    };
    let (count, mut at): (usize, usize) = line(0)?;
    let mut arguments = Vec::new();
    for _ in 0..count {
        let (length, start): (usize, usize) = line(at)?;
        let text = bytes.get(start..start + length + 2)?;
        arguments.push(String::from_utf8_lossy(&text[..length]).into_owned());
        at = start + length + 2;
    }
    Some((arguments, at))
}

pub(crate) fn bulk(text: &str) -> Vec<u8> {
    format!("${}\r\n{text}\r\n", text.len()).into()
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

#[derive(Debug)]
struct Clock(Arc<AtomicU64>);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = self.0.load(Ordering::Relaxed);
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}
