//! `redlatch bundle merge`: several bundles as one clean PEM.

use std::path::PathBuf;

use clap::Args;
use redlatch::clock;
use redlatch::core::bundle::Bundle as Contents;

use super::input;
use super::replace::{Replaced, replace};
use crate::failure::{Because as _, Failure, print, warn};

#[derive(Args)]
pub(super) struct Merge {
    /// Bundles in any text form; - reads standard input.
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// Replace this file in one step, in place of writing to standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print failures as JSON, on standard error.
    #[arg(long)]
    json: bool,
}

pub(super) const EXAMPLES: &str = "\
Each certificate is written once, below a comment that names it. Certificates that no client may
trust (expired, not a CA) are left out with a note on standard error. If an input cannot be read in
full, is empty or holds a private key, or if no CA is left, nothing is written.

All inputs are read before the output is replaced, so the output may be an input. It is replaced by
a rename: who reads it finds the old bundle or the new one, whole. Its mode is kept (new: 0644), and
it is left alone if nothing changes.

Rotation: first trust the new CA besides the old one, let the server change over, then drop the old.

  From a managed instance, whose list grows while its CA rotates:
    gcloud redis instances describe NAME --region REGION \\
      --format='value(serverCaCerts[].cert)' | redlatch bundle merge - > ca.pem

  The same, and never lose a CA that is still in use (drop it later with a merge without ca.pem):
    gcloud redis instances describe NAME --region REGION \\
      --format='value(serverCaCerts[].cert)' | redlatch bundle merge ca.pem - -o ca.pem

  Into a Kubernetes Secret (apply changes it in place: there is no moment without it):
    redlatch bundle merge ca.pem next.pem -o ca.pem &&
    kubectl create secret generic redis-ca --from-file=ca.pem \\
      --dry-run=client -o yaml | kubectl apply -f -

  From what a cluster holds now:
    kubectl get secret redis-ca -o json | redlatch bundle merge - next.pem -o ca.pem";

pub(super) fn run(merge: &Merge) -> Result<(), Failure> {
    input::at_most_one_stdin(&merge.inputs)?;
    let failed = |error| Failure::coded(error, merge.json);
    let now = clock::now().unix_seconds();
    let parts = merge.inputs.iter().map(|path| input::bundle(path, now, Contents::parse_part));
    let parts: Vec<_> = parts.collect::<redlatch::Result<_>>().map_err(failed)?;
    let merged = Contents::merge(parts, now).map_err(failed)?;
    let text = merged.to_pem().map_err(failed)?;
    for rejected in &merged.rejected {
        let (subject, sha256) = (&rejected.certificate.subject, rejected.certificate.sha256_hex());
        warn(format_args!("left out {subject}: {} (sha256 {sha256})", rejected.reason));
    }
    let Some(output) = &merge.output else { return print(&text) };
    let shown = output.display();
    let count = merged.certificates.len();
    match replace(output, text.as_bytes()).because(format_args!("write {shown}"))? {
        Replaced::Changed => warn(format_args!("wrote {count} CAs to {shown}")),
        Replaced::Same => warn(format_args!("{shown} already holds exactly these {count} CAs")),
    }
    Ok(())
}
