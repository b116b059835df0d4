"""Blocking Python clients under load. Usage: blocking.py CLIENT, orders on stdin"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measured import Order, Stopwatch, arguments, glide_configuration, serve

Make = Callable[..., Any]


def redlatch(**changed: Any) -> Any:
    from redlatch import Redis

    return Redis(**arguments() | changed)


def redis_py(**changed: Any) -> Any:
    from redis import Redis

    return Redis(**arguments() | changed)


def valkey_glide(**_: Any) -> Any:
    import glide_sync

    client = glide_sync.GlideClient.create(glide_configuration(glide_sync))

    def burst(key: str, count: int) -> list[Any]:
        batch = glide_sync.Batch(is_atomic=False)
        for _ in range(count):
            batch.get(key)
        return client.exec(batch, raise_on_error=True)

    client.burst = burst
    return client


CLIENTS = {"redlatch": redlatch, "redis-py": redis_py, "valkey-glide-sync": valkey_glide}


def gets(make: Make, order: Order) -> dict[str, float]:
    client = make()
    client.set(order.key, order.value)
    assert client.get(order.key) == order.value
    found = repeated(lambda: client.get(order.key), order)
    client.close()
    return found


def sets(make: Make, order: Order) -> dict[str, float]:
    client, key, value = make(), order.key, order.value
    found = repeated(lambda: client.set(key, value), order)
    client.close()
    return found


def bursts(make: Make, order: Order) -> dict[str, float]:
    client, key, count = make(), order.key, order.tasks
    client.set(key, order.value)

    def burst() -> list[Any]:
        pipeline = client.pipeline(transaction=False)
        for _ in range(count):
            pipeline.get(key)
        return pipeline.execute()

    once = (lambda: client.burst(key, count)) if hasattr(client, "burst") else burst
    assert once() == [order.value] * count
    found = repeated(once, order, commands=count)
    client.close()
    return found


def threads(make: Make, order: Order) -> dict[str, float]:
    """All share one client."""
    client = make()
    client.set(order.key, order.value)
    counts = [0] * order.tasks
    over = False

    def work(at: int) -> None:
        while not over:
            client.get(order.key)
            counts[at] += 1

    running = [threading.Thread(target=work, args=(at,)) for at in range(order.tasks)]
    for thread in running:
        thread.start()
    time.sleep(order.warm_up)
    before, watch = sum(counts), Stopwatch()
    time.sleep(order.seconds)
    found = watch.facts(sum(counts) - before)
    over = True
    for thread in running:
        thread.join()
    client.close()
    return found


def connects_again(make: Make, order: Order) -> dict[str, float]:
    """A new client each time, as programs that connect often do."""
    return connects(make, order)


def connects_anew(make: Make, order: Order) -> dict[str, float]:
    """A CA handed in as text is nobody else's: no TLS session is known that could go on."""
    bundle = Path(arguments()["ssl_ca_certs"]).read_text()
    return connects(make, order, ssl_ca_certs=None, ssl_ca_data=bundle)


def connects(make: Make, order: Order, **changed: Any) -> dict[str, float]:
    def connect() -> None:
        client = make(**changed)
        client.ping()
        client.close()

    return repeated(connect, order, look_every=1)


def repeated(
    once: Callable[[], Any], order: Order, commands: int = 1, look_every: int = 10
) -> dict[str, float]:
    """`commands` each time. The clock is looked at now and then: it costs too."""
    end = time.perf_counter() + order.warm_up
    while time.perf_counter() < end:
        once()
    times, watch = 0, Stopwatch()
    end = time.perf_counter() + order.seconds
    while time.perf_counter() < end:
        for _ in range(look_every):
            once()
        times += look_every
    return watch.facts(times * commands)


SCENARIOS = {it.__name__: it for it in (gets, sets, bursts, threads, connects_again, connects_anew)}


def main() -> None:
    make = CLIENTS[sys.argv[1]]
    serve(lambda order: SCENARIOS[order.scenario](make, order))


if __name__ == "__main__":
    main()
