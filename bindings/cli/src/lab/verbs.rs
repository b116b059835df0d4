//! The verbs: what the command line takes, what goes over the control socket, what they do.

use std::path::{self, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::authority::Leaf;
use super::clients::Renewal;
use super::control::Caller;
use super::state::{Lab, Published};
use crate::failure::{Because, Failure};

/// What a running lab can be asked to do. Each returns once its effect holds.
#[derive(Subcommand, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub(crate) enum Verb {
    /// Make the next CA; publish the bundle of old and new.
    AddCa,
    /// Give the server a certificate of the newest CA, without a restart.
    SwitchLeaf,
    /// Publish only the newest CA.
    DropCa,
    /// Give the server a new certificate of the CA its present one is from.
    RotateLeaf,
    /// Change the password, on the server and in the published file.
    RotatePassword(Rotation),
    /// Publish a new client certificate and its key; for labs started with `up --mtls`.
    RotateClient(Renewal),
    /// Put the certificate the server presents on the published revocation list, crl.pem.
    Revoke {
        /// Give the server another certificate of the same CA first.
        #[arg(long)]
        #[serde(default)]
        and_switch: bool,
    },
    /// Publish the bytes of FILE as ca.pem.
    Publish { file: PathBuf },
    /// Publish the bundle cut in the middle of its last certificate.
    Truncate,
    /// Publish an empty ca.pem.
    Empty,
    /// Publish the right bundle again.
    Repair,
    /// End the server with SIGKILL.
    Kill,
    /// Start the server again, with its certificate, password and data.
    Restart,
    /// Freeze the server (SIGSTOP) and let it go on (SIGCONT) after SECONDS.
    Pause {
        #[arg(value_parser = seconds)]
        seconds: f64,
    },
    /// Close every client's connection (CLIENT KILL).
    Disconnect,
    /// Print the state of the lab as JSON.
    Status,
    /// Print the server's CLIENT LIST, one JSON object per line.
    Connections,
    /// Stop the server and the lab.
    Down,
}

/// In which order server and file learn a new password. The default is `--overlap`.
#[derive(Args, Serialize, Deserialize)]
pub(crate) struct Rotation {
    /// The server accepts old and new, then the file says new; `--finish` ends it.
    #[arg(long, group = "order")]
    #[serde(default)]
    overlap: bool,
    /// The server accepts only the new one, then the file says it.
    #[arg(long, group = "order")]
    #[serde(default)]
    server_first: bool,
    /// The file says the new one, then the server accepts only that.
    #[arg(long, group = "order")]
    #[serde(default)]
    file_first: bool,
    /// No new password: the server accepts only the published one from now on.
    #[arg(long, group = "order", conflicts_with = "gap")]
    #[serde(default)]
    finish: bool,
    /// Seconds between the two steps.
    #[arg(long, value_parser = seconds, default_value = "0", value_name = "SECONDS")]
    #[serde(default)]
    gap: f64,
}

/// How a verb goes on after its first part.
pub(crate) enum Next {
    /// It is done, and this is what it did.
    Done(String),
    /// The rest comes later; other verbs may run before.
    After(Duration, Step),
    /// The lab ends.
    Down,
}

/// The delayed part of a verb.
pub(crate) enum Step {
    /// SIGCONT, if this process still runs.
    Resume(u32),
    /// The second half of a password rotation.
    Publish(super::passwords::Password),
    Accept,
    /// The certificate to a client key that is published already.
    Match(Leaf),
}

impl Verb {
    /// Makes paths absolute: the lab may run in another folder.
    pub(crate) fn absolute(self) -> Result<Verb, Failure> {
        match self {
            Verb::Publish { file } => {
                let file = path::absolute(file).because("find the file")?;
                Ok(Verb::Publish { file })
            }
            other => Ok(other),
        }
    }
}

