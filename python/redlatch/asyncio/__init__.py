"""The asyncio client: one shared connection on the running loop's own transport."""

from __future__ import annotations

from typing import Any

from .._doctor import doctor_on_loop as doctor
from .client import Pipeline, Redis
from .connection import Connection
from .pool import BlockingConnectionPool, ConnectionPool
from .pubsub import PubSub

#: As redis-py calls it, too.
StrictRedis = Redis


def from_url(url: str, **kwargs: Any) -> Redis:
    """An asyncio client of a URL; keyword arguments, those of :class:`Redis`, win."""
    return Redis.from_url(url, **kwargs)


def from_env(**kwargs: Any) -> Redis:
    """An asyncio client of the environment; keyword arguments, those of :class:`Redis`, win."""
    return Redis.from_env(**kwargs)


__all__ = [
    "BlockingConnectionPool",
    "Connection",
    "ConnectionPool",
    "Pipeline",
    "PubSub",
    "Redis",
    "StrictRedis",
    "doctor",
    "from_env",
    "from_url",
]
