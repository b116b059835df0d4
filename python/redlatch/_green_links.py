"""Connections on patched sockets, each with a greenlet that reads and one that writes."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from . import _native
from ._hubs import Hub


class Dialer:
    """Makes the connections the core asks for."""

    def __init__(self, hub: Hub, timeout: float) -> None:
        self._hub = hub
        self._timeout = timeout
        self._links: dict[int, Link] = {}

    def __call__(
        self, client: _native.LoopClient, link: int, host: str | None, port: Any, attempt: int
    ) -> None:
        made = Link(self._hub, client, link)
        self._links[link] = made
        self._hub.spawn(self._run, made, host, port, attempt)

    def hang_up(self, link: int) -> None:
        made = self._links.get(link)
        if made is not None:
            made.abort()

    def _run(self, link: Link, host: str | None, port: Any, attempt: int) -> None:
        try:
            link.run(lambda: self._connect(host, port, attempt))
        finally:
            self._links.pop(link.number, None)

    def _connect(self, host: str | None, port: Any, attempt: int) -> socket.socket:
        if host is None:
            made = socket.socket(socket.AF_UNIX)
            made.settimeout(self._timeout)
            made.connect(str(port))
            return made
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        start = attempt % len(found)
        last: OSError = OSError("no address")
        for family, kind, protocol, _, address in found[start:] + found[:start]:
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(self._timeout)
                made.connect(address)
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                return made
            except OSError as error:
                made.close()
                last = error
        raise last


class Link:
    """One connection: a greenlet that reads and one that writes. The engine's transport."""

    def __init__(self, hub: Hub, client: _native.LoopClient, number: int) -> None:
        self._hub = hub
        self._client = client
        self.number = number
        self._protocol = _native.LoopLink(client, number)
        self._socket: socket.socket | None = None
        self._out: deque[bytes] = deque()
        self._size = 0
        self._closing = False
        self._given_up = False
        self._users = 2
        self._wake = hub.create_future()

    def run(self, connect: Callable[[], socket.socket]) -> None:
        """Connects and reads until the end."""
        try:
            made = connect()
        except OSError as error:
            if not self._given_up:
                self._client.dial_failed(self.number, code_of(error), str(error))
            return
        if self._given_up:
            made.close()
            return
        made.settimeout(None)
        self._socket = made
        self._hub.spawn(self._send)
        self._protocol.connection_made(self)
        failure: OSError | None = None
        try:
            while data := made.recv(CHUNK):
                self._protocol.data_received(data)
        except OSError as error:
            failure = error
        if not self._given_up:
            self._given_up = True
            self._protocol.connection_lost(failure)
        self.abort()
        self._leave()

    def write(self, data: bytes) -> None:
        """Never waits: the engine is at work."""
        self._out.append(data)
        self._size += len(data)
        if self._size > MOST_WAITING:
            self._protocol.pause_writing()
        self._stir()

    def close(self) -> None:
        self._given_up = self._closing = True
        self._stir()

    def abort(self) -> None:
        self._given_up = self._closing = True
        self._out.clear()
        self._stir()

    def _stir(self) -> None:
        if not self._wake.is_set():
            self._wake.set_result(None)

    def _send(self) -> None:
        made = self._socket
        assert made is not None
        try:
            while True:
                while self._out:
                    data = self._out.popleft()
                    made.sendall(data)
                    before, self._size = self._size, self._size - len(data)
                    if before > MOST_WAITING >= self._size and not self._given_up:
                        self._protocol.resume_writing()
                if self._closing:
                    break
                self._wake = self._hub.create_future()
                if not self._out and not self._closing:
                    self._wake.wait()
        except OSError:
            # Who reads notices, too.
            pass
        with contextlib.suppress(OSError):
            made.shutdown(socket.SHUT_RDWR)
        self._leave()

    def _leave(self) -> None:
        # A socket must not be closed under somebody who waits for it: the last one does.
        self._users -= 1
        if self._users == 0 and self._socket is not None:
            self._socket.close()


def code_of(error: OSError) -> str:
    """The code of a failure to connect."""
    if isinstance(error, socket.gaierror):
        return "net.dns"
    if isinstance(error, (ConnectionRefusedError, FileNotFoundError)):
        return "net.refused"
    return "net.timeout" if isinstance(error, TimeoutError) else "net.unreachable"


CHUNK = 64 * 1024
MOST_WAITING = 1024 * 1024
