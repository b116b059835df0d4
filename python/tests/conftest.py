"""Every test gets a lab of its own: a real TLS redis-server whose trust it may rotate."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

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
