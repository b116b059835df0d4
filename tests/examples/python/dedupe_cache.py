"""Does work once per content, however many files have it and whoever sees them first.

Promised: as long as a result is remembered, or its worker lives and is within `--claim`, nobody
works on the same content again: all get that result. A worker that dies leaves its claim for
`--claim` seconds. A worker that outlives its claim discards its result if another holds the claim
by then.

    dedupe_cache.py FILE...
    find . -name '*.jpg' | dedupe_cache.py

prints the result of each, and whether it was `made` here or `known`. REDIS_HOST, REDIS_PORT,
REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import redlatch.asyncio
from redlatch import RedlatchError

CLAIM, RESULT = "claim:", "result:"

# Only who holds the claim may put a result in its place; saying it again is as good as once.
# KEYS: content. ARGV: claim, result, seconds. Empty results end a claim.
SETTLE = """
local held = redis.call('GET', KEYS[1])
if held == ARGV[2] then return 1 end
if held ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1
"""


def work(content: bytes) -> str:
    """Stands for what is dear: a detection, a thumbnail, an embedding."""
    return f"{len(content)} bytes"


async def insist(call: Callable[[], Awaitable[Any]]) -> Any:
    """Repeats what may run twice until the server has answered."""
    while True:
        try:
            return await call()
        except RedlatchError as error:
            if error.retry == "never":
                raise
            print(f"again after {error.code}", file=sys.stderr)
            await asyncio.sleep(0.1)


class Cache:
    def __init__(self, redis: redlatch.asyncio.Redis, claim: int, keep: int) -> None:
        self.redis, self.claim, self.keep = redis, claim, keep
        self._settle = redis.register_script(SETTLE)

    async def get(self, content: bytes, make: Callable[[bytes], str]) -> tuple[str, bool]:
        """The result for this content, and whether it was made by this call."""
        key = f"dedupe:{hashlib.sha256(content).hexdigest()}"
        # A claim of its own for each call: a SET that was executed although its answer was lost
        # is recognised when it is repeated.
        mine = CLAIM + uuid.uuid4().hex
        while True:
            held = await insist(lambda: self.redis.set(key, mine, nx=True, get=True, ex=self.claim))
            if held is not None and held.startswith(RESULT):
                return held.removeprefix(RESULT), False
            if held in (None, mine):
                break
            await asyncio.sleep(0.05)  # somebody else is at it
        try:
            result = await asyncio.to_thread(make, content)
        except BaseException:
            await insist(lambda: self._settle([key], [mine, "", 0]))
            raise
        if await insist(lambda: self._settle([key], [mine, RESULT + result, self.keep])):
            return result, True
        return await self.get(content, make)  # the claim had ended


async def names(given: list[str]) -> AsyncIterator[str]:
    """Those given, else those on standard input."""
    for name in given:
        yield name
    # Not on the loop: what waits for input must not hold up the connection.
    while not given and (line := await asyncio.to_thread(sys.stdin.readline)):
        yield line.rstrip("\n")


async def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", help="their names; without any, from standard input")
    parser.add_argument("--claim", type=int, default=60, help="longest work, in seconds")
    parser.add_argument("--keep", type=int, default=300, help="seconds a result is remembered")
    parser.add_argument("--parallel", type=int, default=8, help="files at once")
    options = parser.parse_args()
    places = asyncio.Semaphore(options.parallel)

    async with redlatch.asyncio.Redis.from_env(decode_responses=True) as redis:
        cache = Cache(redis, options.claim, options.keep)

        async def one(name: str) -> None:
            try:
                content = await asyncio.to_thread(Path(name).read_bytes)
                result, made = await cache.get(content, work)
                print("made" if made else "known", name, result, sep="\t", flush=True)
            finally:
                places.release()

        async with asyncio.TaskGroup() as tasks:
            async for name in names(options.files):
                await places.acquire()
                tasks.create_task(one(name))


if __name__ == "__main__":
    asyncio.run(main())
