"""Pools: what clients share, and connections for whatever wants one of redis-py's."""

from __future__ import annotations

from typing import Any, Self

import redis

from ._settings import Settings
from ._source import blocking_source
from .connection import HANDED_ON, Connection


class ConnectionPool(redis.ConnectionPool):
    """redis-py's pool on redlatch's connections. Arguments are those of :class:`redlatch.Redis`.

    ::

        pool = redlatch.ConnectionPool(host="10.0.0.3", port=6378, ssl=True, max_connections=50,
                                       ssl_ca_certs="/etc/redis-tls/ca.pem",
                                       password_file="/etc/redis/password")
        r = redlatch.Redis(connection_pool=pool)

    Clients of one pool share its connections. ``max_connections`` (1024) bounds them:
    ``client.queue_full`` beyond. ``get_connection`` gives a :class:`redlatch.Connection` to
    whatever speaks redis-py's connection interface.
    """

    def __init__(
        self,
        connection_class: type[Any] | None = None,
        max_connections: int | None = None,
        cache_factory: Any = None,
        **kwargs: Any,
    ) -> None:
        self._start(connection_class, max_connections, kwargs, from_env=False)

    def _start(
        self,
        connection_class: type[Any] | None,
        max_connections: int | None,
        given: dict[str, Any],
        from_env: bool = False,
        source: Any = None,
        **more: Any,
    ) -> None:
        if max_connections is not None:
            given = given | {"max_connections": max_connections}
        if source is None:
            more |= {name: value for name, value in given.items() if name in HANDED_ON}
            given = {name: value for name, value in given.items() if name not in HANDED_ON}
            settings = Settings(redis.Redis.__init__, (), given)
            source = blocking_source(settings, from_env, more.get("timeout"))
        self.source = source
        self._base().__init__(
            self,
            connection_class=connection_class or Connection,
            max_connections=source.config["max_connections"],
            source=source,
            **more,
            **source.arguments,
        )

    @staticmethod
    def _base() -> Any:
        return redis.ConnectionPool

    @classmethod
    def of(cls, source: Any, connection_class: type[Any] | None = None) -> Self:
        """A pool of what is there already."""
        made = cls.__new__(cls)
        made._start(connection_class, None, {}, source=source)
        return made

    @classmethod
    def from_url(cls, url: str, **kwargs: Any) -> Self:
        """A pool of a URL; keyword arguments win."""
        return cls(url=url, **kwargs)

    @classmethod
    def from_env(cls, **kwargs: Any) -> Self:
        """A pool of the environment; keyword arguments win."""
        made = cls.__new__(cls)
        made._start(None, None, kwargs, from_env=True)
        return made

    def disconnect(self, inuse_connections: bool = True) -> None:
        """Closes the connections, those of subscriptions too; the next command opens new ones."""
        if inuse_connections:
            # Blocking pools of redis-py 6 take no argument.
            super().disconnect()
            for listener in list(self.source.listeners):
                listener.close()
        else:
            super().disconnect(inuse_connections=False)
        self.source.engine.close()
        self.source.engine.reopen()

    def __repr__(self) -> str:
        return f"<redlatch.{type(self).__name__}({self.source.config['address']})>"


class BlockingConnectionPool(ConnectionPool, redis.BlockingConnectionPool):
    """The same; who finds all connections in use waits ``timeout`` seconds (20) for one.

    ``max_connections`` is 50 unless given.
    """

    def __init__(
        self,
        max_connections: int = 50,
        timeout: float | None = 20,
        connection_class: type[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("queue_class", None)
        patience = float("inf") if timeout is None else timeout
        self._start(connection_class, max_connections, kwargs, timeout=patience)

    @staticmethod
    def _base() -> Any:
        return redis.BlockingConnectionPool
