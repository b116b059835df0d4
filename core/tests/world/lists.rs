//! The part of the server that keeps clients waiting: lists.

use std::time::Duration;

use super::server::{Conn, Server, bulk};

/// What a connection waits for.
#[derive(Clone)]
pub(crate) struct Wait {
    keys: Vec<String>,
    /// None: for ever, or nobody tells the server what time it is.
    pub(crate) until: Option<Duration>,
    /// Whoever moves the time knows.
    pub(crate) noted: bool,
}

/// An element that a connection took.
pub(crate) struct Popped {
    pub(crate) link: u64,
    /// The command's words.
    pub(crate) keys: Vec<String>,
    pub(crate) element: String,
}

impl Server {
    /// Ends or goes on with a wait. Whether the connection still waits.
    pub(crate) fn keeps_waiting(&mut self, conn: &mut Conn) -> bool {
        let Some(wait) = conn.waits_for.clone() else { return false };
        let is_over = wait.until.is_some_and(|until| until <= self.clock)
            || self.unblocked.contains(&conn.link);
        let reply = match self.pop(conn.link, &wait.keys) {
            Some(reply) => reply,
            None if is_over => conn.nil().to_vec(),
            None => return true,
        };
        self.forget_wait(conn);
        conn.send(&reply);
        false
    }

    /// The connection waits no more, for whatever reason.
    pub(crate) fn forget_wait(&mut self, conn: &mut Conn) {
        self.unblocked.retain(|link| *link != conn.link);
        self.waiting.retain(|link| *link != conn.link);
        conn.waits_for = None;
    }

    pub(crate) fn push(&mut self, key: &str, elements: &[String]) -> usize {
        self.touch(key);
        let list = self.lists.entry(key.to_owned()).or_default();
        list.extend(elements.iter().cloned());
        list.len()
    }

    fn pop(&mut self, link: u64, keys: &[String]) -> Option<Vec<u8>> {
        keys.iter().find_map(|key| {
            let element = self.lists.get_mut(key)?.pop_front()?;
            self.touch(key);
            let reply = [b"*2\r\n".to_vec(), bulk(key), bulk(&element)].concat();
            self.popped.push(Popped { link, keys: keys.to_vec(), element });
            Some(reply)
        })
    }

    pub(crate) fn blocking_pop(&mut self, conn: &mut Conn, arguments: &[String]) -> Vec<u8> {
        let keys = arguments[1..arguments.len() - 1].to_vec();
        self.pop(conn.link, &keys).unwrap_or_else(|| {
            let limit = arguments[arguments.len() - 1].parse().map(Duration::from_secs_f64);
            let limit = limit.unwrap().checked_sub(Duration::from_nanos(1));
            let clock = Some(self.clock).filter(|clock| !clock.is_zero());
            let until = limit.and_then(|limit| Some(clock? + limit));
            conn.waits_for = Some(Wait { keys, until, noted: false });
            self.waiting.push(conn.link);
            Vec::new()
        })
    }

    /// As if the time of a connection that waits were over. One that does not is left alone, whatever
    /// it is about to do.
    pub(crate) fn unblock(&mut self, id: &str) -> Vec<u8> {
        let waiting = id.parse().ok().filter(|link| self.waiting.contains(link));
        self.unblocked.extend(waiting);
        format!(":{}\r\n", u8::from(waiting.is_some())).into()
    }
}
