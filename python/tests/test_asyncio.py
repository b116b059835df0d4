"""The asyncio client against a real server."""

from __future__ import annotations

import asyncio

import pytest
import redis
import uvloop

import redlatch.asyncio


@pytest.fixture
async def client(options):
    made = redlatch.asyncio.Redis(**options)
    yield made
    await made.aclose()


async def test_commands_answer_as_redis_py(client):
    assert await client.ping() is True
    assert await client.set("key", "value") is True
    assert await client.get("key") == b"value"
    assert await client.hset("hash", mapping={"a": 1}) == 1
    assert await client.hgetall("hash") == {b"a": b"1"}
    with pytest.raises(redis.ResponseError):
        await client.incr("key")


async def test_many_tasks_get_their_own_replies(client):
    async def work(number: int) -> None:
        for at in range(50):
            await client.set(f"k{number}", f"{number}:{at}")
            assert await client.get(f"k{number}") == f"{number}:{at}".encode()

    await asyncio.gather(*(work(number) for number in range(200)))
    assert client.status()["counters"]["connects"] == 1


async def test_pipelines_and_transactions(client):
    async with client.pipeline() as pipe:
        assert await pipe.set("a", 5).incr("a").execute() == [True, 6]
    async with client.pipeline(transaction=False) as pipe:
        assert await pipe.get("a").get("b").execute() == [b"6", None]


async def test_cancelling_never_mixes_replies(client):
    for at in range(100):
        await client.set(f"k{at}", at)

    async def read(at: int) -> None:
        assert await client.get(f"k{at}") == str(at).encode()

    for _ in range(20):
        tasks = [asyncio.create_task(read(at)) for at in range(100)]
        await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for at, outcome in enumerate(outcomes):
            assert outcome is None or (at % 3 == 0 and isinstance(outcome, asyncio.CancelledError))


async def test_a_large_value_passes_through_full_buffers(client):
    value = b"x" * (8 << 20)
    await asyncio.gather(*(client.set(f"big{at}", value) for at in range(4)))
    assert await client.get("big3") == value


async def test_a_command_that_blocks_holds_up_nobody(client):
    waiting = [asyncio.create_task(client.blpop("list", 0)) for _ in range(3)]
    assert await client.ping()
    for item in range(3):
        assert await client.rpush("list", item)
    assert sorted(await asyncio.gather(*waiting)) == [(b"list", b"%d" % at) for at in range(3)]


async def test_one_that_is_cancelled_takes_nothing(client):
    async def who_waits() -> int:
        return sum("blpop" in it["cmd"] for it in await client.client_list())

    waiting = asyncio.create_task(client.blpop("list", 0))
    while await who_waits() == 0:
        pass
    waiting.cancel()
    while await who_waits() == 1:
        pass
    await client.rpush("list", "item")
    assert await client.lpop("list") == b"item"


async def test_commands_that_change_the_shared_connection_are_refused(client):
    for command in (("SELECT", 1), ("WATCH", "key"), ("SUBSCRIBE", "c")):
        with pytest.raises(redlatch.errors.ClientMisuse):
            await client.execute_command(*command)
    assert await client.ping()


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_one_client_serves_several_loops(options, factory):
    client = redlatch.asyncio.Redis(**options)

    async def use() -> bytes:
        await client.set("key", "value")
        found = await client.get("key")
        await client.aclose()
        return found

    for _ in range(2):
        with asyncio.Runner(loop_factory=factory) as runner:
            assert runner.run(use()) == b"value"


async def test_refused_connection_gives_its_cause(options):
    client = redlatch.asyncio.Redis(**(options | {"port": 1, "socket_timeout": 0.3}))
    with pytest.raises(redlatch.errors.NetRefused):
        await client.ping()
    await client.aclose()


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_transport_may_ask_for_a_pause_while_it_is_written_to(options, factory):
    complaints = []

    async def use() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, about: complaints.append(about))
        client = redlatch.asyncio.Redis(**options)
        large = b"x" * 4_000_000
        await asyncio.gather(*(client.set(f"large{n}", large) for n in range(8)))
        assert await client.strlen("large7") == len(large)
        await client.aclose()

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(use())
    assert not complaints


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="new in Python 3.12")
async def test_tasks_may_be_eager(options):
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    client = redlatch.asyncio.Redis(**options)
    assert await asyncio.gather(*(client.set("key", n) for n in range(10))) == [True] * 10
    await client.aclose()
    nobody = redlatch.asyncio.Redis(**(options | {"port": 1, "socket_timeout": 0.3}))
    with pytest.raises(redlatch.errors.NetRefused):
        await nobody.ping()
    await nobody.aclose()
