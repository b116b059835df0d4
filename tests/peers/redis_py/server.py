"""A real server that speaks nothing but TLS, with a certificate of the lab and no password.

The lab's own server has a password and users of its own, which redis-py's tests of AUTH and ACL do
not expect.
"""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import Lab


@dataclass(frozen=True)
class Server:
    """Where it listens, and whose certificates it has."""

    host: str
    port: int
    ca_file: str

    @property
    def url(self) -> str:
        """What redis-py's tests are told."""
        return f"rediss://{self.host}:{self.port}/0?ssl_ca_certs={self.ca_file}"


@contextlib.contextmanager
def serve(cli: str, folder: Path) -> Iterator[Server]:
    """Runs one until the block ends. The folder must not exist."""
    lab = Lab(cli, folder / "lab")
    lab.up()
    try:
        facts = lab.facts()
        conf = (folder / "lab" / "redis.conf").read_text().splitlines()
        own = [line for line in conf if line.startswith(("tls-cert-file", "tls-key-file"))]
        with _redis(folder, [word for line in own for word in _option(line)]) as port:
            yield Server(facts["host"], port, facts["ca_file"])
    finally:
        lab.down()


@contextlib.contextmanager
def _redis(folder: Path, certificate: list[str]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "redis.log"
    words = ["redis-server", "--bind", "127.0.0.1", "--port", "0", "--tls-port", str(port)]
    words += [*certificate, "--tls-auth-clients", "no", "--dir", str(folder)]
    words += ["--enable-debug-command", "yes", "--save", ""]
    with log.open("w") as output:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output)
    try:
        _ready(process, port, log)
        yield port
    finally:
        process.terminate()
        process.wait()


def _ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
    raise SystemExit(f"redis-server did not start:\n{log.read_text()}")


def _option(line: str) -> list[str]:
    name, value = shlex.split(line)
    return [f"--{name}", value]
