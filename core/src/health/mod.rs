//! Whether a client can serve: a judgement over its status and what a server answered to it.
//!
//! ```text
//! host ── COMMANDS, in one flight, within a limit ──▶ server
//!   └── status, outcome ──▶ judge ──▶ one document, the same in every language
//! ```
//!
//! A process is *live* as long as it can serve at all, whatever becomes of the server: a restart would
//! mend nothing else. It is *ready* (`ok`) if the server answers, is trusted, has let the client in,
//! and takes writes, unless reading is enough.

mod answer;
mod materials;
mod problem;

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    error::{Code, Error, Result},
    resp::Reply,
};
use answer::Answer;
use problem::Problem;

/// What a host runs for a judgement: in one flight, within a limit, and never again by itself.
pub const COMMANDS: [&[&str]; 2] = [&["PING"], &["INFO", "replication"]];

/// How long a host waits for the answers unless it is told otherwise, in milliseconds. Kubernetes
/// gives a probe one second.
pub const LIMIT_MS: u32 = 900;

/// What a host does for a judgement: `commands` and `limit_ms`, as a JSON document.
pub fn plan() -> String {
    json!({ "commands": COMMANDS, "limit_ms": LIMIT_MS }).to_string()
}

/// The outcome of [`COMMANDS`], as [`judge`] takes it.
pub fn outcome<'a, R: Iterator<Item = Reply<'a>>>(
    took: Duration,
    replies: Result<R, &Error>,
) -> String {
    let seconds = took.as_secs_f64();
    let failed =
        |error: &Error| json!({ "code": error.code().name(), "message": error.to_string() });
    match replies {
        Ok(replies) => {
            let replies = replies.map(|reply| match (reply.error_text(), reply.to_value()) {
                (Some(text), _) => failed(&Error::from_server_text(&text)),
                (None, value) => json!({ "text": value.as_str().unwrap_or_default() }),
            });
            json!({ "seconds": seconds, "replies": replies.collect::<Vec<_>>() })
        }
        Err(error) => {
            let mut outcome = failed(error);
            outcome["seconds"] = seconds.into();
            outcome
        }
    }
    .to_string()
}

/// Judges a client, as a JSON document:
///
/// | field | |
/// |---|---|
/// | `ok` | whether it is ready: nothing is failing |
/// | `live` | whether the client serves at all: it is neither closed nor broken inside |
/// | `alive` | whether the server answered a PING in time; null if it was not asked |
/// | `authenticated`, `writable` | null if that cannot be said, as `writable` if the user may not run INFO |
/// | `role` | `primary` or `replica`, or null |
/// | `trust` | `ok`, `warning`, `failing`, or `off` without TLS |
/// | `code`, `text`, `remedy` | of the first problem, or null |
/// | `problems` | all of them, what fails first: `severity` (`failing` or `warning`), `code`, `text`, `remedy` |
/// | `seconds` | how long the answers took, or null |
/// | `state`, `address` | as in the status |
///
/// `outcome` is null if the commands were not run, or an object with `seconds`, and either `replies`,
/// one for each of [`COMMANDS`], an object with `text` or with the error's `code` and `message`; or
/// `code` and `message` of what failed them all.
///
/// # Errors
/// `client.misuse` if a document is not as said.
pub fn judge(status: &str, outcome: &str, read_only: bool) -> Result<String> {
    let status: Value = parsed(status)?;
    let outcome: Value = parsed(outcome)?;
    let answer = Answer::read(&outcome, &status);
    let closed = status["state"] == "closed";
    let broken =
        status["last_error"]["code"].as_str().is_some_and(|code| code.starts_with("internal."));

    let mut problems = Vec::new();
    if closed {
        problems.push(Problem::failing(Code::ClientClosed.name(), ""));
    }
    answer.problems(read_only, &mut problems);
    let (trust, others) = materials::problems(&status);
    let trust_state = match (&status["trust"], trust.iter().map(|problem| problem.is_failing).max())
    {
        (Value::Null, None) => "off",
        (_, None) => "ok",
        (_, Some(false)) => "warning",
        (_, Some(true)) => "failing",
    };
    problems.extend(trust);
    problems.extend(others);
    let problems = in_order(problems);
    let first = problems.first();
    Ok(json!({
        "ok": !problems.iter().any(|problem| problem.is_failing),
        "live": !closed && !broken,
        "alive": answer.alive,
        "authenticated": answer.authenticated,
        "writable": answer.writable,
        "role": answer.role,
        "trust": trust_state,
        "code": first.map(|problem| &problem.code),
        "text": first.map(|problem| &problem.text),
        "remedy": first.map(|problem| problem.remedy),
        "problems": problems.iter().map(Problem::document).collect::<Vec<_>>(),
        "seconds": outcome["seconds"],
        "state": status["state"],
        "address": status["address"],
    })
    .to_string())
}

/// What fails first; of several that say the same the first.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| !problem.is_failing);
    let mut kept: Vec<Problem> = Vec::new();
    for problem in problems {
        // A failure to connect is known twice: to the commands, and to the client.
        let known = kept.iter().any(|it| it.code == problem.code && it.is_failing);
        if !known && !kept.contains(&problem) {
            kept.push(problem);
        }
    }
    kept
}

fn parsed(document: &str) -> Result<Value> {
    serde_json::from_str(document).map_err(|error| {
        Error::with_detail(Code::ClientMisuse, "a document for a judgement is no JSON")
            .with("line", error.line())
    })
}
