"""Each page has a lab of its own: what its examples leave behind disturbs no other page."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "demo")]

from lab import Lab  # noqa: E402

CLI = os.environ.get("REDLATCH_CLI", str(ROOT / "target" / "fast" / "redlatch"))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(CLI, tmp_path / "lab")
    made.up()
    yield made
    made.down()
