"""Worker processes and what they tell."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from typing import Any


class Worker:
    """One process that prints JSON lines about its work until its standard input ends."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.is_idle = "--idle" in command
        self.facts: dict[str, Any] = {}
        self.exit_code: int | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._process = subprocess.Popen(
            command,
            env=environment | {"REDLATCH_DEMO_NAME": name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def poke(self) -> None:
        """Has an idle worker run a pair of commands."""
        assert self._process.stdin
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def next_line(self, end: float) -> None:
        """Waits for the next line, at most until ``end``."""
        try:
            self._lines.get(timeout=max(0.01, min(0.5, end - time.monotonic())))
        except queue.Empty:
            pass

    def stop(self) -> None:
        """Ends the work and takes the last line."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self.exit_code = self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.exit_code = self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            try:
                self.facts = json.loads(line)
            except json.JSONDecodeError:
                sys.stderr.write(f"{self.name}: {line}")
                continue
            while not self._lines.empty():
                self._lines.get_nowait()
            self._lines.put(line)
