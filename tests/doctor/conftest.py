"""Each examination has a folder, an environment and servers of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from examination import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    # Paths of Unix sockets are short, those of pytest long.
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        made = Bench(Path(folder))
        yield made
        made.end()
