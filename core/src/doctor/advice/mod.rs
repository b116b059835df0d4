//! What to do about a failure, in words that fit where it happened.
//!
//! The table of codes has one remedy for each; here it is followed by what the evidence and the
//! place allow to say besides, or replaced where they tell more than the code alone.

mod login;
mod network;
mod server;
mod settings;
mod tls;

use super::{place::Service, report::Facts};
use crate::error::{Code, Error};

/// The remedy for an error.
pub(super) fn on(error: &Error, facts: &Facts) -> String {
    let mut says = Says { table: Some(error.code().remedy()), more: Vec::new() };
    match error.code().family() {
        "config" => settings::config(error, facts, &mut says),
        "trust" => settings::trust(error, facts, &mut says),
        "identity" => settings::identity(error, facts, &mut says),
        "net" => network::net(error, facts, &mut says),
        "tls" => tls::tls(error, facts, &mut says),
        "auth" => login::auth(error, facts, &mut says),
        "protocol" => network::protocol(error, &mut says),
        "server" => server::server(error, facts, &mut says),
        _ => {}
    }
    says.table.into_iter().map(str::to_owned).chain(says.more).collect::<Vec<_>>().join(" ")
}

/// The table's remedy, and more.
struct Says {
    table: Option<&'static str>,
    more: Vec<String>,
}

impl Says {
    fn also(&mut self, text: impl Into<String>) {
        self.more.push(text.into());
    }

    /// In place of the table's remedy.
    fn instead(&mut self, text: impl Into<String>) {
        self.table = None;
        self.also(text);
    }
}

fn seen<'a>(error: &'a Error, name: &str) -> Option<&'a str> {
    let found = error.evidence().iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

/// Where the server's CAs come from.
fn fetch_cas(facts: &Facts, says: &mut Says) {
    match facts.service() {
        Service::Memorystore => says.also(
            "Memorystore: gcloud redis instances describe NAME --region REGION \
             --format='value(serverCaCerts[].cert)' | redlatch bundle merge - -o ca.pem",
        ),
        Service::ElastiCache | Service::Azure => says.also(
            "This service's certificates are issued by public CAs: leave ca_file out, and the \
             operating system's store is used (the package ca-certificates).",
        ),
        Service::Own => {}
    }
    if facts.place.kubernetes {
        says.also(
            "Kubernetes: kubectl create secret generic NAME --from-file=ca.pem \
             --dry-run=client -o yaml | kubectl apply -f - replaces the Secret without a gap, and \
             no pod has to restart.",
        );
    }
}

/// How a file gets to where the program runs.
fn mount(facts: &Facts, says: &mut Says, what: &str) {
    if facts.place.kubernetes {
        says.also(format!(
            "Kubernetes: check that the Secret or ConfigMap of the {what} exists, has this key, \
             and is mounted here as a folder (no subPath): kubectl describe pod NAME."
        ));
    } else if facts.place.container || facts.place.compose {
        says.also(format!(
            "Container: mount the {what} into it (volumes or secrets in the Compose file), \
             readable by its user; paths are those inside of the container."
        ));
    } else if facts.place.systemd {
        says.also(format!(
            "systemd: LoadCredential= puts the {what} below $CREDENTIALS_DIRECTORY."
        ));
    }
}
