//! What to do about a failure, in words that fit where it happened.
//!
//! The table of codes has one remedy for each; here it is followed by what the evidence and the
//! place allow to say besides. The most likely cause comes first.

use super::{place::Service, report::Facts};
use crate::{
    config::{Address, Source},
    error::{Code, Error},
};

/// The remedy for an error.
pub(super) fn on(error: &Error, facts: &Facts) -> String {
    let mut says = Vec::new();
    match error.code().family() {
        "config" => config(error, facts, &mut says),
        "trust" => trust(error, facts, &mut says),
        "identity" => identity(facts, &mut says),
        "net" => net(error, facts, &mut says),
        "tls" => tls(error, facts, &mut says),
        "auth" => auth(error, facts, &mut says),
        "server" => server(error, facts, &mut says),
        _ => {}
    }
    if !REPLACED.contains(&error.code()) || says.is_empty() {
        says.insert(0, error.code().remedy().to_owned());
    }
    says.join(" ")
}

/// Codes whose advice here says all that the table does.
const REPLACED: &[Code] = &[Code::TlsBadCertificate, Code::NetClosed];

type Says = Vec<String>;

fn say(says: &mut Says, text: impl Into<String>) {
    says.push(text.into());
}

fn config(error: &Error, facts: &Facts, says: &mut Says) {
    let setting = error.evidence().iter().find(|(name, _)| *name == "setting");
    let setting = setting.map_or("", |(_, value)| value.as_str());
    if error.detail().contains("percent-encode") || error.detail().contains("scheme") {
        say(
            says,
            "In a URL each of / + = ? # @ : % of a password is percent-encoded (/ is %2F, + is \
             %2B, = is %3D); a password of its own variable, REDIS_PASSWORD, or a file is taken \
             as it is.",
        );
    }
    if facts.place.dotenv && (setting.starts_with("REDIS_") || setting == "url") {
        say(says, "It may come from .env: NAME=value, without quotes and without `export`.");
    }
}

fn trust(error: &Error, facts: &Facts, says: &mut Says) {
    match error.code() {
        Code::TrustUnreadable => mount(facts, says, "CA bundle"),
        Code::TrustEmpty | Code::TrustMalformed | Code::TrustExpired => fetch_cas(facts, says),
        _ => {}
    }
    if error.detail().contains("is not a CA") {
        say(
            says,
            "The file holds the certificate of a server or client: give the one of the CA that \
             issued it.",
        );
    }
}

/// Where the server's CAs come from.
fn fetch_cas(facts: &Facts, says: &mut Says) {
    match facts.service() {
        Service::Memorystore => say(
            says,
            "Memorystore: gcloud redis instances describe NAME --region REGION \
             --format='value(serverCaCerts[].cert)' | redlatch bundle merge - -o ca.pem",
        ),
        Service::ElastiCache | Service::Azure => say(
            says,
            "This service's certificates are issued by public CAs: leave ca_file out, and the \
             operating system's store is used (the package ca-certificates).",
        ),
        Service::Own => {}
    }
    if facts.place.kubernetes {
        say(
            says,
            "Kubernetes: kubectl create secret generic NAME --from-file=ca.pem \
             --dry-run=client -o yaml | kubectl apply -f - replaces the Secret without a gap, and \
             no pod has to restart.",
        );
    }
}

fn mount(facts: &Facts, says: &mut Says, what: &str) {
    if facts.place.kubernetes {
        say(
            says,
            format!(
                "Kubernetes: check that the Secret or ConfigMap of the {what} exists, has this \
                 key, and is mounted here as a folder (no subPath): kubectl describe pod NAME."
            ),
        );
    } else if facts.place.container || facts.place.compose {
        say(
            says,
            format!(
                "Container: mount the {what} into it (volumes or secrets in the Compose file), \
                 readable by its user; paths are those inside of the container."
            ),
        );
    } else if facts.place.systemd {
        say(
            says,
            format!("systemd: LoadCredential= puts the {what} below $CREDENTIALS_DIRECTORY."),
        );
    }
}

