"""WATCH and transactions on a connection that one caller holds."""

from __future__ import annotations

import asyncio

import pytest
import redis

import redlatch
from redlatch import _native


def test_a_transaction_runs_unless_its_keys_change(options):
    with redlatch.Redis(**options) as client, client.pipeline() as pipe:
        client.set("key", 1)
        pipe.watch("key")
        assert pipe.get("key") == b"1"
        pipe.multi()
        pipe.incr("key")
        assert pipe.execute() == [2]
        pipe.watch("key")
        client.set("key", 5)
        pipe.multi()
        pipe.incr("key")
        with pytest.raises(redis.WatchError):
            pipe.execute()
        assert client.get("key") == b"5"


def test_an_empty_transaction_tells_of_changes(options):
    with redlatch.Redis(**options) as client, client.pipeline() as pipe:
        pipe.watch("key")
        assert pipe.execute() == []
        pipe.watch("key")
        client.set("key", 1)
        with pytest.raises(redis.WatchError):
            pipe.execute()


def test_a_transaction_is_repeated(options):
    with redlatch.Redis(**options) as client:
        client.set("key", 1)
        tries = []

        def add(pipe: redis.client.Pipeline) -> None:
            value = int(pipe.get("key"))
            if not tries:
                client.set("key", 10)
            tries.append(value)
            pipe.multi()
            pipe.set("key", value + 1)

        assert client.transaction(add, "key") == [True]
        assert (tries, client.get("key")) == ([1, 10], b"11")


def test_what_is_watched_ends_with_the_pipeline(options):
    with redlatch.Redis(**options) as client, redlatch.Redis(**options) as other:
        with client.pipeline() as pipe:
            pipe.watch("key")
            watching = pipe.client_id()
        other.set("key", "changed")
        # The same connection, which would refuse had it not been told to forget.
        with client.pipeline() as pipe:
            pipe.set("key", "again").client_id()
            assert pipe.execute() == [True, watching]


def test_a_lost_connection_is_a_watch_error(options, lab):
    with redlatch.Redis(**options) as client, client.pipeline() as pipe:
        pipe.watch("key")
        lab.verb("disconnect")
        pipe.multi()
        pipe.set("key", "value")
        with pytest.raises((redis.WatchError, redlatch.errors.ClientInterrupted)):
            pipe.execute()
        pipe.watch("key")
        pipe.multi()
        pipe.set("key", "value")
        assert pipe.execute() == [True]


def test_a_rotation_waits_for_a_transaction(options, lab):
    with redlatch.Redis(**options) as client, client.pipeline() as pipe:
        pipe.watch("key")
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
        pipe.multi()
        pipe.set("key", "value")
        assert pipe.execute() == [True]
        assert client.get("key") == b"value"


def test_a_client_of_one_connection(options):
    with redlatch.Redis(**options) as client, client.client() as single:
        ids = {single.client_id() for _ in range(3)}
        assert len(ids) == 1
        single.execute_command("WATCH", "key")
        client.set("key", "other")
        with single.pipeline() as pipe:
            pipe.set("key", "mine")
            with pytest.raises(redis.WatchError):
                pipe.execute()


@pytest.mark.parametrize("single", [False, True])
def test_exec_ends_a_watch_by_itself(options, single):
    with redlatch.Redis(single_connection_client=single, **options) as client:
        with client.pipeline() as pipe:
            pipe.watch("key")
            pipe.multi()
            pipe.set("key", "value")
            assert pipe.execute() == [True]
        assert "cmdstat_unwatch" not in client.info("commandstats")
        with client.pipeline() as pipe:
            pipe.watch("key")
        assert client.info("commandstats")["cmdstat_unwatch"]["calls"] == 1


class TestAsyncio:
    async def test_a_transaction_runs_unless_its_keys_change(self, options):
        async with redlatch.asyncio.Redis(**options) as client, client.pipeline() as pipe:
            await client.set("key", 1)
            await pipe.watch("key")
            assert await pipe.get("key") == b"1"
            pipe.multi()
            pipe.incr("key")
            assert await pipe.execute() == [2]
            await pipe.watch("key")
            await client.set("key", 5)
            pipe.multi()
            pipe.incr("key")
            with pytest.raises(redis.WatchError):
                await pipe.execute()

    @pytest.mark.parametrize("single", [False, True])
    async def test_exec_ends_a_watch_by_itself(self, options, single):
        async with redlatch.asyncio.Redis(single_connection_client=single, **options) as client:
            async with client.pipeline() as pipe:
                await pipe.watch("key")
                pipe.multi()
                pipe.set("key", "value")
                assert await pipe.execute() == [True]
            assert "cmdstat_unwatch" not in await client.info("commandstats")

    async def test_many_transactions_at_once(self, options):
        async with redlatch.asyncio.Redis(**options) as client:

            async def add(pipe: redis.asyncio.client.Pipeline) -> None:
                value = int(await pipe.get("key") or 0)
                pipe.multi()
                pipe.set("key", value + 1)

            await asyncio.gather(*(client.transaction(add, "key") for _ in range(20)))
            assert await client.get("key") == b"20"

    async def test_a_pipeline_that_is_forgotten_gives_its_connection_back(self, options):
        async with redlatch.asyncio.Redis(**options) as client:
            pipe = client.pipeline()
            await pipe.watch("key")
            watching = await pipe.client_id()
            del pipe
            await client.set("key", "changed")
            async with client.pipeline() as other:
                await other.watch("other")
                assert await other.client_id() == watching
                other.multi()
                other.get("key")
                assert await other.execute() == [b"changed"]

    async def test_a_connection_is_given_back_while_the_client_is_at_work(self, options):
        async with redlatch.asyncio.Redis(**options) as client:
            await client.ping()
            held = _native.LoopLane(client._engine, "held")
            number = await held.execute(("CLIENT", "ID"))
            # As a finalizer would, if memory were collected just then.
            ear = _native.LoopLane(client._engine, "listening", lambda *_: held.close())
            await ear.execute(("SUBSCRIBE", "channel"))
            again = _native.LoopLane(client._engine, "held")
            assert await again.execute(("CLIENT", "ID")) == number
            again.close()
            ear.close()

    async def test_a_client_of_one_connection(self, options):
        async with (
            redlatch.asyncio.Redis(**options) as client,
            client.client() as single,
        ):
            assert await single.client_id() == await single.client_id()
            assert await single.client_id() != await client.client_id()
