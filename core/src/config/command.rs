//! The words of a command that prints a secret. No shell is involved.

use super::layers::Layers;
use crate::error::Result;

/// Splits at blanks; a JSON array of strings says exactly which words there are.
pub(super) fn words(layers: &Layers, name: &str, text: &str) -> Result<Vec<String>> {
    let words = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text)
            .map_err(|_| layers.invalid(name, "is no JSON array of strings"))?,
        false => text.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
    };
    match words.first() {
        Some(program) if !program.is_empty() => Ok(words),
        _ => Err(layers.invalid(name, "names no program")),
    }
}
