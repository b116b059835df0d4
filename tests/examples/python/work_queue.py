"""A bounded queue of jobs with retries and dead letters, on one stream and its consumer group.

Promised: a job that `submit` has told of is done at least once, or ends among the dead letters,
whatever is replaced or restarted meanwhile and whichever worker is killed; submitted twice, it is
queued once. There are never more unfinished jobs than the bound: `submit` waits for room.

    echo '{"id": "a", "seconds": 0.1}' | work_queue.py submit
    work_queue.py work
    work_queue.py dead

REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import redlatch.asyncio
from redlatch import RedlatchError

GROUP = "workers"

# A job counts until it is done. One that was queued before is not queued again, so that a call
# whose answer was lost can be repeated. KEYS: mark of the id, stream. ARGV: bound, seconds, id,
# job.
SUBMIT = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], '', 'EX', ARGV[2])
redis.call('XADD', KEYS[2], '*', 'id', ARGV[3], 'job', ARGV[4])
return 1
"""

# Whoever acknowledges first decides. KEYS: stream, dead letters. ARGV: group, entry, and the
# fields of the dead letter, none if the job is done.
FINISH = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
if #ARGV > 2 then redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3)) end
return 1
"""


async def handle(job: dict[str, Any]) -> None:
    """Stands for your work. Done twice, it must come to the same as once."""
    await asyncio.sleep(job["seconds"])


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


class Queue:
    def __init__(self, redis: redlatch.asyncio.Redis, options: argparse.Namespace) -> None:
        self.redis, self.options = redis, options
        # One slot of a cluster holds all keys of a queue.
        self.jobs, self.dead = f"{{{options.queue}}}:jobs", f"{{{options.queue}}}:dead"
        self.submit_script = redis.register_script(SUBMIT)
        self.finish_script = redis.register_script(FINISH)

    async def submit(self, job: dict[str, Any]) -> None:
        """Returns once the job is queued; waits for room."""
        mark = f"{{{self.options.queue}}}:seen:{job['id']}"
        words = [self.options.bound, self.options.remember, job["id"], json.dumps(job)]
        while True:
            if await insist(lambda: self.submit_script([mark, self.jobs], words)):
                return
            await asyncio.sleep(0.05)

    async def make(self) -> None:
        """Makes the group, before the first worker reads."""
        try:
            await insist(lambda: self.redis.xgroup_create(self.jobs, GROUP, id="0", mkstream=True))
        except RedlatchError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def take(self, consumer: str) -> tuple[str, dict[str, str]] | None:
        """A job whose lease has ended, else a new one, if one comes soon."""
        lease = int(self.options.lease * 1000)
        _, overdue, *_ = await self.redis.xautoclaim(self.jobs, GROUP, consumer, lease, count=1)
        if overdue:
            return overdue[0]
        new = await self.redis.xreadgroup(GROUP, consumer, {self.jobs: ">"}, count=1, block=500)
        return new[0][1][0] if new else None

    async def work(self, stop: asyncio.Event) -> None:
        """One job after the other; one that was begun when told to stop is finished."""
        consumer = uuid.uuid4().hex
        while not stop.is_set():
            # What was taken although the answer was lost comes back at the end of its lease.
            if (taken := await insist(lambda: self.take(consumer))) is not None:
                await self.finish(*taken)

    async def finish(self, entry: str, fields: dict[str, str]) -> None:
        """Does the job, and takes it off the queue unless it is to be tried again."""
        if (tries := await self.tries(entry)) == 0:
            return  # somebody else finished it meanwhile
        reason = None
        if tries > self.options.tries:
            reason = "its workers ended before it did"
        else:
            try:
                await handle(json.loads(fields["job"]))
            except Exception as error:
                if tries < self.options.tries:
                    print("retry", fields["id"], flush=True)
                    return  # at the end of its lease
                reason = repr(error)
        letter = [part for field in fields.items() for part in field]
        words = [GROUP, entry, *([*letter, "reason", reason] if reason else [])]
        print("dead" if reason else "done", fields["id"], flush=True)
        await insist(lambda: self.finish_script([self.jobs, self.dead], words))

    async def tries(self, entry: str) -> int:
        """How often the job was handed out; 0 if it is finished."""
        found = await insist(lambda: self.redis.xpending_range(self.jobs, GROUP, entry, entry, 1))
        return found[0]["times_delivered"] if found else 0


async def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=["submit", "work", "dead"])
    parser.add_argument("--queue", default="queue", help="its name")
    parser.add_argument("--bound", type=int, default=1000, help="unfinished jobs at most")
    parser.add_argument("--remember", type=int, default=86400, help="seconds an id is known")
    parser.add_argument("--lease", type=float, default=60, help="seconds until a job is retried")
    parser.add_argument("--tries", type=int, default=3, help="before a job is a dead letter")
    parser.add_argument("--parallel", type=int, default=4, help="jobs at once")
    options = parser.parse_args()
    async with redlatch.asyncio.Redis.from_env(decode_responses=True) as redis:
        queue = Queue(redis, options)
        if options.verb == "submit":
            # Not on the loop: what waits for input must not hold up the connection.
            while line := await asyncio.to_thread(sys.stdin.readline):
                await queue.submit(job := json.loads(line))
                print("queued", job["id"], flush=True)
        elif options.verb == "dead":
            for _, letter in await redis.xrange(queue.dead):
                print(json.dumps(letter))
        else:
            await queue.make()
            stop = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
            await asyncio.gather(*(queue.work(stop) for _ in range(options.parallel)))


if __name__ == "__main__":
    asyncio.run(main())
