//! What is said at each path.

use redlatch::core::metrics::CONTENT_TYPE;
use serde_json::{Value, json};

use super::http::Answer;
use super::watched::Watched;

pub(super) fn to(path: &str, watched: &Watched) -> Answer {
    match path {
        "/healthz" => {
            let live = watched.is_live();
            Answer::json(if live { 200 } else { 503 }, json!({ "live": live }).to_string())
        }
        "/readyz" => {
            let health = watched.health();
            let ready = serde_json::from_str::<Value>(&health).is_ok_and(|it| it["ok"] == true);
            Answer::json(if ready { 200 } else { 503 }, health)
        }
        "/metrics" => Answer {
            status: 200,
            content_type: CONTENT_TYPE,
            body: redlatch::metrics([watched.status()]),
        },
        "/status" => Answer::json(200, watched.status()),
        _ => Answer::json(
            404,
            json!({ "error": "there are /healthz, /readyz, /metrics and /status" }).to_string(),
        ),
    }
}
