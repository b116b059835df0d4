//! Servers that let a client in, or would, and cannot serve it.

use super::{Code, Error, Facts, Says, seen};
use crate::doctor::place::Service;

pub(super) fn server(error: &Error, facts: &Facts, says: &mut Says) {
    match error.code() {
        Code::ServerMaxClients => says.also(
            "CLIENT LIST tells who holds the connections; CONFIG SET maxclients raises the limit.",
        ),
        Code::ServerProtectedMode => {
            says.also(
                "It listens to the network without a password: set requirepass, then restart.",
            );
            if facts.place.compose || facts.place.container {
                says.also("Compose: --requirepass in the service's command.");
            }
        }
        Code::ServerLoading => says.also("INFO persistence tells how long (loading_eta_seconds)."),
        Code::ServerReadonly => readonly(error, facts, says),
        Code::ServerMasterDown => says.also(
            "INFO replication on it names the primary; if that one is well, the replica needs its \
             password (masterauth) and, where it speaks TLS only, tls-replication yes. The \
             replica's log says which.",
        ),
        Code::ServerMisconf => says.also(
            "Most often the disk is full or the data folder is not writable (INFO persistence, \
             docker compose logs redis).",
        ),
        Code::ServerOom => says.also("maxmemory-policy decides whether old keys make room."),
        Code::ServerClusterDown => match seen(error, "slots_assigned") {
            Some("0") => says.instead(
                "No hash slot is assigned to a node yet: redis-cli --cluster create HOST:PORT … \
                 makes the cluster.",
            ),
            _ => says.also(
                "redis-cli --cluster check HOST:PORT tells which hash slots no node serves \
                 (CLUSTER NODES: fail); --cluster fix assigns them anew.",
            ),
        },
        Code::ServerError if error.detail().contains("DB index") => says.instead(
            "The server has no database of this number: lower db, or raise databases in \
             redis.conf; a cluster has db 0 only.",
        ),
        Code::ServerError if error.detail().contains("sentinel") => says.instead(
            "Connect to the primary, not to the sentinel: SENTINEL GET-MASTER-ADDR-BY-NAME NAME \
             tells its address.",
        ),
        _ => {}
    }
}

fn readonly(error: &Error, facts: &Facts, says: &mut Says) {
    match (facts.service(), seen(error, "primary")) {
        (Service::Memorystore, _) => {
            says.also("Memorystore: host and port, not readEndpoint, lead to the primary.");
        }
        (Service::ElastiCache, _) => {
            says.also("ElastiCache: use the primary endpoint, not the reader endpoint.");
        }
        (_, Some(primary)) => says.also(format!("Its primary is {primary} (INFO replication).")),
        _ => says.also("INFO replication names the primary."),
    }
    says.also("If nothing is to be written: redlatch doctor --read-only.");
}
