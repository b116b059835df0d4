"""CA bundles, as the core reads them."""

from __future__ import annotations

import json
from typing import Any

from . import _native


def read_bundle(data: bytes | str) -> dict[str, Any]:
    """Reads one or many CAs in any text form, as a client reads its ``ssl_ca_certs``.

    To look at a bundle before it is published::

        from pathlib import Path

        bundle = redlatch.read_bundle(Path("/etc/redis-tls/ca.pem").read_bytes())
        assert not bundle["rejected"]

    Gives ``certificates`` (what would be trusted: ``sha256``, ``subject``, ``issuer``,
    ``not_before``, ``not_after``, ``kind``), ``rejected`` (the same with ``code`` and ``reason``)
    and ``notes`` (what was unusual). Raises ``trust.private_key``, ``trust.empty``,
    ``trust.malformed`` or ``trust.expired``.
    """
    raw = data.encode() if isinstance(data, str) else bytes(data)
    found: dict[str, Any] = json.loads(_native.read_bundle(raw))
    return found
