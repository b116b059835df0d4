"""Servers as libraries are told of them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest


@pytest.fixture
def url(options: dict[str, object]) -> Callable[[int], str]:
    """The lab as a URL with everything in it, by database."""
    settings = {
        "ca_file": options["ssl_ca_certs"],
        "password_file": options["password_file"],
        "poll_interval": options["poll_interval"],
        "distrust_grace": options["distrust_grace"],
    }
    place = f"rediss://{options['host']}:{options['port']}"
    return lambda db=0: f"{place}/{db}?{urlencode(settings)}"
