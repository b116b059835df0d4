"""Programs of libraries under test, each a process that is waited for by what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
#: Longer than any of them takes to begin or to end.
LIMIT = 60


class Program:
    """A process and what it has said."""

    def __init__(self, module: str, *words: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", module, *words],
            cwd=HERE,
            env=os.environ | environment | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: deque[str] = deque()
        self._more = threading.Condition()
        self._over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                with self._more:
                    self._lines.append(line)
                    self._more.notify_all()
        with self._more:
            self._over = True
            self._more.notify_all()

    def said(self) -> str:
        """All of it so far."""
        with self._more:
            return "".join(self._lines)

    def says(self, text: str) -> None:
        """Waits until it does."""
        with self._more:
            there = self._more.wait_for(
                lambda: self._over or any(text in line for line in self._lines), LIMIT
            )
        assert there and text in self.said(), f"never said {text!r}:\n{self.said()}"

    def ends(self) -> str:
        """Waits until it does, well; what it said."""
        code = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        # Some end by the signal that told them to, in the end.
        assert code in (0, -signal.SIGTERM), self.said()
        return self.said()


@contextmanager
def running(module: str, *words: str, ready: str, **environment: str) -> Iterator[Program]:
    """A program that goes on until it is told to end, and then ends well."""
    program = Program(module, *words, **environment)
    try:
        program.says(ready)
        yield program
        program.process.terminate()
        program.ends()
    finally:
        program.process.kill()
        program.process.wait()
        program._reader.join(LIMIT)
