"""Blocking calls where threads are green: the hub of gevent or eventlet moves the bytes.

Patched sockets hand over to other greenlets while they wait; a call into the extension would hold
up all of them. So the engine of event loops runs on the hub here: all greenlets share one
connection, and who waits for a reply waits as for any other event.
"""

from __future__ import annotations

from collections import deque
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import redis

from . import _native, errors
from ._green_flag import Flag
from ._green_links import Dialer
from ._hubs import Hub, hub_of
from ._providers import GONE, Providers
from ._settings import Settings
from ._source import Source, blocking_source


class GreenSource(Source):
    """Settings, materials and providers for callers whose threads are green."""

    def __init__(self, settings: Settings, from_env: bool, maker: str) -> None:
        super().__init__(settings, from_env, on_loop=False)
        self._maker = maker
        self._natives: WeakKeyDictionary[Any, _native.LoopClient] = WeakKeyDictionary()
        self._told: list[str] = []
        self.engine = Engine(self)
        self.listeners: WeakSet[Ear] = WeakSet()

    def __reduce__(self) -> Any:
        return (blocking_source, (self.settings, self.from_env))

    @property
    def hub(self) -> Hub:
        """The running thread's."""
        return hub_of(self._maker)

    @property
    def native(self) -> _native.LoopClient:
        """The engine of the running thread's hub."""
        hub = self.hub
        made = self._natives.get(hub.key)
        if made is None:
            ask = Asker(hub, self.providers)
            dial = Dialer(hub, self.config["connect_timeout"])
            made = _native.LoopClient(hub, self.profile, dial, ask, *self.settings.strings)
            self._natives[hub.key] = made
        return made

    def notice(self) -> None:
        self.native.notice()

    def hold(self) -> Lane:
        """A connection for one caller."""
        return Lane(self, "held")

    def listen(self) -> Ear:
        """A connection for subscriptions."""
        made = Ear(self)
        self.listeners.add(made)
        return made

    def wire(self) -> Wire:
        """A connection of the caller's own bytes."""
        return Wire(self)

    def close(self) -> None:
        """Closes the connections of this thread's hub."""
        native = self._natives.pop(self.hub.key, None)
        if native is not None:
            native.close()
            self._told += native.events()

    def events(self) -> list[str]:
        """What happened since the last call, as JSON documents."""
        told, self._told = self._told, []
        return told + self.native.events()


class Engine:
    """What the blocking client asks of its engine."""

    def __init__(self, source: GreenSource) -> None:
        self._source = source

    def execute(
        self, args: tuple[Any, ...], timeout: float | None = None, raw: bool = False
    ) -> Any:
        native = self._source.native
        return wait(native, native.execute(args, timeout, raw))

    def execute_many(
        self, commands: list[tuple[Any, ...]], timeout: float | None = None, raw: bool = False
    ) -> Any:
        if not commands:
            return []
        native = self._source.native
        return wait(native, native.execute_many(commands, timeout, raw))

    def events(self) -> list[str]:
        return self._source.events()

    def status(self) -> str:
        return self._source.native.status()

    def reload(self) -> None:
        self._source.native.reload()

    def close(self) -> None:
        self._source.close()

    def reopen(self) -> None:
        """The next command makes a new connection anyway."""


def wait(canceller: Any, future: Any) -> Any:
    """The reply. A caller who is killed or runs out of time gives the command up."""
    try:
        return future.wait()
    except redis.RedisError:
        raise
    except BaseException:
        canceller.cancel(future)
        raise


class Lane:
    """A connection that one caller holds."""

    def __init__(self, source: GreenSource, purpose: str, hear: Any = None) -> None:
        self._native = _native.LoopLane(source.native, purpose, hear)

    def execute(
        self, args: tuple[Any, ...], timeout: float | None = None, raw: bool = False
    ) -> Any:
        return wait(self._native, self._native.execute(args, timeout, raw))

    def execute_many(
        self, commands: list[tuple[Any, ...]], timeout: float | None = None, raw: bool = False
    ) -> Any:
        if not commands:
            return []
        return wait(self._native, self._native.execute_many(commands, timeout, raw))

    def release(self) -> None:
        self._native.close()


