"""redis-py's keyword arguments as the core's settings. Names and units only; the core judges."""

from __future__ import annotations

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
from .errors import refused

#: Settings of the core, taken by their own names besides redis-py's arguments.
CORE = frozenset(row["name"] for row in json.loads(_native.settings_table()))

#: What redis-py itself speaks when it is not told: RESP3 since version 8.
PROTOCOL = 3 if int(redis.__version__.split(".")[0]) >= 8 else 2

_RENAMED = {
    "host": "host",
    "port": "port",
    "db": "db",
    "username": "username",
    "password": "password",
    "unix_socket_path": "path",
    "socket_connect_timeout": "connect_timeout",
    "ssl": "tls",
    "ssl_ca_certs": "ca_file",
    "ssl_ca_data": "ca_pem",
    "ssl_certfile": "cert_file",
    "ssl_keyfile": "key_file",
    "ssl_password": "key_password",
    "ssl_min_version": "tls_min_version",
    "client_name": "client_name",
    "lib_name": "lib_name",
    "lib_version": "lib_version",
    "protocol": "protocol",
}

#: Arguments that hold a provider, and the material it gives.
_PROVIDERS = {
    "credentials_provider": "credentials",
    "trust_provider": "trust",
    "identity_provider": "identity",
}

# Taken by the package itself, or without meaning here because the core does it always: keepalive,
# health checks and retries.
_KNOWN = frozenset(
    """encoding encoding_errors decode_responses legacy_responses socket_timeout ssl_cert_reqs
    ssl_check_hostname socket_keepalive socket_keepalive_options socket_read_size
    ssl_ca_path credential_provider retry_on_timeout retry retry_on_error health_check_interval
    max_connections single_connection_client driver_info event_dispatcher maint_notifications_config
    auto_close_connection_pool""".split()
)


class Settings:
    """Arguments of a client, sorted into the core's settings and the package's own."""

    def __init__(
        self, init: Callable[..., Any], args: tuple[Any, ...], given: Mapping[str, Any]
    ) -> None:
        extra = {name: value for name, value in given.items() if name in CORE}
        own = CORE | _PROVIDERS.keys()
        rest = {name: value for name, value in given.items() if name not in own}
        defaults = _defaults(init)
        for name in rest:
            if name not in defaults:
                text = f"{name} is no argument of redis-py or redlatch"
                raise refused("config.unknown", text, setting=name)
        bound = rest
        if args:
            bound = dict(_signature(init).bind_partial(None, *args, **rest).arguments)
            bound.pop("self", None)
        self.core: dict[str, Any] = {}
        for name, value in bound.items():
            if name in _RENAMED:
                # Given is given, even if it is redis-py's default: it wins over the environment.
                if value is not None:
                    self.core[_RENAMED[name]] = _plain(value)
            elif name not in _KNOWN and value is not None and value != defaults.get(name):
                raise refused("config.unsupported", f"{name} is not supported", setting=name)
        for name, value in extra.items():
            if value is not None:
                self.core[name] = _plain(value)
        self._trust_folder(bound.get("ssl_ca_path"))
        self._verification(bound)
        #: Callbacks by material.
        self.providers = _providers(given, bound.get("credential_provider"))
        self.core.update({f"provide_{material}": True for material in self.providers})
        if "socket_timeout" in bound:
            # redis-py's None means no limit; 0 does here.
            self.core.setdefault("timeout", bound["socket_timeout"] or 0)
        self.decode: bool = bool(bound.get("decode_responses", False))
        self.encoding_errors: str = bound.get("encoding_errors", "strict")
        self._asked = bool(bound.get("protocol") or extra.get("protocol"))
        self.legacy_responses: bool = bound.get("legacy_responses", True)
        if bound.get("encoding", "utf-8").lower().replace("-", "") != "utf8":
            text = "encoding other than utf-8 is not supported"
            raise refused("config.unsupported", text, setting="encoding")

    def _verification(self, bound: Mapping[str, Any]) -> None:
        if bound.get("ssl_check_hostname") is False:
            self.core.setdefault("verify", "ca")
        required = bound.get("ssl_cert_reqs", "required")
        if required in ("none", ssl.CERT_NONE) or ("ssl_cert_reqs" in bound and required is None):
            self.core["danger_accept_any_certificate"] = True
            self.core.pop("verify", None)

    def _trust_folder(self, folder: Any) -> None:
        if folder is None:
            return
        file = self.core.pop("ca_file", None)
        if file is None:
            self.core["ca_file"] = _plain(folder)
        else:
            # redis-py trusts both.
            self.core["ca_files"] = [file, _plain(folder)]

    def document(self) -> str:
        """The settings as the core reads them."""
        return json.dumps(self.core)

    def connection_kwargs(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """What redis-py's command layer asks a pool for, by the configuration in force."""
        differs = config["protocol"] != PROTOCOL
        kwargs: dict[str, Any] = {
            "encoding": "utf-8",
            "encoding_errors": self.encoding_errors,
            "decode_responses": self.decode,
            # None has a meaning to redis-py: the shapes of replies it had before it spoke RESP3.
            "protocol": config["protocol"] if self._asked or differs else None,
            "db": config["db"],
        }
        if "legacy_responses" in _defaults(inspect.unwrap(_connection_init())):
            kwargs["legacy_responses"] = self.legacy_responses
        return kwargs


@functools.cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


@functools.cache
def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """Arguments of a method. Read once: it takes longer than all else in making a client."""
    parameters = _signature(function).parameters.items()
    return {name: value.default for name, value in parameters if name != "self"}


def _connection_init() -> Callable[..., Any]:
    from redis.connection import AbstractConnection

    return AbstractConnection.__init__


def _providers(given: Mapping[str, Any], of_redis_py: Any) -> dict[str, Any]:
    found = {
        material: given[name]
        for name, material in _PROVIDERS.items()
        if given.get(name) is not None
    }
    if of_redis_py is not None:
        names = {"first": "credential_provider", "second": "credentials_provider"}
        if "credentials" in found:
            raise refused("config.conflict", "two providers of credentials", **names)
        found["credentials"] = of_redis_py
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, ssl.TLSVersion):
        return _tls_version(value)
    return value


def _tls_version(version: ssl.TLSVersion) -> str:
    if version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MINIMUM_SUPPORTED):
        return "1.2"
    if version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.MAXIMUM_SUPPORTED):
        return "1.3"
    text = "TLS older than 1.2 is not supported"
    raise refused("config.unsupported", text, setting="ssl_min_version")
