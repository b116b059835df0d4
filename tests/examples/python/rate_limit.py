"""A rate limit that all processes share: a token bucket in one script.

Promised: no more than `burst` and what has been refilled since ever passes, by the server's
clock, also while certificates rotate and the server restarts. An attempt whose answer was lost
did not pass; its token may be spent. While Redis is away, attempts fail: whether that means yes
or no is yours to say.

    rate_limit.py --burst 10 --per-second 2 user:17

prints `allowed`, or `denied` and the seconds until the next token. `--attempts 100 --parallel 8`
tries more often. REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis
is.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from dataclasses import dataclass

import redlatch.asyncio
from redlatch import RedlatchError

# KEYS: bucket. ARGV: burst, tokens per second. The bucket is forgotten once it would be full
# again.
TAKE = """
local burst, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(kept[1]) or burst, tonumber(kept[2]) or now
-- A clock that was set back refills nothing.
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
at = string.format('%.6f', math.max(now, at))
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', at)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 1000)
return tostring(wait)
"""


@dataclass
class RateLimit:
    """A limit for each key: `burst` at once, and `per_second` in the long run."""

    redis: redlatch.asyncio.Redis
    burst: int
    per_second: float

    def __post_init__(self) -> None:
        self._take = self.redis.register_script(TAKE)

    async def attempt(self, key: str) -> float:
        """0 if it may happen now, else the seconds until it may."""
        return float(await self._take([f"limit:{key}"], [self.burst, self.per_second]))


async def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("key", help="what is limited: a user, an address")
    parser.add_argument("--burst", type=int, default=10, help="how often at once")
    parser.add_argument("--per-second", type=float, default=1, help="how often in the long run")
    parser.add_argument("--attempts", type=int, default=1)
    parser.add_argument("--parallel", type=int, default=1, help="attempts at the same time")
    parser.add_argument("--pause", type=float, default=0, help="seconds between two attempts")
    options = parser.parse_args()
    seen: Counter[str] = Counter()

    async with redlatch.asyncio.Redis.from_env(decode_responses=True) as redis:
        limit = RateLimit(redis, options.burst, options.per_second)

        async def attempts(count: int) -> None:
            for _ in range(count):
                try:
                    wait = await limit.attempt(options.key)
                    told = "allowed" if wait == 0 else "denied"
                    print(told, *([] if wait == 0 else [f"{wait:.3f}"]), flush=True)
                except RedlatchError as error:
                    if error.retry == "never":
                        raise
                    told = "unanswered"
                    print(told, error.code, flush=True)
                seen[told] += 1
                await asyncio.sleep(options.pause)

        share, more = divmod(options.attempts, options.parallel)
        await asyncio.gather(*(attempts(share + (n < more)) for n in range(options.parallel)))
    print(*(f"{told}={seen[told]}" for told in ("allowed", "denied", "unanswered")))


if __name__ == "__main__":
    asyncio.run(main())
