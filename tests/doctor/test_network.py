"""Networks that do not lead to a server, and ports that are not what they were taken for."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

from authority import authority, issue
from examination import PASSWORD, Bench, Case, at, check, in_a_pod, table
from servers import closes, forwards, free_port, says, secured, silent

CA = authority("Lab CA")
LEAF = issue("server", CA)
RSA = issue("server", CA, key=rsa.generate_private_key(65537, 2048))
HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
FULL = b"-ERR max number of clients reached\r\n"


def nobody() -> list[str]:
    return ["--host", "127.0.0.1", "--port", str(free_port())]


def beside(file: str, broken):
    """With a file in the working directory."""

    def with_file(bench: Bench) -> list[str]:
        bench.file(file, "")
        return broken(bench)

    return with_file


def with_tls(words: list[str], bench: Bench) -> list[str]:
    return [*words, "--ca-file", bench.file("ca.pem", CA.pem)]


def full(*options: str, pair=None):
    """A server whose one place is taken by the administrator."""

    def broken(bench: Bench) -> list[str]:
        server = bench.server("--maxclients", "1", *options, pair=pair)
        server.ask("PING")
        words = at(server)
        return with_tls(words, bench) if pair else words

    return broken


def oldest(version: str, *options: str, key=None):
    def broken(bench: Bench) -> list[str]:
        words = bench.secure(issue("server", CA, key=key), CA, *options)
        return [*words, "--tls-min-version", version]

    return broken


def key_of_another_kind(bench: Bench) -> list[str]:
    """A live server takes it, and then fails at each handshake."""
    server = bench.server(pair=LEAF)
    key = bench.file("rsa.key", RSA.key_pem())
    server.ask("CONFIG", "SET", "tls-key-file", key)
    return with_tls(at(server), bench)


def no_resumption(bench: Bench) -> list[str]:
    """In front of a server that speaks no TLS itself."""
    server = bench.server()
    return with_tls(bench.peer(secured(LEAF, bench.folder, forwards(server.port))), bench)


def behind_tls(behave):
    return lambda bench: with_tls(bench.peer(secured(LEAF, bench.folder, behave)), bench)


def plaintext_with_password(bench: Bench) -> list[str]:
    server = bench.server("--requirepass", PASSWORD)
    return [*with_tls(at(server), bench), *bench.password()]


NETWORK = [
    Case(
        "unknown host",
        lambda bench: ["--host", "no-such-host.invalid"],
        "net.dns",
        "dns",
        ("Check the host name",),
    ),
    Case(
        "unknown host beside a Compose file",
        beside("compose.yaml", lambda bench: ["--host", "redis.invalid"]),
        "net.dns",
        "dns",
        ("name of the service", "share a network"),
        says={"place": "compose"},
    ),
    Case(
        "unknown host in a pod",
        in_a_pod(lambda bench: ["--host", "redis.invalid"]),
        "net.dns",
        "dns",
        ("SERVICE.NAMESPACE.svc",),
        says={"place": "kubernetes"},
    ),
    Case(
        "refused",
        lambda bench: nobody(),
        "net.refused",
        "tcp",
        ("Check host and port", "is running"),
    ),
    Case(
        "refused beside a .env",
        beside(".env", lambda bench: nobody()),
        "net.refused",
        "tcp",
        ("docker compose up -d --force-recreate redis", "docker compose ps"),
    ),
    Case(
        "refused beside a Compose file",
        beside("docker-compose.prod.yml", lambda bench: nobody()),
        "net.refused",
        "tcp",
        ("--force-recreate",),
        says={"place": "compose"},
    ),
    Case(
        "Unix socket missing",
        lambda bench: ["--path", str(bench.folder / "nowhere.sock")],
        "net.refused",
        "tcp",
        ("unixsocket in redis.conf",),
    ),
    Case(
        "black hole",
        lambda bench: bench.black_hole(),
        "net.timeout",
        "tcp",
        ("firewalls",),
    ),
    Case(
        "closed at once",
        lambda bench: bench.peer(closes),
        "net.closed",
        "auth",
        ("log says why",),
    ),
    Case(
        "silent without TLS",
        lambda bench: bench.peer(silent),
        "net.timeout",
        "auth",
        ("takes connections and says nothing",),
    ),
    Case(
        "web server without TLS",
        lambda bench: bench.peer(says(HTTP)),
        "protocol.malformed",
        "auth",
        ("lead to a Redis or Valkey server", "web server"),
    ),
]

TLS = [
    Case(
        "TLS to the port without TLS",
        lambda bench: with_tls(bench.plain(), bench),
        "tls.plaintext_peer",
        "tls",
        ("tls-port",),
    ),
    Case(
        "TLS to the port without TLS of a server with a password",
        plaintext_with_password,
        "tls.plaintext_peer",
        "tls",
        ("tls-port",),
    ),
    Case(
        "no TLS to the port with TLS",
        lambda bench: at(bench.server(pair=LEAF)),
        "tls.required",
        "tls",
        ("rediss://", "REDIS_SSL_CA_CERTS"),
    ),
    Case(
        "TLS to a web server",
        lambda bench: with_tls(bench.peer(says(HTTP)), bench),
        "tls.plaintext_peer",
        "tls",
        ("web server",),
    ),
    Case(
        "TLS to a silent server",
        lambda bench: with_tls(bench.peer(silent), bench),
        "tls.timeout",
        "tls",
        ("tls-port",),
    ),
    Case(
        "TLS to a server that closes",
        lambda bench: with_tls(bench.peer(closes), bench),
        "net.closed",
        "tls",
        ("maxclients",),
    ),
    Case(
        "TLS 1.2 only, 1.3 wanted",
        oldest("1.3", "--tls-protocols", "TLSv1.2"),
        "tls.protocol",
        "tls",
        ("tls-protocols lacks TLSv1.3", "tls_min_version=1.2"),
    ),
    Case("TLS 1.2 only", oldest("1.2", "--tls-protocols", "TLSv1.2")),
    Case(
        "ciphers without AEAD only",
        oldest(
            "1.2",
            *("--tls-protocols", "TLSv1.2", "--tls-ciphers", "ECDHE-ECDSA-AES128-SHA256"),
        ),
        "tls.protocol",
        "tls",
        ("ECDHE", "tls-ciphers"),
    ),
    Case(
        "key exchange by RSA only",
        oldest(
            "1.2",
            *("--tls-protocols", "TLSv1.2", "--tls-ciphers", "AES128-GCM-SHA256"),
            key=RSA.key,
        ),
        "tls.protocol",
        "tls",
        ("ECDHE", "tls-ciphers"),
    ),
    Case(
        "key of another kind than the certificate's",
        key_of_another_kind,
        "tls.protocol",
        "tls",
        ("tls-key-file is the key of tls-cert-file",),
    ),
    Case(
        "no room for another client",
        full(),
        "server.max_clients",
        "server",
        ("maxclients",),
    ),
    Case(
        "no room for another client, with TLS",
        full(pair=LEAF),
        "net.closed",
        "tls",
        ("maxclients",),
    ),
    Case(
        "no room for another client behind TLS to a plaintext port",
        lambda bench: with_tls(bench.peer(says(FULL, at_once=True)), bench),
        "server.max_clients",
        "server",
        ("maxclients",),
    ),
    Case(
        "closed after the handshake",
        behind_tls(closes),
        "net.closed",
        "auth",
        ("log says why",),
    ),
    Case(
        "silent after the handshake",
        behind_tls(silent),
        "net.timeout",
        "auth",
        ("takes connections and says nothing",),
    ),
    Case(
        "web server with TLS",
        behind_tls(says(HTTP)),
        "protocol.malformed",
        "auth",
        ("web server",),
    ),
    Case("sessions not resumed", no_resumption, warnings=("resumes no TLS session",)),
]


@table(*NETWORK)
def test_network(bench: Bench, case: Case) -> None:
    check(bench, case)


@table(*TLS)
def test_tls(bench: Bench, case: Case) -> None:
    check(bench, case)
