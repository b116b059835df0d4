"""Servers to be examined: real ones, and sockets that misbehave."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import redis

from authority import Pair


class Server:
    """A redis-server of its own, told what to do over a Unix socket."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        pair: Pair | None = None,
        first: tuple[str, ...] = (),
        until: str = "Ready to accept connections",
    ) -> None:
        """With ``pair`` it speaks TLS and nothing else; ``first`` comes before all options.

        It is waited for ``until`` it has logged these words.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.socket = folder / "redis.sock"
        self.port = free_port()
        words = ["--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        words += ["--unixsocket", str(self.socket)]
        if pair:
            certificate, key = folder / "server.pem", folder / "server.key"
            certificate.write_bytes(pair.chain)
            key.write_bytes(pair.key_pem())
            words += ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no"]
            words += ["--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
        else:
            words += ["--port", str(self.port)]
        self._process = subprocess.Popen(
            ["redis-server", *first, *words, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._log: list[str] = []
        self._logged = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.expect(until)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._logged:
                self._log.append(line)
                self._logged.notify_all()
        with self._logged:
            self._log.append("the server ended")
            self._logged.notify_all()

    def expect(self, words: str) -> None:
        """Waits until the server has logged them."""

        def logged() -> bool:
            assert "the server ended" not in self._log or self._has(words), "".join(self._log)
            return self._has(words)

        with self._logged:
            assert self._logged.wait_for(logged, 20), "".join(self._log)

    def _has(self, words: str) -> bool:
        return any(words in line for line in self._log)

    def ask(self, *command: str | int, password: str | None = None) -> object:
        """Runs one command as the administrator, whose connection stays open."""
        if not hasattr(self, "admin"):
            self.admin = redis.Redis(
                unix_socket_path=str(self.socket), password=password, decode_responses=True
            )
        return self.admin.execute_command(*command)

    def end(self) -> None:
        if hasattr(self, "admin"):
            self.admin.close()
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()


class Peer:
    """A port at which something else than a Redis server listens."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._guests: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                guest, _ = self._listener.accept()
            except OSError:
                return
            self._guests.append(guest)
            self._threads.append(threading.Thread(target=self._serve, args=(guest,), daemon=True))
            self._threads[-1].start()

    def _serve(self, guest: socket.socket) -> None:
        # A client that is gone is no failure of the peer.
        with contextlib.suppress(OSError):
            self._behave(guest)

    def end(self) -> None:
        # Closing alone does not wake who waits in accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        # The clients are gone, which ends whoever waits for them.
        for thread in self._threads:
            thread.join()
        for guest in self._guests:
            guest.close()


def says(answer: bytes, at_once: bool = False) -> Callable[[socket.socket], None]:
    """Answers whatever comes, or even before it, and closes."""

    def behave(guest: socket.socket) -> None:
        if not at_once:
            guest.recv(4096)
        guest.sendall(answer)
        guest.shutdown(socket.SHUT_WR)

    return behave


def silent(guest: socket.socket) -> None:
    """Takes everything, and answers nothing."""


def closes(guest: socket.socket) -> None:
    """Closes what it takes."""
    guest.close()


def secured(
    pair: Pair, folder: Path, behave: Callable[[socket.socket], None]
) -> Callable[[socket.socket], None]:
    """The same behind TLS that gives no tickets, so that no session is resumed."""
    for name, content in (("peer.pem", pair.chain), ("peer.key", pair.key_pem())):
        (folder / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    # Also what redis-server would not load.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(folder / "peer.pem", folder / "peer.key")

    def wrapped(guest: socket.socket) -> None:
        with context.wrap_socket(guest, server_side=True) as secure:
            behave(secure)
            # Whatever follows is not answered.
            while behave is silent and secure.recv(4096):
                pass

    return wrapped


def forwards(port: int) -> Callable[[socket.socket], None]:
    """Hands everything to a server, and its answers back."""

    def behave(guest: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            while True:
                for one in select.select([guest, server], [], [])[0]:
                    received = one.recv(65536)
                    if not received:
                        return
                    (server if one is guest else guest).sendall(received)

    return behave


class BlackHole:
    """A port whose queue is full: the network swallows what is sent to it."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._guests = [self._knock() for _ in range(8)]

    def _knock(self) -> socket.socket:
        guest = socket.socket()
        guest.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            guest.connect(("127.0.0.1", self.port))
        return guest

    def end(self) -> None:
        for one in (*self._guests, self._listener):
            one.close()


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
