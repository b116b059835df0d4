"""Certificates of servers: who issued them, until when, and for whom."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from authority import (
    CLIENT,
    Pair,
    authority,
    issue,
    revocations,
    signed_with_sha1,
    version_1,
)
from examination import Bench, Case, check, table
from servers import closes, secured

CA = authority("Lab CA")
SAME_NAME = authority("Lab CA")
OTHER = authority("Another CA")
BETWEEN = authority("Lab intermediate", CA)
BEHIND = issue("server", BETWEEN)
LEAF = issue("server", CA)
SELF_SIGNED = authority("localhost")
SELF_ISSUED = issue("localhost")
EXPIRED = issue("server", CA, days=(-60, -2))
FUTURE = issue("server", CA, days=(2, 60))
ENDING = authority("Lab CA at its end", days=(-3000, 10))
ENDING_LEAF = issue("server", ENDING, days=(-1, 9))
WORKER = issue("worker", CA, purpose=CLIENT)
MEMORYSTORE = authority("Google Cloud Memorystore Redis Server CA", organization="Google, Inc")
MEMORYSTORE_LEAF = issue("10.0.0.3", MEMORYSTORE, names=(), addresses=("127.0.0.1",))


def presenting(pair: Pair, trusted: Pair = CA, *words: str):
    """A server with this certificate, and a client that trusts this CA."""
    return lambda bench: [*bench.secure(pair, trusted), *words]


def alone(pair: Pair) -> Pair:
    """Without what stands between it and its root."""
    return Pair(pair.certificate, pair.key)


def revoked(bench: Bench) -> list[str]:
    return [*bench.secure(LEAF, CA), "--crl-file", bench.file("crl.pem", revocations(CA, LEAF))]


def others_revoked(bench: Bench) -> list[str]:
    return [*bench.secure(LEAF, CA), "--crl-file", bench.file("crl.pem", revocations(CA, WORKER))]


def pinned(pair: Pair):
    spki = pair.certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pin = b64encode(hashlib.sha256(spki).digest()).decode()
    return presenting(LEAF, CA, "--pin-sha256", pin)


def public_cas(bench: Bench) -> list[str]:
    """Those of the operating system, here another CA in their place."""
    bench.variables["SSL_CERT_FILE"] = bench.file("system.pem", OTHER.pem)
    return [*bench.secure(LEAF, CA)[:-2], "--tls"]


def weak(pair: Pair):
    """Of a server whose TLS library takes anything."""

    def broken(bench: Bench) -> list[str]:
        words = bench.peer(secured(pair, bench.folder, closes))
        return [*words, "--ca-file", bench.file("ca.pem", CA.pem)]

    return broken


CHAIN = [
    Case(
        "unknown CA",
        presenting(LEAF, OTHER),
        "tls.untrusted",
        "chain",
        ("Add the issuing CA", "CN=Lab CA"),
    ),
    Case(
        "CA of the same name with another key",
        presenting(LEAF, SAME_NAME),
        "tls.untrusted",
        "chain",
        ("another key", "beside the old one"),
    ),
    Case(
        "no CA given",
        public_cas,
        "tls.untrusted",
        "chain",
        ("No ca_file is given", "name the server's own"),
    ),
    Case(
        "unknown CA of Memorystore",
        presenting(MEMORYSTORE_LEAF, OTHER),
        "tls.untrusted",
        "chain",
        ("gcloud redis instances describe", "redlatch bundle merge"),
        says={"service": "memorystore"},
    ),
    Case(
        "self-signed CA as server certificate, trusted",
        presenting(SELF_SIGNED, SELF_SIGNED),
        "tls.bad_certificate",
        "chain",
        ("openssl req -x509", "basicConstraints=CA:FALSE"),
    ),
    Case(
        "self-signed server certificate, not trusted",
        presenting(SELF_ISSUED, CA),
        "tls.untrusted",
        "chain",
        ("self-signed",),
    ),
    Case("self-signed server certificate, trusted", presenting(SELF_ISSUED, SELF_ISSUED)),
    Case(
        "intermediate missing",
        presenting(alone(BEHIND), CA),
        "tls.untrusted",
        "chain",
        ("issued by CN=Lab intermediate", "tls-cert-file must hold"),
    ),
    Case("intermediate sent along", presenting(BEHIND, CA)),
    Case(
        "expired",
        presenting(EXPIRED),
        "tls.expired",
        "chain",
        ("ended on", "CONFIG SET tls-cert-file"),
    ),
    Case(
        "not yet valid",
        presenting(FUTURE),
        "tls.not_yet_valid",
        "chain",
        ("begins on", "clock"),
    ),
    Case(
        "X.509 version 1",
        presenting(version_1("localhost", CA)),
        "tls.bad_certificate",
        "chain",
        ("version 1", "subjectAltName"),
    ),
    Case(
        "for clients only",
        presenting(issue("server", CA, purpose=CLIENT)),
        "tls.bad_certificate",
        "chain",
        ("extendedKeyUsage must hold serverAuth",),
    ),
    Case(
        "revoked",
        revoked,
        "tls.revoked",
        "chain",
        ("Replace the server's certificate",),
    ),
    Case(
        "key of RSA too short",
        weak(issue("server", CA, key=rsa.generate_private_key(65537, 1024))),
        "tls.bad_certificate",
        "chain",
        ("2048",),
    ),
    Case(
        "signed with SHA-1",
        weak(signed_with_sha1("server", CA)),
        "tls.bad_certificate",
        "chain",
        ("SHA-256",),
    ),
    Case(
        "nothing verified",
        presenting(LEAF, OTHER, "--danger-accept-any-certificate"),
        warnings=("danger_accept_any_certificate weakens security",),
    ),
    Case(
        "CA about to end",
        presenting(ENDING_LEAF, ENDING),
        warnings=("the last trusted CA ends in", "the CA that verifies the server ends in"),
    ),
    Case("another one revoked", others_revoked),
    Case(
        "another key pinned",
        pinned(OTHER),
        "tls.pin_mismatch",
        "chain",
        ("Add the pin in the evidence",),
    ),
    Case("its CA pinned", pinned(CA)),
    Case(
        "about to end",
        presenting(issue("server", CA, days=(-30, 2))),
        warnings=("the server's certificate ends in",),
    ),
]

NAME = [
    Case(
        "another name",
        presenting(issue("s", CA, names=("cache.internal",), addresses=()), CA),
        "tls.name_mismatch",
        "name",
        ("expected_name=cache.internal", "not for this IP address"),
    ),
    Case(
        "another address",
        presenting(issue("s", CA, names=(), addresses=("10.0.0.3",)), CA),
        "tls.name_mismatch",
        "name",
        ("It is for IP:10.0.0.3 only",),
    ),
    Case(
        "common name only",
        presenting(issue("127.0.0.1", CA, names=(), addresses=())),
        "tls.name_mismatch",
        "name",
        ("no subjectAltName", "common name, 127.0.0.1, does not count"),
    ),
    Case(
        "wrong expected_name",
        presenting(LEAF, CA, "--expected-name", "cache.internal"),
        "tls.name_mismatch",
        "name",
        ("expected_name=cache.internal is none of its names", "DNS:localhost"),
    ),
    Case(
        "Memorystore by another address",
        presenting(issue("10.0.0.3", MEMORYSTORE, names=(), addresses=("10.0.0.3",)), MEMORYSTORE),
        "tls.name_mismatch",
        "name",
        ("verify=ca", "for each instance"),
        says={"service": "memorystore"},
    ),
    Case(
        "right expected_name",
        presenting(
            issue("s", CA, names=("cache.internal",), addresses=()),
            CA,
            "--expected-name",
            "cache.internal",
        ),
    ),
    Case(
        "another name with verify=ca",
        presenting(issue("s", CA, names=("cache.internal",), addresses=()), CA, "--verify", "ca"),
    ),
]


@table(*CHAIN)
def test_chain(bench: Bench, case: Case) -> None:
    check(bench, case)


@table(*NAME)
def test_name(bench: Bench, case: Case) -> None:
    check(bench, case)
