use redlatch_core::{Config, config::Value, document};

/// The first line is a URL, the others are settings (`name=value`) or, in capitals, the environment.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let url = lines.next().unwrap_or_default();
    let (mut explicit, mut environment) = (Vec::new(), Vec::new());
    for line in lines {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        match name.starts_with("REDIS_") {
            true => environment.push((name.to_owned(), value.to_owned())),
            false => explicit.push((name, Value::Text(value.to_owned()))),
        }
    }
    // Whoever else's name it has: the value of a secret is never repeated.
    explicit.push(("key_password", Value::Text(SECRET.to_owned())));
    environment.push(("REDIS_PASSWORD".to_owned(), SECRET.to_owned()));
    let known = text.contains(SECRET);
    judge(Config::from_url(url), known);
    explicit.push(("url", Value::Text(url.to_owned())));
    judge(Config::parse(explicit, Some(&environment)), known);
    let _ = document::settings(&text);
}

fn judge(parsed: redlatch_core::Result<Config>, known: bool) {
    let said = match &parsed {
        Ok(config) => {
            assert!(config.login.is_none() || config.tls.is_some() || is_allowed(config));
            format!("{config:?}")
        }
        Err(error) => {
            assert_eq!(error.code().family(), "config", "{error}");
            format!("{error} {error:?} {}", document::error(error))
        }
    };
    assert!(known || !said.contains(SECRET), "a secret was said: {said}");
}

/// A password leaves in clear only to this machine, or because somebody insists.
fn is_allowed(config: &Config) -> bool {
    config.address.is_local() || config.dangers.contains(&"danger_plaintext_auth")
}

const SECRET: &str = "hunter2-hunter2";
