"""Servers that let a client in and cannot serve it."""

from __future__ import annotations

import shutil
import socket
import threading

import redis

from examination import Bench, Case, at, check, table
from servers import free_port, says

DENIED = (
    b"-DENIED Redis is running in protected mode because protected mode is enabled and no "
    b"password is set for the default user.\r\n"
)


def loading(bench: Bench) -> list[str]:
    """Enough keys, and a delay for each, that it goes on as long as it is looked at."""
    full = bench.server()
    pipeline = redis.Redis(unix_socket_path=str(full.socket)).pipeline(transaction=False)
    for number in range(2000):
        pipeline.set(f"key:{number}", "x" * 40 + str(number))
    pipeline.execute()
    full.ask("SAVE")
    slow = ("--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024")
    # It listens from there on; what it has to load comes after.
    return at(bench.server("--dir", str(full.folder), *slow, until="Server initialized"))


def replica(*words: str):
    def broken(bench: Bench) -> list[str]:
        primary = bench.server("--repl-diskless-sync-delay", "0")
        of = bench.server("--replicaof", f"127.0.0.1 {primary.port}")
        of.expect("Finished with success")
        return [*at(of), *words]

    return broken


def orphan(bench: Bench) -> list[str]:
    gone = f"127.0.0.1 {free_port()}"
    return bench.plain("--replicaof", gone, "--replica-serve-stale-data", "no")


def misconfigured(bench: Bench) -> list[str]:
    """The folder of its snapshots has gone."""
    gone = bench.folder / "gone"
    gone.mkdir()
    server = bench.server("--save", "3600 1", "--dir", str(gone))
    shutil.rmtree(gone)
    server.ask("BGSAVE")
    server.expect("Background saving error")
    return at(server)


def busy(bench: Bench) -> list[str]:
    """A script without end, ended with the test."""
    server = bench.server("--busy-reply-threshold", "1")
    # Connected before, for a busy server takes only what ends the script.
    server.ask("PING")

    def forever() -> None:
        other = redis.Redis(unix_socket_path=str(server.socket))
        try:
            other.eval("while true do end", 0)
        except redis.ResponseError:
            other.close()

    thread = threading.Thread(target=forever)
    thread.start()

    def kill() -> None:
        server.ask("SCRIPT", "KILL")
        thread.join()

    bench.until_the_end(kill)
    server.expect("Slow script detected")
    return at(server)


def protected(bench: Bench) -> list[str]:
    """Only clients of other machines are refused, so an address that is not the loopback's."""
    address = own_address()
    if address is None:
        return bench.peer(says(DENIED, at_once=True))
    server = bench.server("--bind", "127.0.0.1", address)
    return ["--host", address, "--port", str(server.port)]


def slots_missing(bench: Bench) -> list[str]:
    server = bench.server("--cluster-enabled", "yes")
    server.ask("CLUSTER", "ADDSLOTSRANGE", 0, 100)
    return at(server)


def all_slots(bench: Bench) -> list[str]:
    server = bench.server("--cluster-enabled", "yes")
    server.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    server.expect("Cluster state changed: ok")
    return at(server)


def sentinel(bench: Bench) -> list[str]:
    """It writes its state into a file of settings."""
    first = (bench.file("sentinel.conf"), "--sentinel")
    return at(bench.server(first=first, until="Sentinel ID is"))


def own_address() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: it only finds the route.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


CASES = [
    Case("as it should be", lambda bench: bench.plain("--appendonly", "yes")),
    Case(
        "nothing is persisted",
        lambda bench: bench.plain(),
        warnings=("nothing is persisted",),
    ),
    Case(
        "loading",
        loading,
        "server.loading",
        "server",
        ("Wait until it has loaded", "loading_eta_seconds"),
    ),
    Case(
        "replica",
        replica(),
        "server.readonly",
        "server",
        ("Connect to the primary", "Its primary is 127.0.0.1:", "--read-only"),
    ),
    Case("replica that will do", replica("--read-only")),
    Case(
        "replica without its primary",
        orphan,
        "server.master_down",
        "server",
        ("Wait for the replica to reconnect", "masterauth", "tls-replication"),
    ),
    Case(
        "replica without its primary that will do",
        lambda bench: [*orphan(bench), "--read-only"],
        "server.master_down",
        "server",
        ("masterauth",),
    ),
    Case(
        "cannot save",
        misconfigured,
        "server.misconf",
        "server",
        ("not writable", "INFO persistence"),
    ),
    Case(
        "memory full",
        lambda bench: bench.plain("--maxmemory", "100kb"),
        "server.oom",
        "server",
        ("raise maxmemory", "maxmemory-policy"),
    ),
    Case(
        "memory nearly full, old keys make room",
        lambda bench: bench.plain("--maxmemory", "100kb", "--maxmemory-policy", "allkeys-lru"),
        warnings=("% of maxmemory is used",),
    ),
    Case("INFO renamed", lambda bench: bench.plain("--rename-command", "INFO", "")),
    Case(
        "busy with a script",
        busy,
        "server.busy",
        "server",
        ("SCRIPT KILL",),
    ),
    Case(
        "protected mode",
        protected,
        "server.protected_mode",
        "server",
        ("requirepass",),
    ),
    Case(
        "protected mode, with TLS to the port without",
        lambda bench: [*bench.peer(says(DENIED, at_once=True)), "--tls"],
        "server.protected_mode",
        "server",
        ("requirepass",),
    ),
    Case(
        "cluster without its slots",
        lambda bench: bench.plain("--cluster-enabled", "yes"),
        "server.cluster_down",
        "server",
        ("redis-cli --cluster create",),
    ),
    Case(
        "cluster with slots missing",
        slots_missing,
        "server.cluster_down",
        "server",
        ("redis-cli --cluster check", "--cluster fix"),
    ),
    Case(
        "node of a cluster",
        all_slots,
        warnings=("use a client for clusters",),
    ),
    Case(
        "sentinel",
        sentinel,
        "server.error",
        "server",
        ("SENTINEL GET-MASTER-ADDR-BY-NAME",),
    ),
    Case(
        "database that does not exist",
        lambda bench: [*bench.plain("--databases", "1"), "--db", "5"],
        "server.error",
        "server",
        ("raise databases",),
    ),
]


@table(*CASES)
def test_server(bench: Bench, case: Case) -> None:
    check(bench, case)
