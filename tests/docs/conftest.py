"""Each page has a lab of its own: what its examples leave behind disturbs no other page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generate import CLI

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "demo")]

from lab import Lab  # noqa: E402


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(CLI, tmp_path / "lab")
    made.up()
    yield made
    made.down()
