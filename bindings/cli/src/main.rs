//! The `redlatch` command; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    redlatch_cli::run(std::env::args_os()).into()
}
