"""The demo's asyncio worker: tasks that SET and GET with value checks until standard input ends."""

from __future__ import annotations

import asyncio
import os
import sys

import redlatch.asyncio
from redlatch import RedlatchError
from tally import Tally

TASKS = 32


async def main() -> None:
    name = os.environ["REDLATCH_DEMO_NAME"]
    client = redlatch.asyncio.Redis.from_env(
        decode_responses=True, poll_interval=1, client_name=name
    )
    tally = Tally(name)
    over = asyncio.Event()

    async def work(at: int) -> None:
        key = f"demo:{name}:{at}"
        await client.delete(key)
        expected: set[str | None] = {None}
        number = 0
        while not over.is_set():
            number += 1
            value = str(number)
            try:
                await client.set(key, value)
                expected = {value}
                tally.done()
            except RedlatchError as error:
                if tally.fail(error):
                    expected = expected | {value}
            try:
                found = await client.get(key)
                tally.done()
                if found not in expected:
                    tally.wrong += 1
                expected = {found}
            except RedlatchError as error:
                tally.fail(error)

    async def tell() -> None:
        while not over.is_set():
            tally.follow(client.events(), client.status())
            tally.print()
            await asyncio.sleep(0.25)

    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)
    ended.add_done_callback(lambda _: over.set())
    await asyncio.gather(*(work(at) for at in range(TASKS)), tell(), ended)
    tally.follow(client.events(), client.status())
    tally.print()
    await client.aclose()


if __name__ == "__main__":
    asyncio.run(main())
