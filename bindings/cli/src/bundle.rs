//! `redlatch bundle`: what a CA bundle holds, as the core reads it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use redlatch::core::bundle::{Bundle as Contents, MAX_BYTES, date};
use redlatch::core::document;
use redlatch::{Code, Error, clock};

use crate::failure::{Failure, print};

#[derive(Args)]
pub(crate) struct Bundle {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the certificates of a bundle in any text form; fail if redlatch would refuse it.
    #[command(after_help = EXAMPLES)]
    Show(Show),
}

#[derive(Args)]
struct Show {
    /// The bundle; - reads standard input.
    file: PathBuf,
    /// Print one JSON object; a failure too, on standard error.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  redlatch bundle show /etc/redis/ca.pem
  gcloud redis instances describe NAME --region REGION \\
    --format='value(serverCaCerts[].cert)' | redlatch bundle show --json -";

/// Runs `redlatch bundle …`.
pub(crate) fn run(bundle: &Bundle) -> Result<(), Failure> {
    let Command::Show(show) = &bundle.command;
    let now = clock::now().unix_seconds();
    let contents = read(&show.file)
        .and_then(|bytes| redlatch::read_bundle(&bytes))
        .map_err(|error| error.with("path", show.file.display()))
        .map_err(|error| Failure::coded(error, show.json))?;
    match show.json {
        true => print(&(document::bundle(&contents) + "\n")),
        false => print(&table(&contents, now)),
    }
}

fn read(path: &Path) -> redlatch::Result<Vec<u8>> {
    let read = |source: &mut dyn Read| {
        let mut bytes = Vec::new();
        // One more than allowed, so that the core can tell.
        source.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map(|_| bytes)
    };
    let bytes = match path == Path::new("-") {
        true => read(&mut io::stdin()),
        false => File::open(path).and_then(|mut file| read(&mut file)),
    };
    bytes.map_err(|error| Error::with_detail(Code::TrustUnreadable, error.to_string()))
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
        let days = certificate.days_left(now);
        let _ = writeln!(out, "  valid      {from} to {to}, {days} days left");
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
