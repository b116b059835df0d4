//! `redlatch lab`: a real redis-server with TLS on loopback, and verbs that rotate everything.
//!
//! ```text
//! redlatch lab VERB ──JSON lines──▶ redlatch lab up ──RESP, unix socket──▶ redis-server
//!        control.rs                 up.rs, verbs.rs                        server.rs
//!                                     │ publish.rs: the kubelet's symlink swap
//!                                     ▼
//!            DIR/trust/ca.pem, crl.pem   DIR/secret/password   DIR/client/client.pem, client.key
//! ```

mod admin;
mod authority;
mod clients;
mod control;
mod files;
mod passwords;
mod pki;
mod publish;
mod server;
mod state;
mod up;
mod verbs;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Runs `redlatch lab …`.
pub(crate) fn run(lab: Lab) -> Result<(), Failure> {
    let Some(dir) = lab.dir else {
        return Err(Failure::new("`redlatch lab` needs --dir DIR, the folder of the lab"));
    };
    match lab.command {
        Command::Up(options) => up::up(&dir, &options),
        Command::Verb(verb) => control::ask(&dir, verb),
    }
}

#[derive(Args)]
pub(crate) struct Lab {
    /// Folder of the lab; `up` makes it.
    #[arg(long, global = true)]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the lab in the foreground; prints `ready` once the server answers.
    Up(up::Options),
    #[command(flatten)]
    Verb(verbs::Verb),
}
