//! What the server's answers to the commands of a judgement say.

use serde_json::Value;

use super::problem::Problem;
use crate::error::Code;

#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) alive: Option<bool>,
    pub(super) authenticated: Option<bool>,
    pub(super) writable: Option<bool>,
    pub(super) role: Option<&'static str>,
    /// Why the server cannot be used, or not now: code and text.
    refusal: Option<(String, String)>,
    /// Why it takes no writes.
    unwritable: Option<(String, String)>,
    /// What a replica serves may be old.
    lost_primary: bool,
}

impl Answer {
    pub(super) fn read(outcome: &Value, status: &Value) -> Self {
        let mut answer = Self::default();
        if let Some(mut refused) = failure(outcome) {
            // A host that measures time itself knows no cause; the client may.
            if refused.0 == Code::ClientTimeout.name()
                && let Some(code) = status["last_error"]["code"].as_str()
            {
                let text = status["last_error"]["text"].as_str().unwrap_or_default();
                refused = (code.to_owned(), text.to_owned());
            }
            let (code, text) = refused;
            answer.alive = Some(false);
            answer.authenticated = is_login(&code).then_some(false);
            answer.refusal = Some((code, text));
            return answer;
        }
        let Some(replies) = outcome["replies"].as_array() else { return answer };
        if let Some(ping) = replies.first() {
            answer.take_ping(ping);
        }
        if let Some(info) = replies.get(1).and_then(|reply| reply["text"].as_str()) {
            answer.take_replication(info);
        }
        answer
    }

    pub(super) fn problems(self: &Answer, read_only: bool, problems: &mut Vec<Problem>) {
        if let Some((code, text)) = &self.refusal {
            problems.push(Problem::failing(code, text));
        }
        if let Some((code, text)) = self.unwritable.as_ref().filter(|_| !read_only) {
            problems.push(Problem::failing(code, text));
        }
        if self.lost_primary {
            problems.push(Problem::warning(Code::ServerMasterDown.name(), ""));
        }
    }

    /// Any answer shows that the server is there; an error may show that it is of no use.
    fn take_ping(&mut self, reply: &Value) {
        self.alive = Some(true);
        let Some((code, text)) = failure(reply) else {
            self.authenticated = Some(true);
            return;
        };
        self.authenticated = Some(!is_login(&code));
        // Who may not even PING may be allowed what the application does.
        if code == Code::AuthDenied.name() {
            return;
        }
        // Redis refuses PING, too, while it cannot write to disk.
        if code == Code::ServerMisconf.name() || code == Code::ServerReadonly.name() {
            self.writable = Some(false);
            self.unwritable = Some((code, text));
        } else {
            self.refusal = Some((code, text));
        }
    }

    fn take_replication(&mut self, info: &str) {
        let field = |name: &str| {
            let mut fields = info.lines().filter_map(|line| line.trim().split_once(':'));
            fields.find(|(known, _)| *known == name).map(|(_, value)| value)
        };
        match field("role") {
            Some("master") => {
                self.role = Some("primary");
                self.writable = self.writable.or(Some(true));
            }
            Some("slave") => {
                self.role = Some("replica");
                self.lost_primary = field("master_link_status") == Some("down");
                let writable = field("slave_read_only") == Some("0");
                self.writable = self.writable.or(Some(writable));
                if !writable && self.unwritable.is_none() {
                    self.unwritable = Some((Code::ServerReadonly.name().to_owned(), String::new()));
                }
            }
            _ => {}
        }
    }
}

/// Code and text of an outcome that is one.
fn failure(outcome: &Value) -> Option<(String, String)> {
    let code = outcome["code"].as_str()?.to_owned();
    Some((code, outcome["message"].as_str().unwrap_or_default().to_owned()))
}

fn is_login(code: &str) -> bool {
    Code::named(code).is_some_and(|code| code.is_login_refusal() || code == Code::AuthUnavailable)
}
