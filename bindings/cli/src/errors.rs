//! `redlatch errors`: the table of error codes.

use clap::Args;
use redlatch::Code;
use redlatch::core::document;

use crate::failure::{Failure, print};

#[derive(Args)]
pub(crate) struct Errors {
    /// Only this code or family.
    #[arg(value_name = "CODE")]
    code: Option<String>,
    /// Print the whole table as a JSON array.
    #[arg(long, conflicts_with = "code")]
    json: bool,
}

/// Runs `redlatch errors`.
pub(crate) fn run(errors: &Errors) -> Result<(), Failure> {
    if errors.json {
        return print(&(document::codes() + "\n"));
    }
    let wanted = |code: &&Code| match errors.code.as_deref() {
        Some(name) => name == code.name() || name == code.family(),
        None => true,
    };
    let rows: Vec<_> = Code::ALL
        .iter()
        .filter(wanted)
        .map(|code| {
            let (number, name, retry) = (code.number(), code.name(), code.retry().name());
            format!("{number} {name}, retry: {retry}\n  {}\n  {}\n", code.sentence(), code.remedy())
        })
        .collect();
    match rows.is_empty() {
        true => Err(Failure::new("there is no such code or family; `redlatch errors` lists all")),
        false => print(&rows.concat()),
    }
}
