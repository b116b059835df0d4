"""Every language works on while, every second, something rotates or breaks.

Usage: soak.py --cli PROGRAM --worker NAME=COMMAND ... [--minutes N] [--seed N]
               [--setting NAME=VALUE ...]

It fails if a command failed, a value was wrong, a command was interrupted by something that must
not interrupt, or memory grew.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "demo"))

import table  # noqa: E402
from faults import SETTINGS, Faults, pace  # noqa: E402
from lab import Lab  # noqa: E402
from memory import Memory  # noqa: E402
from workers import Worker, keep_working, named, wait  # noqa: E402

#: The steepest slope of resident memory after the first fifth of the run, in MiB per minute ...
STEEPEST = 2.0
#: ... unless it added so little in all, in MiB: runtimes with a garbage collector breathe.
BREATH = 24.0


def main() -> int:
    arguments = parse()
    # Ended politely, it ends like Ctrl-C: with the table.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    say = Clock().say
    say(f"{arguments.minutes:g} minutes; SEED={arguments.seed} repeats the sequence")
    with tempfile.TemporaryDirectory(prefix="redlatch-soak-") as name:
        folder = Path(name)
        lab = Lab(arguments.cli, folder / "lab", options=("--mtls",))
        workers: list[Worker] = []
        watched: Watch | None = None
        problems: list[str] = []
        try:
            lab.up()
            settings = SETTINGS | {"crl_file": lab.facts()["crl_file"]} | dict(arguments.setting)
            environment = lab.environment(**settings)
            workers = [Worker(*pair, environment) for pair in arguments.worker]
            watched = Watch(workers)
            faults = Faults(lab, workers, folder, arguments.seed)
            problems = faults.problems
            run(faults, watched, arguments.minutes * 60, say)
        except KeyboardInterrupt:
            say("stopped")
        except SystemExit as end:
            problems.append(str(end))
        finally:
            # A second Ctrl-C does not keep the first from ending well.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if watched:
                watched.memory.stop()
            for worker in workers:
                worker.stop()
            lab.down()
    if not watched:
        problems.append("the workers did not start")
        verdicts = []
    else:
        verdicts = [watched.judge(worker) for worker in workers]
        show(workers, watched.memory, verdicts)
    for problem in problems + [problem for verdict in verdicts for problem in verdict]:
        sys.stdout.write(f"FAILED: {problem}\n")
    return 1 if problems or any(verdicts) else 0


def run(faults: Faults, watched: Watch, seconds: float, say: Callable[[str], None]) -> None:
    """One step after the other until time is up."""
    workers = watched.workers
    if late := wait(workers, lambda w: w.facts["commands"] > 500, 30):
        raise SystemExit(f"not busy after 30 s: {', '.join(worker.name for worker in late)}")
    watched.memory.start()
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end and all(worker.is_alive for worker in workers):
        started = time.monotonic()
        number += 1
        fault = faults.step()
        pace(started, workers)
        watched.note(f"{fault.name} (step {number})", fault.interrupts)
        total = {f: sum(w.facts[f] for w in workers) for f in ("commands", "failed", "interrupted")}
        figures = ", ".join(f"{value:,} {field}" for field, value in total.items())
        say(f"{number:4} {fault.name}; {figures}")
    faults.problems.extend(f"{w.name} ended early" for w in workers if not w.is_alive)
    faults.finish()
    keep_working(workers, 1)
    watched.note("the end", False)


class Watch:
    """What the workers must not do, noticed while it happens."""

    def __init__(self, workers: list[Worker]) -> None:
        self.workers = workers
        self.memory = Memory({worker.name: worker.pid for worker in workers})
        self._seen = {
            worker.name: {"failed": 0, "wrong": 0, "interrupted": 0} for worker in workers
        }
        self._problems: dict[str, list[str]] = {worker.name: [] for worker in workers}

    def note(self, when: str, may_interrupt: bool) -> None:
        """Compares each worker's counts with those before."""
        for worker in self.workers:
            for field, before in self._seen[worker.name].items():
                more = worker.facts[field] - before
                self._seen[worker.name][field] += more
                if more and not (field == "interrupted" and may_interrupt):
                    text = f"{worker.name}: {more} {field} at {when}"
                    self._problems[worker.name].append(text)
                    sys.stdout.write(f"  {text}\n")

    def judge(self, worker: Worker) -> list[str]:
        """Why a worker fails."""
        problems = list(self._problems[worker.name])
        problems += [f"{worker.name}: {error}" for error in worker.facts.get("errors", [])]
        for field in ("failed", "wrong"):
            total = worker.facts.get(field, 0)
            if total > self._seen[worker.name][field]:
                problems.append(f"{worker.name}: {total} {field} in all")
        if worker.exit_code:
            problems.append(f"{worker.name} exited with {worker.exit_code}")
        if grown := self.memory.since_warm_up(worker.name):
            if grown.slope > STEEPEST and grown.slope * grown.minutes > BREATH:
                problems.append(f"{worker.name}: memory grew by {grown.slope:.1f} MiB a minute")
        return problems


def show(workers: list[Worker], memory: Memory, verdicts: list[list[str]]) -> None:
    """The table at the end."""
    columns = {
        "commands": "commands",
        "failed": "failed",
        "wrong": "wrong",
        "interrupted": "interrupted",
        "reconnects": "reconnects",
        "replaced": "replacements",
        "longest stall ms": "stall_ms",
    }
    rows = []
    for worker, problems in zip(workers, verdicts, strict=True):
        cells = [worker.name, *(worker.facts.get(field, "?") for field in columns.values())]
        grown = memory.since_warm_up(worker.name)
        cells += [grown.early, grown.late, grown.slope] if grown else ["?", "?", "?"]
        rows.append([*cells, "FAILED" if problems else "ok"])
    last = ["MiB at 20 %", "at 100 %", "MiB/min", "verdict"]
    table.show(["worker", *columns, *last], rows)
    sys.stdout.write(
        f"\nMemory fails above {STEEPEST:g} MiB/min, once that makes more than {BREATH:g} MiB.\n"
    )


class Clock:
    """Tells with the time since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        sys.stdout.write(f"[{time.monotonic() - self._started:6.1f} s] {text}\n")
        sys.stdout.flush()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", required=True, help="the redlatch program")
    parser.add_argument("--worker", type=named, action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    parser.add_argument(
        "--setting",
        type=lambda text: tuple(text.split("=", 1)),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of every worker, such as recycle=always",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
