//! The settings in force, for people and other languages. No secret is in it.

use std::{path::Path, time::Duration};

use serde_json::{Map, Value as Json, json};

use super::{Address, Config, Recycle, Source, Verify};

/// Stands for content that was handed in: a password, a key, or text that may hold one.
const MASK: &str = "***";

/// Every setting by its name in the table, with `address`, `warnings` and `dangers`. What is not
/// set is null; a URL is told by its parts. Handed back as settings, it means the same, but for
/// what is masked.
pub(crate) fn describe(config: &Config) -> Json {
    let mut all = Map::new();
    let mut put = |name: &str, value: Json| all.insert(name.to_owned(), value);
    let (host, port, path) = match &config.address {
        Address::Tcp { host, port } => (json!(host), json!(port), Json::Null),
        Address::Unix(path) => (Json::Null, Json::Null, shown(path)),
    };
    put("address", json!(config.address.to_string()));
    put("host", host);
    put("port", port);
    put("path", path);
    put("db", json!(config.db));

    let login = config.login.as_ref();
    let secret = login.map(|login| &login.secret);
    put("username", json!(login.and_then(|login| login.username.as_deref())));
    put("username_file", file(secret, 1));
    put("password", inline(secret, 0));
    put("password_file", file(secret, 0));
    put("password_command", command(secret));
    put("command_timeout", seconds(Some(config.command_timeout)));
    put("provide_credentials", json!(secret == Some(&Source::Host)));
    put("provider_interval", seconds(config.provider_interval));
    put("require_server_auth", json!(config.require_server_auth));

    let tls = config.tls.as_ref();
    let trust = tls.map(|tls| &tls.trust);
    let identity = tls.and_then(|tls| tls.identity.as_ref());
    put("tls", json!(tls.is_some()));
    let (ca_file, ca_files) = match trust {
        Some(Source::Files(paths)) if paths.len() > 1 => {
            (Json::Null, paths.iter().map(|path| shown(path)).collect())
        }
        _ => (file(trust, 0), Json::Null),
    };
    put("ca_file", ca_file);
    put("ca_files", ca_files);
    put("ca_pem", inline(trust, 0));
    put("provide_trust", json!(trust == Some(&Source::Host)));
    put("cert_file", file(identity, 0));
    put("key_file", file(identity, 1));
    put("key_password_file", file(identity, 2));
    put("cert_pem", inline(identity, 0));
    put("key_pem", inline(identity, 1));
    put("provide_identity", json!(identity == Some(&Source::Host)));
    put("key_password", json!(tls.and_then(|tls| tls.key_password.as_ref()).map(|_| MASK)));
    put(
        "verify",
        match tls.map(|tls| tls.verify) {
            Some(Verify::Full) => json!("full"),
            Some(Verify::Ca) => json!("ca"),
            Some(Verify::DangerNone) | None => Json::Null,
        },
    );
    put("expected_name", json!(tls.and_then(|tls| tls.expected_name.as_deref())));
    put("pin_sha256", tls.map_or(Json::Null, |tls| tls.pins.iter().map(hexadecimal).collect()));
    put("crl_file", file(tls.and_then(|tls| tls.crls.as_ref()), 0));
    put("tls_min_version", json!(tls.map(|tls| if tls.only_tls13 { "1.3" } else { "1.2" })));
    let keylog = tls.and_then(|tls| tls.danger_keylog_file.as_deref());
    put("danger_keylog_file", keylog.map_or(Json::Null, shown));
    for danger in ["danger_accept_any_certificate", "danger_plaintext_auth"] {
        put(danger, json!(config.dangers.contains(&danger)));
    }

    put("protocol", json!(config.protocol));
    put("client_name", json!(config.client_name));
    put("lib_name", json!(config.lib_name));
    put("lib_version", json!(config.lib_version));
    put("timeout", seconds(config.timeout));
    put("connect_timeout", seconds(Some(config.connect_timeout)));
    put("handshake_timeout", seconds(Some(config.handshake_timeout)));
    put("liveness", seconds(config.liveness));
    put("busy_poll", seconds(Some(config.busy_poll)));
    put("poll_interval", seconds(Some(config.poll_interval)));
    put("distrust_grace", seconds(Some(config.distrust_grace)));
    let recycle = match config.recycle {
        Recycle::Distrusted => "distrusted",
        Recycle::Always => "always",
        Recycle::Never => "never",
    };
    put("recycle", json!(recycle));
    put("backoff_min", seconds(Some(config.backoff_min)));
    put("backoff_max", seconds(Some(config.backoff_max)));
    put("max_connections", json!(config.max_connections));
    put("max_queue", json!(config.max_queue));
    put("max_queue_bytes", json!(config.max_queue_bytes));
    put("max_reply_bytes", json!(config.max_reply_bytes));
    put("warnings", json!(config.warnings));
    put("dangers", json!(config.dangers));
    Json::Object(all)
}

/// One path of a source of files.
fn file(source: Option<&Source>, at: usize) -> Json {
    match source {
        Some(Source::Files(paths)) => paths.get(at).map_or(Json::Null, |path| shown(path)),
        _ => Json::Null,
    }
}

/// The program only: what follows may be a token.
fn command(source: Option<&Source>) -> Json {
    match source {
        Some(Source::Command(words)) => match words.as_slice() {
            [program] => json!(program),
            [program, ..] => json!(format!("{program} {MASK}")),
            [] => Json::Null,
        },
        _ => Json::Null,
    }
}

fn hexadecimal(pin: &[u8; 32]) -> String {
    pin.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn inline(source: Option<&Source>, at: usize) -> Json {
    match source {
        Some(Source::Bytes(parts)) if parts.len() > at => json!(MASK),
        _ => Json::Null,
    }
}

fn shown(path: &Path) -> Json {
    json!(path.display().to_string())
}

/// Seconds; 0 means no limit, as in the table.
fn seconds(limit: Option<Duration>) -> Json {
    json!(limit.unwrap_or_default().as_secs_f64())
}
