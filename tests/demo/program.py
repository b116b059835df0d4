"""A program under test: a process that is waited for by what it says."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from types import TracebackType

#: Longer than any of them takes to begin, to say what is awaited, or to end.
LIMIT = 60


class Program:
    """A process, the lines it has written, and a way to write to it; it ends with its block."""

    def __init__(self, *words: object, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [str(word) for word in words],
            env=dict(environment) | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._more = threading.Condition()
        self._over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                with self._more:
                    self._lines.append(line.rstrip("\n"))
                    self._more.notify_all()
        with self._more:
            self._over = True
            self._more.notify_all()

    def lines(self, start: str = "") -> list[str]:
        """Those so far that begin so."""
        with self._more:
            return [line for line in self._lines if line.startswith(start)]

    def says(self, start: str, more: int = 1) -> str:
        """Waits for lines that begin so, in all or as many more as given; the last of them."""
        return self.until(
            lambda lines: sum(map(lambda it: it.startswith(start), lines)) >= more, start
        )

    def until(self, reached: Callable[[list[str]], bool], what: str) -> str:
        with self._more:
            self._more.wait_for(lambda: self._over or reached(self._lines), LIMIT)
            assert reached(self._lines), f"{what!r} awaited:\n" + "\n".join(self._lines)
            return next((it for it in reversed(self._lines) if it.startswith(what)), "")

    def tell(self, line: str) -> None:
        """Writes a line to its standard input."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ends(self, *, told: bool = False, code: int = 0) -> list[str]:
        """Waits until it does, by itself or since it is told to; what it said."""
        assert self.process.stdin
        self.process.stdin.close()
        if told:
            self.process.send_signal(signal.SIGTERM)
        ended = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        assert ended == code, f"{ended}:\n" + "\n".join(self._lines)
        return self.lines()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(LIMIT)
        assert self.process.stdin
        try:
            self.process.stdin.close()
        except OSError:
            pass  # what was not written yet
