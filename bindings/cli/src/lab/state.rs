//! What a running lab holds, and the changes every verb is made of.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;

use super::admin;
use super::authority::{Leaf, Role};
use super::clients::Clients;
use super::files::{self, LabFile};
use super::passwords::{Password, Passwords};
use super::pki::{self, Pki};
use super::publish::Volume;
use super::server::Server;
use crate::failure::{Because, Failure};

/// A running lab.
pub(crate) struct Lab {
    dir: PathBuf,
    control: PathBuf,
    pub(crate) server: Server,
    pub(crate) pki: Pki,
    pub(crate) leaf: Leaf,
    pub(crate) passwords: Passwords,
    /// The second half of a password rotation is still to come.
    pub(crate) rotating: bool,
    /// What clients prove themselves with, if the server demands it.
    pub(crate) clients: Option<Clients>,
    trust: Volume,
    secret: Volume,
    published: Published,
}

/// What ca.pem holds.
pub(crate) enum Published {
    /// The trusted authorities.
    Right,
    Truncated,
    Empty,
    /// Somebody's bytes.
    File(PathBuf, Vec<u8>),
}

impl Published {
    pub(crate) fn read(file: &Path) -> Result<Published, Failure> {
        let content = fs::read(file).because(format_args!("read {}", file.display()))?;
        Ok(Published::File(file.to_owned(), content))
    }

    fn content(&self, bundle: &str) -> Vec<u8> {
        match self {
            Published::Right => bundle.as_bytes().to_vec(),
            Published::Truncated => {
                let last = bundle.rfind(BEGIN).unwrap_or(0);
                bundle.as_bytes()[..last + (bundle.len() - last) / 2].to_vec()
            }
            Published::Empty => Vec::new(),
            Published::File(_, content) => content.clone(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Published::Right => "right",
            Published::Truncated => "truncated",
            Published::Empty => "empty",
            Published::File(..) => "file",
        }
    }
}

impl Lab {
    /// Makes authority, certificate and password in `dir` and publishes them; starts nothing.
    /// With `mtls` the same for clients.
    pub(crate) fn create(
        dir: &Path,
        control: PathBuf,
        server: Server,
        mtls: bool,
    ) -> Result<Lab, Failure> {
        let volume = |name: &str, files| {
            Volume::create(dir.join(name), files).because(format_args!("make the folder {name}"))
        };
        let keys = dir.join(files::PKI);
        files::private_dir(&keys).because(format_args!("make {}", keys.display()))?;
        let mut pki = Pki::create(keys, Role::Server)?;
        let newest = pki.newest().to_owned();
        let leaf = pki.issue(&newest)?;
        let passwords = Passwords::first()?;
        let first = passwords.published.clone();
        let mut lab = Lab {
            dir: dir.to_owned(),
            control,
            server,
            pki,
            leaf,
            passwords,
            rotating: false,
            clients: mtls.then(|| Clients::create(dir)).transpose()?,
            trust: volume(files::TRUST, &[CA, CRL])?,
            secret: volume(files::SECRET, &[PASSWORD])?,
            published: Published::Right,
        };
        lab.publish(Published::Right)?;
        lab.publish_password(first)?;
        Ok(lab)
    }

    /// Starts the server as it was left, and says so in `lab.json`.
    pub(crate) fn start_server(&mut self) -> Result<(), Failure> {
        self.configure()?;
        let started = self.server.start();
        self.write_files()?;
        started
    }

    /// Writes what the next start of the server needs.
    pub(crate) fn configure(&self) -> Result<(), Failure> {
        let client_cas = self.clients.as_ref().map(Clients::accepted);
        self.server.configure(&self.leaf, &self.passwords, client_cas)
    }

    /// Publishes `what` as ca.pem, and the revocation lists.
    pub(crate) fn publish(&mut self, what: Published) -> Result<String, Failure> {
        self.published = what;
        self.publish_trust()?;
        let letters = self.pki.trusted().join("+");
        Ok(match &self.published {
            Published::Right => format!("published CA {letters}"),
            Published::Truncated => format!("published CA {letters}, truncated"),
            Published::Empty => "published an empty ca.pem".to_owned(),
            Published::File(path, _) => format!("published {}", path.display()),
        })
    }

    /// Revokes the certificate the server presents; with `switch` it gets another one first.
    pub(crate) fn revoke(&mut self, switch: bool) -> Result<String, Failure> {
        let leaf = self.leaf.clone();
        let mut said = String::new();
        if switch {
            said = self.switch_leaf(&leaf.ca)? + "\n";
        }
        self.pki.revoke(&leaf)?;
        self.publish_trust()?;
        Ok(said + &format!("published a CRL with certificate {} of CA {}", leaf.serial, leaf.ca))
    }

