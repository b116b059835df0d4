//! Durations on the command line, spelled as in settings.

use std::time::Duration;

/// `5`, `1.5`, `500ms`, `10s`, `2m` or `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
        .unwrap_or((text, 1.0));
    let seconds = number.trim().parse::<f64>().unwrap_or(f64::NAN) * factor;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        _ => Err("must be a duration such as 5, 1.5, 500ms or 2m".to_owned()),
    }
}

/// The same, and not none.
pub(crate) fn positive(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be more than zero".to_owned()),
        duration => Ok(duration),
    }
}

const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
