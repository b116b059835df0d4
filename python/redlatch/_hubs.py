"""The hubs of gevent and eventlet, as much of an event loop as the engine needs."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any


def maker() -> str | None:
    """Who has patched sockets in this process: ``gevent``, ``eventlet``, or nobody."""
    found = {kind.__module__.split(".")[0] for kind in socket.socket.__mro__}
    return next((it for it in ("gevent", "eventlet") if it in found), None)


def hub_of(who: str) -> Hub:
    """The running thread's hub."""
    return GeventHub() if who == "gevent" else EventletHub()


class Hub:
    """What both have in common."""

    #: Stands for the hub as long as it lives.
    key: Any

    def create_future(self) -> Any:
        raise NotImplementedError

    def call_soon(self, callback: Callable[..., Any], *args: Any) -> Any:
        raise NotImplementedError

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Any:
        raise NotImplementedError

    def spawn(self, run: Callable[..., Any], *args: Any) -> None:
        raise NotImplementedError

    def current(self) -> Any:
        raise NotImplementedError

    def pause(self) -> None:
        """Lets others run."""
        raise NotImplementedError


class GeventHub(Hub):
    def __init__(self) -> None:
        import gevent

        self._gevent = gevent
        self.key = gevent.get_hub()

    def create_future(self) -> Any:
        return _gevent_future()()

    def call_soon(self, callback: Callable[..., Any], *args: Any) -> Any:
        return self.key.loop.run_callback(callback, *args)

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Any:
        timer = self.key.loop.timer(delay)
        timer.start(callback, *args)
        return _Timer(timer)

    def spawn(self, run: Callable[..., Any], *args: Any) -> None:
        self._gevent.spawn(run, *args)

    def current(self) -> Any:
        return self._gevent.getcurrent()

    def pause(self) -> None:
        self._gevent.sleep(0)


class _Timer:
    def __init__(self, timer: Any) -> None:
        self._timer = timer

    def cancel(self) -> None:
        self._timer.stop()
        self._timer.close()


_made: dict[str, Any] = {}


def _gevent_future() -> Any:
    if "gevent" not in _made:
        from gevent.event import AsyncResult

        class Future(AsyncResult):  # type: ignore[misc]
            def set_result(self, value: Any) -> None:
                self.set(value)

            def wait(self, timeout: float | None = None) -> Any:
                return self.get()

            def is_set(self) -> bool:
                return bool(self.ready())

            def expire(self) -> None:
                if not self.ready():
                    self.set(None)

        _made["gevent"] = Future
    return _made["gevent"]


class EventletHub(Hub):
    def __init__(self) -> None:
        import eventlet
        import eventlet.hubs

        self._eventlet = eventlet
        self.key = eventlet.hubs.get_hub()

    def create_future(self) -> Any:
        return _eventlet_future()()

    def call_soon(self, callback: Callable[..., Any], *args: Any) -> Any:
        return self.key.schedule_call_global(0, callback, *args)

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Any:
        return self.key.schedule_call_global(delay, callback, *args)

    def spawn(self, run: Callable[..., Any], *args: Any) -> None:
        self._eventlet.spawn_n(run, *args)

    def current(self) -> Any:
        return self._eventlet.getcurrent()

    def pause(self) -> None:
        self._eventlet.sleep(0)


def _eventlet_future() -> Any:
    if "eventlet" not in _made:
        from eventlet.event import Event

        class Future(Event):  # type: ignore[misc]
            def wait(self, timeout: float | None = None) -> Any:
                # A greenlet that waited for several descriptors is woken once for each that is
                # ready, whatever it waits for by then.
                while not self.ready():
                    super().wait()
                return super().wait()

            def set_result(self, value: Any) -> None:
                self.send(value)

            def set_exception(self, error: BaseException) -> None:
                self.send_exception(error)

            def is_set(self) -> bool:
                return bool(self.ready())

            def expire(self) -> None:
                if not self.ready():
                    self.send(None)

        _made["eventlet"] = Future
    return _made["eventlet"]
