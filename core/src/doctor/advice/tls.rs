//! TLS, and the certificates of the server.

use super::{Code, Error, Facts, Says, fetch_cas, mount, network::ports, seen};
use crate::{
    bundle::date,
    config::{Address, Source},
    doctor::place::Service,
};

pub(super) fn tls(error: &Error, facts: &Facts, says: &mut Says) {
    let leaf = facts.presented.leaf();
    match error.code() {
        Code::TlsPlaintextPeer if seen(error, "answer").is_some_and(is_http) => {
            says.instead("A web server answers there: check host and port.");
        }
        Code::TlsPlaintextPeer | Code::TlsTimeout => {
            says.also("redis-server speaks TLS on tls-port only; its port stays without TLS.");
            ports(facts, says);
        }
        Code::TlsProtocol => protocol(error, facts, says),
        Code::TlsRequired => {
            says.also(
                "Write rediss:// in place of redis://, or set REDIS_SSL_ENABLED=true, and give the \
                 server's CA by ca_file or REDIS_SSL_CA_CERTS.",
            );
            fetch_cas(facts, says);
        }
        Code::TlsUntrusted => untrusted(facts, says),
        Code::TlsExpired => {
            if let Some(one) = leaf {
                let end = date(one.facts.not_after);
                says.also(format!("The server's certificate ended on {end}."));
            }
            says.also(
                "A certificate that was renewed is in force once the server has loaded it: CONFIG \
                 SET tls-cert-file PATH tls-key-file PATH, with the same paths again.",
            );
        }
        Code::TlsNotYetValid => {
            if let Some(one) = leaf {
                let start = date(one.facts.not_before);
                says.also(format!("The server's certificate begins on {start}."));
            }
            says.also("If it was made just now, this machine's clock is behind: timedatectl.");
        }
        Code::TlsNameMismatch => names(facts, says),
        Code::TlsBadCertificate => bad(error, says),
        Code::TlsClientCertRequired => mount(facts, says, "client certificate"),
        Code::TlsClientCertRejected => says
            .also("The server trusts what its tls-ca-cert-file holds; its log names the reason."),
        _ => {}
    }
}

fn is_http(answer: &str) -> bool {
    answer.starts_with("HTTP/")
}

fn protocol(error: &Error, facts: &Facts, says: &mut Says) {
    let only_tls13 =
        facts.config.as_ref().and_then(|it| it.tls.as_ref()).is_some_and(|tls| tls.only_tls13);
    match seen(error, "alert") {
        Some("ProtocolVersion") if only_tls13 => says.instead(
            "The server's tls-protocols lacks TLSv1.3: add it there, or set tls_min_version=1.2.",
        ),
        Some("ProtocolVersion") => says.also("On redis-server: tls-protocols \"TLSv1.2 TLSv1.3\"."),
        Some("HandshakeFailure") => says.also(
            "On redis-server: tls-ciphers DEFAULT. Also check that tls-key-file is the key of \
             tls-cert-file; the server's log names the reason.",
        ),
        _ => {}
    }
}

fn untrusted(facts: &Facts, says: &mut Says) {
    let Some(leaf) = facts.presented.leaf() else { return };
    let top = facts.presented.certificates.last();
    let issuer = top.map(|it| it.facts.issuer.as_str()).unwrap_or_default();
    let trust = facts.config.as_ref().and_then(|it| it.tls.as_ref()).map(|tls| &tls.trust);
    let own = facts.service() == Service::Own;
    if facts.anchors.iter().any(|name| name == issuer) {
        says.also(
            "A trusted CA has the issuer's name and another key: the CA was made anew under its \
             old name. Publish the new one beside the old one.",
        );
    } else if leaf.facts.self_issued {
        says.also(
            "The server's certificate is self-signed: have a CA issue one, or trust this very \
             certificate if it is no CA.",
        );
    } else if trust == Some(&Source::System) {
        says.also(
            "No ca_file is given, so the operating system's CAs are used: name the server's own.",
        );
    } else if facts.presented.certificates.len() == 1 && own {
        says.also(format!(
            "The server sent nothing but its own certificate, issued by {issuer}: if that is an \
             intermediate CA, tls-cert-file must hold its certificate behind the server's."
        ));
    }
    if trust != Some(&Source::System) || facts.service() == Service::Memorystore {
        fetch_cas(facts, says);
    }
}

fn names(facts: &Facts, says: &mut Says) {
    let Some(leaf) = facts.presented.leaf() else { return };
    let names = &leaf.details.names;
    if names.is_empty() {
        let common = leaf.details.common_name.as_ref();
        says.instead(format!(
            "The certificate has no subjectAltName; the common name{} does not count (RFC 9525): \
             issue one with a subjectAltName, or use verify=ca with a private CA of this server.",
            common.map(|name| format!(", {name},")).unwrap_or_default()
        ));
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
        says.also(format!("expected_name={given} is none of its names: {}.", names.join(", ")));
    } else if let Some(name) = known.filter(|name| !name.starts_with('*')) {
        says.also(match by_ip {
            true => format!("It is for a name, not for this IP address: expected_name={name}."),
            false => format!("If {name} is the server that is meant: expected_name={name}."),
        });
    } else {
        says.also(format!("It is for {} only.", names.join(", ")));
    }
    if facts.service() == Service::Memorystore {
        says.also("Memorystore has a CA for each instance, so verify=ca tells one from another.");
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
    } else if why.contains("signature algorithm") {
        "Its CA signed it with an algorithm that is no longer accepted, such as SHA-1: issue it \
         anew with SHA-256."
    } else if why.contains("RSA key") {
        "Use an RSA key of 2048 bits or more, or one of P-256."
    } else if why.contains("sent no certificate") {
        "Give the server one: tls-cert-file and tls-key-file."
    } else {
        return;
    };
    says.instead(cause);
    says.also(error.code().remedy());
}
