//! `redlatch bundle check`: whether a live server would be trusted, today and after a rotation.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use redlatch::core::bundle::{Bundle as Contents, Certificate, date};
use redlatch::core::client::Presented;
use redlatch::core::config::Value as Setting;
use redlatch::core::resp::Reply;
use redlatch::core::{LaneId, Role, Sink, document};
use redlatch::{Code, Driver, Error, Profile, Providers, Result, clock};
use serde_json::{Value, json};

use super::{input, life, one_line};
use crate::failure::{Because as _, Failure, print};
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Check {
    /// The bundle that clients use; - reads standard input.
    file: PathBuf,
    /// The bundle that is to replace it; may be given several times.
    #[arg(long, value_name = "FILE")]
    next: Vec<PathBuf>,
    /// Print one JSON object; a failure to connect too, on standard error.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(super) const EXAMPLES: &str = "\
Makes one TLS handshake and ends the connection: no command and no password is sent. Name, pins,
revocation lists and dates are checked as a client with these settings checks them.

Examples:
  redlatch bundle check ca.pem rediss://cache.internal
  redlatch bundle check ca.pem --next ca-and-successor.pem rediss://cache.internal
  redlatch bundle check ca.pem --from-env --expected-name cache.internal

Exit code: 0 only if the server is trusted with each of the bundles.";

pub(super) fn run(check: &Check) -> Result<(), Failure> {
    let paths: Vec<&PathBuf> = std::iter::once(&check.file).chain(&check.next).collect();
    input::at_most_one_stdin(paths.iter().copied())?;
    let failed = |error| Failure::coded(error, check.json);
    let now = clock::now().unix_seconds();

    let settings = check.settings.without_login();
    let mut profiles = Vec::new();
    for path in paths {
        // As a client reads it: what is wrong with a bundle is the answer about it.
        let profile = match input::bundle(path, now, Contents::parse) {
            Ok(contents) => Ok(profile(&settings, &contents).map_err(failed)?),
            Err(error) => Err(error),
        };
        profiles.push((path, profile));
    }
    let usable = profiles.iter().find_map(|(_, profile)| profile.as_ref().ok());
    let first = usable.ok_or_else(|| match &profiles[0].1 {
        Err(error) => failed(error.clone()),
        Ok(_) => Failure::new("no bundle was given"),
    })?;
    let address = first.config().address.to_string();
    let presented = handshake(first).map_err(failed)?;
    let verdicts: Vec<_> = profiles
        .iter()
        .map(|(path, profile)| {
            let judged = profile.as_ref().map_err(Clone::clone);
            (path.as_path(), judged.and_then(|profile| profile.judge(&presented, clock::now())))
        })
        .collect();
    match check.json {
        true => print(&(as_json(&address, &presented, &verdicts, now)? + "\n"))?,
        false => print(&report(&address, &presented, &verdicts, now))?,
    }
    match verdicts.iter().all(|(_, verdict)| verdict.is_ok()) {
        true => Ok(()),
        false => Err(Failure::Told(1)),
    }
}

/// A client of this server that trusts just this bundle.
fn profile(settings: &Settings, contents: &Contents) -> Result<Arc<Profile>> {
    let mut given = settings.read()?;
    given.push(("ca_pem", Setting::Text(contents.to_pem()?)));
    redlatch::open(given, settings.reads_env()).map_err(|error| {
        match error.evidence().iter().any(|(_, value)| value == "ca_pem") {
            true => error.with("ca_pem", "the bundle that is checked"),
            false => error,
        }
    })
}

/// What the server presents, whoever it is.
fn handshake(profile: &Profile) -> Result<Presented> {
    let unverified = Arc::new(profile.danger_unverified()?);
    let role = Role::Raw { login: false };
    let mut driver = Driver::for_role(unverified, Providers::new(), role);
    let mut shaken = Shaken::default();
    driver.input(&mut shaken, |client, now, sink| client.connect(now, sink));
    driver.run(&mut shaken, |_, shaken| shaken.0.is_some(), None, &mut || true);
    let presented = driver.client().presented();
    driver.close(&mut Shaken::default());
    shaken.0.unwrap_or(Ok(()))?;
    presented.ok_or_else(|| {
        Error::with_detail(Code::ConfigInvalid, "TLS is off, so there is nothing to check")
    })
}

/// How a handshake ended.
#[derive(Default)]
struct Shaken(Option<Result<()>>);

impl Sink for Shaken {
    fn reply(&mut self, _: u64, _: Reply<'_>) {}

    fn fail(&mut self, _: u64, _: &Error) {}

    fn opened(&mut self, _: LaneId) {
        self.0.get_or_insert(Ok(()));
    }

    fn ended(&mut self, _: LaneId, error: &Error) {
        self.0.get_or_insert(Err(error.clone()));
    }
}

type Verdicts<'a> = [(&'a Path, Result<Certificate>)];

fn as_json(
    address: &str,
    presented: &Presented,
    verdicts: &Verdicts<'_>,
    now: i64,
) -> Result<String, Failure> {
    let parse = |text: String| -> Result<Value, Failure> {
        serde_json::from_str(&text).because("understand a document")
    };
    let one = |certificate: &Certificate| -> Result<Value, Failure> {
        let list = parse(document::certificates(std::slice::from_ref(certificate), now))?;
        Ok(list[0].clone())
    };
    let mut bundles = Vec::new();
    for (path, verdict) in verdicts {
        let file = path.display().to_string();
        bundles.push(match verdict {
            Ok(anchor) => json!({ "file": file, "trusted": true, "anchor": one(anchor)? }),
            Err(error) => {
                json!({ "file": file, "trusted": false, "error": parse(document::error(error))? })
            }
        });
    }
    Ok(json!({
        "address": address,
        "tls": { "version": presented.version, "cipher": presented.cipher },
        "chain": parse(document::certificates(&presented.chain, now))?,
        "bundles": bundles,
        "trusted": verdicts.iter().all(|(_, verdict)| verdict.is_ok()),
    })
    .to_string())
}

fn report(address: &str, presented: &Presented, verdicts: &Verdicts<'_>, now: i64) -> String {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
    let (version, cipher) = (known(&presented.version), known(&presented.cipher));
    let mut out = format!("{address} presents, over {version} with {cipher}:\n");
    // Writing to a string cannot fail.
    for certificate in &presented.chain {
        let (kind, subject) = (certificate.kind.name(), &certificate.subject);
        let names = certificate.details().names;
        let _ = writeln!(out, "{kind}  {}", if subject.is_empty() { "(no name)" } else { subject });
        let _ = writeln!(out, "  issued by  {}", certificate.issuer);
        if !names.is_empty() {
            let _ = writeln!(out, "  names      {}", names.join(", "));
        }
        let to = date(certificate.not_after);
        let _ = writeln!(out, "  valid      to {to}, {}", life(certificate, now));
        let _ = writeln!(out, "  sha256     {}", certificate.sha256_hex());
    }
    for (path, verdict) in verdicts {
        let path = path.display();
        let _ = match verdict {
            Ok(anchor) => writeln!(out, "{path}: trusted through {}", one_line(anchor, now)),
            Err(error) => {
                let (code, remedy) = (error.code(), error.code().remedy());
                writeln!(out, "{path}: NOT trusted: {code}: {error}\n  remedy: {remedy}")
            }
        };
    }
    out
}
