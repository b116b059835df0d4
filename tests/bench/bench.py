"""Each language beside the clients a user would pick instead, over TLS, interleaved.

Every client is a process of its own on one core, the server on another or on the same. In each
round all clients of a cell run one after the other; figures are medians over the rounds, and the
verdict is the ratio of redlatch's median to that of the best peer of the same language.
`redis-benchmark` shows what the server gives to a client in C with as much in flight; the column
"server" tells how busy the server's thread kept its core meanwhile.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from cells import SMALL, Cell, cells

from workers import Facts, Worker, keep_in_memory, server_alone

sys.path.insert(0, str(Path(__file__).parents[1] / "demo"))

from lab import Lab

#: So busy a server has no time for more.
ALL_OF_IT = 0.95

#: Every run, by cell and what ran.
Results = dict[tuple[Cell, str], list[Facts]]


def main() -> int:
    arguments = parse()
    chosen = [cell for cell in cells() if (arguments.only or "") in cell.title]
    results: Results = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="redlatch-bench-") as folder:
        lab = Lab(arguments.cli, Path(folder) / "lab", arguments.server_core)
        lab.up()
        try:
            keep_in_memory(lab.environment())
            for number in range(arguments.rounds):
                play(chosen, arguments, lab, results)
                print(f"round {number + 1} of {arguments.rounds} done", file=sys.stderr)
        except KeyboardInterrupt:
            print("interrupted: the table holds what was measured", file=sys.stderr)
        finally:
            lab.down()
    return report(chosen, results, arguments)


def play(
    chosen: list[Cell],
    arguments: argparse.Namespace,
    lab: Lab,
    results: Results,
) -> None:
    """One round."""
    environment, server = lab.environment(), lab.facts()["server_pid"]
    workers: dict[tuple[str, str], Worker] = {}
    try:
        for cell in chosen:
            core = arguments.server_core if cell.together else arguments.client_core
            for client in cell.clients:
                key = (cell.language, client)
                if key not in workers:
                    workers[key] = Worker(*key, environment)
                try:
                    run = workers[key].run(cell, core, arguments.seconds, server)
                    results[cell, client].append(run)
                except (RuntimeError, subprocess.CalledProcessError) as error:
                    if client.startswith("redlatch"):
                        raise
                    print(f"{cell.title}: {client} failed: {error}; left out", file=sys.stderr)
                    workers.pop(key).end()
            ours = results[cell, cell.clients[0]][-1]
            requests = int(ours["commands"] / ours["seconds"] * arguments.seconds) + cell.tasks
            for name, options in cell.server:
                try:
                    found = server_alone(cell, options, core, requests, environment)
                except subprocess.SubprocessError as error:
                    # Its arguments hold the password.
                    print(f"{cell.title}: {name} failed: {type(error).__name__}", file=sys.stderr)
                    continue
                results[cell, name].append(found)
    finally:
        for worker in workers.values():
            worker.end()


def report(chosen: list[Cell], results: Results, arguments: argparse.Namespace) -> int:
    """The table."""
    print(
        f"over TLS; server on core {arguments.server_core}, each client on core "
        f"{arguments.client_core} or, on one core, beside it; medians of {arguments.rounds} rounds "
        f"of {arguments.seconds} s"
    )
    print(f"{'':<28}{'commands/s':>12}{'CPU µs':>9}{'server':>8}{'ratio':>8}{'goal':>7}")
    missed = 0
    for cell in chosen:
        ours = [client for client in cell.clients if client.startswith("redlatch")]
        peers = [client for client in cell.clients if client not in ours]
        rates = {
            name: statistics.median(run["commands"] / run["seconds"] for run in runs)
            for name in (*cell.clients, *(name for name, _ in cell.server))
            if (runs := results.get((cell, name)))
        }
        if not rates:
            continue
        cpus = {
            name: statistics.median(
                run["cpu_seconds"] / run["commands"] * 1e6 for run in results[cell, name]
            )
            for name in rates
        }
        rival = max((peer for peer in peers if peer in rates), key=rates.__getitem__, default="")
        best = rates.get(rival, 0)
        print(cell.title)
        for name, rate in rates.items():
            busy = [run["server"] for run in results[cell, name] if "server" in run]
            share = statistics.median(busy) if busy else 0
            verdict = f"{share:>8.0%}" if busy else f"{'':>8}"
            if name in ours and best:
                verdict += f"{rate / best:>8.2f}"
                if cell.goal:
                    verdict += f"{cell.goal:>7.2f}"
                    if rate / best < cell.goal and cell.size > SMALL and share > ALL_OF_IT:
                        verdict += "  the server is the limit"
                    elif rate / best < cell.goal:
                        missed += 1
                        verdict += "  missed"
                if cell.cpu_goal:
                    share = cpus[name] / cpus[rival]
                    missed += share > cell.cpu_goal
                    verdict += f"  CPU {share:.2f} of {cell.cpu_goal}"
                    verdict += "  missed" if share > cell.cpu_goal else ""
            elif name not in cell.clients:
                share = max(rates[client] for client in ours if client in rates) / rate
                verdict += f"    we give {share:.0%} of it"
            print(f"  {name:<26}{rate:>12,.0f}{cpus[name]:>9.1f}{verdict}")
    print(f"{missed} ratios below their goal" if missed else "every goal reached")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", required=True, help="the redlatch program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.8, help="measured time of each run")
    parser.add_argument("--only", help="part of a cell's title, such as 'python sync' or '64 KiB'")
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=(os.cpu_count() or 2) - 1)
    for program in ("taskset", "redis-benchmark", "redis-cli"):
        if shutil.which(program) is None:
            parser.error(f"{program} is missing: the figures would mean nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
