"""Each language beside the clients a user would pick instead, over TLS, interleaved.

Every client is a process of its own on one core, the server on another. In each round all
clients run one after the other; figures are medians over the rounds, and the verdict is the
ratio of redlatch's median to that of the best peer of the same language.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "demo"))

from lab import Lab  # noqa: E402

#: Language, client, command; the first client of a language is ours.
PYTHON = [sys.executable, str(HERE / "bench_python.py")]
NODE = ["node", str(HERE / "node" / "bench.mjs")]
GO = [str(HERE.parents[1] / "target" / "bench-go")]
CLIENTS: dict[str, dict[str, list[str]]] = {
    "python sync": {name: [*PYTHON, name] for name in ("redlatch", "redis-py")},
    "python asyncio": {
        name: [*PYTHON, name] for name in ("redlatch.asyncio", "redis.asyncio", "valkey-glide")
    },
    "node": {name: [*NODE, name] for name in ("redlatch", "node-redis", "ioredis")},
    "go": {name: [*GO, name] for name in ("redlatch", "go-redis", "go-redis autopipe", "rueidis")},
}
TASKS = (1, 64, 512)


def main() -> int:
    arguments = parse()
    results: dict[tuple[str, str, int], list[dict]] = {}
    with tempfile.TemporaryDirectory(prefix="redlatch-bench-") as folder:
        lab = Lab(arguments.cli, Path(folder) / "lab", arguments.server_core)
        lab.up()
        try:
            environment = lab.environment()
            for number in range(arguments.rounds):
                for language, tasks, name, command in cells(arguments):
                    try:
                        found = measure(command, tasks, arguments, environment)
                    except subprocess.CalledProcessError:
                        if name.startswith("redlatch"):
                            raise
                        print(f"{name} failed with {tasks} tasks; left out", file=sys.stderr)
                        continue
                    results.setdefault((language, name, tasks), []).append(found)
                print(f"round {number + 1} of {arguments.rounds} done", file=sys.stderr)
        finally:
            lab.down()
    report(results, arguments)
    return 0


def cells(arguments: argparse.Namespace):
    """Every measurement of one round."""
    for tasks in TASKS:
        for language, clients in CLIENTS.items():
            if arguments.only and arguments.only not in language:
                continue
            if language == "python sync" and tasks != 1:
                continue
            for name, command in clients.items():
                yield language, tasks, name, command


def measure(
    command: list[str], tasks: int, arguments: argparse.Namespace, environment: dict[str, str]
) -> dict:
    """One client, one number of tasks."""
    pinned = ["taskset", "-c", str(arguments.client_core), *command]
    done = subprocess.run(
        [*pinned, str(tasks), str(arguments.seconds)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout)


def report(results: dict[tuple[str, str, int], list[dict]], arguments: argparse.Namespace) -> None:
    """The table."""
    print(
        f"GET of 64 bytes over TLS; server on core {arguments.server_core}, each client on core "
        f"{arguments.client_core}; medians of {arguments.rounds} rounds of {arguments.seconds} s"
    )
    head = f"{'language':<15}{'tasks':>6}  {'client':<17}{'commands/s':>12}"
    print(head + f"{'CPU µs':>8}{'ratio':>8}")
    for language, clients in CLIENTS.items():
        for tasks in TASKS:
            rates = {
                name: statistics.median(found["commands"] / found["seconds"] for found in runs)
                for name in clients
                if (runs := results.get((language, name, tasks)))
            }
            if not rates:
                continue
            ours, *peers = rates.values()
            for name, rate in rates.items():
                runs = results[language, name, tasks]
                cpu = statistics.median(f["cpu_seconds"] / f["commands"] * 1e6 for f in runs)
                ratio = f"{ours / max(peers):>8.2f}" if rate is ours and peers else " " * 8
                print(f"{language:<15}{tasks:>6}  {name:<17}{rate:>12,.0f}{cpu:>8.1f}{ratio}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", required=True, help="the redlatch program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="measured time of each run")
    parser.add_argument("--only", help="part of a language's name")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=(os.cpu_count() or 2) - 1)
    if shutil.which("taskset") is None:
        parser.error("taskset is missing: the figures would mean nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
