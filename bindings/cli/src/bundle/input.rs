//! Bundles as they are named on the command line.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use redlatch::core::bundle::{Bundle, MAX_BYTES};
use redlatch::{Code, Error, Result};

use crate::failure::Failure;

/// The content of a bundle; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let read = |source: &mut dyn Read| {
        let mut bytes = Vec::new();
        // One more than allowed, so that the core can tell.
        source.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map(|_| bytes)
    };
    let bytes = match is_stdin(path) {
        true => read(&mut io::stdin()),
        false => File::open(path).and_then(|mut file| read(&mut file)),
    };
    bytes.map_err(|error| named(Error::with_detail(Code::TrustUnreadable, error.to_string()), path))
}

/// A bundle, read by `parse`.
pub(super) fn bundle(
    path: &Path,
    now: i64,
    parse: fn(&[u8], i64) -> Result<Bundle>,
) -> Result<Bundle> {
    parse(&read(path)?, now).map_err(|error| named(error, path))
}

/// The error with the file it is about.
pub(super) fn named(error: Error, path: &Path) -> Error {
    error.with("path", path.display())
}

/// Standard input can be read once.
pub(super) fn at_most_one_stdin<'a>(
    paths: impl IntoIterator<Item = &'a PathBuf>,
) -> std::result::Result<(), Failure> {
    match paths.into_iter().filter(|path| is_stdin(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::new("standard input (-) can be read only once")),
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}
