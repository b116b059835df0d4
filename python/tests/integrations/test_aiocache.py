"""aiocache: on a pool of connections, or with a client in place of its own."""

from __future__ import annotations

import pytest
from aiocache import RedisCache
from aiocache.lock import RedLock

import redlatch.asyncio

# It calls what redis-py deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning")


async def test_on_a_pool_of_our_connections(options, lab):
    pool = {name: value for name, value in options.items() if name not in ("host", "port", "ssl")}
    cache = RedisCache(
        endpoint=options["host"],
        port=options["port"],
        connection_pool_class=redlatch.asyncio.ConnectionPool,
        connection_pool_kwargs=pool,
    )
    async with cache:
        await cache.set("key", {"value": 1}, ttl=60)
        for verb in ("add-ca", "switch-leaf", "drop-ca"):
            lab.verb(verb)
            assert await cache.get("key") == {"value": 1}
        assert await cache.multi_set([("a", 1), ("b", 2)], ttl=60)
        assert await cache.multi_get(["a", "b", "c"]) == [1, 2, None]
        assert await cache.increment("n", 2) == 2
        assert await cache.delete("key") == 1


async def test_with_a_client_in_place_of_its_own(options):
    cache = RedisCache(namespace="pages")
    cache.client = redlatch.asyncio.Redis(**options)
    async with cache, redlatch.asyncio.Redis(**options) as beside:
        await cache.set("home", "<html>", ttl=60)
        assert await cache.get("home") == "<html>"
        assert await beside.keys() == [b"pages:home"]
        async with RedLock(cache, "home", lease=5):
            assert sorted(await beside.keys()) == [b"pages:home", b"pages:home-lock"]
        assert await beside.keys() == [b"pages:home"]
