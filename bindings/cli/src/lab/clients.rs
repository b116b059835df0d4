//! Client certificates: what a server started with `up --mtls` demands, and how they rotate.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority::{Leaf, Role};
use super::control::Caller;
use super::files;
use super::pki::Pki;
use super::publish::Volume;
use super::state::Lab;
use super::verbs::{Next, Step, duration, seconds};
use crate::failure::{Because, Failure};

/// The client CAs the server accepts, and the pair that is published for clients.
pub(crate) struct Clients {
    pki: Pki,
    volume: Volume,
    leaf: Leaf,
    pair: Pair,
    /// The second half of a pair is still to come.
    rotating: bool,
    /// The accepted authorities' certificates, and how many such files were made.
    accepted: PathBuf,
    bundles: u64,
}

/// How the published certificate and key fit.
#[derive(Clone, Copy, PartialEq)]
enum Pair {
    Right,
    /// The key is another certificate's.
    Mismatched,
    /// Of a CA the server does not accept.
    Untrusted,
}

/// What changes with the next client certificate. By default only the certificate.
#[derive(Args, Serialize, Deserialize)]
pub(crate) struct Renewal {
    /// Of a new client CA, which the server accepts beside the old ones until `--finish`.
    #[arg(long, group = "what")]
    #[serde(default)]
    new_ca: bool,
    /// No new certificate: the server accepts only the newest client CA from now on.
    #[arg(long, group = "what")]
    #[serde(default)]
    finish: bool,
    /// Of a CA that the server does not accept.
    #[arg(long, group = "what")]
    #[serde(default)]
    untrusted: bool,
    /// The new key is published beside the old certificate, then both are the new ones.
    #[arg(long, group = "what")]
    #[serde(default)]
    key_first: bool,
    /// Seconds between the two steps of `--key-first`.
    #[arg(long, value_parser = seconds, default_value = "0", value_name = "SECONDS")]
    #[arg(conflicts_with_all = ["new_ca", "finish", "untrusted"])]
    #[serde(default)]
    gap: f64,
}

impl Clients {
    /// Makes client CA A and a first certificate, and publishes that.
    pub(crate) fn create(dir: &Path) -> Result<Clients, Failure> {
        let mut pki = Pki::create(dir.join(files::PKI), Role::Client)?;
        let volume = Volume::create(dir.join(files::CLIENT), &[CERTIFICATE, KEY]);
        let volume = volume.because(format_args!("make the folder {}", files::CLIENT))?;
        let newest = pki.newest().to_owned();
        let leaf = pki.issue(&newest)?;
        let accepted = pki.write_bundle(1)?;
        let pair = Pair::Right;
        let mut clients =
            Clients { pki, volume, leaf, pair, rotating: false, accepted, bundles: 1 };
        clients.publish(clients.leaf.clone(), Pair::Right)?;
        Ok(clients)
    }

    /// The file of the CAs the server accepts.
    pub(crate) fn accepted(&self) -> &Path {
        &self.accepted
    }

    pub(crate) fn cert_file(&self) -> PathBuf {
        self.volume.file(CERTIFICATE)
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.volume.file(KEY)
    }

    pub(crate) fn status(&self) -> Value {
        json!({
            "accepted": self.pki.trusted(),
            "leaf": self.leaf.status(),
            "pair": match self.pair {
                Pair::Right => "right",
                Pair::Mismatched => "mismatched",
                Pair::Untrusted => "untrusted",
            },
            "generation": self.volume.generation(),
        })
    }

    /// Publishes certificate and key of `leaf`.
    fn publish(&mut self, leaf: Leaf, pair: Pair) -> Result<String, Failure> {
        let (certificate, key) = leaf.read()?;
        self.put(&certificate, &key)?;
        (self.leaf, self.pair) = (leaf, pair);
        let Leaf { serial, ca, .. } = &self.leaf;
        Ok(match pair {
            Pair::Untrusted => format!("published client certificate {serial} of an unknown CA"),
            _ => format!("published client certificate {serial} of client CA {ca}"),
        })
    }

    /// The next certificate, not yet published.
    fn next(&mut self) -> Result<Leaf, Failure> {
        let newest = self.pki.newest().to_owned();
        self.pki.issue(&newest)
    }

    /// Publishes the key of `next` beside the certificate that is published now.
    fn publish_key(&mut self, next: &Leaf) -> Result<String, Failure> {
        let (certificate, _) = self.leaf.read()?;
        let (_, key) = next.read()?;
        self.put(&certificate, &key)?;
        self.pair = Pair::Mismatched;
        let (new, old) = (next.serial, self.leaf.serial);
        Ok(format!("published the key of client certificate {new} beside certificate {old}"))
    }

    fn put(&mut self, certificate: &[u8], key: &[u8]) -> Result<(), Failure> {
        self.volume.publish(&[certificate, key]).because("publish the client certificate")
    }
}

impl Lab {
    pub(crate) fn rotate_client(
        &mut self,
        renewal: &Renewal,
        caller: &mut Caller,
    ) -> Result<Next, Failure> {
        let gap = duration(renewal.gap)?;
        let clients = self.clients()?;
        if clients.rotating {
            return Err(Failure::new("a rotation of the client certificate is under way"));
        }
        if renewal.finish && clients.pki.trusted().len() == 1 {
            return Err(Failure::new("no rotation of the client CA is unfinished"));
        }
        if renewal.new_ca || renewal.finish {
            // Before anything changes: the server has to follow.
            self.server.call(&["PING"])?;
            let clients = self.clients()?;
            match renewal.finish {
                true => clients.pki.drop_old(),
                false => clients.pki.add()?,
            }
            let said = self.accept_clients()?;
            if renewal.finish {
                return Ok(Next::Done(said));
            }
            caller.say(said);
        }
        let clients = self.clients()?;
        if renewal.untrusted {
            let leaf = clients.pki.issue_untrusted()?;
            return clients.publish(leaf, Pair::Untrusted).map(Next::Done);
        }
        let next = clients.next()?;
        if !renewal.key_first {
            return clients.publish(next, Pair::Right).map(Next::Done);
        }
        caller.say(clients.publish_key(&next)?);
        clients.rotating = true;
        self.after(gap, Step::Match(next))
    }

    /// Publishes the certificate whose key already is.
    pub(crate) fn match_client(&mut self, leaf: Leaf) -> Result<String, Failure> {
        let clients = self.clients()?;
        clients.rotating = false;
        clients.publish(leaf, Pair::Right)
    }

    /// Lets the server accept exactly the client CAs that are trusted.
    fn accept_clients(&mut self) -> Result<String, Failure> {
        let clients = self.clients()?;
        let bundle = clients.pki.write_bundle(clients.bundles + 1)?;
        clients.bundles += 1;
        let letters = clients.pki.trusted().join("+");
        self.server.accept_clients_of(&bundle)?;
        self.clients()?.accepted = bundle;
        self.configure()?;
        Ok(format!("the server accepts client CA {letters}"))
    }

    fn clients(&mut self) -> Result<&mut Clients, Failure> {
        let missing = "the server demands no client certificates; start the lab with `up --mtls`";
        self.clients.as_mut().ok_or_else(|| Failure::new(missing))
    }

    /// The rest of a verb: later, or now if there is no gap.
    pub(crate) fn after(&mut self, gap: Duration, step: Step) -> Result<Next, Failure> {
        match gap.is_zero() {
            true => self.proceed(step).map(Next::Done),
            false => Ok(Next::After(gap, step)),
        }
    }
}

const CERTIFICATE: &str = "client.pem";
const KEY: &str = "client.key";
