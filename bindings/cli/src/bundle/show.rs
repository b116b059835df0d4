//! `redlatch bundle show`: what CA bundles hold, as the core reads them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use redlatch::clock;
use redlatch::core::bundle::{Bundle as Contents, date};
use redlatch::core::document;
use serde_json::{Value, json};

use super::{input, life};
use crate::failure::{Because as _, Failure, print};

#[derive(Args)]
pub(super) struct Show {
    /// The bundles; - reads standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object, of several files one in each line; a failure too, on standard error.
    #[arg(long)]
    json: bool,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  redlatch bundle show /etc/redis/ca.pem
  redlatch bundle show old.pem new.pem
  kubectl get secret redis-ca -o json | redlatch bundle show -
  gcloud redis instances describe NAME --region REGION \\
    --format='value(serverCaCerts[].cert)' | redlatch bundle show --json -

Exit code: 0 if all bundles can be used, 1 if redlatch would refuse one.";

pub(super) fn run(show: &Show) -> Result<(), Failure> {
    input::at_most_one_stdin(&show.files)?;
    let several = show.files.len() > 1;
    let mut refused = false;
    for (at, path) in show.files.iter().enumerate() {
        if several && !show.json {
            print(&format!("{}{}\n", if at > 0 { "\n" } else { "" }, path.display()))?;
        }
        match (one(path, several, show.json), several) {
            (Err(failure), true) => {
                failure.print();
                refused = true;
            }
            (outcome, _) => outcome?,
        }
    }
    match refused {
        true => Err(Failure::Told(1)),
        false => Ok(()),
    }
}

fn one(path: &Path, several: bool, json: bool) -> Result<(), Failure> {
    let failed = |error| Failure::coded(error, json);
    let now = clock::now().unix_seconds();
    let contents = input::bundle(path, now, Contents::read).map_err(failed)?;
    let refusal = contents.refusal(now).map(|error| input::named(error, path));
    if !json {
        print(&table(&contents, now))?;
    }
    if let Some(error) = refusal {
        return Err(failed(error));
    }
    if json {
        let document = document::bundle(&contents);
        return print(&(if several { of_file(path, &document)? } else { document } + "\n"));
    }
    Ok(())
}

fn of_file(path: &Path, document: &str) -> Result<String, Failure> {
    let mut document: Value = serde_json::from_str(document).because("understand the bundle")?;
    document["file"] = json!(path.display().to_string());
    Ok(document.to_string())
}

fn table(contents: &Contents, now: i64) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    for certificate in &contents.certificates {
        let (kind, subject) = (certificate.kind.name(), &certificate.subject);
        let (from, to) = (date(certificate.not_before), date(certificate.not_after));
        let _ = writeln!(out, "{kind}  {subject}");
        if !certificate.self_issued {
            let _ = writeln!(out, "  issued by  {}", certificate.issuer);
        }
        let _ = writeln!(out, "  valid      {from} to {to}, {}", life(certificate, now));
        let _ = writeln!(out, "  sha256     {}", certificate.sha256_hex());
    }
    for rejected in &contents.rejected {
        let _ = writeln!(out, "rejected  {}", rejected.certificate.subject);
        let _ = writeln!(out, "  because    {} ({})", rejected.reason, rejected.code);
        let _ = writeln!(out, "  sha256     {}", rejected.certificate.sha256_hex());
    }
    for note in &contents.notes {
        let _ = writeln!(out, "note  {note}");
    }
    let (trusted, rejected) = (contents.certificates.len(), contents.rejected.len());
    let _ = writeln!(out, "{trusted} trusted, {rejected} rejected");
    out
}
