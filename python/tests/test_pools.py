"""Pools and connections for whatever wants redis-py's."""

from __future__ import annotations

import asyncio
import pickle
import select
import threading
import time
from pathlib import Path

import pytest
import redis
import redis.asyncio
from redis._parsers import _RESP3Parser

import redlatch


def test_clients_of_a_pool_share_its_connections(options):
    pool = redlatch.ConnectionPool(**options)
    one, other = redlatch.Redis(connection_pool=pool), redlatch.Redis(connection_pool=pool)
    assert one.client_id() == other.client_id()
    one.close()
    assert other.ping()
    pool.disconnect()


def test_a_pool_of_redis_py_is_refused(options):
    with pytest.raises(redlatch.errors.ConfigUnsupported):
        redlatch.Redis(connection_pool=redis.ConnectionPool())
    with pytest.raises(redlatch.errors.ConfigUnsupported):
        redlatch.asyncio.Redis(connection_pool=redis.asyncio.ConnectionPool())


def hold(client: redlatch.Redis, key: str) -> threading.Thread:
    """Keeps a connection of the client until somebody pushes to the key."""
    thread = threading.Thread(target=client.blpop, args=(key, 20))
    thread.start()
    return thread


def blocked(client: redlatch.Redis) -> int:
    return client.info("clients")["blocked_clients"]


def test_a_pool_has_a_limit(options):
    with redlatch.Redis(max_connections=1, **options) as client, redlatch.Redis(**options) as free:
        thread = hold(client, "list")
        while blocked(free) == 0:
            pass
        with pytest.raises(redlatch.errors.ClientQueueFull) as caught:
            client.ping()
        assert caught.value.evidence["max_connections"] == "1"
        free.rpush("list", "item")
        thread.join(10)
        assert client.ping()


def test_a_blocking_pool_waits_for_a_connection(options):
    pool = redlatch.BlockingConnectionPool(max_connections=1, timeout=20, **options)
    client = redlatch.Redis.from_pool(pool)
    with redlatch.Redis(**options) as free:
        thread = hold(client, "list")
        while blocked(free) == 0:
            pass
        late = threading.Thread(target=client.set, args=("key", "value"))
        late.start()
        free.rpush("list", "item")
        thread.join(10)
        late.join(10)
        assert free.get("key") == b"value"
    client.close()


@pytest.mark.parametrize("protocol", [2, 3])
def test_redis_py_runs_on_our_connections(options, protocol):
    pool = redis.ConnectionPool(
        connection_class=redlatch.Connection, protocol=protocol, db=2, **options
    )
    client = redis.Redis(connection_pool=pool)
    assert client.set("key", "value")
    assert client.get("key") == b"value"
    big = b"x" * 3_000_000
    client.set("big", big)
    assert client.get("big") == big
    with client.pipeline() as pipe:
        pipe.watch("key")
        pipe.multi()
        pipe.get("key")
        assert pipe.execute() == [b"value"]
    with client.pubsub() as heard:
        heard.subscribe("a")
        client.publish("a", "m")
        assert [heard.get_message(timeout=5)["type"] for _ in range(2)] == ["subscribe", "message"]
    assert client.blpop("nothing", timeout=0.1) is None
    pool.disconnect()


def test_monitor(options):
    with redlatch.Redis(**options) as client, client.monitor() as monitor:
        client.set("seen", "value")
        commands = (monitor.next_command()["command"] for _ in range(10))
        assert any("seen" in command for command in commands)


def test_a_connection_can_be_polled(options):
    connection = redlatch.Connection(**options)
    connection.connect()
    poller = select.poll()
    poller.register(connection._sock, select.POLLIN)
    assert not connection.can_read(0)
    connection.send_command("PING")
    assert poller.poll(5000)
    assert connection.can_read(0)
    assert connection.read_response() == b"PONG"
    assert not connection.can_read(0)
    connection.disconnect()


