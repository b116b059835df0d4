"""The asyncio client: one shared connection on the running loop's own transport."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import Any, Self, Unpack
from weakref import WeakKeyDictionary

import redis.asyncio
import redis.asyncio.client

from . import _native
from ._arguments import Arguments
from ._asker import Asker
from ._pipeline import packed, results
from ._providers import Providers
from ._settings import Settings
from ._shortcuts import callback_of, look_up, shorten
from ._surface import Surface, unsupported


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
    _on_loop = True

    def __init__(self, *args: Any, **kwargs: Unpack[Arguments]) -> None:
        super().__init__(*args, **kwargs)

    def _start(self, settings: Settings, providers: Providers) -> None:
        self._providers = providers
        self._strings = settings.strings
        self._engines: WeakKeyDictionary[asyncio.AbstractEventLoop, _native.LoopClient] = (
            WeakKeyDictionary()
        )
        self._latest: tuple[Any, Any] = (None, None)
        # Events of connections that were closed.
        self._told: list[str] = []
        kwargs = settings.connection_kwargs(self.config)
        redis.asyncio.Redis.__init__(self, connection_pool=NoConnections(**kwargs))

    @property
    def _engine(self) -> _native.LoopClient:
        loop = asyncio.get_running_loop()
        latest, engine = self._latest
        # Looking into the dictionary for each command would cost as much as the command.
        if latest is loop:
            return engine  # type: ignore[no-any-return]
        engine = self._engines.get(loop)
        if engine is None:
            asker = Asker(loop, self._providers)
            engine = _native.LoopClient(loop, self._profile, Dialer(loop), asker, *self._strings)
            self._engines[loop] = engine
        self._latest = (loop, engine)
        return engine

    def _notice(self) -> None:
        for reference in self._engines.keyrefs():
            loop = reference()
            engine = None if loop is None else self._engines.get(loop)
            if loop is not None and engine is not None:
                # A loop that was closed has nothing to notice.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(engine.notice)

    async def initialize(self) -> Self:
        return self

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        options.pop("keys", None)
        if not options and args and args[0].isupper():
            return await _straight(self, args)
        engine = self._engine
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

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Closes this loop's connection and cancels its providers. The next command opens a new
        one."""
        loop = asyncio.get_running_loop()
        engine = self._engines.get(loop)
        if engine is not None:
            engine.close()
            self._told += engine.events()
            self._latest = (None, None)
            del self._engines[loop]
            await engine.ask.close()
            # Lets the transport say goodbye before the loop ends.
            await asyncio.sleep(0)

    def events(self) -> list[dict[str, Any]]:
        """What happened since the last call, oldest first."""
        told, self._told = self._told, []
        return [json.loads(event) for event in told] + super().events()

    def __del__(self, *_: Any) -> None:
        # Transports close themselves; redis-py would warn about a pool that never connected.
        pass


async def _straight(client: Redis, args: tuple[Any, ...]) -> Any:
    loop, engine = client._latest
    if loop is not asyncio.get_running_loop():
        engine = client._engine
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
        super().__init__(client.connection_pool, client.response_callbacks, transaction, shard_hint)

    def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        if args[0] in ("WATCH", "UNWATCH"):
            raise unsupported("WATCH")
        return self.pipeline_execute_command(*args, **kwargs)  # type: ignore[no-untyped-call]

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        commands = list(self.command_stack)
        transaction = bool(commands) and (self.is_transaction or self.explicit_transaction)
        engine = self._client._engine
        try:
            for script in self.scripts:
                await engine.execute(("SCRIPT", "LOAD", script.script))
            if not commands:
                return []
            future = engine.execute_many(packed(commands, transaction))
            try:
                replies = await future
            except asyncio.CancelledError:
                engine.cancel(future)
                raise
            callbacks = self.response_callbacks
            return results(commands, replies, transaction, callbacks, raise_on_error)
        finally:
            await self.reset()  # type: ignore[no-untyped-call]


def _staged(pipeline: Pipeline, args: tuple[Any, ...]) -> Any:
    if pipeline.watching:
        return pipeline.execute_command(*args)
    pipeline.command_stack.append((args, {}))
    return pipeline


shorten(Redis, redis.asyncio.Redis, _straight)
shorten(Pipeline, redis.asyncio.client.Pipeline, _staged)


class Dialer:
    """Makes the connections the core asks for, on one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def __call__(
        self, client: _native.LoopClient, link: int, host: str | None, port: Any, attempt: int
    ) -> None:
        # Not by the loop's factory: an eager task would call back while the client calls.
        dial = self._dial(client, link, host, port, attempt)
        task: asyncio.Task[None] = asyncio.Task(dial, loop=self._loop)
        self._tasks[link] = task
        task.add_done_callback(lambda _: self._tasks.pop(link, None))

    def hang_up(self, link: int) -> None:
        """Gives up an attempt that is under way."""
        task = self._tasks.pop(link, None)
        if task is not None:
            task.cancel()

    async def _dial(
        self, client: _native.LoopClient, link: int, host: str | None, port: Any, attempt: int
    ) -> None:
        def protocol() -> Any:
            return _native.LoopLink(client, link)

        try:
            if host is None:
                await self._loop.create_unix_connection(protocol, str(port))
                return
            # Loops of other makers try addresses their own way, and asyncio's own race of addresses
            # fails with eager tasks, before Python 3.13.1.
            races = isinstance(self._loop, asyncio.BaseEventLoop)
            eyeballs: dict[str, Any] = (
                {"happy_eyeballs_delay": 0.25, "interleave": 1 + attempt % 2}
                if races and self._loop.get_task_factory() is None
                else {}
            )
            transport, _ = await self._loop.create_connection(protocol, host, port, **eyeballs)
        except (OSError, ExceptionGroup) as error:
            client.dial_failed(link, _code_of(error), str(error))
            return
        found = transport.get_extra_info("socket")
        # The core may have hung up at once, for want of a usable CA.
        if found is not None and not transport.is_closing():
            found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_KEEPIDLE"):
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)


def _code_of(error: BaseException) -> str:
    if isinstance(error, ExceptionGroup):
        return _code_of(error.exceptions[0])
    if isinstance(error, socket.gaierror):
        return "net.dns"
    if isinstance(error, (ConnectionRefusedError, FileNotFoundError)):
        return "net.refused"
    if isinstance(error, TimeoutError):
        return "net.timeout"
    # asyncio joins several failures into one text.
    return "net.refused" if "Connect call failed" in str(error) else "net.unreachable"


class NoConnections(redis.asyncio.ConnectionPool):
    """Stands where redis-py's command layer expects a pool: commands never use it."""

    async def get_connection(self, *_: Any, **__: Any) -> Any:
        raise unsupported("connection of redis-py's own")


#: As redis-py calls it, too.
StrictRedis = Redis

__all__ = ["Pipeline", "Redis", "StrictRedis"]
