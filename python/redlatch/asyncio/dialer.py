"""Connections that the core asks for, made on an event loop."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from .. import _native


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
