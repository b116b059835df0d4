//! The part of the server that runs transactions, if nobody else has changed what was watched.

use super::server::{Conn, Server};

/// A transaction that is open.
pub(crate) struct Transaction {
    commands: Vec<Vec<String>>,
}

impl Server {
    pub(crate) fn transact(
        &mut self,
        conn: &mut Conn,
        name: &str,
        arguments: &[String],
    ) -> Vec<u8> {
        match name {
            "MULTI" if self.is_open(conn) && conn.transaction.is_none() => {
                conn.transaction = Some(Transaction { commands: Vec::new() });
                b"+OK\r\n".to_vec()
            }
            "DISCARD" if conn.transaction.take().is_some() => {
                conn.watched.clear();
                b"+OK\r\n".to_vec()
            }
            "EXEC" => {
                let Some(transaction) = conn.transaction.take() else {
                    return b"-ERR EXEC without MULTI\r\n".to_vec();
                };
                if self.has_changed(conn) {
                    conn.watched.clear();
                    return conn.nil().to_vec();
                }
                self.committed.push((conn.link, std::mem::take(&mut conn.watched)));
                let mut reply = format!("*{}\r\n", transaction.commands.len()).into_bytes();
                for arguments in transaction.commands {
                    let name = arguments[0].to_ascii_uppercase();
                    reply.extend(self.answer(conn, &name, &arguments));
                }
                reply
            }
            _ => match &mut conn.transaction {
                Some(transaction) => {
                    assert!(name != "AUTH", "AUTH in the middle of a transaction");
                    transaction.commands.push(arguments.to_vec());
                    b"+QUEUED\r\n".to_vec()
                }
                None => self.answer(conn, name, arguments),
            },
        }
    }

    pub(crate) fn watch(&self, conn: &mut Conn, keys: &[String]) -> Vec<u8> {
        let version = |key: &String| self.versions.get(key).copied().unwrap_or_default();
        conn.watched.extend(keys.iter().map(|key| (key.clone(), version(key))));
        b"+OK\r\n".to_vec()
    }

    /// Whether a watched key was written to, by whomever.
    fn has_changed(&self, conn: &Conn) -> bool {
        let version = |key: &String| self.versions.get(key).copied().unwrap_or_default();
        conn.watched.iter().any(|(key, seen)| version(key) != *seen)
    }

    /// A key is written to.
    pub(crate) fn touch(&mut self, key: &str) {
        *self.versions.entry(key.to_owned()).or_default() += 1;
    }
}
