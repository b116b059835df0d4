//! Usernames and secrets.

use super::{Code, Error, Facts, Says, mount};
use crate::{config::Source, doctor::place::Service};

pub(super) fn auth(error: &Error, facts: &Facts, says: &mut Says) {
    match error.code() {
        Code::AuthRequired => {
            let near = facts.warnings.iter().find(|text| text.contains("did you mean"));
            if let Some(near) = near {
                says.instead(near);
            }
            where_secrets_are(facts, says);
        }
        Code::AuthRejected => {
            shapes(facts, says);
            if error.detail().contains("user is disabled") && has_username(facts) {
                says.also("ACL LIST on the server tells whether the user exists and is `on`.");
            }
            where_secrets_are(facts, says);
        }
        Code::AuthUnavailable => unavailable(error, facts, says),
        Code::AuthUnexpected if facts.place.compose || facts.place.dotenv => says.also(
            "Compose: the server runs without requirepass, perhaps since before REDIS_PASSWORD \
             was set: docker compose up -d --force-recreate redis.",
        ),
        _ => {}
    }
}

fn unavailable(error: &Error, facts: &Facts, says: &mut Says) {
    match facts.config.as_ref().and_then(|it| it.login.as_ref()).map(|login| &login.secret) {
        Some(Source::Files(_)) if !error.detail().contains("empty") => mount(facts, says, "secret"),
        Some(Source::Command(_)) => says.instead(
            "Run the password_command by hand as this program's user: it must end with status 0 \
             and print the secret. There is no shell; its words are split at blanks.",
        ),
        _ => {}
    }
}

fn has_username(facts: &Facts) -> bool {
    let login = facts.config.as_ref().and_then(|config| config.login.as_ref());
    login.is_some_and(|login| login.username.is_some() || login.username_from_source)
}

/// Accidents that secrets meet with.
fn shapes(facts: &Facts, says: &mut Says) {
    let shape = facts.shape;
    let accidents = [
        (
            shape.quoted,
            "The secret begins and ends with a quotation mark, which `docker run --env-file` and \
             some tools keep: write it without.",
        ),
        (shape.blank, "The secret begins or ends with a blank."),
        (shape.breaks, "The secret holds a line break: was it written by echo, or base64 twice?"),
        (
            shape.encoded,
            "The secret holds a percent sign with two digits: a password is percent-encoded in \
             URLs only.",
        ),
        (shape.variable, "The secret looks like the name of a variable that was not replaced."),
        (shape.token, "The secret is a token, which has an end: is it of this server and user?"),
    ];
    for (met, text) in accidents {
        if met {
            says.instead(text);
        }
    }
}

fn where_secrets_are(facts: &Facts, says: &mut Says) {
    match facts.service() {
        Service::Memorystore => says.also(
            "Memorystore: gcloud redis instances get-auth-string NAME --region REGION; with IAM, a \
             token of an identity with redis.clusters.connect.",
        ),
        Service::ElastiCache => {
            says.also("ElastiCache: an AUTH token has no username; an IAM token lasts 15 minutes.");
        }
        Service::Azure => {
            says.also("Azure: with Entra ID the username is the object id of the identity.");
        }
        Service::Own => {}
    }
    let place = facts.place;
    if place.kubernetes {
        says.also(
            "Kubernetes: compare the mounted Secret with the server's; a file that ends in a \
             newline is fine.",
        );
    } else if place.compose || place.dotenv {
        says.also(
            "Compose: REDIS_PASSWORD of .env must reach both services (docker compose exec redis \
             printenv REDIS_PASSWORD), and a change takes effect with docker compose up -d.",
        );
    } else if facts.service() == Service::Own {
        says.also("redis.conf has it under requirepass, or in the ACL file.");
    }
}
