//! Networks, and peers that are no Redis servers.

use super::{Code, Error, Facts, Says, seen};
use crate::{config::Address, doctor::place::Service};

pub(super) fn net(error: &Error, facts: &Facts, says: &mut Says) {
    let place = facts.place;
    match error.code() {
        Code::NetDns if place.kubernetes => {
            says.also("Kubernetes: a Service is SERVICE.NAMESPACE.svc; kubectl get services -A.");
        }
        Code::NetDns if place.container || place.compose => says.also(
            "Compose: the host is the name of the service, and both services share a network; \
             such a name means nothing outside of the containers.",
        ),
        Code::NetRefused => refused(facts, says),
        // TCP worked, so no route and no firewall is to blame.
        Code::NetTimeout if error.detail().contains("did not answer") => says.instead(
            "The port takes connections and says nothing: is it a Redis server's? One that is \
             stopped, out of memory or in a long command is silent too (its log, SLOWLOG GET).",
        ),
        Code::NetTimeout | Code::NetUnreachable => {
            match facts.service() {
                Service::Memorystore => says.also(
                    "Memorystore is reached from its authorized VPC network only, also by peering \
                     or Private Service Connect.",
                ),
                Service::ElastiCache => says.also(
                    "ElastiCache is reached from its VPC only; its security group must let this \
                     machine's in.",
                ),
                _ => {}
            }
            if place.kubernetes {
                says.also("Kubernetes: does a NetworkPolicy forbid it?");
            }
        }
        Code::NetClosed => says.instead(match error.detail().contains("before TLS") {
            true => {
                "The server takes the connection and closes it before TLS: most often maxclients \
                 is reached (INFO clients), else a proxy in between has no server, or the port is \
                 not for clients. The server's log says which."
            }
            false => {
                "The server closed the connection without a word: its log says why. Behind a \
                 proxy, look at the proxy's log too."
            }
        }),
        _ => {}
    }
}

fn refused(facts: &Facts, says: &mut Says) {
    let place = facts.place;
    let address = facts.config.as_ref().map(|config| &config.address);
    match address {
        Some(Address::Unix(_)) => {
            says.instead(
                "Is the server running, is the socket's path right (unixsocket in redis.conf), \
                 and may this user open it (unixsocketperm)?",
            );
            if place.container {
                says.also("Container: mount the folder of the socket into it.");
            }
        }
        Some(address) if address.is_local() && place.container => says.also(
            "In a container localhost is the container itself: give the name of the server's \
             service or host.",
        ),
        Some(address) if address.is_local() => {
            says.also("Does it run? systemctl status redis-server; redis-cli ping.");
        }
        _ => {}
    }
    if place.compose || place.dotenv {
        says.also(
            "Compose: after a change of the password the server has to be made anew: \
             docker compose up -d --force-recreate redis, then docker compose ps until it is \
             healthy.",
        );
    }
    ports(facts, says);
}

/// Ports that are known by heart, and wrong.
pub(super) fn ports(facts: &Facts, says: &mut Says) {
    let port = match facts.config.as_ref().map(|config| &config.address) {
        Some(Address::Tcp { port, .. }) => *port,
        _ => return,
    };
    match facts.service() {
        Service::Memorystore if port != 6378 => {
            says.also("Memorystore for Redis listens on 6378 with TLS, and only there.");
        }
        Service::Azure if !matches!(port, 6380 | 10000) => {
            says.also("Azure listens on 6380 with TLS (10000 for Azure Managed Redis).");
        }
        _ => {}
    }
}

pub(super) fn protocol(error: &Error, says: &mut Says) {
    // HTTP/1.1: no RESP type has this letter.
    if error.code() == Code::ProtocolMalformed && seen(error, "type") == Some("H") {
        says.also("It answers as a web server does.");
    }
}