impl Lab {
    /// Does the first part of `verb`, telling its steps to `caller`.
    pub(crate) fn perform(&mut self, verb: Verb, caller: &mut Caller) -> Result<Next, Failure> {
        let done = match verb {
            Verb::AddCa => {
                self.pki.add()?;
                self.publish(Published::Right)?
            }
            Verb::SwitchLeaf => {
                let newest = self.pki.newest().to_owned();
                self.switch_leaf(&newest)?
            }
            Verb::RotateLeaf => {
                let same = self.leaf.ca.clone();
                self.switch_leaf(&same)?
            }
            Verb::DropCa => {
                if self.pki.trusted().len() == 1 {
                    let newest = self.pki.newest();
                    return Err(Failure::new(format_args!("only {newest} is published already")));
                }
                self.pki.drop_old();
                self.publish(Published::Right)?
            }
            Verb::RotatePassword(rotation) => return self.rotate_password(&rotation, caller),
            Verb::RotateClient(renewal) => return self.rotate_client(&renewal, caller),
            Verb::Revoke { and_switch } => self.revoke(and_switch)?,
            Verb::Publish { file } => self.publish(Published::read(&file)?)?,
            Verb::Truncate => self.publish(Published::Truncated)?,
            Verb::Empty => self.publish(Published::Empty)?,
            Verb::Repair => self.publish(Published::Right)?,
            Verb::Kill => {
                let pid = self.server.kill()?;
                self.write_files()?;
                format!("killed redis-server {pid}")
            }
            Verb::Restart => {
                self.server.stop()?;
                self.start_server()?;
                format!("redis-server {} answers", self.server.pid().unwrap_or_default())
            }
            Verb::Pause { seconds } => {
                let length = duration(seconds)?;
                if self.server.paused() {
                    return Err(Failure::new("redis-server is paused already"));
                }
                let pid = self.server.pause()?;
                caller.say(format_args!("paused redis-server {pid} for {seconds} s"));
                return Ok(Next::After(length, Step::Resume(pid)));
            }
            Verb::Disconnect => format!("closed {} connections", self.server.disconnect()?),
            Verb::Status => self.status().to_string(),
            Verb::Connections => self.connections()?,
            Verb::Down => return Ok(Next::Down),
        };
        Ok(Next::Done(done))
    }

    /// Does the delayed part of a verb.
    pub(crate) fn proceed(&mut self, step: Step) -> Result<String, Failure> {
        match step {
            Step::Resume(pid) if self.server.pid() == Some(pid) => {
                self.server.resume()?;
                Ok(format!("redis-server {pid} goes on"))
            }
            Step::Resume(pid) => Ok(format!("redis-server {pid} has ended meanwhile")),
            Step::Publish(password) => {
                self.rotating = false;
                self.publish_password(password)
            }
            Step::Accept => {
                self.rotating = false;
                self.accept(vec![self.passwords.published.clone()])
            }
            Step::Match(leaf) => self.match_client(leaf),
        }
    }

    fn rotate_password(
        &mut self,
        rotation: &Rotation,
        caller: &mut Caller,
    ) -> Result<Next, Failure> {
        let gap = duration(rotation.gap)?;
        if self.rotating {
            return Err(Failure::new("a rotation of the password is under way"));
        }
        if rotation.finish {
            if !self.passwords.unfinished() {
                return Err(Failure::new("no rotation of the password is unfinished"));
            }
            return self.accept(vec![self.passwords.published.clone()]).map(Next::Done);
        }
        let next = self.passwords.next()?;
        let (first, step) = if rotation.file_first {
            (self.publish_password(next)?, Step::Accept)
        } else if rotation.server_first {
            (self.accept(vec![next.clone()])?, Step::Publish(next))
        } else {
            let both = vec![self.passwords.published.clone(), next.clone()];
            (self.accept(both)?, Step::Publish(next))
        };
        caller.say(first);
        self.rotating = true;
        self.after(gap, step)
    }
}

/// Reads a number of seconds from the command line.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    duration(seconds).map(|_| seconds).map_err(|failure| failure.to_string())
}

pub(crate) fn duration(seconds: f64) -> Result<Duration, Failure> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        _ => Err(Failure::new(format_args!("{seconds} s is not between 0 s and a day"))),
    }
}

const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
