//! From a connected transport to a session that is ready for commands.

use std::sync::Arc;

use super::{Phase, Session};
use crate::{
    config::Config,
    credentials::Proof,
    error::{Code, Error, Result},
    pending::Kind,
    resp::{Reply, Token},
};

impl Session {
    /// Sends everything a new connection needs in one flight. Only the first reply decides whether
    /// the server is old; then the rest is ignored and sent again in the old way.
    pub(super) fn authenticate(&mut self, config: &Arc<Config>) -> Result<()> {
        self.phase = Phase::Authenticating;
        let proof = self.proof.clone();
        if self.legacy {
            if let Some(proof) = &proof {
                self.auth(Kind::Auth, proof)?;
            }
            if let Some(name) = &config.client_name {
                self.command(Kind::Courtesy, &[b"CLIENT", b"SETNAME", name.as_bytes()])?;
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
            self.command(Kind::Hello, &args)?;
        }
        // Servers before 7.2 do not know SETINFO: a courtesy, whatever the answer.
        for (key, value) in [("LIB-NAME", &config.lib_name), ("LIB-VER", &config.lib_version)] {
            if !value.is_empty() {
                let args: [&[u8]; 4] = [b"CLIENT", b"SETINFO", key.as_bytes(), value.as_bytes()];
                self.command(Kind::Courtesy, &args)?;
            }
        }
        if config.db != 0 {
            self.command(Kind::Select, &[b"SELECT", config.db.to_string().as_bytes()])?;
        }
        self.command(Kind::Ready, &[b"PING"])
    }

    /// Proves a new secret on a live session.
    pub(crate) fn reauthenticate(&mut self, proof: Proof) -> Result<()> {
        self.reauth_at = None;
        self.auth(Kind::Reauth(proof.generation), &proof)
    }

    fn auth(&mut self, kind: Kind, Proof { username, secret, .. }: &Proof) -> Result<()> {
        match username {
            Some(username) => self.command(kind, &[b"AUTH", username.as_bytes(), secret.expose()]),
            None => self.command(kind, &[b"AUTH", secret.expose()]),
        }
    }

    /// Takes the reply to one of the commands above. `true` once the session is ready.
    pub(super) fn take_setup(
        &mut self,
        kind: Kind,
        reply: Reply<'_>,
        config: &Arc<Config>,
    ) -> Result<bool> {
        let text = reply.error_text();
        let failure = || text.as_deref().map(|text| error_of(text, self.proof.is_some()));
        match kind {
            Kind::Hello => match failure() {
                Some(error) if is_old(&error) => {
                    self.legacy = true;
                    for pending in &mut self.in_flight {
                        pending.kind = Kind::Courtesy;
                    }
                    self.authenticate(config)?;
                }
                Some(error) => return Err(error),
                None => self.server_version = version(reply),
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
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    }
}

fn error_of(text: &str, has_proof: bool) -> Error {
    let error = Error::from_server_text(text);
    match error.code() {
        // The secret was given, so its absence is not the problem.
        Code::AuthRequired if has_proof => Error::with_detail(Code::AuthRejected, text),
        _ => error,
    }
}

fn is_old(error: &Error) -> bool {
    error.detail().starts_with("ERR unknown command") || error.code() == Code::ProtocolUnsupported
}

/// The `version` field of a HELLO reply, a map or a flat array.
fn version(reply: Reply<'_>) -> String {
    let mut tokens = reply.tokens();
    while let Some(token) = tokens.next() {
        if matches!(token, Token::Bulk(b"version"))
            && let Some(Token::Bulk(value)) = tokens.next()
        {
            return String::from_utf8_lossy(value).into_owned();
        }
    }
    String::new()
}

const DEFAULT_USER: &str = "default";
