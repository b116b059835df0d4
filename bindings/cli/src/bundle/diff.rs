//! `redlatch bundle diff`: what a rotation changes.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use redlatch::clock;
use redlatch::core::bundle::{Bundle as Contents, Certificate, Difference};
use redlatch::core::document;

use super::{input, one_line};
use crate::failure::{Failure, print};

#[derive(Args)]
pub(super) struct Diff {
    /// The bundle in use; - reads standard input.
    old: PathBuf,
    /// The bundle that is to replace it; - reads standard input.
    new: PathBuf,
    /// Print one JSON object; a failure too, on standard error.
    #[arg(long)]
    json: bool,
}

pub(super) const EXAMPLES: &str = "\
Certificates are compared, not files: order, text form, comments and repetitions do not matter, nor
do certificates that no client would trust.

Examples:
  redlatch bundle diff ca.pem next.pem
  gcloud redis instances describe NAME --region REGION \\
    --format='value(serverCaCerts[].cert)' | redlatch bundle diff ca.pem -

Exit code: 0 if both trust the same CAs, 1 if not, 2 if a bundle cannot be read.";

pub(super) fn run(diff: &Diff) -> Result<(), Failure> {
    let now = clock::now().unix_seconds();
    let difference = compare(diff, now).map_err(|failure| {
        failure.print();
        Failure::Told(2)
    })?;
    match diff.json {
        true => print(&(document::difference(&difference, now) + "\n"))?,
        false => print(&table(&difference, now))?,
    }
    match difference.is_same() {
        true => Ok(()),
        false => Err(Failure::Told(1)),
    }
}

fn compare(diff: &Diff, now: i64) -> Result<Difference, Failure> {
    input::at_most_one_stdin([&diff.old, &diff.new])?;
    // What has expired is no longer trusted, which is a difference and no error.
    let read = |path| input::bundle(path, now, Contents::parse_part);
    let (old, new) = read(&diff.old)
        .and_then(|old| Ok((old, read(&diff.new)?)))
        .map_err(|error| Failure::coded(error, diff.json))?;
    Ok(Difference::between(&old.certificates, &new.certificates, now))
}

fn table(difference: &Difference, now: i64) -> String {
    let Difference { added, removed, kept, expiring } = difference;
    let mut out = String::new();
    let mut list = |sign: char, certificates: &[Certificate]| {
        for certificate in certificates {
            let _ = writeln!(out, "{sign} {}", one_line(certificate, now));
        }
    };
    list('-', removed);
    list('+', added);
    list('=', kept);
    let counts = [
        (added.len(), "added"),
        (removed.len(), "removed"),
        (kept.len(), "kept"),
        (expiring.len(), "about to expire"),
    ];
    let counts: Vec<_> = counts.iter().map(|(count, what)| format!("{count} {what}")).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}", counts.join(", "));
    out
}
