"""A Celery application, as users write one. `test_celery` runs its workers."""

from __future__ import annotations

import os

from celery import Celery

import redlatch.celery  # noqa: F401  (the scheme redlatch)

app = Celery("jobs", broker=os.environ["BROKER_URL"], backend=os.environ["RESULT_URL"])


@app.task
def add(one: int, other: int) -> int:
    return one + other


@app.task
def first_of(key: str) -> str:
    return app.backend.client.blpop(key, timeout=60)[1].decode()


@app.task
def process() -> int:
    return os.getpid()
