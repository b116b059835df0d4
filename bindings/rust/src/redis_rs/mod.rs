//! redis-rs's command layer over both connections.

mod error;
mod value;

pub use error::{cause, code};

use redis::{Cmd, ConnectionLike, FromRedisValue, RedisError, RedisResult, Value};

#[cfg(feature = "tokio")]
use crate::aio::Line;
use crate::{client::Connection, pubsub::Message, replies::Replies};

/// One blocking connection for everything of redis-rs that takes a `ConnectionLike`: `Commands`,
/// `Cmd`, `Pipeline`, `Script`.
impl ConnectionLike for Connection {
    fn req_packed_command(&mut self, cmd: &[u8]) -> RedisResult<Value> {
        let replies = self.call_packed(cmd.to_vec(), 1).map_err(error::of)?;
        Ok(value::only(&replies))
    }

    fn req_packed_commands(
        &mut self,
        cmd: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        let commands = commands(offset, count)?;
        let replies = self.call_packed(cmd.to_vec(), commands).map_err(error::of)?;
        results(&replies, offset)
    }

    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        let replies = self.call_packed(cmd.get_packed_command(), 1).map_err(error::of)?;
        Ok(value::only(&replies))
    }

    fn get_db(&self) -> i64 {
        i64::from(self.driver().client().profile().config().db)
    }

    fn check_connection(&mut self) -> bool {
        self.call(["PING"]).is_ok()
    }

    /// Whether the next command needs no new connection.
    fn is_open(&self) -> bool {
        self.driver().client().is_ready()
    }
}

/// One connection for the commands of all tasks: `AsyncCommands`, `Cmd`, `Pipeline`, `Script`.
#[cfg(feature = "tokio")]
impl redis::aio::ConnectionLike for crate::aio::Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> redis::RedisFuture<'a, Value> {
        one(self.line(), cmd)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a redis::Pipeline,
        offset: usize,
        count: usize,
    ) -> redis::RedisFuture<'a, Vec<Value>> {
        Box::pin(several(self.line(), pipeline, offset, count))
    }

    fn get_db(&self) -> i64 {
        i64::from(self.profile().config().db)
    }
}

/// A session to oneself: `redis::aio::transaction_async` as well.
#[cfg(feature = "tokio")]
impl redis::aio::ConnectionLike for crate::aio::Exclusive {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> redis::RedisFuture<'a, Value> {
        one(&self.line, cmd)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a redis::Pipeline,
        offset: usize,
        count: usize,
    ) -> redis::RedisFuture<'a, Vec<Value>> {
        Box::pin(several(&self.line, pipeline, offset, count))
    }

    fn get_db(&self) -> i64 {
        i64::from(self.line.profile().config().db)
    }
}

#[cfg(feature = "tokio")]
fn one<'a>(line: &Line, cmd: &'a Cmd) -> redis::RedisFuture<'a, Value> {
    // Handed in now: commands of one task keep their order whatever polls their futures.
    let call = line.begin(1, |payload| cmd.write_packed_command(payload));
    Box::pin(async move {
        let call = call.map_err(error::of)?;
        if cmd.is_no_response() {
            call.detach();
            return Ok(Value::Nil);
        }
        Ok(value::only(&call.await.map_err(error::of)?))
    })
}

#[cfg(feature = "tokio")]
async fn several(
    line: &Line,
    pipeline: &redis::Pipeline,
    offset: usize,
    count: usize,
) -> RedisResult<Vec<Value>> {
    if pipeline.is_empty() && !pipeline.is_transaction() {
        return Ok(Vec::new());
    }
    let (packed, commands) = (pipeline.get_packed_pipeline(), commands(offset, count)?);
    let replies = line.call_packed(&packed, commands).await.map_err(error::of)?;
    results(&replies, offset)
}

impl Message {
    /// The payload as any type that redis-rs reads.
    ///
    /// # Errors
    /// If the payload cannot be read as that.
    pub fn get<T: FromRedisValue>(&self) -> RedisResult<T> {
        Ok(T::from_redis_value(Value::BulkString(self.payload.clone()))?)
    }
}

fn commands(offset: usize, count: usize) -> RedisResult<u32> {
    u32::try_from(offset.saturating_add(count))
        .map_err(|_| RedisError::from((redis::ErrorKind::Client, "too many commands")))
}

/// The replies after `offset`. Those before it only say that a transaction's commands were
/// queued; an error there is why the transaction was discarded.
fn results(replies: &Replies, offset: usize) -> RedisResult<Vec<Value>> {
    let refusals: Vec<_> = replies
        .iter()
        .take(offset)
        .enumerate()
        .filter_map(|(at, reply)| Some((at, reply.error_text()?.into_owned())))
        .collect();
    if !refusals.is_empty() {
        return Err(error::discarded(&refusals));
    }
    let mut values = Vec::with_capacity((replies.count() as usize).saturating_sub(offset));
    for reply in replies.iter().skip(offset) {
        match reply.error_text() {
            // Not of one command but of EXEC.
            Some(text) if offset > 0 => return Err(error::of_server(&text)),
            _ => values.push(value::of(reply)),
        }
    }
    Ok(values)
}
