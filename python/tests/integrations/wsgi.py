"""A WSGI application whose client is made, and used, before gunicorn forks. For `test_gunicorn`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import redlatch

r = redlatch.from_env()
BOOT = {"process": os.getpid(), "connection": r.client_id()}


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    count = r.incr("visits")
    mine = {"process": os.getpid(), "connection": r.client_id()}
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"visits": count, "mine": mine, "boot": BOOT}).encode()]
