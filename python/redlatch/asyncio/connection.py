"""redis-py's asyncio connection over a session of the core."""

from __future__ import annotations

import asyncio
import inspect
import weakref
from collections.abc import Iterable
from typing import Any

import redis.asyncio
from redis.asyncio.connection import AbstractConnection

from .. import _native
from .._settings import Settings
from ..connection import ONLY_HERE, OWN
from ..errors import RedlatchError
from .source import LoopSource


class Connection(AbstractConnection):
    """A connection as redis-py's, trusted, authenticated and watched as all of redlatch's.

    Arguments are those of :class:`redlatch.asyncio.Redis`; see :class:`redlatch.Connection`.
    """

    def __init__(self, *, source: LoopSource | None = None, **kwargs: Any) -> None:
        own = {name: value for name, value in kwargs.items() if name in OWN}
        if source is None:
            known = {name: value for name, value in kwargs.items() if name not in ONLY_HERE}
            source = LoopSource(Settings(redis.asyncio.Redis.__init__, (), known))
        self.source = source
        config = source.config
        self.host = config["host"]
        self.port = config["port"]
        self.path = config["path"]
        self._stream: Stream | None = None
        own = {"socket_timeout": config["timeout"] or None, **source.arguments, **own}
        parameters = inspect.signature(AbstractConnection.__init__).parameters
        super().__init__(**{name: value for name, value in own.items() if name in parameters})

    def repr_pieces(self) -> Any:
        return [("address", self.source.config["address"]), ("db", self.db)]

    async def connect(self) -> None:
        # Pools of redis-py 6 call it whenever they hand it out, and ask nothing else.
        if not hasattr(AbstractConnection, "should_reconnect") and self.should_reconnect():
            await self.disconnect()
        try:
            await super().connect()  # type: ignore[no-untyped-call]
        except redis.ConnectionError as error:
            # redis-py hides what it does not know behind a class of its own.
            if isinstance(error.__cause__, RedlatchError):
                raise error.__cause__ from None
            raise

    async def _connect(self) -> None:
        stream = Stream(self.source.engine)
        await stream.opened()
        self._stream = stream
        self._reader, self._writer = stream.reader, stream  # type: ignore[assignment]

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        # Login, names and database are done.
        self._parser.on_connect(self)

    async def on_connect(self) -> None:
        await self.on_connect_check_health()

    def should_reconnect(self) -> bool:
        asked = getattr(super(), "should_reconnect", None)
        if asked is not None and asked():
            return True
        return self.is_connected and self._stream is not None and self._stream.is_stale()

    def _host_error(self) -> str:
        return str(self.source.config["address"])


class Stream:
    """What redis-py takes for a `StreamWriter`, and the reader beside it."""

    def __init__(self, engine: _native.LoopClient) -> None:
        self._loop = asyncio.get_running_loop()
        self.reader = asyncio.StreamReader(loop=self._loop)
        self.transport = self
        self._up: asyncio.Future[None] = self._loop.create_future()
        self._over = False
        method = weakref.WeakMethod(self._hear)

        def hear(kind: str, what: Any) -> None:
            found = method()
            if found is not None:
                found(kind, what)

        self._lane = _native.LoopLane(engine, "wire", hear)

    async def opened(self) -> None:
        """Waits until the session is up. Raises why it is not."""
        try:
            await self._up
        except BaseException:
            self.close()
            raise

    def _hear(self, kind: str, what: Any) -> None:
        # Settled later: the engine is at work.
        if kind == "bytes":
            self.reader.feed_data(what)
        elif kind == "opened":
            self._loop.call_soon(self._settle, None)
        else:
            self._over = True
            if self._up.done() or self.reader.at_eof():
                closed = isinstance(what, RedlatchError) and what.code == "net.closed"
                self.reader.feed_eof() if closed else self.reader.set_exception(what)
            else:
                self._loop.call_soon(self._settle, what)

    def _settle(self, error: BaseException | None) -> None:
        if self._up.done():
            return
        if error is None:
            self._up.set_result(None)
        else:
            self._up.set_exception(error)

    def write(self, data: Any) -> None:
        self._lane.send(data)

    def writelines(self, data: Iterable[Any]) -> None:
        for part in data:
            self._lane.send(part)

    async def drain(self) -> None:
        """Bytes wait in the transport, which is bounded by what the caller awaits."""
        await asyncio.sleep(0)

    def is_stale(self) -> bool:
        """Whether the session had better not be used again."""
        return self._lane.is_stale()

    def is_closing(self) -> bool:
        return self._over

    def close(self) -> None:
        if not self._over:
            self._over = True
            self._lane.close()

    def abort(self) -> None:
        self.close()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default
