"""Worker processes and what they tell."""

from __future__ import annotations

import json
import queue
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any


class Worker:
    """One process that prints JSON lines about its work until its standard input ends."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.is_idle = "--idle" in command
        self.facts: dict[str, Any] = {}
        #: How many lines it has told.
        self.lines = 0
        self.exit_code: int | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._process = subprocess.Popen(
            command,
            env=environment | {"REDLATCH_DEMO_NAME": name},
            # Ctrl-C is for the program that started it, which then ends it.
            process_group=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

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
                self.lines += 1
            except json.JSONDecodeError:
                sys.stderr.write(f"{self.name}: {line}")
                continue
            while not self._lines.empty():
                self._lines.get_nowait()
            self._lines.put(line)


def named(text: str) -> tuple[str, list[str]]:
    """``NAME=COMMAND``, as the command line takes a worker."""
    name, _, command = text.partition("=")
    return name, shlex.split(command)


def wait(workers: list[Worker], reached: Callable[[Worker], bool], within: float) -> list[Worker]:
    """Waits for all; returns those that were not there in time."""
    end = time.monotonic() + within
    late = workers
    while late and time.monotonic() < end:
        late = [worker for worker in late if not (worker.facts and reached(worker))]
        for worker in late[:1]:
            worker.next_line(end)
    return late


def keep_working(workers: list[Worker], seconds: float = 1.0) -> None:
    """Lets the workers run on while nothing changes."""
    wait(workers, lambda _: False, seconds)
