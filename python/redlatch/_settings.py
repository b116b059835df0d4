"""redis-py's keyword arguments as the core's settings. Names and units only; the core judges."""

from __future__ import annotations

import base64
import codecs
import functools
import inspect
import json
import os
import ssl
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import redis

from . import _native
from ._peer_arguments import ALL, REFUSED, RENAMED
from ._url import asks, extended, taken
from ._verification import min_version, verification
from .errors import refused

#: Settings of the core, taken by their own names besides redis-py's arguments.
CORE = frozenset(row["name"] for row in json.loads(_native.settings_table()))

_SECRETS = frozenset(
    row["name"] for row in json.loads(_native.settings_table()) if row["kind"] == "secret"
)

#: What redis-py itself speaks when it is not told: RESP3 since version 8.
PROTOCOL = 3 if int(redis.__version__.split(".")[0]) >= 8 else 2

#: Arguments that hold a provider, and the material it gives.
_PROVIDERS = {
    "credentials_provider": "credentials",
    "trust_provider": "trust",
    "identity_provider": "identity",
}

#: Arguments that neither the core nor redis-py has.
OURS = frozenset(("telemetry",))

#: Arguments that no setting of the core stands for.
_OWN = frozenset(("decode_responses", "encoding", "encoding_errors", "legacy_responses"))


