//! Blocking connections for many threads.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redlatch_core::{Code, Error, Result};

use crate::client::{Client, Connection};

/// Blocking connections, lent to any number of threads. A clone is another handle to the same.
///
/// There are as many as threads use at once, and `max_connections` at most; the one used last is lent
/// first, and one that was idle for a minute is closed. On tokio there is nothing to pool:
/// [`aio`](crate::aio).
///
/// ```
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// let pool = redlatch::Client::open(&url)?.pool();
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| pool.get()?.call(["INCR", "visits"]));
///     }
/// });
/// assert_eq!(pool.get()?.call(["GET", "visits"])?.as_str(), Some("4"));
/// # Ok::<(), redlatch::Error>(())
/// ```
#[derive(Clone)]
pub struct Pool {
    shelf: Arc<Shelf>,
}

struct Shelf {
    client: Client,
    inside: Mutex<Inside>,
    returned: Condvar,
}

#[derive(Default)]
struct Inside {
    /// The one used last is the last.
    idle: Vec<(Connection, Instant)>,
    lent: usize,
}

impl Pool {
    pub(crate) fn new(client: Client) -> Self {
        let shelf = Shelf { client, inside: Mutex::default(), returned: Condvar::new() };
        Self { shelf: Arc::new(shelf) }
    }

    /// A connection for as long as the guard lives. Where all of them are lent, it waits for one as long
    /// as for a command: the setting `timeout`.
    ///
    /// # Errors
    /// `client.queue_full` if none came back in time.
    pub fn get(&self) -> Result<Pooled> {
        let config = self.shelf.client.profile().config();
        let until = config.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut inside = self.shelf.lock();
        let connection = loop {
            inside.close_old();
            if let Some((connection, _)) = inside.idle.pop() {
                break connection;
            }
            if inside.lent < config.max_connections {
                break self.shelf.client.connection();
            }
            let left =
                until.map_or(Duration::MAX, |it| it.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Err(Error::with_detail(Code::ClientQueueFull, "all connections are lent")
                    .with("max_connections", config.max_connections));
            }
            let pause = left.min(LONGEST_PAUSE);
            let waited = self.shelf.returned.wait_timeout(inside, pause);
            inside = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        inside.lent += 1;
        Ok(Pooled { shelf: self.shelf.clone(), connection: Some(connection) })
    }

    /// Connections there are, and how many of them are lent.
    pub fn size(&self) -> (usize, usize) {
        let inside = self.shelf.lock();
        (inside.idle.len() + inside.lent, inside.lent)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, lent) = self.size();
        write!(f, "Pool({}, {lent} of {size} lent)", self.shelf.client.profile().config().address)
    }
}

/// A [`Connection`] of a [`Pool`], which gets it back when this is dropped.
#[derive(Debug)]
pub struct Pooled {
    shelf: Arc<Shelf>,
    /// There until it is dropped.
    connection: Option<Connection>,
}

impl Deref for Pooled {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("it is taken only when this is dropped"),
        }
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("it is taken only when this is dropped"),
        }
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let returned = self.connection.take().filter(|it| it.driver().client().state() != "closed");
        let mut inside = self.shelf.lock();
        inside.lent -= 1;
        // Whatever a panic left behind must not meet anybody else.
        if let Some(mut connection) = returned.filter(|_| !std::thread::panicking()) {
            connection.reset();
            inside.idle.push((connection, Instant::now()));
        }
        drop(inside);
        self.shelf.returned.notify_one();
    }
}

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shelf")
    }
}

impl Inside {
    /// Ends connections that nobody has used for long, oldest first.
    fn close_old(&mut self) {
        let old = self.idle.iter().take_while(|(_, since)| since.elapsed() > KEPT).count();
        for (mut connection, _) in self.idle.drain(..old) {
            connection.close();
        }
    }
}

/// How long a connection is kept for the next thread.
const KEPT: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
