"""CAs, client certificates and secrets that cannot be used as they are."""

from __future__ import annotations

from authority import authority, issue
from examination import Bench, Case, at, check, in_a_pod, table

CA = authority("Lab CA")
LEAF = issue("server", CA)
OLD = authority("Lab CA of old", days=(-700, -10))
WORKER = issue("worker", CA)
EXPIRED = issue("worker", CA, days=(-30, -3))


def trusting(name: str, content: bytes):
    """A CA file; nobody is connected to."""
    return lambda bench: ["--tls", "--ca-file", bench.file(name, content)]


def service(host: str, *words: str):
    """A CA file without a CA for a server of this name; nobody is connected to."""
    return lambda bench: ["--host", host, *words, "--ca-file", bench.file("ca.pem")]


def folder(bench: Bench) -> list[str]:
    (bench.folder / "certificates").mkdir()
    return ["--tls", "--ca-file", str(bench.folder / "certificates")]


def unreadable(bench: Bench) -> list[str]:
    bench.privileged = False
    path = bench.file("ca.pem", CA.pem)
    (bench.folder / "ca.pem").chmod(0)
    return ["--tls", "--ca-file", path]


def joined(bench: Bench) -> list[str]:
    """As gcloud prints a list: with a semicolon between the items."""
    both = OLD.pem.strip() + b";" + CA.pem.strip()
    return bench.secure(LEAF, both)


def identified(certificate: bytes, key: bytes):
    """A client certificate and its key; nobody is connected to."""
    return lambda bench: [
        *("--tls", "--ca-file", bench.file("ca.pem", CA.pem)),
        *("--cert-file", bench.file("cert.pem", certificate)),
        *("--key-file", bench.file("key.pem", key)),
    ]


def encrypted(given: str):
    def broken(bench: Bench) -> list[str]:
        bench.secrets.append("sesame-of-the-key")
        words = identified(WORKER.pem, WORKER.key_pem(b"sesame-of-the-key"))(bench)
        return [*words, "--key-password-file", bench.file("key.password", given)]

    return broken


def without_key(bench: Bench) -> list[str]:
    words = identified(WORKER.pem, WORKER.key_pem())(bench)
    (bench.folder / "key.pem").unlink()
    return words


def folder_of_cas(bench: Bench) -> list[str]:
    (bench.folder / "certificates").mkdir()
    for name, pair in (("old.pem", authority("another CA")), ("new.pem", CA)):
        bench.file(f"certificates/{name}", pair.pem)
    server = bench.server(pair=LEAF)
    return [*at(server), "--ca-file", str(bench.folder / "certificates")]


