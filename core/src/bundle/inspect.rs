//! A bundle as a person looks at it: every certificate in it, trusted or not, and what to mind.

use serde_json::{Value as Json, json};

use super::{Bundle, Certificate, Difference, Kind, Rejected, classify::date, describe::facts};

impl Certificate {
    /// What to mind of it at `now`, in seconds since the Unix epoch, in words. That it may not be an
    /// anchor at all is not told here.
    pub fn warnings(&self, now: i64) -> Vec<String> {
        let (mut warnings, details) = (Vec::new(), self.details());
        let days = self.days_left(now);
        if self.not_before > now {
            warnings.push(format!("Not valid before {}.", date(self.not_before)));
        } else if (0..=Difference::NOTICE).contains(&days) {
            warnings.push(match days {
                0 => "It ends within a day.".to_owned(),
                1 => "It ends in 1 day.".to_owned(),
                _ => format!("It ends in {days} days."),
            });
        }
        match self.kind {
            Kind::Root => {}
            Kind::Intermediate => warnings.push(
                "An intermediate CA: clients trust it by itself, whatever becomes of its issuer."
                    .to_owned(),
            ),
            Kind::Leaf => warnings.push(
                "Not a CA: only the server that has this very certificate is trusted.".to_owned(),
            ),
        }
        if let Some(bits) = details.key.strip_prefix("RSA ").and_then(|it| it.parse::<u32>().ok())
            && bits < SHORTEST_RSA
        {
            warnings
                .push(format!("Its key is short: RSA {bits}, where {SHORTEST_RSA} is the least."));
        }
        if details.version == 1 {
            warnings.push("X.509 version 1: it does not say what it may be used for.".to_owned());
        }
        warnings
    }
}

/// Everything a person wants to know of a bundle; `pem` is what is trusted, written out cleanly.
pub(crate) fn inspect(bundle: &Bundle, now: i64) -> Json {
    let trusted = bundle.certificates.iter().map(|one| row(one, None, now));
    let rejected = bundle.rejected.iter().map(|it| row(&it.certificate, Some(it), now));
    json!({
        "certificates": trusted.chain(rejected).collect::<Vec<_>>(),
        "notes": bundle.notes,
        "sha256": bundle.sha256_hex(),
        "pem": bundle.to_pem().ok().filter(|pem| !pem.is_empty()),
    })
}

fn row(certificate: &Certificate, rejected: Option<&Rejected>, now: i64) -> Json {
    let (mut row, details) = (facts(certificate), certificate.details());
    let more = [
        ("trusted", json!(rejected.is_none())),
        ("code", json!(rejected.map(|it| it.code.name()))),
        ("reason", json!(rejected.map(|it| it.reason.clone()))),
        ("days_left", json!(certificate.days_left(now))),
        ("warnings", json!(rejected.map_or_else(|| certificate.warnings(now), |_| Vec::new()))),
        ("common_name", json!(details.common_name)),
        ("names", json!(details.names)),
        ("key", json!(details.key)),
        ("version", json!(details.version)),
        ("sha1", json!(details.sha1)),
        ("self_issued", json!(certificate.self_issued)),
    ];
    row.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Json::Object(row)
}

/// In bits: what is shorter is broken before a CA ends.
const SHORTEST_RSA: u32 = 2048;
