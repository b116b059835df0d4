"""Greenlets: one that waits for a reply must not hold up the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "green.py"


@pytest.mark.parametrize("maker", ["gevent", "eventlet"])
def test_greenlets_share_a_connection_and_the_thread(options, lab, maker):
    given = {name: str(value) for name, value in options.items() if name != "ssl"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(PROGRAM), maker, json.dumps(given)],
        env=os.environ | {"LAB": json.dumps(lab._command("VERB"))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = ["busy", "shared", "watched", "heard", "rotated", "polled", "patient"]
    assert done.stdout.split() == said
