"""The book describes every kind of event and every field of a status, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

import redlatch
from book import BOOK, ROOT, Page
from lab import Lab

TEXT = Page(BOOK / "events.md").text
EVENTS, STATUS = TEXT.split("\n## Status\n")


def test_events():
    core = (ROOT / "core" / "src" / "event.rs").read_text()
    kinds = re.findall(r'Self::\w+ => "(\w+)"', core)
    assert kinds
    assert re.findall(r"^\| `(\w+)` \|", EVENTS, re.MULTILINE) == kinds


def test_status(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    for name, value in lab.environment().items():
        monkeypatch.setenv(name, value)
    with redlatch.from_env() as r:
        r.ping()
        found = fields(r.status())
    described = set(re.findall(r"`(\w+)`", STATUS))
    assert found - described == set()


def fields(document: Any) -> set[str]:
    """Every name in it, at any depth."""
    if isinstance(document, list):
        return set().union(*map(fields, document))
    if isinstance(document, dict):
        return set(document) | fields(list(document.values()))
    return set()
