//! What the server is and can do now: role, data, limits, and how long it takes to answer.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::json;

use super::{Expected, Notes, network::Reached, visit::Visit};
use crate::{
    client::Profile,
    error::{Code, Error, Result},
    resp::Value,
};

/// Role, persistence, memory and limits.
///
/// # Errors
/// Why it takes no commands, or no writes.
pub(super) fn examine(
    visit: &mut Visit<'_>,
    expected: Expected,
    notes: &mut Notes<'_>,
) -> Result<()> {
    let info = match visit.ask(&["INFO"], notes.host)? {
        Value::Error(text) => {
            let error = Error::from_server_text(&text);
            if !is_withheld(&error) {
                return Err(error);
            }
            notes.tell("info", json!("INFO is withheld, so less is known"));
            HashMap::new()
        }
        value => fields(value.as_str().unwrap_or_default()),
    };
    let text = |name: &str| info.get(name).map(String::as_str);
    let number = |name: &str| info.get(name).and_then(|it| it.parse::<u64>().ok());
    let told = [
        "redis_version",
        "valkey_version",
        "redis_mode",
        "role",
        "master_host",
        "master_port",
        "master_link_status",
        "loading",
        "connected_clients",
        "maxclients",
        "used_memory",
        "maxmemory",
        "maxmemory_policy",
        "aof_enabled",
        "aof_last_write_status",
        "rdb_last_bgsave_status",
        "rdb_saves",
        "uptime_in_seconds",
    ];
    for name in told {
        if let Some(value) = text(name) {
            notes.tell(name, json!(value));
        }
    }
    if text("loading") == Some("1") {
        return Err(Error::new(Code::ServerLoading));
    }
    if text("role") == Some("slave") {
        if text("master_link_status") == Some("down") {
            return Err(Error::with_detail(
                Code::ServerMasterDown,
                "the replica's link to its primary is down",
            ));
        }
        if !expected.read_only {
            let error = Error::with_detail(Code::ServerReadonly, "its role is replica");
            return Err(match (text("master_host"), text("master_port")) {
                (Some(host), Some(port)) => error.with("primary", format!("{host}:{port}")),
                _ => error,
            });
        }
    }
    if let (Some(used), Some(most)) = (number("used_memory"), number("maxmemory"))
        && most > 0
    {
        if used >= most && text("maxmemory_policy") == Some("noeviction") {
            return Err(Error::new(Code::ServerOom)
                .with("used_memory", used)
                .with("maxmemory", most));
        }
        if used.saturating_mul(10) >= most.saturating_mul(9) {
            notes.warn(format!("{} % of maxmemory is used", used.saturating_mul(100) / most));
        }
    }
    if let (Some(clients), Some(most)) = (number("connected_clients"), number("maxclients"))
        && clients.saturating_mul(10) >= most.saturating_mul(9)
    {
        notes.warn(format!("{clients} of {most} possible clients are connected"));
    }
    let is_cluster = text("redis_mode") == Some("cluster");
    if is_cluster {
        cluster(visit, notes)?;
    }
    if text("redis_mode") == Some("sentinel") {
        return Err(Error::with_detail(
            Code::ServerError,
            "this is a sentinel, which holds no data",
        ));
    }
    if text("aof_enabled") == Some("0") {
        notes.warn(match number("rdb_saves") {
            Some(0) => {
                "nothing is persisted: no append-only file, and no snapshot so far".to_owned()
            }
            _ => "no append-only file: a crash loses what came after the last snapshot".to_owned(),
        });
    }
    for name in ["rdb_last_bgsave_status", "aof_last_write_status"] {
        if text(name) == Some("err") {
            notes.warn(format!("{name} is err: look at the server's log"));
        }
    }
    if !expected.read_only && !is_cluster {
        may_write(visit, notes)?;
    }
    skew(visit, notes)
}

/// Denied to this user, or renamed for everybody.
fn is_withheld(error: &Error) -> bool {
    error.code() == Code::AuthDenied || error.detail().contains("unknown command")
}

/// A write that changes nothing: the server checks whether it takes one, and finds no such key.
fn may_write(visit: &mut Visit<'_>, notes: &mut Notes<'_>) -> Result<()> {
    let now = notes.host.now();
    let key = format!("redlatch:doctor:{}", now.wall.as_nanos());
    if let Value::Error(text) = visit.ask(&["DEL", &key], notes.host)? {
        let error = Error::from_server_text(&text);
        if !is_withheld(&error) {
            return Err(error);
        }
        notes.tell("writable", json!("DEL is withheld, so this is not known"));
        return Ok(());
    }
    notes.tell("writable", json!(true));
    Ok(())
}

