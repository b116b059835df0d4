//! The part of the server that keeps clients waiting: lists, and channels.

use super::server::{Conn, Server, bulk};

/// What a connection has subscribed to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subscribed {
    /// `subscribe`, `psubscribe` or `ssubscribe`.
    pub(crate) how: &'static str,
    pub(crate) name: String,
}

impl Server {
    /// Ends or goes on with a wait. Whether the connection still waits.
    pub(crate) fn keeps_waiting(&mut self, conn: &mut Conn) -> bool {
        let Some(keys) = conn.waits_for.clone() else { return false };
        let nil: &[u8] = if conn.protocol == 3 { b"_\r\n" } else { b"*-1\r\n" };
        let reply = match self.pop(&keys) {
            Some(reply) => reply,
            None if self.unblocked.contains(&conn.link) => nil.to_vec(),
            None => return true,
        };
        self.unblocked.retain(|link| *link != conn.link);
        conn.waits_for = None;
        conn.send(&reply);
        false
    }

    fn pop(&mut self, keys: &[String]) -> Option<Vec<u8>> {
        keys.iter().find_map(|key| {
            let value = self.lists.get_mut(key)?.pop_front()?;
            Some([b"*2\r\n".to_vec(), bulk(key), bulk(&value)].concat())
        })
    }

    /// Commands of lists, channels and WATCH.
    pub(crate) fn wait_on(
        &mut self,
        conn: &mut Conn,
        name: &str,
        arguments: &[String],
    ) -> Option<Vec<u8>> {
        Some(match name {
            "RPUSH" => {
                let list = self.lists.entry(arguments[1].clone()).or_default();
                list.extend(arguments[2..].iter().cloned());
                format!(":{}\r\n", list.len()).into()
            }
            "BLPOP" => {
                let keys = arguments[1..arguments.len() - 1].to_vec();
                self.pop(&keys).unwrap_or_else(|| {
                    conn.waits_for = Some(keys);
                    Vec::new()
                })
            }
            "CLIENT" if arguments[1].eq_ignore_ascii_case("UNBLOCK") => {
                self.unblocked.push(arguments[2].parse().unwrap());
                b":1\r\n".to_vec()
            }
            "WATCH" | "UNWATCH" => b"+OK\r\n".to_vec(),
            "SUBSCRIBE" | "PSUBSCRIBE" | "SSUBSCRIBE" => {
                let how = match name {
                    "SUBSCRIBE" => "subscribe",
                    "PSUBSCRIBE" => "psubscribe",
                    _ => "ssubscribe",
                };
                if arguments[1..].iter().any(|name| name == "forbidden") {
                    return Some(b"-NOPERM No permissions to access a channel\r\n".to_vec());
                }
                let mut out = Vec::new();
                for name in &arguments[1..] {
                    let one = Subscribed { how, name: name.clone() };
                    if !conn.subscribed.contains(&one) {
                        conn.subscribed.push(one);
                    }
                    out.extend(confirmation(conn, how, Some(name)));
                }
                out
            }
            "UNSUBSCRIBE" | "PUNSUBSCRIBE" | "SUNSUBSCRIBE" => {
                let (told, how) = match name {
                    "UNSUBSCRIBE" => ("unsubscribe", "subscribe"),
                    "PUNSUBSCRIBE" => ("punsubscribe", "psubscribe"),
                    _ => ("sunsubscribe", "ssubscribe"),
                };
                let mut names: Vec<_> = arguments[1..].to_vec();
                if names.is_empty() {
                    let all = conn.subscribed.iter().filter(|it| it.how == how);
                    names = all.map(|it| it.name.clone()).collect();
                }
                let mut out = Vec::new();
                for name in &names {
                    conn.subscribed.retain(|it| it.how != how || it.name != *name);
                    out.extend(confirmation(conn, told, Some(name)));
                }
                if names.is_empty() {
                    out = confirmation(conn, told, None);
                }
                out
            }
            "PING" if conn.protocol == 2 && !conn.subscribed.is_empty() => {
                b"*2\r\n$4\r\npong\r\n$0\r\n\r\n".to_vec()
            }
            _ => return None,
        })
    }
}

impl Conn {
    /// A message reaches the connection if it has subscribed to it.
    pub(crate) fn publish(&mut self, channel: &str, text: &str) {
        for it in self.subscribed.clone() {
            let parts = match it.how {
                "subscribe" if it.name == channel => vec!["message", channel, text],
                "ssubscribe" if it.name == channel => vec!["smessage", channel, text],
                "psubscribe" if channel.starts_with(it.name.trim_end_matches('*')) => {
                    vec!["pmessage", &it.name, channel, text]
                }
                _ => continue,
            };
            let kind = if self.protocol == 3 { '>' } else { '*' };
            let mut out = format!("{kind}{}\r\n", parts.len()).into_bytes();
            parts.iter().for_each(|part| out.extend(bulk(part)));
            self.send(&out);
        }
    }
}

fn confirmation(conn: &Conn, told: &str, name: Option<&str>) -> Vec<u8> {
    let kind = if conn.protocol == 3 { '>' } else { '*' };
    let name = name.map_or_else(|| b"$-1\r\n".to_vec(), bulk);
    let count = format!(":{}\r\n", conn.subscribed.len()).into_bytes();
    [format!("{kind}3\r\n").into_bytes(), bulk(told), name, count].concat()
}
