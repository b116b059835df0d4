"""Certificates of every kind, good and bad, made anew for each run."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate, its key, and the certificates between it and its root."""

    certificate: x509.Certificate
    key: Key
    between: tuple[Pair, ...] = field(default=())

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def chain(self) -> bytes:
        """The certificate and what stands between it and its root."""
        return self.pem + b"".join(pair.pem for pair in self.between)

    def key_pem(self, password: bytes | None = None) -> bytes:
        """The key, encrypted if there is a password."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password)
            if password
            else serialization.NoEncryption(),
        )


def issue(
    name: str,
    by: Pair | None = None,
    *,
    ca: bool = False,
    names: Sequence[str] = ("localhost",),
    addresses: Sequence[str] = ("127.0.0.1",),
    purpose: ObjectIdentifier = SERVER,
    days: tuple[int, int] = (-1, 90),
    organization: str = "",
    key: Key | None = None,
) -> Pair:
    """A certificate, self-signed unless ``by`` issues it, which begins and ends these days on."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if organization:
        subject.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(by.certificate.subject if by else x509.Name(subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + datetime.timedelta(days=days[0]))
        .not_valid_after(NOW + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    alternatives = [x509.DNSName(it) for it in names]
    alternatives += [x509.IPAddress(ipaddress.ip_address(it)) for it in addresses]
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
    signed = builder.sign(by.key if by else key, hashes.SHA256())
    between = (by, *by.between) if by and by.certificate.issuer != by.certificate.subject else ()
    return Pair(signed, key, between)


def authority(name: str, by: Pair | None = None, **more) -> Pair:
    """A CA."""
    return issue(name, by, ca=True, days=more.pop("days", (-1, 3650)), **more)


def version_1(name: str, by: Pair) -> Pair:
    """X.509 version 1, which has no extensions: such a certificate with them taken out."""
    made = issue(name, by)
    fields = elements(contents(made.certificate.tbs_certificate_bytes))
    kept = [field for field in fields if field[0] not in (VERSION, EXTENSIONS)]
    return Pair(signed_by_hand(kept, kept[1], hashes.SHA256(), by), made.key)


def signed_with_sha1(name: str, by: Pair) -> Pair:
    """A certificate whose signature nobody should accept any more."""
    made = issue(name, by)
    version, serial, _, *fields = elements(contents(made.certificate.tbs_certificate_bytes))
    fields = [version, serial, ECDSA_WITH_SHA1, *fields]
    return Pair(signed_by_hand(fields, ECDSA_WITH_SHA1, hashes.SHA1(), by), made.key)


def signed_by_hand(
    fields: list[bytes], algorithm: bytes, digest: hashes.HashAlgorithm, by: Pair
) -> x509.Certificate:
    """What the library would not make."""
    signed = element(SEQUENCE, b"".join(fields))
    assert isinstance(by.key, ec.EllipticCurvePrivateKey)
    signature = by.key.sign(signed, ec.ECDSA(digest))
    der = element(SEQUENCE, signed + algorithm + element(BIT_STRING, b"\0" + signature))
    return x509.load_der_x509_certificate(der)


def revocations(by: Pair, *revoked: Pair) -> bytes:
    """A revocation list."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(NOW - datetime.timedelta(days=1))
        .next_update(NOW + datetime.timedelta(days=30))
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for pair in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(pair.certificate.serial_number)
            .revocation_date(NOW - datetime.timedelta(hours=1))
            .build()
        )
    return builder.sign(by.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


# DER, as much of it as version 1 takes: one byte of tag, then a length of any size.
SEQUENCE, BIT_STRING, VERSION, EXTENSIONS = 0x30, 0x03, 0xA0, 0xA3
ECDSA_WITH_SHA1 = bytes.fromhex("300906072a8648ce3d0401")


def header(der: bytes) -> tuple[int, int]:
    """Sizes of the header and of the contents of the first element."""
    if der[1] < 0x80:
        return 2, der[1]
    octets = der[1] & 0x7F
    return 2 + octets, int.from_bytes(der[2 : 2 + octets])


def contents(der: bytes) -> bytes:
    start, size = header(der)
    return der[start : start + size]


def elements(der: bytes) -> list[bytes]:
    found = []
    while der:
        whole = sum(header(der))
        found.append(der[:whole])
        der = der[whole:]
    return found


def element(tag: int, inner: bytes) -> bytes:
    size = len(inner)
    if size < 0x80:
        return bytes([tag, size]) + inner
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + inner
