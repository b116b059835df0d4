//! Keys of this run alone, and their end.

use std::time::Duration;

use redlatch::core::resp::{begin_command, push_argument};
use redlatch::{Client, Code, Error, Result};

use super::Bench;
use crate::signals::Stop;

/// The keys of one run.
pub(super) struct Keys {
    prefix: String,
    count: u32,
    value: Vec<u8>,
    life: Duration,
}

impl Keys {
    pub(super) fn new(bench: &Bench) -> Result<Keys> {
        let random = getrandom::u64()
            .map_err(|error| Error::with_detail(Code::InternalBug, error.to_string()))?;
        Ok(Keys {
            prefix: format!("redlatch-bench:{random:016x}:"),
            count: bench.keys,
            // Not one letter only: some networks compress.
            value: (0..bench.size).map(|at| b'!' + (at * 31 % 89) as u8).collect(),
            life: Duration::from_secs(3600) + bench.seconds * 20,
        })
    }

    /// How all of them begin; nobody else's do.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// After which the server drops them, whatever becomes of this program.
    pub(super) fn life(&self) -> Duration {
        self.life
    }

    /// The key that a random number picks.
    pub(super) fn pick(&self, random: u64) -> u32 {
        (random % u64::from(self.count)) as u32
    }

    /// Appends SET for one key.
    pub(super) fn set(&self, packed: &mut Vec<u8>, key: u32) {
        begin_command(packed, 5);
        push_argument(packed, b"SET");
        push_argument(packed, self.name(key).as_bytes());
        push_argument(packed, &self.value);
        push_argument(packed, b"EX");
        push_argument(packed, self.life.as_secs().to_string().as_bytes());
    }

    /// Appends GET for one key.
    pub(super) fn get(&self, packed: &mut Vec<u8>, key: u32) {
        begin_command(packed, 2);
        push_argument(packed, b"GET");
        push_argument(packed, self.name(key).as_bytes());
    }

    /// Writes all of them.
    pub(super) fn fill(&self, client: &Client, stop: &Stop) -> Result<()> {
        let mut connection = client.connection();
        let flight = (FLIGHT_BYTES / self.value.len()).clamp(1, 256) as u32;
        let mut first = 0;
        while first < self.count && !stop.is_asked() {
            let end = first.saturating_add(flight).min(self.count);
            let mut packed = Vec::new();
            (first..end).for_each(|key| self.set(&mut packed, key));
            let replies = connection.call_packed(packed, end - first)?;
            let refused = replies.iter().find_map(|reply| reply.error_text());
            if let Some(text) = refused {
                return Err(Error::from_server_text(&text));
            }
            first = end;
        }
        connection.close();
        Ok(())
    }

    /// Deletes exactly these.
    pub(super) fn delete(&self, client: &Client) -> Result<()> {
        let mut connection = client.connection();
        let mut word: &[u8] = b"UNLINK";
        let mut first = 0;
        while first < self.count {
            let end = first.saturating_add(256).min(self.count);
            let names: Vec<_> = (first..end).map(|key| self.name(key).into_bytes()).collect();
            let words: Vec<&[u8]> =
                std::iter::once(word).chain(names.iter().map(Vec::as_slice)).collect();
            match connection.call(words) {
                Ok(_) => first = end,
                // Before Redis 4, or not allowed.
                Err(error)
                    if word == b"UNLINK"
                        && matches!(error.code(), Code::ServerError | Code::AuthDenied) =>
                {
                    word = b"DEL";
                }
                Err(error) => return Err(error),
            }
        }
        connection.close();
        Ok(())
    }

    fn name(&self, key: u32) -> String {
        format!("{}{key}", self.prefix)
    }
}

const FLIGHT_BYTES: usize = 1 << 20;
