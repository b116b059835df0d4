"""Secure connections to Redis and Valkey whose trust rotates under live traffic.

::

    import redlatch

    r = redlatch.Redis(host="10.0.0.3", port=6378, ssl=True, ssl_ca_certs="/etc/redis-tls/ca.pem",
                       password_file="/etc/redis/password")
    r.set("key", "value")

:class:`Redis` and :class:`redlatch.asyncio.Redis` are redis-py's clients on another engine:
the same commands and replies, certificates and passwords that may be replaced at any time.
:mod:`redlatch.errors` has a class for each way to fail.
"""

from typing import Any

from . import _forks, asyncio, errors, exceptions
from ._doctor import doctor
from ._native import __version__
from ._providers import Credentials
from ._surface import exposed
from .bundle import read_bundle
from .client import Redis
from .connection import Connection
from .errors import RedlatchError
from .pool import BlockingConnectionPool, ConnectionPool
from .pubsub import PubSub

#: What an HTTP server says of :func:`metrics`.
METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: As redis-py calls it, too.
StrictRedis = Redis

_forks.watch()


def from_url(url: str, **kwargs: Any) -> Redis:
    """A blocking client of a URL: ``redis``, ``rediss``, ``valkey``, ``valkeys`` or ``unix``.

    Any setting may follow as its query; keyword arguments, those of :class:`Redis`, win::

        r = redlatch.from_url("rediss://10.0.0.3:6378/0?ca_file=/etc/redis-tls/ca.pem&timeout=2",
                              password_file="/etc/redis/password")

    Raises the family ``config``.
    """
    return Redis.from_url(url, **kwargs)


def from_env(**kwargs: Any) -> Redis:
    """A blocking client of the environment; keyword arguments, those of :class:`Redis`, win.

    Reads ``REDIS_URL``, or ``REDIS_HOST``, ``REDIS_PORT`` and ``REDIS_DB``; ``REDIS_USERNAME``;
    ``REDIS_PASSWORD`` or ``REDIS_PASSWORD_FILE``; ``REDIS_SSL_ENABLED``, ``REDIS_SSL_CA_CERTS``,
    ``REDIS_SSL_CERTFILE`` and ``REDIS_SSL_KEYFILE``::

        r = redlatch.from_env(decode_responses=True)

    Raises the family ``config``.
    """
    return Redis.from_env(**kwargs)


def metrics(*clients: "Redis | asyncio.Redis") -> str:
    """Clients as metrics, in Prometheus's text format, told apart by ``client_name`` or address::

        print(redlatch.metrics(cache, sessions))

    Those of :mod:`redlatch.asyncio` are asked from their loop.
    """
    return exposed(clients)


__all__ = [
    "METRICS_CONTENT_TYPE",
    "BlockingConnectionPool",
    "Connection",
    "ConnectionPool",
    "Credentials",
    "PubSub",
    "Redis",
    "RedlatchError",
    "StrictRedis",
    "__version__",
    "asyncio",
    "doctor",
    "errors",
    "exceptions",
    "from_env",
    "from_url",
    "metrics",
    "read_bundle",
]
