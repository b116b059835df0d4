//! Commands that leave together.

use std::fmt;

use redlatch_core::{
    Code, Error, Result,
    resp::{Value, encode_command},
};

use crate::replies::Replies;

/// Commands that leave in one flight, with nobody else's between them.
///
/// ```
/// # let lab = redlatch_lab::Lab::up();
/// # let url = lab.url();
/// use redlatch::{Client, Pipeline, core::resp::Value};
///
/// let mut redis = Client::open(&url)?.connection();
/// let counted = Pipeline::new().command(["INCR", "visits"]).command(["LPUSH", "visits", "late"]);
/// let results = redis.run(&counted)?;
/// assert_eq!(results[0], Ok(Value::Int(1)));
/// assert!(results[1].is_err(), "a number is no list; the others were executed all the same");
///
/// let both = Pipeline::new().atomic().command(["INCR", "visits"]).command(["GET", "visits"]);
/// assert_eq!(redis.run(&both)?[1], Ok(Value::Bulk(b"2".to_vec())));
/// # Ok::<(), redlatch::Error>(())
/// ```
///
/// With redis-rs's commands, `redis::pipe()` is the same with typed results.
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Pipeline {
    packed: Vec<u8>,
    commands: u32,
    atomic: bool,
}

impl Pipeline {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more command.
    pub fn command<A: AsRef<[u8]>>(
        mut self,
        arguments: impl IntoIterator<Item = A, IntoIter: ExactSizeIterator>,
    ) -> Self {
        encode_command(&mut self.packed, arguments);
        self.commands += 1;
        self
    }

    /// Runs them as a transaction: all of them, one after the other, or none.
    pub fn atomic(mut self) -> Self {
        self.atomic = true;
        self
    }

    /// How many commands there are.
    pub fn len(&self) -> usize {
        self.commands as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.commands == 0
    }

    /// The packed commands, and how many they are.
    pub(crate) fn packed(&self) -> (Vec<u8>, u32) {
        if !self.atomic {
            return (self.packed.clone(), self.commands);
        }
        let mut packed = Vec::with_capacity(self.packed.len() + 32);
        encode_command(&mut packed, ["MULTI"]);
        packed.extend_from_slice(&self.packed);
        encode_command(&mut packed, ["EXEC"]);
        (packed, self.commands + 2)
    }

    /// One result for each command.
    pub(crate) fn results(&self, replies: &Replies) -> Result<Vec<Result<Value>>> {
        if !self.atomic {
            return Ok(replies.iter().map(|reply| result(reply.to_value())).collect());
        }
        let refused = replies.iter().skip(1).take(self.len()).find_map(|reply| {
            reply
                .error_text()
                .map(|text| Error::from_server_text(&text).with("transaction", "discarded"))
        });
        match (refused, replies.iter().last().map(|reply| reply.to_value())) {
            (Some(refused), _) => Err(refused),
            (None, Some(Value::Array(values))) => Ok(values.into_iter().map(result).collect()),
            (None, Some(Value::Error(text))) => Err(Error::from_server_text(&text)),
            (None, Some(Value::Nil)) => Err(Error::new(Code::ClientWatchChanged)),
            (None, _) => Err(Error::with_detail(Code::InternalBug, "EXEC got no list")),
        }
    }
}

/// Shows the size only: commands hold what callers store.
impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pipeline({} commands in {} bytes)", self.commands, self.packed.len())
    }
}

fn result(value: Value) -> Result<Value> {
    match value {
        Value::Error(text) => Err(Error::from_server_text(&text)),
        value => Ok(value),
    }
}
