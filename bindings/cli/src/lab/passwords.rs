//! Generations of the server's password.

use super::pki::sha256;
use crate::failure::{Because, Failure};

/// One password. It has no `Debug`, so that it is not printed by accident.
#[derive(Clone)]
pub(crate) struct Password {
    pub(crate) generation: u64,
    text: String,
}

/// What the server accepts and what the file says.
pub(crate) struct Passwords {
    pub(crate) accepted: Vec<Password>,
    pub(crate) published: Password,
    newest: u64,
}

impl Password {
    /// 32 characters of base64's alphabet for URLs: 192 random bits.
    pub(crate) fn random(generation: u64) -> Result<Password, Failure> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).because("get random bytes")?;
        let text = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect();
        Ok(Password { generation, text })
    }

    /// The secret itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.text
    }

    /// As the server's ACL rules take it: `#` and its SHA-256.
    pub(crate) fn rule(&self) -> String {
        format!("#{}", sha256(self.text.as_bytes()))
    }
}

impl Passwords {
    pub(crate) fn first() -> Result<Passwords, Failure> {
        let first = Password::random(1)?;
        Ok(Passwords { accepted: vec![first.clone()], published: first, newest: 1 })
    }

    /// A new password, of the next generation.
    pub(crate) fn next(&mut self) -> Result<Password, Failure> {
        let next = Password::random(self.newest + 1)?;
        self.newest += 1;
        Ok(next)
    }

    /// True while the server accepts something else than exactly what the file says.
    pub(crate) fn unfinished(&self) -> bool {
        self.accepted.len() != 1 || self.accepted[0].generation != self.published.generation
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
