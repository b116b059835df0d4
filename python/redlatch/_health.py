"""What a judgement of health needs of a host: commands run, and their outcome as a document."""

from __future__ import annotations

import json
import time
from typing import Any

from . import _native
from .errors import RedlatchError

_PLAN = json.loads(_native.health_plan())
#: Run in one flight, within the limit.
COMMANDS: list[tuple[Any, ...]] = [tuple(command) for command in _PLAN["commands"]]
#: Seconds.
LIMIT: float = _PLAN["limit_ms"] / 1000


class Probe:
    """One look at a server."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._outcome: dict[str, Any] = {}

    def answered(self, replies: list[Any]) -> None:
        """The commands have replies; errors are among them."""
        self._outcome = {"replies": [_told(reply) for reply in replies]}

    def failed(self, error: RedlatchError) -> None:
        """None of the commands has one."""
        self._outcome = _told(error)

    def judged(self, status: str, read_only: bool) -> dict[str, Any]:
        """Health, as the core judges."""
        seconds = time.perf_counter() - self._started
        outcome = json.dumps(self._outcome | {"seconds": seconds})
        found: dict[str, Any] = json.loads(_native.judge_health(status, outcome, read_only))
        return found


def _told(reply: Any) -> dict[str, Any]:
    if isinstance(reply, RedlatchError):
        return {"code": reply.code, "message": str(reply)}
    return {"text": reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply)}
