"""Certificates of clients that a server demands."""

from __future__ import annotations

from authority import CLIENT, Pair, authority, issue
from examination import Bench, Case, check, table

CA = authority("Lab CA")
LEAF = issue("server", CA)
WORKER = issue("worker", CA, purpose=CLIENT)
STRANGER = issue("worker", authority("Another CA"), purpose=CLIENT)


def identified(pair: Pair | None, *options: str):
    """A server that demands a certificate of this CA, and a client that gives this one."""

    def broken(bench: Bench) -> list[str]:
        demand = ["--tls-auth-clients", "yes", "--tls-ca-cert-file", bench.file("c.pem", CA.pem)]
        words = bench.secure(LEAF, CA, *demand, *options)
        if pair:
            words += ["--cert-file", bench.file("cert.pem", pair.pem)]
            words += ["--key-file", bench.file("key.pem", pair.key_pem())]
        return words

    return broken


CASES = [
    Case(
        "demanded and none given, TLS 1.3",
        identified(None),
        "tls.client_cert_required",
        "client_certificate",
        ("cert_file and key_file", "tls-auth-clients no"),
    ),
    Case(
        "demanded and none given, TLS 1.2",
        identified(None, "--tls-protocols", "TLSv1.2"),
        "tls.client_cert_required",
        "client_certificate",
        ("cert_file and key_file", "tls-auth-clients no"),
    ),
    Case(
        "of an unknown CA, TLS 1.3",
        identified(STRANGER),
        "tls.client_cert_rejected",
        "client_certificate",
        ("tls-ca-cert-file",),
    ),
    Case(
        "of an unknown CA, TLS 1.2",
        identified(STRANGER, "--tls-protocols", "TLSv1.2"),
        "tls.client_cert_rejected",
        "client_certificate",
        ("tls-ca-cert-file",),
    ),
    Case(
        "for servers only",
        identified(LEAF),
        "tls.client_cert_rejected",
        "client_certificate",
        ("clientAuth",),
    ),
    Case(
        "about to end",
        identified(issue("worker", CA, purpose=CLIENT, days=(-80, 10))),
        warnings=("the client certificate ends in",),
    ),
    Case("as demanded", identified(WORKER)),
]


@table(*CASES)
def test_client_certificate(bench: Bench, case: Case) -> None:
    check(bench, case)
