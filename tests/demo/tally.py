"""What a demo worker counts, and how it tells."""

from __future__ import annotations

import json
import sys
import time
from typing import Any


class Tally:
    """Outcomes of one worker, printed as JSON lines."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.commands = self.failed = self.interrupted = self.wrong = 0
        self.generations: set[int] = set()
        self.errors: list[str] = []
        self.stall = 0.0
        self._last = time.monotonic()
        self._printed = 0.0
        self._status: dict[str, Any] = {}

    def resume(self) -> None:
        """A pause ends that was the worker's own."""
        self._last = time.monotonic()

    def done(self) -> None:
        """A command was answered."""
        now = time.monotonic()
        self.stall = max(self.stall, now - self._last)
        self._last = now
        self.commands += 1

    def fail(self, error: Exception) -> bool:
        """A command failed. Returns whether it may have been executed all the same."""
        self._last = time.monotonic()
        if getattr(error, "code", "") == "client.interrupted":
            self.interrupted += 1
            return True
        self.failed += 1
        if len(self.errors) < 5:
            self.errors.append(f"{getattr(error, 'code', type(error).__name__)}: {error}")
        return False

    def follow(self, events: list[dict[str, Any]], status: dict[str, Any]) -> None:
        """Notes generations seen and the client's own counters."""
        for event in events:
            if event["kind"] == "rotation" and event["material"] == "trust":
                self.generations.add(int(event["generation"]))
        self._status = status

    def due(self) -> bool:
        """Whether it is time for the next line."""
        return time.monotonic() - self._printed >= 0.25

    def print(self) -> None:
        """One line."""
        self._printed = time.monotonic()
        counters = self._status.get("counters", {})
        active = [s for s in self._status.get("sessions", []) if s["active"]]
        line = {
            "worker": self.name,
            "commands": self.commands,
            "failed": self.failed,
            "interrupted": self.interrupted,
            "wrong": self.wrong,
            "reconnects": counters.get("reconnects", 0),
            "replacements": counters.get("replacements", 0),
            "generation": max(self.generations, default=0),
            "generations": sorted(self.generations),
            "credentials": (self._status.get("credentials") or {}).get("generation", 0),
            "proven": active[0]["credentials_generation"] if active else 0,
            "identity": (self._status.get("identity") or {}).get("sha256"),
            "stall_ms": round(self.stall * 1000),
            "errors": self.errors,
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
