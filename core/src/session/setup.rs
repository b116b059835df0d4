//! From a connected transport to a session that is ready for commands.

use std::sync::Arc;

use super::{Phase, Session};
use crate::{
    config::Config,
    credentials::Proof,
    error::{Code, Error, Result},
    pending::Kind,
    resp::{Reply, Token},
    time::Now,
};

impl Session {
    /// Sends everything a new connection needs in one flight. Only the first reply decides whether
    /// the server is old; then the rest is ignored and sent again in the old way.
    pub(super) fn authenticate(&mut self, config: &Arc<Config>, now: Now) -> Result<()> {
        self.phase = Phase::Authenticating;
        let proof = self.proof.clone();
        if proof.as_ref().is_some_and(|proof| proof.is_token) && self.tls.is_none() {
            return Err(in_clear());
        }
        if config.require_server_auth && !self.probed {
            return self.command(Kind::Probe, &[b"PING"], now);
        }
        if self.legacy {
            if let Some(proof) = &proof {
                self.auth(Kind::Auth, proof, now)?;
            }
            if let Some(name) = &config.client_name {
                self.command(Kind::Courtesy, &[b"CLIENT", b"SETNAME", name.as_bytes()], now)?;
            }
        } else {
            let version = config.protocol.to_string();
            let mut args: Vec<&[u8]> = vec![b"HELLO", version.as_bytes()];
            if let Some(Proof { username, secret, .. }) = &proof {
                let username = username.as_deref().unwrap_or(DEFAULT_USER);
                args.extend([&b"AUTH"[..], username.as_bytes(), secret.expose()]);
            }
            if let Some(name) = &config.client_name {
                args.extend([&b"SETNAME"[..], name.as_bytes()]);
            }
            self.command(Kind::Hello, &args, now)?;
        }
        // Servers before 7.2 do not know SETINFO: a courtesy, whatever the answer.
        for (key, value) in [("LIB-NAME", &config.lib_name), ("LIB-VER", &config.lib_version)] {
            if !value.is_empty() {
                let args: [&[u8]; 4] = [b"CLIENT", b"SETINFO", key.as_bytes(), value.as_bytes()];
                self.command(Kind::Courtesy, &args, now)?;
            }
        }
        if config.db != 0 {
            self.command(Kind::Select, &[b"SELECT", config.db.to_string().as_bytes()], now)?;
        }
        self.command(Kind::Ready, &[b"PING"], now)
    }

    /// Proves a new secret on a live session.
    pub(crate) fn reauthenticate(&mut self, proof: Proof, now: Now) -> Result<()> {
        self.reauth_at = None;
        if proof.is_token && self.tls.is_none() {
            return Err(in_clear());
        }
        self.auth(Kind::Reauth, &proof, now)?;
        self.proving = Some(proof);
        Ok(())
    }

    fn auth(&mut self, kind: Kind, proof: &Proof, now: Now) -> Result<()> {
        let secret = proof.secret.expose();
        match &proof.username {
            Some(username) => self.command(kind, &[b"AUTH", username.as_bytes(), secret], now),
            None => self.command(kind, &[b"AUTH", secret], now),
        }
    }

    /// Takes the reply to one of the commands above. `true` once the session is ready.
    pub(super) fn take_setup(
        &mut self,
        kind: Kind,
        reply: Reply<'_>,
        config: &Arc<Config>,
        now: Now,
    ) -> Result<bool> {
        let text = reply.error_text();
        let failure = || text.as_deref().map(|text| refusal(text, self.proof.as_ref()));
        match kind {
            Kind::Probe => {
                let code = text.as_deref().map(Code::of_server_text);
                let named = self.proof.as_ref().is_some_and(|proof| {
                    proof.username.as_deref().is_some_and(|name| name != DEFAULT_USER)
                });
                match code {
                    Some(Code::AuthRequired) => {}
                    // Everybody gets in as the default user, but that one may do nothing.
                    Some(Code::AuthDenied) if named => {}
                    None | Some(Code::AuthDenied) => {
                        return Err(Error::with_detail(
                            Code::AuthUnexpected,
                            "the server lets everybody in: it answered without the password",
                        ));
                    }
                    Some(_) => return failure().map_or(Ok(false), Err),
                }
                self.probed = true;
                self.authenticate(config, now)?;
            }
            Kind::Hello => match failure() {
                Some(_) if text.as_deref().is_some_and(is_old) => {
                    self.legacy = true;
                    for pending in &mut self.in_flight {
                        pending.kind = Kind::Courtesy;
                    }
                    self.authenticate(config, now)?;
                }
                Some(error) => return Err(error),
                None => (self.server_version, self.client_id) = greeting(reply),
            },
            Kind::Auth | Kind::Select => {
                if let Some(error) = failure() {
                    return Err(error);
                }
            }
            Kind::Ready => {
                match failure() {
                    // Still reading its data: it would refuse commands.
                    Some(error) if error.code() == Code::ServerLoading => return Err(error),
                    Some(error) if error.code() == Code::AuthRequired => return Err(error),
                    _ => {}
                }
                self.phase = Phase::Ready;
                self.ready_at = now.monotonic;
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    }
}

/// A server's answer to a command that may have held a secret: servers repeat the arguments of
/// commands they do not know.
pub(super) fn refusal(text: &str, proof: Option<&Proof>) -> Error {
    let code = match Code::of_server_text(text) {
        // The secret was given, so its absence is not the problem.
        Code::AuthRequired if proof.is_some() => Code::AuthRejected,
        code => code,
    };
    let text = text.split(", with args").next().unwrap_or_default();
    let secret = proof.and_then(|proof| std::str::from_utf8(proof.secret.expose()).ok());
    Error::with_detail(
        code,
        match secret {
            Some(secret) if !secret.is_empty() => text.replace(secret, "***"),
            _ => text.to_owned(),
        },
    )
}

/// Whoever reads a token on its way can use it anywhere, until its end.
fn in_clear() -> Error {
    Error::with_detail(Code::ConfigInsecure, "a token would be sent without TLS")
}

fn is_old(text: &str) -> bool {
    text.starts_with("ERR unknown command") || text.starts_with("NOPROTO")
}

/// The fields `version` and `id` of a HELLO reply, a map or a flat array.
fn greeting(reply: Reply<'_>) -> (String, i64) {
    let (mut version, mut id) = (String::new(), 0);
    let mut tokens = reply.tokens();
    while let Some(token) = tokens.next() {
        match token {
            Token::Bulk(b"version") => {
                if let Some(Token::Bulk(value)) = tokens.next() {
                    version = String::from_utf8_lossy(value).into_owned();
                }
            }
            Token::Bulk(b"id") => {
                if let Some(Token::Int(value)) = tokens.next() {
                    id = value;
                }
            }
            _ => {}
        }
    }
    (version, id)
}

const DEFAULT_USER: &str = "default";
