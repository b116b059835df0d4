"""Why a connection cannot be made, as the core finds it out."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import redis

from . import _native
from ._providers import Answer, Providers
from ._settings import Settings


def doctor(
    url: str | None = None, *, from_env: bool = False, read_only: bool = False, **kwargs: Any
) -> dict[str, Any]:
    """Finds out step by step why a client of these arguments cannot connect, or that it can.

    Takes the arguments of :class:`Redis`, and ``from_env`` for the environment; with ``read_only``
    the server need not take writes::

        report = redlatch.doctor("rediss://10.0.0.3:6378", ssl_ca_certs="/etc/redis-tls/ca.pem",
                                 password_file="/etc/redis/password")
        if not report["ok"]:
            print(report["code"], report["message"], report["remedy"], sep="\\n")

    Gives what ``redlatch doctor --json`` prints: ``ok``, ``code``, ``stage``, ``message``,
    ``remedy`` and ``evidence`` of the failure, ``warnings``, and each of the ``stages`` config,
    materials, dns, tcp, tls, chain, name, client_certificate, auth, server and latency with its
    ``status`` (ok, skipped, failed, not_reached), ``evidence`` and ``ms``. No secret is in it.

    Whatever it finds is in the report; an argument that does not exist raises ``config.unknown``.
    It takes as long as the settings allow each step, and shares nothing with clients.
    """
    settings = _settings(url, kwargs)
    providers = Providers(settings.providers, on_loop=False)
    provided = [(material, providers.ask(material)) for material in settings.providers]
    return _examine(settings, from_env, read_only, provided)


async def doctor_on_loop(
    url: str | None = None, *, from_env: bool = False, read_only: bool = False, **kwargs: Any
) -> dict[str, Any]:
    """:func:`redlatch.doctor` for event loops: providers are awaited, the rest is in a thread."""
    settings = _settings(url, kwargs)
    providers = Providers(settings.providers, on_loop=True)
    provided = [
        (material, await providers.ask_in_loop(material)) for material in settings.providers
    ]
    return await asyncio.to_thread(_examine, settings, from_env, read_only, provided)


def _settings(url: str | None, kwargs: dict[str, Any]) -> Settings:
    given = kwargs if url is None else {"url": url, **kwargs}
    return Settings(redis.Redis.__init__, (), given)


def _examine(
    settings: Settings, from_env: bool, read_only: bool, provided: list[tuple[str, Answer]]
) -> dict[str, Any]:
    report = _native.examine(settings.document(), from_env, read_only, provided)
    found: dict[str, Any] = json.loads(report)
    return found
