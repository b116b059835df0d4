"""What a forked child does with what its parent made: nothing on the parent's connections."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import signal
import threading
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import redis

import redlatch

#: Longer than any of it takes.
LIMIT = 20


def in_child(function: Callable[[], Any]) -> Any:
    """What a forked child returns."""
    readable, writable = os.pipe()
    with warnings.catch_warnings():
        # Newer versions of Python warn of forks while threads run.
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        signal.alarm(LIMIT)
        try:
            answer = {"came": function()}
        except BaseException:
            answer = {"failed": traceback.format_exc()}
        os.write(writable, json.dumps(answer).encode())
        os._exit(0)
    os.close(writable)
    with open(readable) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    answer = json.loads(text or '{"failed": "it hangs"}')
    assert "failed" not in answer, answer["failed"]
    return answer["came"]


class Parent:
    """One of each kind of connection, all of them alive."""

    def __init__(self, options: dict[str, object]) -> None:
        self.client = redlatch.Redis(**options)
        self.single = redlatch.Redis(single_connection_client=True, **options)
        self.pool = redis.ConnectionPool(connection_class=redlatch.Connection, **options)
        self.wire = self.pool.get_connection()
        self.news = self.client.pubsub(ignore_subscribe_messages=True)
        self.news.subscribe("news")
        assert self.news.get_message(timeout=LIMIT) is None
        self.watching = self.client.pipeline()
        self.watching.watch("key")
        self.before = self.ids()

    def ids(self) -> list[int]:
        """The server's ids of all connections but the one that hears."""
        self.wire.send_command("CLIENT", "ID")
        return [
            self.client.client_id(),
            self.single.client_id(),
            self.watching.immediate_execute_command("CLIENT", "ID"),
            self.wire.read_response(),
        ]

    def heard(self) -> list[bytes]:
        """What comes of three messages, and on which connection."""
        for number in range(3):
            assert self.client.publish("news", number) >= 1
        return [self.news.get_message(timeout=LIMIT)["data"] for _ in range(3)]

    def close(self) -> None:
        self.watching.reset()
        self.news.close()
        self.wire.disconnect()
        self.pool.disconnect()
        self.single.close()
        self.client.close()


def use(parent: Parent) -> list[int]:
    parent.wire.disconnect()
    parent.wire.connect()
    parent.watching.reset()
    parent.watching.watch("key")
    return parent.ids()


def forget(parent: Parent) -> str:
    parent.__dict__.clear()
    gc.collect()
    return "done"


def look(parent: Parent) -> str:
    for client in (parent.client, parent.single):
        client.events()
        client.status()
        client.reload()
    parent.wire.should_reconnect()
    parent.wire.events()
    with pytest.raises(redlatch.errors.ClientMisuse):
        parent.wire.can_read()
    with pytest.raises(redlatch.errors.ClientMisuse):
        parent.wire.send_command("PING")
    with pytest.raises(redlatch.errors.ClientMisuse):
        parent.watching.get("key")
    return "done"


def close(parent: Parent) -> str:
    parent.close()
    return "done"


@pytest.mark.parametrize("action", [use, forget, look, close], ids=lambda it: it.__name__)
def test_a_child_leaves_its_parents_connections_alone(options, action):
    parent = Parent(options)
    came = in_child(lambda: action(parent))
    assert came == "done" or not set(came) & set(parent.before)
    assert parent.ids() == parent.before
    assert parent.heard() == [b"0", b"1", b"2"]
    kinds = [event["kind"] for event in parent.client.events()]
    assert "disconnected" not in kinds and "gap" not in kinds, kinds
    parent.close()


def test_a_parent_goes_on_while_its_child_works(options):
    with redlatch.Redis(**options) as client:
        mine = client.client_id()

        def work() -> int:
            for _ in range(200):
                client.incr("n")
            client.close()
            return client.client_id()

        came: list[int] = []
        thread = threading.Thread(target=lambda: came.append(in_child(work)))
        thread.start()
        while thread.is_alive():
            client.incr("m")
        assert client.get("n") == b"200"
        assert client.client_id() == mine
        assert came[0] != mine


def test_subscriptions_go_on_in_parent_and_child(options):
    with redlatch.Redis(**options) as client, client.pubsub() as news:
        news.subscribe("news")
        news.get_message(timeout=LIMIT)
        ready, told = os.pipe()

        def hear() -> str:
            assert news.get_message(timeout=0) is None
            os.write(told, b"1")
            return news.get_message(timeout=LIMIT)["data"].decode()

        came: list[str] = []
        thread = threading.Thread(target=lambda: came.append(in_child(hear)))
        thread.start()
        select.select([ready], [], [], LIMIT)
        while client.pubsub_numsub("news")[0][1] < 2:
            pass
        client.publish("news", "hello")
        thread.join(LIMIT)
        assert came == ["hello"]
        assert news.get_message(timeout=LIMIT)["data"] == b"hello"
        os.close(ready)
        os.close(told)


def test_an_asyncio_client_works_on_both_sides(options):
    async def identify(client: redlatch.asyncio.Redis) -> int:
        return await client.client_id()

    async def run() -> None:
        client = redlatch.asyncio.Redis(**options)
        mine = await client.client_id()

        def elsewhere() -> int:
            # As multiprocessing does: the child is none of the parent's tasks.
            asyncio._set_running_loop(None)
            return asyncio.run(identify(client))

        assert in_child(elsewhere) != mine
        assert await client.client_id() == mine
        await client.aclose()

    asyncio.run(run())


def test_a_fork_while_threads_are_busy(options):
    # A lock that some thread held at the fork stays locked in the child for ever.
    client = redlatch.Redis(**options | {"poll_interval": "1ms"})
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            client.incr("n")

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(40):
            assert in_child(client.ping) is True
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        client.close()
