"""redis-py's names in the query of a URL. The core reads everything else of it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Container
from typing import Any
from urllib.parse import quote, unquote

from .errors import refused


def taken(url: str, names: Container[str]) -> tuple[str, dict[str, Any]]:
    """The URL without the arguments of these names, and those, as redis-py reads them."""
    head, mark, query = url.partition("?")
    found: dict[str, Any] = {}
    rest = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        name = unquote(name)
        if name not in names:
            rest.append(pair)
        elif value:
            found[name] = _value(name, unquote(value))
    if not found:
        return url, {}
    return head + (mark + "&".join(rest) if any(rest) else ""), found


def asks(url: Any, name: str) -> bool:
    """Whether the query names this argument."""
    query = str(url).partition("?")[2]
    return any(unquote(pair.partition("=")[0]) == name for pair in query.split("&"))


def extended(url: str, settings: dict[str, Any]) -> str:
    """The URL with settings of the core added to its query."""
    pairs = [f"{name}={quote(_text(value), safe='')}" for name, value in settings.items()]
    if not pairs:
        return url
    return url + ("&" if "?" in url else "?") + "&".join(pairs)


def _value(name: str, text: str) -> Any:
    try:
        return _PARSERS.get(name, str)(text)
    except (TypeError, ValueError):
        raise refused("config.invalid", "is no value of this argument", setting=name) from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _truth(text: str) -> bool:
    if text.lower() in ("1", "t", "true", "y", "yes", "on"):
        return True
    if text.lower() in ("0", "f", "false", "n", "no", "off"):
        return False
    raise ValueError(text)


def _flags(text: str) -> list[ssl.VerifyFlags]:
    names = text.replace("[", "").replace("]", "").split(",")
    known = ssl.VerifyFlags.__members__
    if unknown := [name for name in names if name.strip() not in known]:
        raise ValueError(unknown)
    return [known[name.strip()] for name in names]


_PARSERS: dict[str, Callable[[str], Any]] = {
    "socket_timeout": float,
    "socket_connect_timeout": float,
    "health_check_interval": float,
    "socket_read_size": int,
    "max_connections": int,
    "ssl_min_version": int,
    "socket_keepalive": _truth,
    "retry_on_timeout": _truth,
    "single_connection_client": _truth,
    "decode_responses": _truth,
    "legacy_responses": _truth,
    "ssl_check_hostname": _truth,
    "ssl_validate_ocsp": _truth,
    "ssl_validate_ocsp_stapled": _truth,
    "ssl_include_verify_flags": _flags,
    "ssl_exclude_verify_flags": _flags,
}
