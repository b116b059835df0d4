"""The generated pages are what the core's tables say; `make gen` writes them."""

from __future__ import annotations

import os

import pytest

from book import ROOT
from generate import pages

MADE = pages()


@pytest.mark.parametrize("path", MADE, ids=[str(path.relative_to(ROOT)) for path in MADE])
def test_a_page_is_up_to_date(path):
    if os.environ.get("REDLATCH_GEN"):
        path.write_text(MADE[path])
    assert path.read_text() == MADE[path], "run `make gen`"
