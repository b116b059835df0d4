"""The commonest commands take a shorter way, which nobody may notice."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import redis
import redis.asyncio

import redlatch
import redlatch.asyncio

CALLS = [
    ("set", ("key", "value"), {}),
    ("set", ("key", b"\xff\x00"), {"ex": 100}),
    ("set", ("key", "other"), {"nx": True}),
    ("set", ("key", "third"), {"get": True}),
    ("set", ("key", 5, None, None, False, True), {}),
    ("set", (), {"name": "key", "value": 1.5}),
    ("get", ("key",), {}),
    ("get", (), {"name": "missing"}),
    ("get", ("hash",), {}),
    ("delete", ("key",), {}),
    ("incr", ("number",), {}),
    ("incrby", ("number",), {"amount": 5}),
    ("incr", ("number", 3), {}),
    ("decr", ("number",), {}),
    ("hset", ("hash", "field", "value"), {}),
    ("hget", ("hash", "field"), {}),
    ("hget", (), {"name": "hash", "key": "missing"}),
    ("hget", ("number", "field"), {}),
    ("exists", ("hash", "number"), {}),
    ("execute_command", ("get", "number"), {}),
    ("execute_command", ("hgetall", "hash"), {}),
    ("mget", ([],), {}),
]


@pytest.fixture
def peer(options):
    given = {name: options[name] for name in ("host", "port", "ssl", "ssl_ca_certs")}
    secret = Path(options["password_file"]).read_text().strip()
    with redis.Redis(**given, password=secret) as made:
        yield made


def outcome(call, *args, **options):
    try:
        return call(*args, **options)
    except redis.RedisError as error:
        return type(error).__mro__[-4:], str(error)


def test_results_are_redis_py_s(options, peer):
    with redlatch.Redis(**options) as client:
        client.flushdb()
        ours = [outcome(getattr(client, name), *args, **how) for name, args, how in CALLS]
        client.flushdb()
        theirs = [outcome(getattr(peer, name), *args, **how) for name, args, how in CALLS]
    assert ours == theirs


@pytest.mark.parametrize("transaction", [True, False])
def test_results_of_pipelines_are_redis_py_s(options, peer, transaction):
    def run(client):
        client.flushdb()
        pipeline = client.pipeline(transaction)
        for name, args, how in CALLS:
            if name != "mget":
                assert getattr(pipeline, name)(*args, **how) is pipeline
        replies = pipeline.execute(raise_on_error=False)
        return [str(it) if isinstance(it, Exception) else it for it in replies]

    with redlatch.Redis(**options) as client:
        ours, theirs = run(client), run(peer)
    assert [str(it).split(" of pipeline")[0] for it in ours] == [
        str(it).split(" of pipeline")[0] for it in theirs
    ]


async def test_results_on_a_loop_are_the_same(options):
    with redlatch.Redis(**options) as client:
        client.flushdb()
        blocking = [outcome(getattr(client, name), *args, **how) for name, args, how in CALLS]
        client.flushdb()
    async with redlatch.asyncio.Redis(**options) as client:
        ours = []
        for name, args, how in CALLS:
            try:
                ours.append(await getattr(client, name)(*args, **how))
            except redis.RedisError as error:
                ours.append((type(error).__mro__[-4:], str(error)))
    assert ours == blocking


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (redlatch.Redis, redis.Redis),
        (redlatch.asyncio.Redis, redis.asyncio.Redis),
        (redlatch.client.Pipeline, redis.client.Pipeline),
    ],
)
@pytest.mark.parametrize("name", ["get", "set", "incr", "incrby", "hget"])
def test_signatures_are_redis_py_s(ours, theirs, name):
    assert inspect.signature(getattr(ours, name)) == inspect.signature(getattr(theirs, name))
    assert getattr(ours, name).__doc__ == getattr(theirs, name).__doc__


def test_an_overridden_execute_command_hears_of_every_command(options, monkeypatch):
    heard = []

    class Heard(redlatch.Redis):
        def execute_command(self, *args, **kwargs):
            heard.append(args[0])
            return super().execute_command(*args, **kwargs)

    with Heard(**options) as client:
        client.set("key", 1)
        assert (client.get("key"), client.incr("key"), client.hget("hash", "f")) == (b"1", 2, None)
    assert heard == ["SET", "GET", "INCRBY", "HGET"]
    with redlatch.Redis(**options) as client:
        monkeypatch.setattr(client, "execute_command", lambda *args, **_: args)
        assert client.get("key") == ("GET", "key")


def test_a_callback_that_was_set_is_called(options):
    with redlatch.Redis(**options) as client:
        client.set_response_callback("get", lambda reply, **_: ("seen", reply))
        client.set("key", "value")
        assert client.get("key") == ("seen", b"value")
        assert client.pipeline().get("key").execute() == [("seen", b"value")]