class Inbox:
    """What was heard, and who waits for it. It only notes: the engine is at work then."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.heard: deque[Any] = deque()
        self._waiting: deque[Any] = deque()
        #: Shows pollers that something was heard.
        self.flag: Flag | None = None

    def put(self, what: Any) -> None:
        self.heard.append(what)
        if self.flag is not None:
            self.flag.set(True)
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.is_set():
                waiting.set_result(None)
                return

    def wait(self, within: float | None) -> bool:
        """Whether there is something, within so many seconds."""
        if not self.heard and within == 0:
            # Lets the hub read what has come in.
            self._hub.pause()
        elif not self.heard:
            waiting = self._hub.create_future()
            self._waiting.append(waiting)
            timer = None if within is None else self._hub.call_later(within, waiting.expire)
            try:
                waiting.wait()
            finally:
                waiting.expire()
                if timer is not None:
                    timer.cancel()
        return bool(self.heard)


class Ear:
    """A connection that listens."""

    def __init__(self, source: GreenSource) -> None:
        self._inbox = Inbox(source.hub)
        self._source = source
        self._closed = False
        inbox = self._inbox
        self._lane = Lane(source, "listening", lambda kind, what: inbox.put(what))

    def send(self, args: tuple[Any, ...]) -> None:
        reply = self._lane.execute(args)
        if args[0] == "PING":
            self._inbox.put(reply)

    def receive(self, timeout: float | None) -> Any:
        if self._closed and not self._inbox.heard:
            raise closed()
        if not self._inbox.wait(timeout):
            return None
        heard = self._inbox.heard.popleft()
        if isinstance(heard, BaseException):
            raise heard
        return heard

    def events(self) -> list[str]:
        """They are among the client's."""
        return []

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._inbox.put(closed())
            self._lane.release()


def closed() -> errors.RedlatchError:
    """What there is to hear from closed subscriptions."""
    return errors.refused("client.closed", "the subscriptions were closed")


class Wire:
    """A connection of the caller's own bytes, as :class:`redlatch.connection.Socket` wants it."""

    def __init__(self, source: GreenSource) -> None:
        self._inbox = Inbox(source.hub)
        self._source = source
        self._over: BaseException | None = None
        self._rest = b""

    def connect(self) -> None:
        inbox = self._inbox
        lane = _native.LoopLane(
            self._source.native, "wire", lambda kind, what: inbox.put((kind, what))
        )
        self._lane = lane
        inbox.wait(None)
        kind, what = inbox.heard.popleft()
        if kind == "ended":
            raise what

    def send(self, data: Any) -> None:
        self._lane.send(data)
        self._source.hub.pause()

    def receive(self, most: int, timeout: float | None) -> bytes:
        if not self.is_readable(timeout):
            raise TimeoutError("timed out")
        if self._rest:
            taken, self._rest = self._rest[:most], self._rest[most:]
            self._show()
            return taken
        if isinstance(self._over, errors.RedlatchError) and self._over.code != "net.closed":
            raise self._over
        return b""

    def is_readable(self, timeout: float | None) -> bool:
        while not self._rest and self._over is None:
            if not self._inbox.wait(timeout):
                self._show()
                return False
            kind, what = self._inbox.heard.popleft()
            if kind == "bytes":
                self._rest += what
            elif kind == "ended":
                self._over = what
        return True

    def fileno(self) -> int:
        """For pollers such as kombu's: can be read when the connection can, or has ended."""
        if self._inbox.flag is None:
            self._inbox.flag = Flag()
        self._show()
        return self._inbox.flag.fileno()

    def _show(self) -> None:
        if self._inbox.flag is not None:
            waiting = self._rest or self._inbox.heard or self._over is not None
            self._inbox.flag.set(bool(waiting))

    def is_stale(self) -> bool:
        return self._lane.is_stale()

    def events(self) -> list[str]:
        return []

    def close(self) -> None:
        self._lane.close()


class Asker:
    """Asks providers, each in a greenlet of its own."""

    def __init__(self, hub: Hub, providers: Providers) -> None:
        self._hub = hub
        self._ask = providers.asked_weakly()
        self._asking: set[Any] = set()

    def __call__(self, client: _native.LoopClient, material: str, number: int) -> None:
        self._hub.spawn(self._run, client, material, number)

    def is_within(self) -> bool:
        return self._hub.current() in self._asking

    def _run(self, client: _native.LoopClient, material: str, number: int) -> None:
        me = self._hub.current()
        self._asking.add(me)
        given: Any = GONE
        try:
            given = self._ask(material)
        finally:
            self._asking.discard(me)
            client.answer(material, number, given)
