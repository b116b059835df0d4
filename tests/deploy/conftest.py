"""A lab, and the deployed application in its languages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from traffic import App

from lab import Lab
from program import LIMIT, Program

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CLI = os.environ.get("REDLATCH_CLI", str(ROOT / "target" / "fast" / "redlatch"))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(CLI, tmp_path / "lab")
    made.up()
    yield made
    made.down()


@pytest.fixture(scope="session")
def commands() -> dict[str, list[object]]:
    """How each language runs the application."""
    built = ROOT / "target" / "deploy-go"
    subprocess.run(["go", "build", "-o", built, "."], cwd=DEPLOY / "app", check=True)
    return {
        "python": [sys.executable, DEPLOY / "app" / "app.py"],
        "node": ["node", DEPLOY / "app" / "app.mjs"],
        "go": [built],
    }


@pytest.fixture
def run(commands: dict[str, list[object]]) -> Iterator[Callable[..., App]]:
    """Starts the application with the environment of a deployment; it ends with the test."""
    with ExitStack() as running:

        def start(environment: Mapping[str, str], language: str = "python") -> App:
            clean = {k: v for k, v in os.environ.items() if not k.upper().startswith("REDIS_")}
            # What the test is about, on a machine that has no more than loopback and no time.
            own = {"LISTEN": "127.0.0.1:0", "POLL_INTERVAL": "50ms"}
            program = Program(*commands[language], environment=clean | own | dict(environment))
            return App(running.enter_context(program))

        yield start


@pytest.fixture
def replaced(lab: Lab) -> Callable[[], Callable[[], bool]]:
    """Remembers the server's connections; the result tells whether all of them are gone."""

    def connections() -> set[int]:
        return {json.loads(line)["id"] for line in lab.verb("connections").splitlines()}

    def remember() -> Callable[[], bool]:
        before = connections()
        assert before
        return lambda: not before & connections()

    return remember


def await_all(apps: list[App], reached: Callable[[dict[str, Any]], bool]) -> None:
    """Waits until the status of each says so."""
    limit = time.monotonic() + LIMIT
    for app in apps:
        while not reached(status := app.status()):
            assert time.monotonic() < limit, status
