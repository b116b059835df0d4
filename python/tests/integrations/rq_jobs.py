"""What RQ's workers run for `test_rq`."""

from __future__ import annotations

import os

from rq import get_current_job


def add(one: int, other: int) -> int:
    return one + other


def process() -> tuple[int, int]:
    """The work horse, and the id of its connection."""
    job = get_current_job()
    assert job is not None
    return os.getpid(), job.connection.client_id()
