"""One Python client under load. Usage: bench_python.py CLIENT TASKS SECONDS"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

VALUE = "x" * 64
WARM_UP = 0.5


def settings() -> dict[str, object]:
    """Connection arguments in redis-py's words."""
    return {
        "host": os.environ["REDIS_HOST"],
        "port": int(os.environ["REDIS_PORT"]),
        "password": Path(os.environ["REDIS_PASSWORD_FILE"]).read_text().strip(),
        "ssl": True,
        "ssl_ca_certs": os.environ["REDIS_SSL_CA_CERTS"],
        "decode_responses": True,
    }


def blocking(name: str, seconds: float) -> dict[str, float]:
    if name == "redlatch":
        from redlatch import Redis
    else:
        from redis import Redis
    client = Redis(**settings())
    client.set("bench", VALUE)
    end = time.perf_counter() + WARM_UP
    while time.perf_counter() < end:
        assert client.get("bench") == VALUE
    commands = 0
    cpu, start = time.process_time(), time.perf_counter()
    end = start + seconds
    while time.perf_counter() < end:
        for _ in range(50):
            client.get("bench")
        commands += 50
    return facts(commands, start, cpu)


async def concurrent(name: str, tasks: int, seconds: float) -> dict[str, float]:
    if name == "redlatch.asyncio":
        from redlatch.asyncio import Redis

        client = Redis(**settings())
    elif name == "redis.asyncio":
        from redis.asyncio import BlockingConnectionPool, Redis, SSLConnection

        # Its plain pool fails with more tasks than connections, and each connection loads the
        # system's CAs, which makes the first ones time out.
        arguments = settings() | {"socket_connect_timeout": 60}
        del arguments["ssl"]
        pool = BlockingConnectionPool(
            max_connections=32, timeout=None, connection_class=SSLConnection, **arguments
        )
        client = Redis(connection_pool=pool)
    else:
        client = await glide()
    await client.set("bench", VALUE)
    commands = 0
    over = False

    async def work() -> None:
        nonlocal commands
        while not over:
            await client.get("bench")
            commands += 1

    running = [asyncio.create_task(work()) for _ in range(tasks)]
    await asyncio.sleep(WARM_UP + (tasks / 500))
    commands = 0
    cpu, start = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    found = facts(commands, start, cpu)
    over = True
    await asyncio.gather(*running)
    await client.aclose()
    return found


async def glide():
    """valkey-glide, which answers in bytes."""
    from glide import (
        AdvancedGlideClientConfiguration,
        GlideClient,
        GlideClientConfiguration,
        NodeAddress,
        ServerCredentials,
        TlsAdvancedConfiguration,
    )

    given = settings()
    tls = TlsAdvancedConfiguration(root_pem_cacerts=Path(given["ssl_ca_certs"]).read_bytes())
    client = await GlideClient.create(
        GlideClientConfiguration(
            [NodeAddress(given["host"], given["port"])],
            use_tls=True,
            credentials=ServerCredentials(password=given["password"]),
            advanced_config=AdvancedGlideClientConfiguration(tls_config=tls),
            request_timeout=5000,
        )
    )
    client.aclose = client.close
    return client


def facts(commands: int, start: float, cpu: float) -> dict[str, float]:
    return {
        "commands": commands,
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu,
    }


def main() -> None:
    name, tasks, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    if name in ("redlatch", "redis-py"):
        found = blocking(name, seconds)
    else:
        found = asyncio.run(concurrent(name, tasks, seconds))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
