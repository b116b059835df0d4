"""The Celery app that `test_celery` runs, as a user writes it."""

from __future__ import annotations

import os

from celery import Celery

import redlatch.celery

app = Celery("tasks", broker=os.environ["BROKER"], backend=os.environ["BACKEND"])
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_connection_retry_on_startup = True
# Tests that break it: without the module the scheme is unknown.
assert redlatch.celery


@app.task
def add(one: int, other: int) -> int:
    return one + other


@app.task
def process() -> int:
    return os.getpid()