def test_an_untrusted_server_is_told_by_its_code(options, lab):
    authority = Path(options.pop("ssl_ca_certs")).read_text()
    for verb in ("add-ca", "switch-leaf"):
        lab.verb(verb)
    with pytest.raises(redlatch.errors.TlsUntrusted):
        redlatch.Connection(ca_pem=authority, **options).connect()

    async def connect() -> None:
        await redlatch.asyncio.Connection(ca_pem=authority, **options).connect()

    with pytest.raises(redlatch.errors.TlsUntrusted):
        asyncio.run(connect())


def test_a_distrusted_connection_is_made_anew_by_its_pool(options, lab):
    pool = redis.ConnectionPool(connection_class=redlatch.Connection, **options)
    client = redis.Redis(connection_pool=pool)
    first = client.client_id()
    for verb in ("add-ca", "switch-leaf", "drop-ca"):
        lab.verb(verb)
    while client.client_id() == first:
        pass
    assert client.ping()
    pool.disconnect()


def test_a_connection_that_is_never_quiet_ends_with_its_trust(options, lab):
    connection = redlatch.Connection(**options)
    connection.connect()
    for verb in ("add-ca", "switch-leaf", "drop-ca"):
        lab.verb(verb)
    end = time.monotonic() + 20
    with pytest.raises(redis.ConnectionError):
        while time.monotonic() < end:
            connection.send_command("PING")
            assert connection.read_response() == b"PONG"
    connection.disconnect()


async def test_redis_py_runs_on_our_asyncio_connections(options):
    pool = redis.asyncio.ConnectionPool(connection_class=redlatch.asyncio.Connection, **options)
    client = redis.asyncio.Redis(connection_pool=pool)
    assert await client.set("key", "value")
    assert await asyncio.gather(*(client.get("key") for _ in range(20))) == [b"value"] * 20
    big = b"x" * 3_000_000
    await client.set("big", big)
    assert await client.get("big") == big
    async with client.pubsub() as heard:
        await heard.subscribe("a")
        await client.publish("a", "m")
        got = [await heard.get_message(timeout=5) for _ in range(2)]
        assert [it["type"] for it in got] == ["subscribe", "message"]
    await pool.disconnect()


async def test_monitor_on_a_loop(options):
    async with redlatch.asyncio.Redis(**options) as client, client.monitor() as monitor:
        await client.set("seen", "value")
        while "seen" not in (await monitor.next_command())["command"]:
            pass


def test_a_pool_that_makes_our_connections_is_adopted(options):
    # RQ's scheduler takes a client apart, and makes another one in a process of its own.
    client = redlatch.Redis(db=3, decode_responses=True, **options)
    made_of = client.connection_pool.connection_kwargs
    kind = client.connection_pool.connection_class
    shared = redlatch.Redis(connection_pool=redis.ConnectionPool(connection_class=kind, **made_of))
    assert shared.client_id() == client.client_id()
    sent = pickle.loads(pickle.dumps({"source": made_of["source"]}))
    other = redlatch.Redis(connection_pool=redis.ConnectionPool(connection_class=kind, **sent))
    other.set("key", "value")
    assert client.get("key") == other.get("key") == "value"
    assert other.client_id() != client.client_id()
    for it in (client, shared, other):
        it.close()


def test_a_pool_hands_on_what_only_connections_know(options):
    pool = redlatch.ConnectionPool(parser_class=_RESP3Parser, **options)
    connection = pool.get_connection()
    assert type(connection._parser) is _RESP3Parser
    pool.release(connection)
    with pytest.raises(redlatch.errors.ConfigUnsupported):
        redlatch.ConnectionPool(event_dispatcher=object(), **options)
    with pytest.raises(redlatch.errors.ConfigUnknown):
        redlatch.ConnectionPool(parser_klass=_RESP3Parser, **options)


def test_a_client_may_be_named(options):
    # RQ's workers name theirs.
    with redlatch.Redis(**options) as client:
        assert client.client_setname("worker")
        assert client.client_info()["name"] == "worker"
        assert client.client_getname() == "worker"
