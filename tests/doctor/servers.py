"""Servers to be examined: real ones, and sockets that misbehave."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import redis

from authority import Pair


class Server:
    """A redis-server of its own, told what to do over a Unix socket."""

    def __init__(self, folder: Path, *options: str, pair: Pair | None = None) -> None:
        """With ``pair`` it speaks TLS and nothing else."""
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
            ["redis-server", *words, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._log: list[str] = []
        self._logged = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        # It listens from here on; what it has to load comes after.
        self.expect("Server initialized")
        if "--key-load-delay" not in options:
            self.expect("Ready to accept connections")

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
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                guest, _ = self._listener.accept()
            except OSError:
                return
            self._guests.append(guest)
            # A client that is gone is no failure of the peer.
            with contextlib.suppress(OSError):
                self._behave(guest)

    def end(self) -> None:
        # Closing alone does not wake who waits in accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
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
