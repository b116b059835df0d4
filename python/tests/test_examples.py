"""Programs that users have, with nothing but the import changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "tests" / "examples" / "python" / "tls_redis_client.py"


def test_the_memorystore_example(lab):
    facts = lab.facts()
    environment = lab.environment() | {
        "REDIS_CA_CERT": facts["ca_file"],
        "REDIS_AUTH": facts["password"],
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "Connected to Redis with TLS encryption",
        "this data is encrypted in transit",
    ], done.stderr
