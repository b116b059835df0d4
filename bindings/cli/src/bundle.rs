//! `redlatch bundle`: what a CA bundle holds, as the core reads it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use redlatch::core::bundle::{Bundle as Contents, Certificate, MAX_BYTES};
use redlatch::{Code, Error, clock};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::failure::{Because as _, Failure, print};

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
        .and_then(|bytes| Contents::parse(&bytes, now))
        .map_err(|error| error.with("path", show.file.display()))
        .map_err(|error| Failure::coded(error, show.json))?;
    match show.json {
        true => print(&document(&contents)?),
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

#[derive(Serialize)]
struct Document<'a> {
    certificates: Vec<Row<'a>>,
    rejected: Vec<RejectedRow<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    sha256: String,
    subject: &'a str,
    issuer: &'a str,
    not_before: String,
    not_after: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct RejectedRow<'a> {
    #[serde(flatten)]
    certificate: Row<'a>,
    code: &'static str,
    reason: &'a str,
}

fn document(contents: &Contents) -> Result<String, Failure> {
    let document = Document {
        certificates: contents.certificates.iter().map(row).collect(),
        rejected: contents
            .rejected
            .iter()
            .map(|rejected| RejectedRow {
                certificate: row(&rejected.certificate),
                code: rejected.code.name(),
                reason: &rejected.reason,
            })
            .collect(),
    };
    serde_json::to_string(&document).map(|text| text + "\n").because("write JSON")
}

fn row(certificate: &Certificate) -> Row<'_> {
    Row {
        sha256: certificate.sha256_hex(),
        subject: &certificate.subject,
        issuer: &certificate.issuer,
        not_before: date(certificate.not_before),
        not_after: date(certificate.not_after),
        kind: certificate.kind.name(),
    }
}

fn table(contents: &Contents, now: i64) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    for certificate in &contents.certificates {
        let Row { sha256, subject, issuer, not_before, not_after, kind } = row(certificate);
        let days = certificate.days_left(now);
        let _ = writeln!(out, "{kind}  {subject}");
        if !certificate.self_issued {
            let _ = writeln!(out, "  issued by  {issuer}");
        }
        let _ = writeln!(out, "  valid      {not_before} to {not_after}, {days} days left");
        let _ = writeln!(out, "  sha256     {sha256}");
    }
    for rejected in &contents.rejected {
        let Row { sha256, subject, .. } = row(&rejected.certificate);
        let _ = writeln!(out, "rejected  {subject}");
        let _ = writeln!(out, "  because    {} ({})", rejected.reason, rejected.code);
        let _ = writeln!(out, "  sha256     {sha256}");
    }
    for note in &contents.notes {
        let _ = writeln!(out, "note  {note}");
    }
    let (trusted, rejected) = (contents.certificates.len(), contents.rejected.len());
    let _ = writeln!(out, "{trusted} trusted, {rejected} rejected");
    out
}

/// RFC 3339 in UTC; a time that this form cannot express stays a number of seconds.
fn date(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| seconds.to_string())
}