CASES = [
    Case(
        "CA file missing",
        lambda bench: ["--tls", "--ca-file", "nowhere.pem"],
        "trust.unreadable",
        "materials",
        ("Check that the path exists",),
    ),
    Case(
        "CA file missing in a pod",
        in_a_pod(lambda bench: ["--tls", "--ca-file", "nowhere.pem"]),
        "trust.unreadable",
        "materials",
        ("Kubernetes", "no subPath", "kubectl describe pod"),
        says={"place": "kubernetes"},
    ),
    Case(
        "CA file not readable",
        unreadable,
        "trust.unreadable",
        "materials",
        ("readable by this user",),
    ),
    Case("CA file empty", trusting("ca.pem", b""), "trust.empty", "materials", ("in PEM",)),
    Case(
        "CA folder empty",
        folder,
        "trust.unreadable",
        "materials",
        ("into the folder",),
    ),
    Case("CA folder of two CAs", folder_of_cas),
    Case(
        "CA file that is a web page",
        trusting("ca.pem", b"<html>404 Not Found</html>\n"),
        "trust.empty",
        "materials",
        ("in PEM",),
    ),
    Case(
        "CA file of other bytes",
        trusting("ca.pem", bytes(range(256)) * 4),
        "trust.empty",
        "materials",
        ("in PEM",),
    ),
    Case(
        "CA file empty for ElastiCache",
        service("master.cache.abc.euw1.cache.amazonaws.com"),
        "trust.empty",
        "materials",
        ("leave ca_file out", "ca-certificates"),
        says={"service": "elasticache"},
    ),
    Case(
        "CA file empty for Azure",
        service("cache.redis.cache.windows.net"),
        "trust.empty",
        "materials",
        ("leave ca_file out",),
        says={"service": "azure"},
    ),
    Case(
        "CA file empty for Memorystore",
        service("10.0.0.3", "--port", "6378"),
        "trust.empty",
        "materials",
        ("gcloud redis instances describe", "redlatch bundle merge"),
        says={"service": "memorystore"},
    ),
    Case(
        "CA file empty in a pod",
        in_a_pod(trusting("ca.pem", b"")),
        "trust.empty",
        "materials",
        ("--dry-run=client -o yaml | kubectl apply",),
    ),
    Case(
        "revocation list missing",
        lambda bench: [*trusting("ca.pem", CA.pem)(bench), "--crl-file", "nowhere.pem"],
        "trust.unreadable",
        "materials",
        ("Check that the path exists",),
    ),
    Case(
        "revocation list missing in a pod",
        in_a_pod(
            lambda bench: [*trusting("ca.pem", CA.pem)(bench), "--crl-file", "nowhere.pem"],
        ),
        "trust.unreadable",
        "materials",
        ("Secret or ConfigMap of the revocation list",),
    ),
    Case(
        "revocation list of something else",
        lambda bench: [
            *trusting("ca.pem", CA.pem)(bench),
            *("--crl-file", bench.file("crl.pem", b"no list")),
        ],
        "trust.malformed",
        "materials",
        ("revocation list",),
    ),
    Case(
        "CA file cut short",
        trusting("ca.pem", CA.pem[:-80]),
        "trust.malformed",
        "materials",
        ("in one piece",),
    ),
    Case(
        "private key in the CA file",
        trusting("ca.pem", CA.pem + CA.key_pem()),
        "trust.private_key",
        "materials",
        ("Remove the key", "replace the key pair"),
    ),
    Case(
        "only expired CAs",
        trusting("ca.pem", OLD.pem),
        "trust.expired",
        "materials",
        ("Publish the successor CA", "clock"),
    ),
    Case(
        "leaf in place of its CA",
        lambda bench: bench.secure(LEAF, LEAF),
        "trust.malformed",
        "materials",
        ("give the one of the CA that issued it",),
    ),
    Case("list of gcloud, joined by semicolons", joined),
    Case(
        "client key of another certificate",
        identified(WORKER.pem, LEAF.key_pem()),
        "identity.mismatch",
        "materials",
        ("together",),
    ),
    Case(
        "client certificate expired",
        identified(EXPIRED.pem, EXPIRED.key_pem()),
        "identity.expired",
        "materials",
        ("Renew the client certificate",),
    ),
    Case(
        "client key encrypted, no password",
        identified(WORKER.pem, WORKER.key_pem(b"sesame-of-the-key")),
        "identity.malformed",
        "materials",
        ("Give the key's password by key_password_file",),
    ),
    Case(
        "client key encrypted, wrong password",
        encrypted("another"),
        "identity.malformed",
        "materials",
        ("Check the password of key_password_file",),
    ),
    Case(
        "client key missing",
        without_key,
        "identity.unreadable",
        "materials",
        ("Check that the path exists",),
    ),
    Case(
        "password file missing",
        lambda bench: ["--password-file", "nowhere"],
        "auth.unavailable",
        "materials",
        ("can be read and is not empty",),
    ),
    Case(
        "password file missing in a pod",
        in_a_pod(lambda bench: ["--password-file", "nowhere"]),
        "auth.unavailable",
        "materials",
        ("Kubernetes", "Secret"),
    ),
    Case(
        "password file empty",
        lambda bench: ["--password-file", bench.file("secret", "\n")],
        "auth.unavailable",
        "materials",
        ("is not empty",),
    ),
    Case(
        "password command that fails",
        lambda bench: ["--password-command", "false"],
        "auth.unavailable",
        "materials",
        ("password_command",),
    ),
    Case(
        "password command that does not exist",
        lambda bench: ["--password-command", "no-such-program"],
        "auth.unavailable",
        "materials",
        ("password_command",),
    ),
]


@table(*CASES)
def test_materials(bench: Bench, case: Case) -> None:
    check(bench, case)
