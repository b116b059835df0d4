"""Python clients on an event loop under load. Usage: tasks.py CLIENT, orders on stdin"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from measured import Order, Stopwatch, arguments, glide_configuration, serve

Once = Callable[[], Awaitable[Any]]


@asynccontextmanager
async def redlatch() -> AsyncIterator[Any]:
    from redlatch.asyncio import Redis

    async with Redis(**arguments()) as client:
        yield client


@asynccontextmanager
async def redis_py() -> AsyncIterator[Any]:
    from redis.asyncio import BlockingConnectionPool, Redis, SSLConnection

    # Its plain pool fails with more tasks than connections, and each connection loads the
    # system's CAs, which makes the first ones time out.
    given = arguments() | {"socket_connect_timeout": 60}
    del given["ssl"]
    pool = BlockingConnectionPool(
        max_connections=32, timeout=None, connection_class=SSLConnection, **given
    )
    client = Redis(connection_pool=pool)
    yield client
    await client.aclose()
    await pool.disconnect()


@asynccontextmanager
async def coredis() -> AsyncIterator[Any]:
    from coredis import Redis

    async with Redis(**arguments()) as client:

        async def burst(key: str, count: int) -> list[Any]:
            async with client.pipeline(transaction=False) as pipeline:
                waiting = [pipeline.get(key) for _ in range(count)]
            return [await one for one in waiting]

        client.burst = burst
        yield client


@asynccontextmanager
async def valkey_glide() -> AsyncIterator[Any]:
    import glide

    client = await glide.GlideClient.create(glide_configuration(glide))

    async def burst(key: str, count: int) -> list[Any]:
        batch = glide.Batch(is_atomic=False)
        for _ in range(count):
            batch.get(key)
        return await client.exec(batch, raise_on_error=True)

    client.burst = burst
    yield client
    await client.close()


CLIENTS = {
    "redlatch.asyncio": redlatch,
    "redis.asyncio": redis_py,
    "coredis": coredis,
    "valkey-glide": valkey_glide,
}


async def gets(client: Any, order: Order) -> dict[str, float]:
    await client.set(order.key, order.value)
    assert await client.get(order.key) == order.value
    return await repeated(lambda: client.get(order.key), order, tasks=order.tasks)


async def sets(client: Any, order: Order) -> dict[str, float]:
    key, value = order.key, order.value
    return await repeated(lambda: client.set(key, value), order)


async def bursts(client: Any, order: Order) -> dict[str, float]:
    key, count = order.key, order.tasks
    await client.set(key, order.value)

    async def burst() -> list[Any]:
        pipeline = client.pipeline(transaction=False)
        for _ in range(count):
            pipeline.get(key)
        return await pipeline.execute()

    once: Once = (lambda: client.burst(key, count)) if hasattr(client, "burst") else burst
    assert list(await once()) == [order.value] * count
    return await repeated(once, order, commands=count)


async def repeated(once: Once, order: Order, tasks: int = 1, commands: int = 1) -> dict[str, float]:
    """So many tasks do it again and again."""
    times = 0
    over = False

    async def work() -> None:
        nonlocal times
        while not over:
            await once()
            times += 1

    running = [asyncio.create_task(work()) for _ in range(tasks)]
    await asyncio.sleep(order.warm_up)
    times, watch = 0, Stopwatch()
    await asyncio.sleep(order.seconds)
    found = watch.facts(times * commands)
    over = True
    await asyncio.gather(*running)
    return found


SCENARIOS = {it.__name__: it for it in (gets, sets, bursts)}


async def measure(name: str, order: Order) -> dict[str, float]:
    async with CLIENTS[name]() as client:
        return await SCENARIOS[order.scenario](client, order)


def main() -> None:
    name, _, loop = sys.argv[1].partition(" ")
    factory = None
    if loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop

    def run(order: Order) -> dict[str, float]:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(measure(name, order))

    serve(run)


if __name__ == "__main__":
    main()