class Settings:
    """Arguments of a client, sorted into the core's settings and the package's own."""

    def __init__(
        self, init: Callable[..., Any], args: tuple[Any, ...], given: Mapping[str, Any]
    ) -> None:
        # What is given is given, even if it is redis-py's default: it wins over the environment.
        given = _with_url(_by_name(init, args, given))
        for name in given:
            if name not in CORE and name not in _PROVIDERS and name not in ALL | OURS:
                text = f"{name} is no argument of redis-py or redlatch"
                raise refused("config.unknown", text, setting=name)
        self._given = {name: value for name, value in given.items() if value is not None}
        #: Whether OpenTelemetry hears of commands; None: if somebody listens.
        self.telemetry: bool | None = given.pop("telemetry", None)
        self.core: dict[str, Any] = _core(given)
        #: Callbacks by material.
        self.providers = _providers(given)
        self.core.update({f"provide_{material}": True for material in self.providers})
        self.decode: bool = bool(given.get("decode_responses"))
        self.encoding: str = _encoding(given.get("encoding") or "utf-8")
        self.encoding_errors: str = given.get("encoding_errors") or "strict"
        self._asked = bool(given.get("protocol")) or asks(given.get("url"), "protocol")
        self.legacy_responses: bool = _legacy(given.get("legacy_responses"))

    @property
    def strings(self) -> tuple[bool, str, str]:
        """How engines convert text: whether replies are decoded, errors, encoding."""
        return self.decode, self.encoding_errors, self.encoding

    def portable(self) -> dict[str, Any]:
        """The arguments as another process may have them.

        Raises ``client.misuse`` if a secret or a callback is among them: what is pickled lies about
        in files, queues and other processes' arguments.
        """
        kept: dict[str, Any] = {}
        for name, value in self._given.items():
            secret = RENAMED.get(name, name) in _SECRETS or name in _PROVIDERS
            if secret or name == "credential_provider" or _has_password(name, value):
                text = "a client with a secret or a callback of its own cannot be pickled"
                how = "name a file instead, password_file say, or make the client where it is used"
                raise refused("client.misuse", f"{text}: {how}", setting=name)
            kept[name] = value
        return kept

    def __reduce__(self) -> Any:
        return (_made_again, (self.portable(),))

    def document(self) -> str:
        """The settings as the core reads them."""
        return json.dumps(self.core)

    def connection_kwargs(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """What redis-py's command layer asks a pool for, by the configuration in force."""
        differs = config["protocol"] != PROTOCOL
        kwargs: dict[str, Any] = {
            "encoding": self.encoding,
            "encoding_errors": self.encoding_errors,
            "decode_responses": self.decode,
            # None has a meaning to redis-py: the shapes of replies it had before it spoke RESP3.
            "protocol": config["protocol"] if self._asked or differs else None,
            "db": config["db"],
        }
        if _HAS_LEGACY:
            kwargs["legacy_responses"] = self.legacy_responses
        return kwargs


def _made_again(given: dict[str, Any]) -> Settings:
    return Settings(redis.Redis.__init__, (), given)


@functools.cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    # Read once: it takes longer than all else in making a client.
    return inspect.signature(function)


def _by_name(
    init: Callable[..., Any], args: tuple[Any, ...], given: Mapping[str, Any]
) -> dict[str, Any]:
    if not args:
        return dict(given)
    signature = _signature(init)
    known = {name: value for name, value in given.items() if name in signature.parameters}
    bound = signature.bind_partial(None, *args, **known).arguments
    bound.pop("self", None)
    return bound | dict(given)


def _core(given: Mapping[str, Any]) -> dict[str, Any]:
    """The core's settings of all arguments but providers."""
    core: dict[str, Any] = {}
    for name, value in given.items():
        if name in REFUSED and value not in (None, False):
            text = f"{name} is not supported: {REFUSED[name]}"
            raise refused("config.unsupported", text, setting=name)
        if (name in RENAMED or name in CORE) and value is not None:
            # redis-py's marks for "not given" mean nothing to anybody else.
            if type(value) is not object:
                core[RENAMED.get(name, name)] = plain(name, value)
    folder = given.get("ssl_ca_path")
    if folder is not None:
        file = core.pop("ca_file", None)
        # redis-py trusts both.
        both = {"ca_file": plain("ssl_ca_path", folder)}
        core |= both if file is None else {"ca_files": [file, both["ca_file"]]}
    for name, value in verification(given).items():
        core.setdefault(name, value)
    if core.get("danger_accept_any_certificate") is True:
        core.pop("verify", None)
    core |= _timeouts(given, core)
    core |= _names(given.get("driver_info"))
    _maintenance(given.get("maint_notifications_config"))
    return core


def _timeouts(given: Mapping[str, Any], core: Mapping[str, Any]) -> dict[str, Any]:
    if "socket_timeout" not in given:
        return {}
    limit = given["socket_timeout"]
    # redis-py's None means no limit; 0 does here.
    found = {} if "timeout" in core else {"timeout": limit or 0}
    explicit = "socket_connect_timeout" in given
    if limit and "connect_timeout" not in core and (explicit or _CONNECT_FOLLOWS):
        # As in redis-py, the one is the other's default.
        found["connect_timeout"] = limit
    return found


def _names(driver_info: Any) -> dict[str, Any]:
    """What `CLIENT LIST` shows of a library on top of this one."""
    if driver_info is None or type(driver_info) is object:
        return {}
    name = driver_info.formatted_name or ""
    base, mark, upstream = name.partition("(")
    if base == "redis-py":
        # It is not: only who uses it is of interest, and the core has a version of its own.
        return {"lib_name": f"redlatch{mark}{upstream}"}
    return {"lib_name": name, "lib_version": driver_info.lib_version or ""}


def _maintenance(config: Any) -> None:
    if config is not None and config.enabled is True:
        text = "maintenance notifications are not supported"
        raise refused("config.unsupported", text, setting="maint_notifications_config")


def _has_password(name: str, value: Any) -> bool:
    return name == "url" and isinstance(value, str) and "@" in value


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise refused("config.invalid", "no such encoding", setting="encoding") from None


def _legacy(wanted: Any) -> bool:
    if wanted is False and not _HAS_LEGACY:
        text = "this version of redis-py has only one shape of replies"
        raise refused("config.unsupported", text, setting="legacy_responses")
    return wanted is not False


def _providers(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        material: given[name]
        for name, material in _PROVIDERS.items()
        if given.get(name) is not None
    }
    of_redis_py = given.get("credential_provider")
    if of_redis_py is not None:
        names = {"first": "credential_provider", "second": "credentials_provider"}
        if "credentials" in found:
            raise refused("config.conflict", "two providers of credentials", **names)
        found["credentials"] = of_redis_py
    return found


def _with_url(given: dict[str, Any]) -> dict[str, Any]:
    """redis-py's names in the URL: settings stay in it, being weaker than arguments."""
    if not isinstance(given.get("url"), str):
        return given
    url, query = taken(given["url"], ALL - CORE)
    own = {name: value for name, value in query.items() if name in _OWN}
    return own | given | {"url": extended(url, _core(query))} if query else given


def plain(name: str, value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, ssl.TLSVersion) or name == "ssl_min_version":
        return min_version(value)
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            # DER is never UTF-8; the core reads Base64 of it.
            if name in ("ssl_ca_data", "ca_pem"):
                return base64.b64encode(value).decode()
            raise refused("config.invalid", "is not UTF-8", setting=name) from None
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(name, item) for item in value]
    kind = type(value).__name__
    raise refused("config.invalid", f"cannot be a {kind}", setting=name)


_PEER = inspect.signature(inspect.unwrap(redis.Redis.__init__)).parameters
_HAS_LEGACY = "legacy_responses" in _PEER
_CONNECT_FOLLOWS = _PEER["socket_connect_timeout"].default is None