fn identity(facts: &Facts, says: &mut Says) {
    mount(facts, says, "client certificate");
}

fn net(error: &Error, facts: &Facts, says: &mut Says) {
    let address = facts.config.as_ref().map(|config| &config.address);
    let local = address.is_some_and(Address::is_local);
    let place = facts.place;
    match error.code() {
        Code::NetDns if place.kubernetes => {
            say(says, "Kubernetes: a Service is SERVICE.NAMESPACE.svc; kubectl get services -A.");
        }
        Code::NetDns if place.container || place.compose => say(
            says,
            "Compose: the host is the name of the service, and both services share a network; \
             such a name means nothing outside of the containers.",
        ),
        Code::NetRefused => {
            if let Some(Address::Unix(_)) = address {
                say(
                    says,
                    "Is the socket's path right (unixsocket in redis.conf), and may this user open it?",
                );
            }
            if local && place.container {
                say(
                    says,
                    "In a container localhost is the container itself: give the name of the \
                     server's service or host.",
                );
            } else if local {
                say(says, "Does it run? systemctl status redis-server; redis-cli ping.");
            }
            if place.compose || place.dotenv {
                say(
                    says,
                    "Compose: after a change of the password the server has to be made anew: \
                     docker compose up -d --force-recreate redis, then docker compose ps until it \
                     is healthy.",
                );
            }
            ports(facts, says);
        }
        Code::NetTimeout | Code::NetUnreachable => {
            match facts.service() {
                Service::Memorystore => say(
                    says,
                    "Memorystore is reached from its authorized VPC network only, also by peering \
                     or Private Service Connect.",
                ),
                Service::ElastiCache => say(
                    says,
                    "ElastiCache is reached from its VPC only; its security group must let this \
                     machine's in.",
                ),
                _ => {}
            }
            if place.kubernetes {
                say(says, "Kubernetes: does a NetworkPolicy forbid it?");
            }
        }
        Code::NetClosed => say(
            says,
            match error.detail().contains("before TLS") {
                true => {
                    "The server takes the connection and closes it before TLS: most often \
                     maxclients is reached (INFO clients), else a proxy in between has no server, \
                     or the port is not for clients. The server's log says which."
                }
                false => {
                    "The server closed the connection without a word: its log says why. Behind a \
                     proxy, look at the proxy's log too."
                }
            },
        ),
        _ => {}
    }
}

/// Ports that are known by heart, and wrong.
fn ports(facts: &Facts, says: &mut Says) {
    let port = match facts.config.as_ref().map(|config| &config.address) {
        Some(Address::Tcp { port, .. }) => *port,
        _ => return,
    };
    match facts.service() {
        Service::Memorystore if port != 6378 => {
            say(says, "Memorystore for Redis listens on 6378 with TLS, and only there.");
        }
        Service::Azure if !matches!(port, 6380 | 10000) => {
            say(says, "Azure listens on 6380 with TLS (10000 for Azure Managed Redis).");
        }
        _ => {}
    }
}

