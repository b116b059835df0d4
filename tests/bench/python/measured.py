"""Orders in, figures out: what both kinds of Python client's processes share."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Order:
    """One run, as the bench asks for it."""

    scenario: str
    tasks: int
    size: int
    seconds: float

    @property
    def key(self) -> str:
        return f"bench:{self.size}"

    @property
    def value(self) -> bytes:
        return b"x" * self.size

    @property
    def warm_up(self) -> float:
        # Many tasks find their connections first.
        return min(0.2, self.seconds / 4) + self.tasks / 1000


class Stopwatch:
    """Counts between its making and `facts`."""

    def __init__(self) -> None:
        self._cpu, self._start = time.process_time(), time.perf_counter()

    def facts(self, commands: int) -> dict[str, float]:
        seconds = time.perf_counter() - self._start
        return {
            "commands": commands,
            "seconds": seconds,
            "cpu_seconds": time.process_time() - self._cpu,
        }


def arguments() -> dict[str, Any]:
    """Of a connection, in redis-py's words."""
    return {
        "host": os.environ["REDIS_HOST"],
        "port": int(os.environ["REDIS_PORT"]),
        "password": Path(os.environ["REDIS_PASSWORD_FILE"]).read_text().strip(),
        "ssl": True,
        "ssl_ca_certs": os.environ["REDIS_SSL_CA_CERTS"],
    }


def glide_configuration(glide: Any) -> Any:
    """The same in valkey-glide's words."""
    given = arguments()
    tls = glide.TlsAdvancedConfiguration(root_pem_cacerts=Path(given["ssl_ca_certs"]).read_bytes())
    return glide.GlideClientConfiguration(
        [glide.NodeAddress(given["host"], given["port"])],
        use_tls=True,
        credentials=glide.ServerCredentials(password=given["password"]),
        advanced_config=glide.AdvancedGlideClientConfiguration(tls_config=tls),
        request_timeout=5000,
    )


def serve(run: Callable[[Order], dict[str, float]]) -> None:
    """One run for each line that comes in."""
    for order in orders():
        print(json.dumps(run(order)), flush=True)


def orders() -> Iterator[Order]:
    for line in sys.stdin:
        yield Order(**json.loads(line))
