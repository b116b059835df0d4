"""What is measured: each cell with its clients, ours first, and the ratio it is to reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: Clients of a language, ours first.
SYNC = ("redlatch", "redis-py", "valkey-glide-sync")
ASYNCIO = (
    "redlatch.asyncio",
    "redlatch.asyncio uvloop",
    "redis.asyncio",
    "redis.asyncio uvloop",
    "coredis",
    "valkey-glide",
)
NODE = ("redlatch", "node-redis", "ioredis", "ioredis pipelining", "valkey-glide")
GO = ("redlatch", "go-redis", "go-redis autopipe", "rueidis", "valkey-glide")
GO_DIALER = ("redlatch under go-redis", "go-redis")
RUST = ("redlatch", "redlatch call", "redis-rs", "fred")
RUST_BLOCKING = ("redlatch blocking", "redis-rs blocking")

SMALL, MEDIUM, LARGE = 64, 64 << 10, 1 << 20


@dataclass(frozen=True)
class Cell:
    """One scenario in one place."""

    language: str
    name: str
    clients: tuple[str, ...]
    #: The worker's word for it, and its numbers.
    scenario: str
    tasks: int = 1
    size: int = SMALL
    #: Client and server share a core.
    together: bool = False
    #: Ours to the best peer.
    goal: float | None = None
    #: Our CPU time for a command to that of the same peer, at most.
    cpu_goal: float | None = None
    #: Options of `redis-benchmark` that do the same, by what they are called in the table.
    server: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        return f"{self.language} {self.name}"


def cells() -> Iterator[Cell]:
    """Every cell, in the order of the table."""
    yield from _python("python sync", SYNC)
    yield from _python("python asyncio", ASYNCIO)
    yield from _node()
    yield from _go()
    yield from _rust()


def _python(language: str, clients: tuple[str, ...]) -> Iterator[Cell]:
    def cell(name: str, scenario: str, goal: float, server: str = "", **rest: object) -> Cell:
        baselines = (("redis-benchmark", server),) if server else ()
        return Cell(language, name, clients, scenario, goal=goal, server=baselines, **rest)

    blocking = clients is SYNC
    yield cell("GET", "gets", 1.5 if blocking else 1.2, "-c 1")
    yield cell("GET, one core", "gets", 3 if blocking else 1.6, "-c 1", together=True)
    if blocking:
        yield cell("GET, 8 threads", "threads", 1.5, "-c 8", tasks=8)
    else:
        for tasks, goal in ((64, 6), (512, 8)):
            yield Cell(
                language,
                f"GET, {tasks} tasks",
                clients,
                "gets",
                tasks,
                goal=goal,
                # Connections of their own, and one that is shared.
                server=(
                    (f"redis-benchmark -c {tasks}", f"-c {tasks}"),
                    (f"redis-benchmark -P {tasks}", f"-c 1 -P {tasks}"),
                ),
            )
    yield cell("pipeline of 100", "bursts", 2, "-c 1 -P 100", tasks=100)
    for size, words in ((MEDIUM, "64 KiB"), (LARGE, "1 MiB")):
        yield cell(f"GET of {words}", "gets", 1.2, "-c 1", size=size)
        # Without TCP_NODELAY redis-benchmark waits 40 ms for each.
        yield cell(f"SET of {words}", "sets", 1.2, size=size)
    if blocking:
        yield cell("connect, full", "connects_anew", 1.5)
        yield cell("connect, again", "connects_again", 2)


def _node() -> Iterator[Cell]:
    def cell(name: str, scenario: str, goal: float, server: str = "", **rest: object) -> Cell:
        baselines = (("redis-benchmark", server),) if server else ()
        return Cell("node", name, NODE, scenario, goal=goal, server=baselines, **rest)

    yield cell("GET", "gets", 1, "-c 1")
    yield cell("GET, one core", "gets", 1.2, "-c 1", together=True)
    yield cell("GET, 64 tasks", "gets", 1.25, "-c 1 -P 64", tasks=64, cpu_goal=0.8)
    yield cell("GET, 512 tasks", "gets", 2, "-c 1 -P 512", tasks=512)
    yield cell("pipeline of 100", "pipelines", 1.5, "-c 1 -P 100", tasks=100)
    yield cell("multi of 100", "multis", 1.5, "-c 1 -P 100", tasks=100)
    for size, words in ((MEDIUM, "64 KiB"), (LARGE, "1 MiB")):
        for kind, suffix in (("strings", ""), ("Buffers", "_bytes")):
            yield cell(f"GET of {words}, {kind}", f"gets{suffix}", 1.3, "-c 1", size=size)
            yield cell(f"SET of {words}, {kind}", f"sets{suffix}", 1.3, size=size)
    yield cell("connect, full", "connects_anew", 1.5)
    yield cell("connect, again", "connects_again", 2)


def _go() -> Iterator[Cell]:
    def cell(name: str, scenario: str, goal: float, server: str = "", **rest: object) -> Cell:
        baselines = (("redis-benchmark", server),) if server else ()
        return Cell("go", name, GO, scenario, goal=goal, server=baselines, **rest)

    yield cell("GET", "gets", 1, "-c 1")
    yield cell("GET, one core", "gets", 1.15, "-c 1", together=True)
    yield cell("GET, 64 tasks", "gets", 1.8, "-c 1 -P 64", tasks=64)
    yield cell("GET, 512 tasks", "gets", 2, "-c 1 -P 512", tasks=512)
    yield cell("pipeline of 100", "pipelines", 1.2, "-c 1 -P 100", tasks=100)
    for size, words in ((MEDIUM, "64 KiB"), (LARGE, "1 MiB")):
        yield cell(f"GET of {words}", "gets", 1.1, "-c 1", size=size)
        yield cell(f"SET of {words}", "sets", 1.1, size=size)
    yield cell("connect, full", "connects_anew", 1.2)
    yield cell("connect, again", "connects_again", 1.6)
    for tasks in (1, 64):
        yield Cell("go", f"dialer, {tasks} tasks", GO_DIALER, "gets", tasks, goal=1)


def _rust() -> Iterator[Cell]:
    def cell(
        name: str,
        scenario: str,
        goal: float,
        server: str = "",
        clients: tuple[str, ...] = RUST,
        **rest: object,
    ) -> Cell:
        baselines = (("redis-benchmark", server),) if server else ()
        return Cell("rust", name, clients, scenario, goal=goal, server=baselines, **rest)

    yield cell("GET", "gets", 1, "-c 1")
    yield cell("GET, one core", "gets", 1, "-c 1", together=True)
    yield cell("GET, 64 tasks", "gets", 1.5, "-c 1 -P 64", tasks=64)
    yield cell("GET, 512 tasks", "gets", 1.5, "-c 1 -P 512", tasks=512)
    yield cell("pipeline of 100", "pipelines", 1, "-c 1 -P 100", tasks=100)
    for size, words in ((MEDIUM, "64 KiB"), (LARGE, "1 MiB")):
        yield cell(f"GET of {words}", "gets", 1, "-c 1", size=size)
        yield cell(f"SET of {words}", "sets", 1, size=size)
    yield cell("connect, full", "connects_anew", 1)
    yield cell("connect, again", "connects_again", 1)
    blocking = {"clients": RUST_BLOCKING}
    yield cell("blocking GET", "gets", 1, "-c 1", **blocking)
    yield cell("blocking GET, one core", "gets", 1, "-c 1", **blocking, together=True)
    yield cell("blocking pipeline of 100", "pipelines", 1, "-c 1 -P 100", **blocking, tasks=100)
    yield cell("blocking GET of 1 MiB", "gets", 1, "-c 1", **blocking, size=LARGE)
