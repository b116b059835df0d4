"""Threads share clients and material; without the GIL, too, where the interpreter has none."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import redlatch

THREADS = 8


def test_threads_share_a_blocking_client(options):
    client = redlatch.Redis(**options, decode_responses=True)
    bundle = Path(str(options["ssl_ca_certs"])).read_bytes()
    start = Barrier(THREADS)

    def work(number: int) -> None:
        start.wait()
        for turn in range(100):
            client.set(f"key:{number}", turn)
            assert client.get(f"key:{number}") == str(turn)
            if turn % 10 == number:
                client.close()
                client.supply("trust", bundle)
            assert isinstance(client.events(), list)
            assert client.status()["state"] in ("ready", "idle", "connecting")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    client.close()


def test_loops_of_several_threads_share_an_asyncio_client(options):
    client = redlatch.asyncio.Redis(**options, decode_responses=True)
    bundle = Path(str(options["ssl_ca_certs"])).read_bytes()
    start = Barrier(THREADS)

    async def work(number: int) -> None:
        start.wait()
        for turn in range(20):
            await asyncio.gather(*(client.set(f"{number}:{n}", turn) for n in range(20)))
            assert await client.get(f"{number}:19") == str(turn)
            # Every loop hears of it.
            client.supply("trust", bundle)
            client.events()
        await client.aclose()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda number: asyncio.run(work(number)), range(THREADS)))