fn cluster(visit: &mut Visit<'_>, notes: &mut Notes<'_>) -> Result<()> {
    let answer = visit.ask(&["CLUSTER", "INFO"], notes.host)?;
    let info = fields(answer.as_str().unwrap_or_default());
    let state = info.get("cluster_state").map(String::as_str);
    notes.tell("cluster_state", json!(state));
    let slots = info.get("cluster_slots_assigned").cloned().unwrap_or_default();
    match state {
        Some("fail") => Err(Error::with_detail(Code::ServerClusterDown, "cluster_state is fail")
            .with("slots_assigned", slots)),
        _ => {
            notes.warn("this is a node of a cluster: use a client for clusters".to_owned());
            Ok(())
        }
    }
}

/// The server's clock beside this machine's: certificates and tokens depend on both.
fn skew(visit: &mut Visit<'_>, notes: &mut Notes<'_>) -> Result<()> {
    if let Value::Array(parts) = visit.ask(&["TIME"], notes.host)?
        && let Some(seconds) = parts.first().and_then(Value::as_str)
        && let Ok(seconds) = seconds.parse::<i64>()
    {
        let ahead = notes.host.now().unix_seconds() - seconds;
        notes.tell("clock_ahead_s", json!(ahead));
        if ahead.abs() > SKEW {
            let (far, way) = (ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" });
            notes.warn(format!("this machine's clock is {far} s {way} the server's"));
        }
    }
    Ok(())
}

/// A server that has lost its password lets everybody in, and nobody notices.
pub(super) fn lets_everybody_in(
    profile: &Arc<Profile>,
    reached: &Reached,
    notes: &mut Notes<'_>,
) -> Result<()> {
    let mut visit = Visit::open_as(profile, false, reached, notes.host)?;
    let open = !matches!(visit.ask(&["PING"], notes.host)?, Value::Error(_));
    visit.leave(notes.host);
    notes.tell("asks_for_a_password", json!(!open));
    if open {
        notes.warn(
            "the server lets everybody in without a password; require_server_auth refuses such a \
             server"
                .to_owned(),
        );
    }
    Ok(())
}

/// How long an answer takes.
pub(super) fn latency(visit: &mut Visit<'_>, notes: &mut Notes<'_>) -> Result<()> {
    let mut times = Vec::with_capacity(PINGS);
    for _ in 0..PINGS {
        let before = notes.host.now().monotonic;
        // Without the right to PING the refusal takes as long.
        visit.ask(&["PING"], notes.host)?;
        times.push(notes.host.now().monotonic.saturating_sub(before));
    }
    times.sort_unstable();
    let ms = |at: usize| times[at].as_micros() as f64 / 1000.0;
    notes.tell("pings", json!(PINGS));
    notes.tell("min_ms", json!(ms(0)));
    notes.tell("median_ms", json!(ms(PINGS / 2)));
    notes.tell("max_ms", json!(ms(PINGS - 1)));
    if times[PINGS / 2] > SLOW {
        notes.warn(format!("an answer takes {:.0} ms", ms(PINGS / 2)));
    }
    Ok(())
}

/// Whether a second connection saves most of the handshake.
pub(super) fn resumption(
    profile: &Arc<Profile>,
    reached: &Reached,
    notes: &mut Notes<'_>,
) -> Result<()> {
    let before = notes.host.now().monotonic;
    let visit = Visit::open(profile, reached, notes.host)?;
    let took = notes.host.now().monotonic.saturating_sub(before);
    let resumed = visit.is_resumed();
    visit.leave(notes.host);
    notes.tell("resumed", json!(resumed));
    notes.tell("connect_ms", json!(took.as_micros() as f64 / 1000.0));
    notes.tell("tcp_ms", json!(reached.took.as_micros() as f64 / 1000.0));
    if !resumed {
        notes.warn(
            "the server resumes no TLS session: each connection costs a full handshake".to_owned(),
        );
    }
    Ok(())
}

fn fields(text: &str) -> HashMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once(':'));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

const PINGS: usize = 9;
const SLOW: Duration = Duration::from_millis(50);
/// Seconds; the clock of the server is read a round trip before ours.
const SKEW: i64 = 5;
