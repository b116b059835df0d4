//! `redlatch settings`: the table of settings.

use clap::Args;
use redlatch::core::config::{Kind, SETTINGS, Setting};
use redlatch::core::document;

use crate::failure::{Failure, print};

#[derive(Args)]
pub(crate) struct Listing {
    /// Only this setting, by its name or by an environment variable.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print the whole table as a JSON array.
    #[arg(long, conflicts_with = "name")]
    json: bool,
}

/// Runs `redlatch settings`.
pub(crate) fn run(listing: &Listing) -> Result<(), Failure> {
    if listing.json {
        return print(&(document::settings_table() + "\n"));
    }
    let wanted = |row: &&Setting| match listing.name.as_deref() {
        Some(name) => name == row.name || row.environment.contains(&name),
        None => true,
    };
    let rows: Vec<_> = SETTINGS.iter().filter(wanted).map(shown).collect();
    match rows.is_empty() {
        true => Err(Failure::new("there is no such setting; `redlatch settings` lists all")),
        false => print(&rows.concat()),
    }
}

fn shown(row: &Setting) -> String {
    let kind = match row.kind {
        Kind::Text => "text",
        Kind::Secret => "secret",
        Kind::Path => "path",
        Kind::Bool => "true or false",
        Kind::Integer => "whole number",
        Kind::Seconds => "duration",
        Kind::Choice => "one of its words",
        Kind::List => "list",
    };
    let mut text = format!("{}, {kind}", row.name);
    if !row.default.is_empty() {
        text += &format!(", default: {}", row.default);
    }
    text += &format!("\n  {}\n", row.sentence);
    if !row.environment.is_empty() {
        text += &format!("  environment: {}\n", row.environment.join(", "));
    }
    text
}
