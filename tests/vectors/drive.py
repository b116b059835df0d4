"""The process that uses one language's package."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any

#: Longest wait for an answer, an event or a state.
PATIENCE = 40.0


class Failed(Exception):
    """A vector does not hold."""


class Driver:
    """A line in, a line out."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(environment)
        )
        self.said: list[str] = []

    def send(self, **ask: Any) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(ask) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failed("the driver has ended") from None

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout
        # A driver that hangs is ended, which ends the reading.
        watchdog = threading.Timer(PATIENCE, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line:
            raise Failed("the driver gave no answer")
        self.said.append(line)
        return json.loads(line)

    def end(self) -> None:
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None
