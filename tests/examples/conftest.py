"""Every test gets a lab of its own, and the examples as programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import redlatch
from lab import Lab
from program import LIMIT, Program

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILT = ROOT / "target" / "examples-go"

#: How each language runs an example.
LANGUAGES: dict[str, Callable[[str], list[object]]] = {
    "python": lambda name: [sys.executable, HERE / "python" / f"{name}.py"],
    "node": lambda name: ["node", HERE / "node" / f"{name}.mjs"],
    "go": lambda name: [BUILT / name.replace("_", "")],
}


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    BUILT.mkdir(parents=True, exist_ok=True)
    command = ["go", "build", "-o", BUILT, "./workqueue", "./ratelimit", "./jobtracking"]
    subprocess.run(command, cwd=HERE / "go", check=True)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    cli = os.environ.get("REDLATCH_CLI", str(ROOT / "target" / "fast" / "redlatch"))
    made = Lab(cli, tmp_path / "lab")
    made.up()
    yield made
    made.down()


@pytest.fixture
def environment(lab: Lab) -> dict[str, str]:
    return lab.environment(poll_interval="50ms", distrust_grace="2s")


@pytest.fixture
def run(environment: dict[str, str]) -> Iterator[Callable[..., Program]]:
    """Starts an example in a language; it ends with the test."""
    with ExitStack() as running:

        def start(language: str, name: str, *words: object) -> Program:
            command = [*LANGUAGES[language](name), *words]
            return running.enter_context(Program(*command, environment=environment))

        yield start


@pytest.fixture
def beside(lab: Lab) -> Iterator[redlatch.Redis]:
    """A look from outside, by the server's Unix socket: no rotation of the CA concerns it."""
    with redlatch.Redis(
        unix_socket_path=lab.socket(),
        password=lab.facts()["password"],
        client_name="beside",
        decode_responses=True,
    ) as client:
        yield client


@pytest.fixture
def rotate(lab: Lab) -> Callable[[], None]:
    """Replaces CA and certificate, and waits until no connection is left of before."""

    def connections() -> set[int]:
        clients = [json.loads(line) for line in lab.verb("connections").splitlines()]
        return {client["id"] for client in clients if client["name"] != "beside"}

    def replace() -> None:
        before = connections()
        assert before
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
        limit = time.monotonic() + LIMIT
        while left := before & connections():
            assert time.monotonic() < limit, left

    return replace


@pytest.fixture
def restart(lab: Lab) -> Callable[[], None]:
    """Ends the server with SIGKILL and starts it again."""

    def again() -> None:
        lab.verb("kill")
        lab.verb("restart")

    return again
