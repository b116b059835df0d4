"""Tracks long jobs: a hash says how far each is, and an event tells everyone who watches.

Promised: the hash never goes back, and whoever watches sees progress grow and the end of the job,
also if events are lost. A job whose worker has died is forgotten `--expire` seconds after its
last step; whoever watches is told `lost`.

    job_tracking.py run --steps 20 ID
    job_tracking.py watch ID
    job_tracking.py show ID

REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import redlatch.asyncio
from redlatch import RedlatchError

# Hash, expiry and event in one step. What is older than the hash changes nothing, so that a call
# whose answer was lost can be repeated. KEYS: job, also the channel. ARGV: done, total, state,
# seconds.
REPORT = """
local known = redis.call('HGET', KEYS[1], 'done')
if known and tonumber(known) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'done', ARGV[1], 'total', ARGV[2], 'state', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
local fields = {done = ARGV[1], total = ARGV[2], state = ARGV[3]}
redis.call('PUBLISH', KEYS[1], cjson.encode(fields))
return 1
"""


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


class Jobs:
    def __init__(self, redis: redlatch.asyncio.Redis, expire: int) -> None:
        self.redis, self.expire = redis, expire
        self._report = redis.register_script(REPORT)

    async def report(self, job: str, done: int, total: int) -> None:
        state = "done" if done == total else "running"
        await insist(lambda: self._report([f"job:{job}"], [done, total, state, self.expire]))

    async def fields(self, job: str) -> dict[str, str]:
        return await insist(lambda: self.redis.hgetall(f"job:{job}"))

    async def watch(self, job: str) -> AsyncIterator[dict[str, str]]:
        """Each step that is heard of, up to the last; ends without it if the job is lost."""
        known = -1
        async with self.redis.pubsub(ignore_subscribe_messages=True) as heard:
            # Events from here on, and the hash for what was before.
            await insist(lambda: heard.subscribe(f"job:{job}"))
            fields = await self.fields(job)
            while fields:
                if int(fields["done"]) > known:
                    known = int(fields["done"])
                    yield fields
                if fields["state"] == "done":
                    return
                message = await insist(lambda: heard.get_message(timeout=1))
                # In silence the hash tells whether it is one.
                fields = json.loads(message["data"]) if message else await self.fields(job)


async def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=["run", "watch", "show"])
    parser.add_argument("job", metavar="ID")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1, help="of each step")
    parser.add_argument("--expire", type=int, default=3600, help="seconds after the last step")
    options = parser.parse_args()

    async with redlatch.asyncio.Redis.from_env(decode_responses=True) as redis:
        jobs = Jobs(redis, options.expire)
        if options.verb == "run":
            for done in range(options.steps + 1):
                await jobs.report(options.job, done, options.steps)
                await asyncio.sleep(options.seconds if done < options.steps else 0)
            return 0
        if options.verb == "show":
            fields = await jobs.fields(options.job)
            print(json.dumps(fields))
            return 0 if fields else 1
        fields = {}
        async for fields in jobs.watch(options.job):
            print(fields["done"], fields["total"], fields["state"], flush=True)
        if fields.get("state") != "done":
            print("lost")
            return 1
        return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
