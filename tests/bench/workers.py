"""The processes that are measured, and where they run."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from cells import Cell

HERE = Path(__file__).parent
PROGRAMS = {
    "python sync": [sys.executable, str(HERE / "python" / "blocking.py")],
    "python asyncio": [sys.executable, str(HERE / "python" / "tasks.py")],
    "node": ["node", str(HERE / "node" / "bench.mjs")],
    "go": [str(HERE.parents[1] / "target" / "bench-go")],
    "rust": [str(HERE.parents[1] / "target" / "bench-rust" / "release" / "redlatch-bench")],
}

#: Of one run: "commands", "seconds", "cpu_seconds", and "server", the busy share of its core.
Facts = dict[str, float]


class Worker:
    """A client's process. It lives for a round, so that its start is paid once."""

    def __init__(self, language: str, client: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [*PROGRAMS[language], client],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, cell: Cell, core: int, seconds: float, server: int) -> Facts:
        assert self._process.stdin and self._process.stdout
        self._pin(core)
        order = {
            "scenario": cell.scenario,
            "tasks": cell.tasks,
            "size": cell.size,
            "seconds": seconds,
        }
        print(json.dumps(order), file=self._process.stdin, flush=True)
        busy = share_of_core(server, seconds)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"ended with {self._process.wait()}")
        return json.loads(answer) | {"server": busy}

    def end(self) -> None:
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _pin(self, core: int) -> None:
        """Threads that run already do not follow the process."""
        for thread in os.listdir(f"/proc/{self._process.pid}/task"):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread), {core})


def share_of_core(server: int, seconds: float) -> float:
    """How much of a core the server's main thread uses while a run is measured."""

    def spent() -> int:
        return int(Path(f"/proc/{server}/schedstat").read_text().split()[0])

    # Every worker warms up at first.
    time.sleep(max(0.3, seconds / 4) + seconds / 8)
    before, start = spent(), time.monotonic_ns()
    time.sleep(seconds / 2)
    return (spent() - before) / (time.monotonic_ns() - start)


def keep_in_memory(environment: dict[str, str]) -> None:
    """The server keeps no file of what it is told: it took a fifth of the time of a large SET, and
    processes that make it short again ran beside the clients."""
    secret = Path(environment["REDIS_PASSWORD_FILE"]).read_text().strip()
    words = ["redis-cli", *_place(environment), "CONFIG", "SET", "appendonly", "no"]
    told = environment | {"REDISCLI_AUTH": secret}
    answer = subprocess.run(words, env=told, capture_output=True, text=True, timeout=10, check=True)
    if answer.stdout.strip() != "OK":
        raise SystemExit(f"the server keeps its file: {answer.stdout}{answer.stderr}")


def _place(environment: dict[str, str]) -> list[str]:
    """Where the server is, for programs that come with it."""
    tls = ["--tls", "--cacert", environment["REDIS_SSL_CA_CERTS"]]
    return [*tls, "-h", environment["REDIS_HOST"], "-p", environment["REDIS_PORT"]]


def server_alone(
    cell: Cell, options: str, core: int, requests: int, environment: dict[str, str]
) -> Facts:
    """`redis-benchmark` does what the cell does: what the server gives to a client in C."""
    secret = Path(environment["REDIS_PASSWORD_FILE"]).read_text().strip()
    words = ["taskset", "-c", str(core), "redis-benchmark", "--csv", "-a", secret]
    words += _place(environment)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*words, "-n", str(requests), *options.split(), "GET", f"bench:{cell.size}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=120,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    *_, row = csv.reader(done.stdout.splitlines())
    return {"commands": requests, "seconds": requests / float(row[1]), "cpu_seconds": cpu}
