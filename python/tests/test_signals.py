"""Any wait ends when a signal's handler raises, also one for what another thread uses."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

import redlatch


class Rung(Exception):
    """What the handler raises."""


@contextlib.contextmanager
def rung() -> Iterator[None]:
    """The block must end by a signal that comes while it waits."""

    def ring(*_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise Rung

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with pytest.raises(Rung):
            signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def another(wait: Callable[[], object]) -> Iterator[None]:
    """Another thread waits during the block, which lets it end."""

    def run() -> None:
        with contextlib.suppress(redlatch.RedlatchError):
            wait()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(20)
    assert not thread.is_alive()


def until_blocked(client: redlatch.Redis) -> None:
    while not client.info("clients")["blocked_clients"]:
        pass


def test_a_reply(options):
    with redlatch.Redis(**options) as client:
        with rung():
            client.blpop("nothing", 0)
        assert client.ping()


def test_a_message(options):
    with redlatch.Redis(**options) as client, client.pubsub() as heard:
        heard.subscribe("a")
        assert heard.get_message(timeout=5)["type"] == "subscribe"
        with rung():
            heard.get_message(timeout=None)
        client.publish("a", "after")
        assert heard.get_message(timeout=5)["data"] == b"after"


def test_a_message_that_another_thread_waits_for(options):
    with redlatch.Redis(**options) as client:
        heard = client.pubsub()
        heard.subscribe("a")
        assert heard.get_message(timeout=5)["type"] == "subscribe"
        waits = threading.Event()

        def wait() -> None:
            waits.set()
            heard.connection.receive()

        with another(wait):
            waits.wait()
            # Who waits makes room for a look.
            assert isinstance(client.events(), list)
            assert heard.connection.fileno() >= 0
            assert heard.connection.receive(0.05) is None
            with rung():
                heard.connection.receive()
            heard.close()


def test_a_connection_of_a_pool(options):
    pool = redlatch.BlockingConnectionPool(max_connections=1, timeout=None, **options)
    client = redlatch.Redis.from_pool(pool)
    with redlatch.Redis(**options) as free, another(lambda: client.blpop("list", 20)):
        until_blocked(free)
        with rung():
            client.ping()
        free.rpush("list", "item")
    assert client.ping()
    client.close()


def test_the_one_connection_of_a_client(options):
    client = redlatch.Redis(single_connection_client=True, **options)
    with redlatch.Redis(**options) as free, another(lambda: client.blpop("list", 20)):
        until_blocked(free)
        with rung():
            client.ping()
        free.rpush("list", "item")
    assert client.ping()
    client.close()


def test_closing_does_not_wait_for_a_command(options):
    client = redlatch.Redis(single_connection_client=True, **options)
    with redlatch.Redis(**options) as free, another(lambda: client.blpop("list", 20)):
        until_blocked(free)
        client.close()
        free.rpush("list", "item")
    assert client.ping()
    client.close()


def test_the_bytes_of_a_connection(options):
    connection = redlatch.Connection(**options)
    connection.connect()
    with rung():
        connection.can_read(20)
    connection.disconnect()