fn tls(error: &Error, facts: &Facts, says: &mut Says) {
    let leaf = facts.presented.leaf();
    match error.code() {
        Code::TlsPlaintextPeer | Code::TlsTimeout => {
            say(says, "redis-server speaks TLS on tls-port only; its port stays without TLS.");
            ports(facts, says);
        }
        Code::TlsRequired => {
            say(
                says,
                "Write rediss:// in place of redis://, or set REDIS_SSL_ENABLED=true, and give the \
                 server's CA by ca_file or REDIS_SSL_CA_CERTS.",
            );
            fetch_cas(facts, says);
        }
        Code::TlsUntrusted => untrusted(facts, says),
        Code::TlsExpired => {
            if let Some(one) = leaf {
                let end = crate::bundle::date(one.facts.not_after);
                say(says, format!("The server's certificate ended on {end}."));
            }
            say(
                says,
                "A certificate that was renewed is in force once the server has loaded it: CONFIG \
                 SET tls-cert-file PATH tls-key-file PATH, with the same paths again.",
            );
        }
        Code::TlsNotYetValid => {
            if let Some(one) = leaf {
                let start = crate::bundle::date(one.facts.not_before);
                say(says, format!("The server's certificate begins on {start}."));
            }
            say(says, "If it was made just now, this machine's clock is behind: timedatectl.");
        }
        Code::TlsNameMismatch => names(facts, says),
        Code::TlsBadCertificate => bad(error, says),
        Code::TlsClientCertRequired => mount(facts, says, "client certificate"),
        Code::TlsClientCertRejected => say(
            says,
            "The server trusts what its tls-ca-cert-file holds; its log names the reason.",
        ),
        _ => {}
    }
}

fn untrusted(facts: &Facts, says: &mut Says) {
    let Some(leaf) = facts.presented.leaf() else { return };
    let tops = facts.presented.certificates.last();
    let issuer = tops.map(|it| it.facts.issuer.as_str()).unwrap_or_default();
    let trust = facts.config.as_ref().and_then(|it| it.tls.as_ref()).map(|tls| &tls.trust);
    if facts.anchors.iter().any(|name| name == issuer) {
        say(
            says,
            "A trusted CA has the issuer's name and another key: the CA was made anew under its \
             old name. Publish the new one beside the old one.",
        );
    } else if leaf.facts.self_issued {
        say(
            says,
            "The server's certificate is self-signed: have a CA issue one, or trust this very \
             certificate if it is no CA.",
        );
    } else if trust == Some(&Source::System) {
        say(
            says,
            "No ca_file is given, so the operating system's CAs are used: name the server's own.",
        );
    } else if facts.presented.certificates.len() == 1 {
        say(
            says,
            "The server sent nothing but its own certificate: if an intermediate CA issued it, \
             tls-cert-file must hold the intermediate behind it.",
        );
    }
    if trust != Some(&Source::System) || facts.service() == Service::Memorystore {
        fetch_cas(facts, says);
    }
}

fn names(facts: &Facts, says: &mut Says) {
    let Some(leaf) = facts.presented.leaf() else { return };
    let names = &leaf.details.names;
    if names.is_empty() {
        say(
            says,
            format!(
                "The certificate has no subjectAltName; the common name{} does not count (RFC \
                 9525).",
                leaf.details
                    .common_name
                    .as_ref()
                    .map(|name| format!(", {name},"))
                    .unwrap_or_default()
            ),
        );
        return;
    }
    let config = facts.config.as_ref();
    let given = config.and_then(|it| it.tls.as_ref()).and_then(|it| it.expected_name.as_ref());
    let by_ip = matches!(
        config.map(|it| &it.address),
        Some(Address::Tcp { host, .. }) if host.parse::<std::net::IpAddr>().is_ok()
    );
    let known = names.iter().find_map(|name| name.strip_prefix("DNS:"));
    if let Some(given) = given {
        say(says, format!("expected_name={given} is none of its names: {}.", names.join(", ")));
    } else if let Some(name) = known.filter(|name| !name.starts_with('*')) {
        say(
            says,
            match by_ip {
                true => format!("It is for a name, not for this IP address: expected_name={name}."),
                false => format!("If {name} is the server that is meant: expected_name={name}."),
            },
        );
    }
    if facts.service() == Service::Memorystore {
        say(says, "Memorystore has a CA for each instance, so verify=ca tells one from another.");
    }
}