    fn publish_trust(&mut self) -> Result<(), Failure> {
        let content = self.published.content(&self.pki.bundle());
        let crls = self.pki.crls(self.trust.generation() + 1)?;
        self.trust.publish(&[&content, crls.as_bytes()]).because("publish the trust folder")
    }

    /// Gives the server a new certificate of the authority `letters`.
    pub(crate) fn switch_leaf(&mut self, letters: &str) -> Result<String, Failure> {
        let leaf = self.pki.issue(letters)?;
        self.server.present(&leaf)?;
        self.leaf = leaf;
        self.configure()?;
        Ok(format!("the server presents certificate {} of CA {letters}", self.leaf.serial))
    }

    /// Lets the server accept exactly `passwords`.
    pub(crate) fn accept(&mut self, passwords: Vec<Password>) -> Result<String, Failure> {
        self.server.accept(&passwords)?;
        self.passwords.accepted = passwords;
        self.configure()?;
        let generations: Vec<_> = self.accepted().iter().map(u64::to_string).collect();
        Ok(format!("the server accepts password {}", generations.join(" and ")))
    }

    /// Publishes `password` as the file says it, without a newline.
    pub(crate) fn publish_password(&mut self, password: Password) -> Result<String, Failure> {
        let published = self.secret.publish(&[password.reveal().as_bytes()]);
        published.because("publish the password")?;
        self.passwords.published = password;
        self.write_files()?;
        Ok(format!("published password {}", self.passwords.published.generation))
    }

    /// Writes `lab.json` and `env` as things are now.
    pub(crate) fn write_files(&self) -> Result<(), Failure> {
        let file = LabFile {
            host: "127.0.0.1".to_owned(),
            port: self.server.port(),
            password: self.passwords.published.reveal().to_owned(),
            ca_file: self.trust.file(CA),
            password_file: self.secret.file(PASSWORD),
            crl_file: self.trust.file(CRL),
            cert_file: self.clients.as_ref().map(Clients::cert_file),
            key_file: self.clients.as_ref().map(Clients::key_file),
            pid: std::process::id(),
            server_pid: self.server.pid(),
            control: self.control.clone(),
        };
        file.write(&self.dir)
    }

    /// The state as one JSON object.
    pub(crate) fn status(&self) -> Value {
        let content = self.published.content(&self.pki.bundle());
        json!({
            "cas": self.pki.trusted(),
            "leaf": self.leaf.status(),
            "revoked": self.pki.revoked(),
            "client": self.clients.as_ref().map(Clients::status),
            "published": {
                "what": self.published.name(),
                "sha256": pki::sha256(&content),
                "bytes": content.len(),
                "generation": self.trust.generation(),
            },
            "server": {
                "pid": self.server.pid(),
                "port": self.server.port(),
                "paused": self.server.paused(),
            },
            "password": {
                "accepted": self.accepted(),
                "published": self.passwords.published.generation,
            },
        })
    }

    /// The server's clients but the lab itself, as JSON lines.
    pub(crate) fn connections(&self) -> Result<String, Failure> {
        let list = self.server.call(&["CLIENT", "LIST"])?;
        let clients = list.lines().map(client);
        let own = Value::from(admin::USER);
        let lines: Vec<_> = clients
            .filter(|client| client.get("user") != Some(&own))
            .map(|client| Value::Object(client).to_string())
            .collect();
        Ok(lines.join("\n"))
    }

    fn accepted(&self) -> Vec<u64> {
        self.passwords.accepted.iter().map(|password| password.generation).collect()
    }
}

impl Leaf {
    pub(crate) fn status(&self) -> Value {
        json!({
            "ca": self.ca,
            "serial": self.serial,
            "sha256": self.sha256,
            "not_after": self.not_after.format(&Rfc3339).unwrap_or_default(),
        })
    }
}

/// One line of CLIENT LIST.
fn client(line: &str) -> Map<String, Value> {
    let fields = line.split(' ').filter_map(|field| field.split_once('='));
    fields
        .map(|(name, text)| match text.parse::<i64>() {
            Ok(number) if !TEXTS.contains(&name) => (name.to_owned(), number.into()),
            _ => (name.to_owned(), text.into()),
        })
        .collect()
}

/// Fields of CLIENT LIST that are text even if they look like a number.
const TEXTS: [&str; 6] = ["name", "user", "cmd", "flags", "lib-name", "lib-ver"];
const CA: &str = "ca.pem";
const CRL: &str = "crl.pem";
const PASSWORD: &str = "password";
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
