//! Connection URLs, split into settings.

use percent_encoding::percent_decode_str;

use super::{layers::unknown, settings::setting};
use crate::error::{Code, Error, Result};

/// The settings a URL holds. Errors never repeat the URL: it may hold a password.
pub(super) fn split(url: &str, origin: &str) -> Result<Vec<(&'static str, String)>> {
    let invalid =
        |why: &str| Error::with_detail(Code::ConfigInvalid, why.to_owned()).with("setting", origin);
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(invalid("has no scheme; write redis:// or rediss://"));
    };
    let tls = match scheme.to_ascii_lowercase().as_str() {
        "redis" | "valkey" => Some(false),
        "rediss" | "valkeys" => Some(true),
        "unix" | "redis+unix" | "valkey+unix" => None,
        _ => {
            return Err(invalid("has a scheme that is not redis, rediss, valkey, valkeys or unix"));
        }
    };
    if rest.contains('#') {
        return Err(invalid("has a fragment (#); percent-encode the character as %23"));
    }
    let decode = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(|text| text.into_owned())
            .map_err(|_| invalid("is not UTF-8 once percent-decoded"))
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match rest.find('/') {
        // A user may stand before the path of a Unix socket.
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let mut found = Vec::new();
    let (userinfo, server) = match authority.rsplit_once('@') {
        Some((userinfo, server)) => (Some(userinfo), server),
        None => (None, authority),
    };
    if let Some(userinfo) = userinfo {
        let (username, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        found.push(("username", decode(username)?));
        found.push(("password", decode(password)?));
    } else if tls.is_some() && path.contains('@') {
        return Err(invalid("holds an @ after the host; percent-encode / in the password as %2F"));
    }
    match tls {
        Some(tls) => {
            found.push(("tls", tls.to_string()));
            let (host, port) = host_and_port(server).ok_or_else(|| {
                invalid("has a port that is no number from 1 to 65535, or a password that must be percent-encoded")
            })?;
            found.push(("host", decode(host)?));
            found.push(("port", port.to_owned()));
            let db = path.trim_matches('/');
            if !db.is_empty() && db.parse::<u32>().is_err() {
                return Err(invalid("has a path that is no database number"));
            }
            found.push(("db", db.to_owned()));
        }
        None if path.is_empty() || !server.is_empty() => {
            return Err(invalid("holds no absolute path; write unix:///path/of/the/socket"));
        }
        None => found.push(("path", decode(path)?)),
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name)?;
        match setting(&name) {
            Some(row) if row.name != "url" => {
                let value = decode(value)?;
                let before =
                    found.iter().find(|(known, text)| *known == row.name && !text.is_empty());
                match before {
                    Some((_, before)) if !row.kind.is_same(before, &value) => {
                        return Err(Error::new(Code::ConfigConflict)
                            .with("first", format!("{origin} ({name})"))
                            .with("second", format!("{origin} (query {name})")));
                    }
                    _ => found.push((row.name, value)),
                }
            }
            // What follows a question mark in a password looks like a query too.
            _ if query.contains('@')
                || !name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_') =>
            {
                return Err(invalid(
                    "has a query that names no setting; percent-encode ? in the password as %3F",
                ));
            }
            _ => {
                return Err(unknown(&name, &format!("{origin} (query {name})")));
            }
        }
    }
    found.retain(|(_, text)| !text.is_empty());
    Ok(found)
}

fn host_and_port(server: &str) -> Option<(&str, &str)> {
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            (host, if after.is_empty() { after } else { after.strip_prefix(':')? })
        }
        None => server.split_once(':').unwrap_or((server, "")),
    };
    (port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0)).then_some((host, port))
}
