"""RQ: a worker that forks a work horse for each job, by nothing but its own options."""

from __future__ import annotations

from datetime import timedelta

import pytest
from programs import HERE, LIMIT, Program, running
from rq import Queue

import redlatch

WORKER = "worker --connection-class redlatch.Redis"


@pytest.fixture
def queue(options, monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    with redlatch.Redis(**options) as client:
        yield Queue(connection=client)


def test_jobs_run_in_children_of_the_worker(queue, url):
    jobs = [queue.enqueue("rq_jobs.add", n, n) for n in range(3)]
    asked = queue.enqueue("rq_jobs.process")
    worker = Program("rq.cli", *WORKER.split(), "--burst", "--url", url())
    said = worker.ends()
    assert [job.return_value() for job in jobs] == [0, 2, 4], said
    horse, connection = asked.return_value()
    assert horse != worker.process.pid
    assert connection != queue.connection.client_id()
    assert "Traceback" not in said


def test_a_worker_goes_on_while_the_ca_is_replaced(queue, url, lab):
    words = [*WORKER.split(), "--with-scheduler", "--url", url()]
    with running("rq.cli", *words, ready="Listening on") as worker:
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
            job = queue.enqueue("rq_jobs.add", 1, 2)
            assert job.latest_result(timeout=LIMIT).return_value == 3
        # The scheduler is a process of its own, with a client made of parts of the worker's.
        job = queue.enqueue_in(timedelta(milliseconds=1), "rq_jobs.add", 2, 3)
        assert job.latest_result(timeout=LIMIT).return_value == 5
        said = worker.said()
    assert "Traceback" not in said, said
