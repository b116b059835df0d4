//! Environment variables, as the host read them.

use super::{
    layers::distance,
    settings::{SETTINGS, truth},
};

/// What the environment holds, still unjudged.
pub(super) struct Environment {
    pub(super) values: Vec<(&'static str, String, String)>,
    pub(super) url: Option<(String, String)>,
    pub(super) warnings: Vec<String>,
}

pub(super) fn read(variables: &[(String, String)]) -> Environment {
    let mut found = Environment { values: Vec::new(), url: None, warnings: Vec::new() };
    for (variable, value) in variables {
        let text = value.trim();
        if text.is_empty() {
            continue;
        }
        let row = SETTINGS.iter().find(|row| row.environment.contains(&variable.as_str()));
        if row.is_some() || EXTRA.contains(&variable.as_str()) {
            if text.len() != value.len() {
                found.warnings.push(format!("blanks around the value of {variable} were removed"));
            }
        } else if let Some(near) = near_miss(variable) {
            found.warnings.push(format!("{variable} is not read; did you mean {near}?"));
        }
        match (row, variable.as_str()) {
            (Some(row), _) if row.name == "url" => {
                found.url = Some((text.to_owned(), variable.clone()));
            }
            // Kubernetes sets this for every Service called redis.
            (Some(row), _) if row.name == "port" && text.starts_with("tcp://") => {
                found.warnings.push(format!(
                    "{variable} holds the tcp:// address that Kubernetes injects for a Service; ignored"
                ));
            }
            (Some(row), _) => found.values.push((row.name, text.to_owned(), variable.clone())),
            (None, "REDIS_SSL_CERT_REQS") => match text.to_ascii_lowercase().as_str() {
                "required" | "cert_required" => {}
                "none" | "cert_none" => found.values.push((
                    "danger_accept_any_certificate",
                    "true".to_owned(),
                    variable.clone(),
                )),
                // Anything else must not weaken verification.
                _ => found.warnings.push(format!(
                    "{variable} is neither required nor none; the certificate is required"
                )),
            },
            (None, "REDIS_SSL_CHECK_HOSTNAME") => {
                if truth(text).is_none() {
                    found
                        .warnings
                        .push(format!("{variable} is neither true nor false; the name is checked"));
                }
                let verify = if truth(text) == Some(false) { "ca" } else { "full" };
                found.values.push(("verify", verify.to_owned(), variable.clone()));
            }
            (None, _) => {}
        }
    }
    found
}

/// A variable that looks like one of ours but is not.
fn near_miss(variable: &str) -> Option<&'static str> {
    let upper = variable.to_ascii_uppercase();
    if !upper.starts_with("REDIS_") {
        return None;
    }
    if upper == "REDIS_PASS" {
        return Some("REDIS_PASSWORD");
    }
    let known = SETTINGS.iter().flat_map(|row| row.environment).chain(EXTRA);
    known
        .map(|name| (distance(&upper, name), *name))
        .min()
        .filter(|(steps, _)| *steps <= 2)
        .map(|(_, name)| name)
}

const EXTRA: &[&str] = &["REDIS_SSL_CERT_REQS", "REDIS_SSL_CHECK_HOSTNAME"];

/// Secrets that have no `_FILE` twin would be a mistake in the table.
#[cfg(test)]
mod tests {
    use super::{super::settings::Kind, *};

    #[test]
    fn every_secret_variable_has_a_file_twin() {
        let all: Vec<&str> = SETTINGS.iter().flat_map(|row| row.environment).copied().collect();
        for row in SETTINGS.iter().filter(|row| row.kind == Kind::Secret) {
            for variable in row.environment {
                assert!(all.contains(&format!("{variable}_FILE").as_str()), "{variable}");
            }
        }
    }
}