fn bad(error: &Error, says: &mut Says) {
    let why = error.detail();
    let cause = if why.contains("CA certificate stands") {
        "openssl req -x509 makes a CA unless told otherwise: issue a server certificate \
         (basicConstraints=CA:FALSE) from it."
    } else if why.contains("version 3") {
        "X.509 version 1 has no place for names: redis's gen-test-certs.sh makes such, as does \
         openssl x509 -req without -extfile."
    } else if why.contains("serverAuth") {
        "Its extendedKeyUsage must hold serverAuth."
    } else if why.contains("sent no certificate") {
        "Give the server one: tls-cert-file and tls-key-file."
    } else {
        ""
    };
    say(
        says,
        "Issue an X.509 v3 server certificate with a subjectAltName and the serverAuth purpose.",
    );
    if !cause.is_empty() {
        says.insert(0, cause.to_owned());
    }
}

fn auth(error: &Error, facts: &Facts, says: &mut Says) {
    let near = facts.warnings.iter().find(|text| text.contains("did you mean"));
    match error.code() {
        Code::AuthRequired => {
            if let Some(near) = near {
                says.push(format!("{near}."));
            }
            where_secrets_are(facts, says);
        }
        Code::AuthRejected => {
            shapes(facts, says);
            if error.detail().contains("user is disabled") && has_username(facts) {
                say(says, "ACL LIST on the server tells whether the user exists and is `on`.");
            }
            where_secrets_are(facts, says);
        }
        Code::AuthUnavailable => mount(facts, says, "secret"),
        Code::AuthUnexpected if facts.place.compose || facts.place.dotenv => say(
            says,
            "Compose: the server runs without requirepass, perhaps since before REDIS_PASSWORD \
             was set: docker compose up -d --force-recreate redis.",
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
            say(says, text);
        }
    }
}

fn where_secrets_are(facts: &Facts, says: &mut Says) {
    match facts.service() {
        Service::Memorystore => say(
            says,
            "Memorystore: gcloud redis instances get-auth-string NAME --region REGION; with IAM, a \
             token of an identity with redis.clusters.connect.",
        ),
        Service::ElastiCache => {
            say(says, "ElastiCache: an AUTH token has no username; an IAM token lasts 15 minutes.")
        }
        Service::Azure => {
            say(says, "Azure: with Entra ID the username is the object id of the identity.");
        }
        Service::Own => {}
    }
    let place = facts.place;
    if place.kubernetes {
        say(
            says,
            "Kubernetes: compare the mounted Secret with the server's; a file that ends in a newline is fine.",
        );
    } else if place.compose || place.dotenv {
        say(
            says,
            "Compose: REDIS_PASSWORD of .env must reach both services (docker compose exec redis \
             printenv REDIS_PASSWORD), and a change takes effect with docker compose up -d.",
        );
    } else if facts.service() == Service::Own {
        say(says, "redis.conf has it under requirepass, or in the ACL file.");
    }
}

fn server(error: &Error, facts: &Facts, says: &mut Says) {
    match error.code() {
        Code::ServerMaxClients => {
            say(
                says,
                "CLIENT LIST tells who holds the connections; CONFIG SET maxclients raises the limit.",
            );
        }
        Code::ServerProtectedMode => {
            say(
                says,
                "It listens to the network without a password: set requirepass, then restart.",
            );
            if facts.place.compose || facts.place.container {
                say(says, "Compose: --requirepass in the service's command.");
            }
        }
        Code::ServerReadonly => match facts.service() {
            Service::Memorystore => {
                say(says, "Memorystore: host and port, not readEndpoint, lead to the primary.");
            }
            Service::ElastiCache => {
                say(says, "ElastiCache: use the primary endpoint, not the reader endpoint.");
            }
            _ => say(says, "INFO replication names the primary; REPLICAOF NO ONE makes it one."),
        },
        Code::ServerMisconf => say(
            says,
            "Most often the disk is full or the data folder is not writable (INFO persistence, \
             docker compose logs redis).",
        ),
        Code::ServerOom => say(says, "maxmemory-policy decides whether old keys make room."),
        _ => {}
    }
}
