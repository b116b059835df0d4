"""The asyncio client: one shared connection on the running loop's own transport."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self, Unpack
from weakref import WeakKeyDictionary

import redis.asyncio
import redis.asyncio.client

from .. import _native
from .._arguments import Arguments
from .._health import COMMANDS, LIMIT, Probe
from .._pipeline import packed, results
from .._settings import Settings
from .._shortcuts import callback_of, look_up, shorten
from .._surface import Surface
from .._telemetry import WatchedLoop
from ..errors import RedlatchError
from .connection import Connection
from .pool import ConnectionPool
from .pubsub import PubSub
from .source import LoopSource


# redis-py's own `command_info` differ; `from_url` makes our class, whichever arguments it takes.
class Redis(Surface, redis.asyncio.Redis):  # type: ignore[misc]  # pyright: ignore[reportIncompatibleMethodOverride]
    """redis-py's asyncio client on redlatch's engine.

    ::

        async def main():
            async with redlatch.asyncio.Redis(
                host="10.0.0.3", port=6378, ssl=True,
                ssl_ca_certs="/etc/redis-tls/ca.pem", password_file="/etc/redis/password",
            ) as r:
                await r.set("key", "value")

        asyncio.run(main())

    Arguments are those of :class:`redlatch.Redis`; providers may be coroutine functions. Any other
    callable runs in a thread of the loop's executor, where it may block. Connects at the first
    command. All tasks of a loop share one connection; each loop that uses the client gets one of
    its own.
    """

    _peer = redis.asyncio.Redis
    _pool = ConnectionPool
    _connection = Connection

    def __init__(self, *args: Any, **kwargs: Unpack[Arguments]) -> None:
        super().__init__(*args, **kwargs)

    def _open(self, settings: Settings, from_env: bool, single: bool = False) -> None:
        self._share(ConnectionPool.of(LoopSource(settings, from_env)), single)
        self.auto_close_connection_pool = True

    def _share(self, pool: ConnectionPool, single: bool) -> None:
        self._source = pool.source
        self._single = single
        #: Whether commands go another way than straight to the loop's engine.
        self._apart = single or self._source.telemetry is not None
        self._lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, _native.LoopLane] = (
            WeakKeyDictionary()
        )
        redis.asyncio.Redis.__init__(self, connection_pool=pool)

    @property
    def _engine(self) -> Any:
        """Runs commands: the loop's engine, or the one connection of a client that keeps one."""
        engine = self._source.engine
        if not self._single:
            return engine
        loop = asyncio.get_running_loop()
        if loop not in self._lanes:
            self._lanes[loop] = _native.LoopLane(engine, "held")
        return self._lanes[loop]

    @property
    def _runner(self) -> Any:
        """The same, watched if somebody does."""
        return self._watched(self._engine)

    def _watched(self, engine: Any) -> Any:
        telemetry = self._source.telemetry
        return engine if telemetry is None else WatchedLoop(engine, telemetry)

    async def initialize(self) -> Self:
        return self

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        options.pop("keys", None)
        if not options and args and args[0].isupper():
            return await _straight(self, args)
        engine = self._runner
        future = engine.execute(args, None, options.pop("NEVER_DECODE", None) is not None)
        try:
            reply = await future
        except asyncio.CancelledError:
            engine.cancel(future)
            raise
        except redis.ResponseError:
            if "EMPTY_RESPONSE" in options:
                return options["EMPTY_RESPONSE"]
            raise
        options.pop("EMPTY_RESPONSE", None)
        callback = callback_of(self.response_callbacks, args[0])
        return reply if callback is None else callback(reply, **options)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Commands sent in one flight, as a transaction unless told otherwise."""
        return Pipeline(self, transaction, shard_hint)

    def pubsub(self, **kwargs: Any) -> PubSub:
        """Subscriptions, on a connection of their own. Arguments are redis-py's."""
        return PubSub(self, **kwargs)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Closes this loop's connections, unless others share them, and cancels its providers. The
        next command opens new ones."""
        lane = self._lanes.pop(asyncio.get_running_loop(), None)
        if lane is not None:
            lane.close()
        if close_connection_pool or (
            close_connection_pool is None and self.auto_close_connection_pool
        ):
            await self.connection_pool.disconnect()

    async def health(
        self,
        timeout: float = LIMIT,  # noqa: ASYNC109 - the engine keeps it
        read_only: bool = False,
    ) -> dict[str, Any]:
        """As :meth:`redlatch.Redis.health`."""
        probe, engine = Probe(), self._source.engine
        try:
            future = engine.execute_many(COMMANDS, timeout, True)
            try:
                probe.answered(await future)
            except asyncio.CancelledError:
                engine.cancel(future)
                raise
        except RedlatchError as error:
            probe.failed(error)
        return probe.judged(engine.status(), read_only)

    def events(self) -> list[dict[str, Any]]:
        """What happened since the last call, oldest first, also to subscriptions."""
        return [json.loads(event) for event in self._source.events()]

    def __del__(self, *_: Any) -> None:
        # Transports close themselves; redis-py would warn about a pool that never connected.
        pass


async def _straight(client: Redis, args: tuple[Any, ...]) -> Any:
    loop, engine = client._source.latest
    if loop is None or loop is not asyncio.get_running_loop() or client._apart:
        engine = client._runner
    future = engine.execute(args)
    try:
        reply = await future
    except asyncio.CancelledError:
        engine.cancel(future)
        raise
    callback = look_up(client.response_callbacks, args[0])
    return reply if callback is None else callback(reply)


class Pipeline(redis.asyncio.client.Pipeline):
    """redis-py's asyncio pipeline on redlatch's engine."""

    def __init__(self, client: Redis, transaction: bool, shard_hint: str | None) -> None:
        self._client = client
        #: The connection that watches.
        self._held: Any = None
        super().__init__(client.connection_pool, client.response_callbacks, transaction, shard_hint)

    async def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        """Runs a command now, on the connection that watches."""
        options.pop("keys", None)
        if self._held is None:
            engine = self._client._engine
            is_lane = isinstance(engine, _native.LoopLane)
            held = engine if is_lane else _native.LoopLane(engine, "held")
            self._held = self._client._watched(held)
            self._loop = asyncio.get_running_loop()
        raw = options.pop("NEVER_DECODE", None) is not None
        future = self._held.execute(args, None, raw)
        try:
            reply = await future
        except asyncio.CancelledError:
            self._held.cancel(future)
            raise
        if args[0] == "WATCH":
            self.watching = True
        elif args[0] == "UNWATCH":
            self.watching = False
        options.pop("EMPTY_RESPONSE", None)
        callback = callback_of(self.response_callbacks, args[0])
        return reply if callback is None else callback(reply, **options)

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        commands = list(self.command_stack)
        # An empty one still tells whether what was watched has changed.
        transaction = bool(commands or self.watching) and (
            self.is_transaction or self.explicit_transaction
        )
        engine = self._held or self._client._runner
        try:
            for script in self.scripts:
                await engine.execute(("SCRIPT", "LOAD", script.script))
            if not commands and not transaction:
                return []
            future = engine.execute_many(packed(commands, transaction))
            try:
                replies = await future
            except asyncio.CancelledError:
                engine.cancel(future)
                raise
            if transaction:
                # EXEC has ended it.
                self.watching = False
            callbacks = self.response_callbacks
            return results(commands, replies, transaction, callbacks, raise_on_error)
        finally:
            await self.reset()

    def __del__(self, *_: object) -> None:
        # Who forgets a pipeline that watches must not keep its connection for ever.
        held = getattr(self, "_held", None)
        if held is not None and not self._client._single and self._loop.is_running():
            self._loop.call_soon_threadsafe(held.close)

    async def reset(self) -> None:  # type: ignore[override]
        """Forgets the commands and what is watched."""
        held, self._held = self._held, None
        if held is not None:
            if self._client._single:
                if self.watching:
                    await held.execute(("UNWATCH",))
            else:
                held.close()
        self.command_stack = []
        self.scripts = set()
        self.watching = False
        self.explicit_transaction = False


def _staged(pipeline: Pipeline, args: tuple[Any, ...]) -> Any:
    if pipeline.watching:
        return pipeline.execute_command(*args)
    pipeline.command_stack.append((args, {}))
    return pipeline


shorten(Redis, redis.asyncio.Redis, _straight)
shorten(Pipeline, redis.asyncio.client.Pipeline, _staged)


__all__ = ["Pipeline", "Redis"]
