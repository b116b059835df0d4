"""Every test gets a lab of its own: a real TLS redis-server whose trust it may rotate."""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import redlatch
from lab import Lab

CLI = Path(__file__).parents[2] / "target" / "fast" / "redlatch"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(os.environ.get("REDLATCH_CLI", str(CLI)), tmp_path / "lab")
    made.up()
    yield made
    made.down()


@pytest.fixture
def options(lab: Lab) -> dict[str, object]:
    """Arguments of a client that trusts the lab."""
    facts = lab.facts()
    return {
        "host": facts["host"],
        "port": facts["port"],
        "password_file": facts["password_file"],
        "ssl": True,
        "ssl_ca_certs": facts["ca_file"],
        "poll_interval": "50ms",
        "distrust_grace": 2,
    }


@pytest.fixture
def url(options: dict[str, object]) -> Callable[..., str]:
    """The same as a URL with everything in it, by database."""
    names = {"ssl_ca_certs": "ca_file", "password_file": "password_file"}
    names |= {name: name for name in ("poll_interval", "distrust_grace")}
    query = urlencode({name: options[given] for given, name in names.items()})
    return lambda db=0: f"rediss://{options['host']}:{options['port']}/{db}?{query}"


@pytest.fixture
def bare(options: dict[str, object]) -> dict[str, object]:
    """The same without a password."""
    return {name: value for name, value in options.items() if name != "password_file"}


class Caller:
    """One client of either kind, used from a test that is no coroutine."""

    def __init__(self, kind: str, options: dict[str, object]) -> None:
        self._runner = asyncio.Runner() if kind == "asyncio" else None
        self.client: Any = (redlatch.asyncio.Redis if self._runner else redlatch.Redis)(**options)
        self.seen: list[dict] = []

    def do(self, name: str, *args: object) -> Any:
        """Calls a method of the client."""

        async def call() -> Any:
            found = getattr(self.client, name)(*args)
            return await found if inspect.isawaitable(found) else found

        return self._runner.run(call()) if self._runner else getattr(self.client, name)(*args)

    def until(self, reached: Callable[[dict], bool]) -> None:
        """Sends commands, none of which may fail, until the client's status says so."""
        limit = time.monotonic() + 20
        while not reached(status := self.do("status")):
            assert time.monotonic() < limit, status
            self.do("ping")

    def events(self, kind: str) -> list[dict]:
        """Those of one kind so far."""
        self.seen += self.do("events")
        return [event for event in self.seen if event["kind"] == kind]

    def close(self) -> None:
        if hasattr(self, "client"):
            self.do("aclose" if self._runner else "close")
        if self._runner:
            self._runner.close()


@pytest.fixture(params=["blocking", "asyncio"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Caller]]:
    """Makes clients of either kind."""
    made: list[Caller] = []

    def make(**options: object) -> Caller:
        made.append(Caller(request.param, options))
        return made[-1]

    yield make
    for caller in made:
        caller.close()


@pytest.fixture
def key_pair(tmp_path: Path) -> tuple[bytes, bytes, str]:
    """A client certificate, its encrypted key, and what opens that."""
    key = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -out key.pem -pass"
    cert = "req -x509 -key key.pem -subj /CN=worker -days 2 -out cert.pem -passin"
    for words in (key, cert):
        command = ["openssl", *words.split(), "pass:open-sesame"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    return (tmp_path / "cert.pem").read_bytes(), (tmp_path / "key.pem").read_bytes(), "open-sesame"


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts and never answers, as a plaintext Redis does to a ClientHello."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    held.append(server.accept()[0])
            except OSError:
                pass

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()
