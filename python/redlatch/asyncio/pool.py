"""Pools of the asyncio client."""

from __future__ import annotations

from typing import Any, Self

import redis.asyncio

from .._settings import Settings
from ..connection import HANDED_ON
from .connection import Connection
from .source import LoopSource


class ConnectionPool(redis.asyncio.ConnectionPool):
    """redis-py's asyncio pool on redlatch's connections; see :class:`redlatch.ConnectionPool`.

    Commands of all clients of a pool share one connection for each loop. ``max_connections`` (1024)
    bounds those that block, watch, or listen.
    """

    def __init__(
        self,
        connection_class: type[Any] | None = None,
        max_connections: int | None = None,
        **kwargs: Any,
    ) -> None:
        self._start(connection_class, max_connections, kwargs)

    def _start(
        self,
        connection_class: type[Any] | None,
        max_connections: int | None,
        given: dict[str, Any],
        from_env: bool = False,
        source: LoopSource | None = None,
        **more: Any,
    ) -> None:
        if max_connections is not None:
            given = given | {"max_connections": max_connections}
        if source is None:
            more |= {name: value for name, value in given.items() if name in HANDED_ON}
            given = {name: value for name, value in given.items() if name not in HANDED_ON}
            source = LoopSource(Settings(redis.asyncio.Redis.__init__, (), given), from_env)
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
        return redis.asyncio.ConnectionPool

    @classmethod
    def of(cls, source: LoopSource) -> Self:
        """A pool of what is there already."""
        made = cls.__new__(cls)
        made._start(None, None, {}, source=source)
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

    async def disconnect(self, inuse_connections: bool = True) -> None:
        """Closes this loop's connections; the next command opens new ones."""
        await super().disconnect(inuse_connections)
        await self.source.close()

    def __repr__(self) -> str:
        return f"<redlatch.asyncio.{type(self).__name__}({self.source.config['address']})>"


class BlockingConnectionPool(ConnectionPool, redis.asyncio.BlockingConnectionPool):
    """The same; who asks it for a connection while all are in use waits ``timeout`` seconds (20).

    Commands never wait for one: they share.
    """

    def __init__(
        self,
        max_connections: int = 50,
        timeout: float | None = 20,
        connection_class: type[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("queue_class", None)
        self._start(connection_class, max_connections, kwargs, timeout=timeout)

    @staticmethod
    def _base() -> Any:
        return redis.asyncio.BlockingConnectionPool
