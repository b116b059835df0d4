"""Runs the Python examples of a page one after the other, as a reader would type them.

Usage: play.py EXAMPLES    a JSON list of [page, line, code]

They find the modules ``redlatch`` and ``asyncio``, a client ``r`` of the environment's server, and
a ``vault`` that has its password.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import redlatch


def main() -> None:
    examples = json.loads(Path(sys.argv[1]).read_text())
    password = Path(os.environ["REDIS_PASSWORD_FILE"]).read_text().strip()
    secret = {"password": password, "ttl": 3600}
    with redlatch.from_env() as r:
        names = {
            "__name__": "example",
            "asyncio": asyncio,
            "r": r,
            "redlatch": redlatch,
            "vault": SimpleNamespace(read=lambda _: secret),
        }
        for page, line, code in examples:
            # At the line it has in its page, for tracebacks.
            exec(compile("\n" * (line - 1) + code, page, "exec"), names)


if __name__ == "__main__":
    main()
