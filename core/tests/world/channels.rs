//! The part of the server that hands messages to all who listen.

use super::server::{Conn, bulk};

/// What a connection has subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subscribed {
    /// `subscribe`, `psubscribe` or `ssubscribe`.
    pub(crate) how: &'static str,
    pub(crate) name: String,
}

impl Subscribed {
    pub(crate) fn hears(&self, shard: bool, channel: &str) -> bool {
        match self.how {
            _ if shard != (self.how == "ssubscribe") => false,
            "psubscribe" => channel.starts_with(self.name.trim_end_matches('*')),
            _ => self.name == channel,
        }
    }
}

impl Conn {
    /// Commands of those who listen, and the refusal of others in RESP2.
    pub(crate) fn listen(&mut self, name: &str, arguments: &[String]) -> Option<Vec<u8>> {
        let listens = self.protocol == 2 && !self.subscribed.is_empty();
        Some(match name {
            "SUBSCRIBE" => self.subscribe("subscribe", arguments),
            "PSUBSCRIBE" => self.subscribe("psubscribe", arguments),
            "SSUBSCRIBE" => self.subscribe("ssubscribe", arguments),
            "UNSUBSCRIBE" => self.unsubscribe("unsubscribe", "subscribe", arguments),
            "PUNSUBSCRIBE" => self.unsubscribe("punsubscribe", "psubscribe", arguments),
            "SUNSUBSCRIBE" => self.unsubscribe("sunsubscribe", "ssubscribe", arguments),
            "PING" if listens => b"*2\r\n$4\r\npong\r\n$0\r\n\r\n".to_vec(),
            _ if listens => {
                let name = name.to_ascii_lowercase();
                format!(
                    "-ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / \
                     QUIT / RESET are allowed in this context\r\n"
                )
                .into()
            }
            _ => return None,
        })
    }

    fn subscribe(&mut self, how: &'static str, arguments: &[String]) -> Vec<u8> {
        if arguments[1..].iter().any(|name| name == "forbidden") {
            return b"-NOPERM No permissions to access a channel\r\n".to_vec();
        }
        let mut out = Vec::new();
        for name in &arguments[1..] {
            let one = Subscribed { how, name: name.clone() };
            if !self.subscribed.contains(&one) {
                self.subscribed.push(one);
            }
            out.extend(self.confirmation(how, how, Some(name)));
        }
        out
    }

    fn unsubscribe(&mut self, told: &str, how: &str, arguments: &[String]) -> Vec<u8> {
        let mut names: Vec<_> = arguments[1..].to_vec();
        if names.is_empty() {
            let all = self.subscribed.iter().filter(|it| it.how == how);
            names = all.map(|it| it.name.clone()).collect();
        }
        let mut out = Vec::new();
        for name in &names {
            self.subscribed.retain(|it| it.how != how || it.name != *name);
            out.extend(self.confirmation(told, how, Some(name)));
        }
        if names.is_empty() {
            out = self.confirmation(told, how, None);
        }
        out
    }

    /// Subscriptions to shards are counted apart.
    fn confirmation(&self, told: &str, how: &str, name: Option<&str>) -> Vec<u8> {
        let kind = if self.protocol == 3 { '>' } else { '*' };
        let nil = if self.protocol == 3 { "_\r\n" } else { "$-1\r\n" };
        let name = name.map_or_else(|| nil.into(), bulk);
        let is_shard = |how: &str| how == "ssubscribe";
        let counted = self.subscribed.iter().filter(|it| is_shard(it.how) == is_shard(how));
        let count = format!(":{}\r\n", counted.count()).into_bytes();
        [format!("{kind}3\r\n").into_bytes(), bulk(told), name, count].concat()
    }

    /// A message reaches the connection if it has subscribed to it.
    pub(crate) fn publish(&mut self, channel: &str, text: &str) {
        self.hand_on(false, channel, text);
    }

    /// The same in a shard.
    pub(crate) fn publish_in_shard(&mut self, channel: &str, text: &str) {
        self.hand_on(true, channel, text);
    }

    fn hand_on(&mut self, shard: bool, channel: &str, text: &str) {
        for it in self.subscribed.clone().iter().filter(|it| it.hears(shard, channel)) {
            let parts = match it.how {
                "subscribe" => vec!["message", channel, text],
                "ssubscribe" => vec!["smessage", channel, text],
                _ => vec!["pmessage", &it.name, channel, text],
            };
            let kind = if self.protocol == 3 { '>' } else { '*' };
            let mut out = format!("{kind}{}\r\n", parts.len()).into_bytes();
            parts.iter().for_each(|part| out.extend(bulk(part)));
            self.send(&out);
        }
    }
}
