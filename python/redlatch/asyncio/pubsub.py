"""Subscriptions of the asyncio client."""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any

import redis.asyncio.client

from .. import _native
from ..errors import refused
from ..pubsub import answered

if TYPE_CHECKING:
    from .client import Redis


class PubSub(redis.asyncio.client.PubSub):
    """redis-py's subscriptions on a connection of redlatch's that listens.

    Subscriptions survive a lost connection (an event, ``gap``, tells that messages may be missing)
    and follow rotations without losing or repeating a message. A subscription that the server
    refuses is raised by the call that asks for it.
    """

    connection: Any

    def __init__(self, client: Redis, **kwargs: Any) -> None:
        self._client = client
        super().__init__(client.connection_pool, **kwargs)

    async def connect(self) -> None:
        """Makes the connection that listens."""
        if self.connection is None:
            source = self._client._source
            self.connection = Ear(source.engine)
            source.ears.add(self.connection)

    async def execute_command(self, *args: Any) -> None:
        await self.connect()
        await self.connection.send(args)

    # The name is redis-py's.
    async def parse_response(
        self,
        block: bool = True,
        timeout: float = 0,  # noqa: ASYNC109
    ) -> Any:
        """What was heard next; None if that is nothing in time."""
        if self.connection is None:
            # The words are redis-py's.
            text = "did you forget to call subscribe() or psubscribe()?"
            raise RuntimeError(f"pubsub connection not set: {text}")
        heard = answered(await self.connection.receive(None if block else timeout))
        if self.push_handler_func is not None and isinstance(heard, list):
            handled = self.push_handler_func(heard)
            return await handled if asyncio.iscoroutine(handled) else handled
        return heard

    async def check_health(self) -> None:
        """The core asks for signs of life by itself."""

    async def aclose(self) -> None:
        """Ends all subscriptions and closes their connection."""
        ear, self.connection = getattr(self, "connection", None), None
        if ear is not None:
            ear.close()
        self.channels = {}
        self.pending_unsubscribe_channels = set()
        self.patterns = {}
        self.pending_unsubscribe_patterns = set()
        self.shard_channels = {}
        self.pending_unsubscribe_shard_channels = set()

    def __del__(self) -> None:
        # The connection ends with its ear.
        pass


class Ear:
    """A connection that listens, on one loop. Its `hear` only notes: the engine is at work then."""

    def __init__(self, engine: _native.LoopClient) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._heard: deque[Any] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._over: BaseException | None = None
        method = weakref.WeakMethod(self.hear)

        def hear(kind: str, what: Any) -> None:
            found = method()
            if found is not None:
                found(kind, what)

        self._lane = _native.LoopLane(engine, "listening", hear)

    async def send(self, args: tuple[Any, ...]) -> None:
        """Sends a command and waits until the server has confirmed it."""
        future = self._lane.execute(args)
        try:
            reply = await future
        except asyncio.CancelledError:
            self._lane.cancel(future)
            raise
        if args[0] == "PING":
            # Its answer has its place among the messages.
            self.hear("heard", reply)

    async def receive(self, within: float | None) -> Any:
        """What was heard next; None after so many seconds without anything."""
        if not self._heard and within != 0:
            await self._wait(within)
        elif not self._heard:
            # Lets the loop read what has come in.
            await asyncio.sleep(0)
        if not self._heard:
            if self._over is not None:
                raise self._over
            return None
        heard = self._heard.popleft()
        if isinstance(heard, BaseException):
            raise heard
        return heard

    def hear(self, kind: str, what: Any) -> None:
        """Notes what was heard, and wakes who waits for it."""
        self._heard.append(what)
        self._wake()

    def engine_closed(self, engine: _native.LoopClient) -> None:
        """The client was closed."""
        if engine is self._engine:
            self._over = refused("client.closed", "the client was closed")
            self._wake()

    def close(self) -> None:
        """Ends the connection."""
        self.engine_closed(self._engine)
        if self._loop.is_running():
            self._lane.close()

    def _wake(self) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return

    async def _wait(self, within: float | None) -> None:
        end = None if within is None else self._loop.time() + within
        while not self._heard and self._over is None:
            waiting = self._loop.create_future()
            self._waiting.append(waiting)
            left = None if end is None else end - self._loop.time()
            try:
                await asyncio.wait_for(waiting, left)
            except TimeoutError:
                return

    def __del__(self) -> None:
        lane = getattr(self, "_lane", None)
        if lane is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(lane.close)
