"""The main job: every language keeps working while CA, certificate and password are replaced.

Usage: demo.py --cli PROGRAM --worker NAME=COMMAND ... [--idle NAME=COMMAND]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import table
from lab import Lab
from workers import Worker, keep_working, named, wait

#: How long after A's removal a busy connection that only A verified may be seen, in seconds.
GRACE = 30


def main() -> int:
    arguments = parse()
    started = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"[{time.monotonic() - started:5.1f} s] {text}\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory(prefix="redlatch-demo-") as folder:
        lab = Lab(arguments.cli, Path(folder) / "lab")
        workers: list[Worker] = []
        try:
            lab.up()
            say(f"a TLS-only redis-server on port {lab.port}, password set, trusting CA A")
            workers = [Worker(*pair, lab.environment()) for pair in arguments.worker]
            idle = [Worker(*pair, lab.environment()) for pair in arguments.idle]
            workers += idle
            for worker in idle:
                worker.poke()
            problems = run(lab, workers, idle, say)
        finally:
            for worker in workers:
                worker.stop()
            lab.down()
        print_table(workers)
    problems += [problem for worker in workers for problem in judge(worker)]
    for problem in problems:
        sys.stdout.write(f"FAILED: {problem}\n")
    if not problems:
        sys.stdout.write(
            "\nNo command failed, no value was wrong, every worker saw every rotation.\n"
        )
    return 1 if problems else 0


def run(
    lab: Lab, workers: list[Worker], idle: list[Worker], say: Callable[[str], None]
) -> list[str]:
    """The rotations, each waited for until every busy worker has seen it."""
    busy = [worker for worker in workers if worker not in idle]
    problems: list[str] = []

    def rotation(text: str, reached: Callable[[Worker], bool], within: float = 20) -> None:
        late = [w.name for w in wait(busy, reached, within)]
        total = sum(worker.facts["commands"] for worker in busy)
        say(f"{text}; {total:,} commands so far")
        problems.extend(f"{name} did not follow: {text}" for name in late)

    rotation("all workers busy", lambda w: w.facts["commands"] > 500 and w.facts["generation"] == 1)
    lab.verb("add-ca")
    rotation("published A+B", lambda w: w.facts["generation"] == 2)
    lab.verb("switch-leaf")
    say("the server presents a certificate of B")
    keep_working(busy)
    names = {worker.name for worker in busy}
    old = lab.connections(names)
    lab.verb("drop-ca")
    removed = time.monotonic()
    rotation("published B alone", lambda w: w.facts["generation"] == 3)
    for worker in idle:
        worker.poke()
    rotation(
        "connections that only A verified were replaced",
        lambda w: w.facts["replacements"] + w.facts["reconnects"] >= 1,
        GRACE,
    )
    problems += lingering(lab, busy, old, removed)
    lab.verb("rotate-leaf")
    keep_working(busy)
    say("the server presents another certificate of B")
    lab.verb("rotate-password", "--overlap")
    rotation("rotated the password, both accepted", lambda w: w.facts["credentials"] == 2)
    keep_working(busy)
    lab.verb("rotate-password", "--finish")
    say("the old password is refused now")
    for broken in ("empty", "truncate"):
        lab.verb(broken)
        keep_working(busy, 1.5)
        say(f"published {'an empty' if broken == 'empty' else 'a truncated'} bundle; refused")
        lab.verb("repair")
        keep_working(busy, 0.5)
    say("repaired the bundle")
    keep_working(busy, 0.5)
    # Only a killed server may interrupt anybody.
    problems += [f"{w.name}: interrupted by a rotation" for w in busy if w.facts["interrupted"]]
    lab.verb("kill")
    say("killed the server")
    lab.verb("restart")
    before = {worker.name: worker.facts["commands"] for worker in busy}
    rotation("restarted it", lambda w: w.facts["commands"] > before[w.name] + 500)
    for worker in idle:
        worker.poke()
    keep_working(busy)
    return problems


def lingering(lab: Lab, busy: list[Worker], old: set[int], removed: float) -> list[str]:
    """Busy workers' connections made before A was dropped that are still there after the grace."""
    names = {worker.name for worker in busy}
    while time.monotonic() < removed + GRACE:
        if not old & lab.connections(names):
            return []
        keep_working(busy, 0.5)
    return [f"connection {number} outlived the grace" for number in old & lab.connections(names)]


def judge(worker: Worker) -> list[str]:
    """What a worker's last line must say."""
    facts = worker.facts
    if not facts:
        return [f"{worker.name} told nothing"]
    problems = [f"{worker.name}: {error}" for error in facts["errors"]]
    for what in ("failed", "wrong"):
        if facts[what]:
            problems.append(f"{worker.name}: {facts[what]} {what}")
    # The idle one slept through A+B: its second generation is B.
    due = [1, 2] if worker.is_idle else [1, 2, 3]
    if facts["generations"] != due:
        problems.append(f"{worker.name} missed a generation: saw {facts['generations']}")
    if worker.exit_code != 0:
        problems.append(f"{worker.name} exited with {worker.exit_code}")
    return problems


def print_table(workers: list[Worker]) -> None:
    columns = {
        "worker": "worker",
        "commands": "commands",
        "failed": "failed",
        "interrupted": "interrupted",
        "wrong values": "wrong",
        "reconnects": "reconnects",
        "replaced": "replacements",
        "generation": "generation",
        "longest stall ms": "stall_ms",
    }
    fields = list(columns.values())[1:]
    rows = [[w.name, *(w.facts.get(field, "?") for field in fields)] for w in workers]
    table.show(list(columns), rows)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", required=True, help="the redlatch program")
    parser.add_argument("--worker", type=named, action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--idle", type=named, action="append", default=[], metavar="NAME=COMMAND")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
