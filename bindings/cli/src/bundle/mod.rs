//! `redlatch bundle`: what CA bundles hold, what a rotation changes, and whether it is safe.

mod check;
mod diff;
mod input;
mod merge;
mod replace;
mod show;
mod watch;

use clap::{Args, Subcommand};
use redlatch::core::bundle::{Certificate, Difference};

use crate::failure::Failure;

#[derive(Args)]
pub(crate) struct Bundle {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the certificates of bundles in any text form; fail if redlatch would refuse one.
    #[command(after_help = show::EXAMPLES)]
    Show(show::Show),
    /// Tell whether a live server would be trusted with a bundle, and with the next one.
    #[command(after_help = check::EXAMPLES)]
    Check(Box<check::Check>),
    /// Tell what a rotation from one bundle to another changes.
    #[command(after_help = diff::EXAMPLES)]
    Diff(diff::Diff),
    /// Make one clean PEM bundle of several in any text form.
    #[command(after_help = merge::EXAMPLES)]
    Merge(merge::Merge),
    /// Follow a bundle as a client does, and tell of each rotation.
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::Watch),
}

/// Runs `redlatch bundle …`.
pub(crate) fn run(bundle: &Bundle) -> Result<(), Failure> {
    match &bundle.command {
        Command::Show(show) => show::run(show),
        Command::Check(check) => check::run(check),
        Command::Diff(diff) => diff::run(diff),
        Command::Merge(merge) => merge::run(merge),
        Command::Watch(watch) => watch::run(watch),
    }
}

/// `41 days left`, with a word of warning towards the end.
fn life(certificate: &Certificate, now: i64) -> String {
    match certificate.days_left(now) {
        days if days < 0 => "expired".to_owned(),
        days if days <= Difference::NOTICE => format!("only {days} days left"),
        days => format!("{days} days left"),
    }
}

/// The certificate in one line, without its kind.
fn one_line(certificate: &Certificate, now: i64) -> String {
    let (subject, life) = (&certificate.subject, life(certificate, now));
    format!("{subject}, {life}, sha256 {}", certificate.sha256_hex())
}
