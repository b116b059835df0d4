"""Celery: broker and result backend, in each of its pools, while the CA is replaced."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from celery import group
from kombu import Connection
from programs import HERE, LIMIT, running

import redlatch
import redlatch.celery
import redlatch.kombu


@pytest.fixture
def urls(url) -> dict[str, str]:
    return {"BROKER_URL": f"redlatch+{url(0)}", "RESULT_URL": f"redlatch+{url(1)}"}


@pytest.fixture
def jobs(urls, monkeypatch) -> Iterator[Any]:
    """The application, as a program that calls tasks imports it."""
    for name, value in urls.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(HERE))
    yield importlib.import_module("celery_tasks")
    module = sys.modules.pop("celery_tasks")
    module.app.backend.result_consumer.stop()
    module.app.close()


def worker(urls: dict[str, str], pool: str) -> Any:
    words = f"-A celery_tasks worker -P {pool} -c 2 --loglevel INFO".split()
    return running("celery", *words, ready="ready.", **urls)


#: Does itself what a worker does with a result, in words of Celery's that redis-py has given up.
stores = pytest.mark.filterwarnings("ignore:Call to deprecated setex")


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo", "gevent", "eventlet"])
def test_tasks_run_while_the_ca_is_replaced(urls, jobs, lab, options, pool):
    with worker(urls, pool) as program:
        many = group(jobs.add.s(n, n) for n in range(20))
        assert many.apply_async().get(timeout=LIMIT) == [2 * n for n in range(20)]
        with redlatch.Redis(**options) as client:
            before = {it["id"] for it in client.client_list() if it["name"] == ""}
        # Those that wait for a result meanwhile hear of it on another connection.
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
            for n in range(10):
                assert jobs.add.delay(n, 1).get(timeout=LIMIT) == n + 1
        stay_until_replaced(jobs, lab, before)
        assert many.apply_async().get(timeout=LIMIT) == [2 * n for n in range(20)]
        # Remote control goes another way, by subscriptions.
        assert jobs.app.control.inspect(timeout=5, limit=1).ping()
        process = jobs.process.delay().get(timeout=LIMIT)
        assert (process != program.process.pid) == (pool == "prefork")
        assert process != os.getpid()
        said = program.said()
    assert "Connection to broker lost" not in said and "Traceback" not in said, said


def stay_until_replaced(jobs: Any, lab: Any, before: set[int]) -> None:
    """Runs tasks until none of the connections that were there is used."""
    while True:
        assert jobs.add.delay(1, 1).get(timeout=LIMIT) == 2
        clients = jobs.app.backend.client.client_list()
        used = {it["id"] for it in clients if int(it["idle"]) <= 1}
        if not used & before:
            return


def test_who_waits_for_a_result_moves_to_a_trusted_connection(urls, jobs, lab):
    for name in ("broker_url", "result_backend"):
        jobs.app.conf[name] = jobs.app.conf[name].replace("distrust_grace=2", "distrust_grace=5m")
    with worker(urls, "solo"):
        result = jobs.first_of.delay("key")
        came: list[str] = []
        waiting = threading.Thread(target=lambda: came.append(result.get(timeout=LIMIT)))
        waiting.start()
        consumer = jobs.app.backend.result_consumer
        first = consumer._pubsub.connection
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
        while consumer._pubsub is None or consumer._pubsub.connection in (None, first):
            assert waiting.is_alive()
        jobs.app.backend.client.rpush("key", "value")
        waiting.join(LIMIT)
        assert came == ["value"]


@stores
def test_threads_that_share_a_consumer_move_once(urls, jobs, lab, options, monkeypatch):
    backend = jobs.app.backend
    is_stale, both = redlatch.celery.Subscribed.is_stale, threading.Barrier(2)

    def noticed(connection: Any) -> bool:
        stale = is_stale(connection)
        if stale:
            # Lets the other one notice too, if it may.
            with suppress(threading.BrokenBarrierError):
                both.wait(2)
        return stale

    monkeypatch.setattr(redlatch.celery.Subscribed, "is_stale", noticed)
    results = [jobs.app.AsyncResult(name) for name in ("one", "other")]
    came: list[str] = []
    waiting = [
        threading.Thread(target=lambda it=it: came.append(it.get(timeout=LIMIT))) for it in results
    ]
    for thread in waiting:
        thread.start()
    with redlatch.Redis(**options) as client:
        while subscribed(client) < 2:
            assert all(thread.is_alive() for thread in waiting)
        consumer = backend.result_consumer
        first = consumer._pubsub.connection
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
        while consumer._pubsub is None or consumer._pubsub.connection in (None, first):
            assert all(thread.is_alive() for thread in waiting)
        for result in results:
            backend.store_result(result.id, result.id, "SUCCESS")
        for thread in waiting:
            thread.join(LIMIT)
    assert sorted(came) == ["one", "other"]
    assert both.broken, "both left the same connection"


def subscribed(client: redlatch.Redis) -> int:
    """How many times anybody has."""
    return int(client.info("commandstats").get("cmdstat_subscribe", {"calls": 0})["calls"])


@stores
@pytest.mark.parametrize("how", ["killed", "closed"])
def test_a_result_that_came_while_nobody_was_subscribed(jobs, how):
    backend = jobs.app.backend
    result = jobs.app.AsyncResult("result")
    came: list[int] = []
    result.then(lambda it: came.append(it.result))
    # Reads that the subscription is confirmed.
    backend.result_consumer.drain_events(timeout=LIMIT)
    if how == "killed":
        [listening] = [it for it in backend.client.client_list() if int(it["sub"])]
        backend.client.client_kill_filter(_id=listening["id"])
    else:
        backend.client.connection_pool.disconnect()
    backend.store_result("result", 3, "SUCCESS")
    for _ in range(10):
        if not came:
            backend.result_consumer.drain_events(timeout=1)
    assert came == [3]


def test_a_chord_and_a_failure(urls, jobs):
    from celery import chord

    with worker(urls, "solo"):
        joined = chord([jobs.add.s(n, n) for n in range(3)], jobs.add.si(4, 5))
        assert joined.delay().get(timeout=LIMIT) == 9
        with pytest.raises(TypeError):
            jobs.add.delay(1, "one").get(timeout=LIMIT)


def test_kombu_consumes_without_an_event_loop(url):
    with (
        Connection(f"redlatch+{url()}") as connection,
        connection.SimpleQueue("jobs") as queue,
    ):
        queue.put({"n": 1})
        message = queue.get(timeout=LIMIT)
        assert message.payload == {"n": 1}
        message.ack()
        shown = connection.as_uri()
        assert shown.startswith("redlatch+rediss://")


def test_a_consumer_moves_however_long_it_may_wait(url, options, lab):
    with (
        Connection(f"redlatch+{url()}", transport_options={"polling_interval": 3600}) as connection,
        connection.SimpleQueue("jobs") as queue,
        redlatch.Redis(**options) as client,
    ):
        came: list[Any] = []

        def waiting() -> set[int]:
            with suppress(queue.Empty):
                came.append(queue.get(timeout=1).payload)
            return {it["id"] for it in client.client_list() if it["cmd"] == "brpop"}

        before = waiting()
        assert before
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
        assert any(not before & waiting() for _ in range(LIMIT))
        queue.put({"n": 1})
        assert any(came for _ in range(LIMIT) if waiting())
        assert came == [{"n": 1}]


def test_keys_may_have_a_prefix(url, options):
    given = {"global_keyprefix": "mine:", "redlatch": {"client_name": "prefixed"}}
    with (
        Connection(f"redlatch+{url()}", transport_options=given) as connection,
        connection.SimpleQueue("jobs") as queue,
        redlatch.Redis(**options) as client,
    ):
        queue.put({"n": 1})
        assert client.keys("mine:jobs*")
        assert "prefixed" in {it["name"] for it in client.client_list()}
        assert queue.get(timeout=LIMIT).payload == {"n": 1}


def test_the_environment_says_where(lab, monkeypatch):
    for name, value in lab.environment().items():
        monkeypatch.setenv(name, value)
    with Connection("redlatch://") as connection:
        connection.ensure_connection(max_retries=1)
        assert connection.transport.source.config["port"] == lab.port


def test_a_mistake_in_the_options_is_told(url):
    given = {"redlatch": {"pasword_file": "/etc/redis/password"}}
    with pytest.raises(redlatch.errors.ConfigUnknown):
        Connection(f"redlatch+{url()}", transport_options=given).connect()
