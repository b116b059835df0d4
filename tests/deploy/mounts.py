"""Paths of containers as paths of this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping


def translate(text: str, mounts: Mapping[str, str]) -> str:
    """The text with what is mounted in place of where; all at once: one may hold another."""
    targets = "|".join(re.escape(target) for target in mounts)
    return re.sub(rf"(?<![\w./-])({targets})(?=/|$)", lambda it: mounts[it[0]], text)
