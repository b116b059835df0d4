"""redis-py's ways to say how a server's certificate is verified, as the core's settings."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import refused


def verification(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of ``ssl_cert_reqs``, ``ssl_check_hostname`` and the verify flags."""
    for name, harmless in _HARMLESS.items():
        _flags(name, given.get(name), harmless)
    if "ssl_cert_reqs" in given and not _is_required(given["ssl_cert_reqs"]):
        return {"danger_accept_any_certificate": True}
    if given.get("ssl_check_hostname") is False:
        return {"verify": "ca"}
    return {}


def min_version(version: ssl.TLSVersion | int) -> str:
    """``tls_min_version`` of redis-py's ``ssl_min_version``, which is a number in a URL."""
    if version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MINIMUM_SUPPORTED):
        return "1.2"
    if version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.MAXIMUM_SUPPORTED):
        return "1.3"
    text = "TLS older than 1.2 is not supported"
    raise refused("config.unsupported", text, setting="ssl_min_version")


def _is_required(wanted: Any) -> bool:
    if wanted is None or wanted in ("none", ssl.CERT_NONE):
        return False
    # To a client, OpenSSL's "optional" is "required": a server always shows a certificate.
    if wanted in ("required", "optional", ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL):
        return True
    text = "must be none, optional or required"
    raise refused("config.invalid", text, setting="ssl_cert_reqs")


def _flags(name: str, flags: Iterable[ssl.VerifyFlags] | None, harmless: int) -> None:
    for flag in flags or ():
        if flag & ~harmless:
            shown = getattr(flag, "name", flag)
            raise refused("config.unsupported", f"{shown} is not supported", setting=name)


#: Flags that ask for what is so anyway: every CA that was given is an anchor, an intermediate one
#: too, and is found first; nothing is checked for its form alone, and revocation only by crl_file.
_HARMLESS = {
    "ssl_include_verify_flags": ssl.VERIFY_DEFAULT
    | ssl.VERIFY_X509_TRUSTED_FIRST
    | ssl.VERIFY_X509_PARTIAL_CHAIN,
    "ssl_exclude_verify_flags": ssl.VERIFY_DEFAULT
    | ssl.VERIFY_X509_STRICT
    | ssl.VERIFY_ALLOW_PROXY_CERTS
    | ssl.VERIFY_CRL_CHECK_LEAF
    | ssl.VERIFY_CRL_CHECK_CHAIN,
}
