//! A session for one caller who changes what later commands mean.

use std::{fmt, time::Duration};

use redlatch_core::{Result, resp::Value};

use super::line::Line;
use crate::{pipeline::Pipeline, replies::Replies};

/// A session that one caller keeps: for `WATCH`, for `MULTI` and `EXEC` in calls of their own, for
/// another database or name. Clones share the session.
///
/// It is made as all are, and moves when trust rotates; a session with watched keys stays until the
/// transaction has ended. If it is lost meanwhile, the next call fails with
/// [`client.watch_lost`](crate::Code::ClientWatchLost), and nothing was executed. When the last clone
/// is dropped, what is still watched or queued is undone and the session is kept for the next caller.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> redlatch::Result<()> {
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// use redlatch::{Client, Code, Pipeline};
///
/// let redis = Client::open(&url)?.async_connection().await?;
/// let session = redis.exclusive().await?;
/// let stock = loop {
///     session.call(["WATCH", "stock"]).await?;
///     let stock: i64 = match session.call(["GET", "stock"]).await?.as_str() {
///         Some(text) => text.parse().unwrap_or(0),
///         None => 10,
///     };
///     let left = (stock - 1).to_string();
///     let sale = Pipeline::new().atomic().command(["SET", "stock", &left]);
///     match session.run(&sale).await {
///         Ok(_) => break stock - 1,
///         // Somebody else was faster, or the session was lost: read again.
///         Err(error) if matches!(error.code(), Code::ClientWatchChanged | Code::ClientWatchLost) => {}
///         Err(error) => return Err(error),
///     }
/// };
/// assert_eq!(stock, 9);
/// # Ok(())
/// # }
/// ```
///
/// With redis-rs's commands, `redis::aio::transaction_async(session, &["stock"], …)` is that loop.
#[derive(Clone)]
pub struct Exclusive {
    pub(crate) line: Line,
}

impl Exclusive {
    /// As [`Connection::call`](super::Connection::call).
    ///
    /// # Errors
    /// Any code of the families `trust` to `client`.
    pub async fn call<A: AsRef<[u8]>>(
        &self,
        arguments: impl IntoIterator<Item = A, IntoIter: ExactSizeIterator>,
    ) -> Result<Value> {
        self.line.call(arguments).await
    }

    /// As [`Connection::run`](super::Connection::run).
    ///
    /// # Errors
    /// As [`Exclusive::call`]; [`client.watch_changed`](crate::Code::ClientWatchChanged) if somebody
    /// changed a watched key.
    pub async fn run(&self, pipeline: &Pipeline) -> Result<Vec<Result<Value>>> {
        self.line.run(pipeline).await
    }

    /// As [`Connection::call_packed`](super::Connection::call_packed).
    ///
    /// # Errors
    /// As [`Exclusive::call`], but a server's error is among the replies.
    pub async fn call_packed(&self, packed: &[u8], commands: u32) -> Result<Replies> {
        self.line.call_packed(packed, commands).await
    }

    /// A handle to the same session whose calls wait this long at most; see
    /// [`Connection::with_timeout`](super::Connection::with_timeout).
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { line: self.line.with_timeout(timeout) }
    }
}

impl fmt::Debug for Exclusive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exclusive({})", self.line.owner.profile.config().address)
    }
}
