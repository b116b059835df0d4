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
NODE = ("redlatch", "node-redis", "ioredis")
GO = ("redlatch", "go-redis", "go-redis autopipe", "rueidis")

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
    #: Options of `redis-benchmark` that do the same, by what they are called in the table.
    server: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        return f"{self.language} {self.name}"


def cells() -> Iterator[Cell]:
    """Every cell, in the order of the table."""
    yield from _python("python sync", SYNC)
    yield from _python("python asyncio", ASYNCIO)
    for language, clients in (("node", NODE), ("go", GO)):
        for tasks in (1, 64, 512):
            yield Cell(language, f"{tasks} tasks", clients, "gets", tasks)


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
