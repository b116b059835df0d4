"""Runs redis-py's own tests with redlatch's classes in place of redis-py's.

Usage: run.py [--redis MAJOR,...] [--mode MODE,...] [--jobs N] [PYTEST ARGUMENTS ...]

Modes are the protocols as redis-py's tests know them: 2; 3; `default`, which is RESP3 with replies
as they were before, from version 8 on; and `unified`, version 8's new shapes. Everything goes over
TLS. A test that fails and is not in differs.toml, or passes and is, makes the run fail.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sources
import verdict

sys.path.insert(0, str(sources.ROOT / "tests" / "demo"))

import server

HERE = Path(__file__).parent
CLI = os.environ.get("REDLATCH_CLI", str(sources.ROOT / "target" / "fast" / "redlatch"))

#: Modules of tests, in both folders, that use a server: not those of clusters, sentinels and server
#: modules, nor those of redis-py's inner parts, as pools and connections are for the most part.
MODULES = """commands cwe_404 encoding function hash keyspace_notifications lock monitor
    multiprocessing pipeline pubsub retry scripting""".split()

#: For one test, and for all of a version in a mode.
SECONDS, MINUTES = 30, 20

MODES = {
    "2": ["--protocol", "2"],
    "3": ["--protocol", "3"],
    "default": [],
    "unified": ["--legacy-responses", "false"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--redis", type=sources.majors, default=list(sources.VERSIONS))
    parser.add_argument("--mode", type=lambda text: text.split(","))
    parser.add_argument("--jobs", type=int, default=1)
    options, chosen = parser.parse_known_args()
    # Of a part of the modes or tests, an entry of the list need not be about any.
    everything = not (options.mode or chosen)
    passed = failed = 0
    runs = []
    wanted = [(major, mode) for major in options.redis for mode in options.mode or modes(major)]
    interpreters = {major: sources.python(sources.VERSIONS[major]) for major in options.redis}
    with ThreadPoolExecutor(options.jobs) as pool:
        all_found = pool.map(lambda it: run(*it, interpreters[it[0]], chosen), wanted)
        for (major, mode), found in zip(wanted, all_found, strict=True):
            print(f"redis-py {sources.VERSIONS[major]}, mode {mode}")
            print(verdict.shown(found.table))
            for problem in found.problems:
                print(problem)
            print(flush=True)
            passed += sum(row["passed"] for row in found.table.values())
            failed += len(found.problems)
            runs.append((int(major), mode, found.used))
    for entry in verdict.stale(runs) if everything else []:
        failed += 1
        print(f"differs.toml: no test fails that is {entry!r}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def modes(major: str) -> list[str]:
    """All that a version knows."""
    return list(MODES) if int(major) >= 8 else ["2", "3"]


def run(major: str, mode: str, python: Path, chosen: list[str]) -> verdict.Verdict:
    """One version in one mode, against a server of its own."""
    folder = sources.tests(sources.VERSIONS[major])
    outcomes = sources.PEERS / f"outcomes-{major}-{mode}.jsonl"
    outcomes.unlink(missing_ok=True)
    command = [str(python), "-m", "pytest", "-q", "--tb=short", f"--timeout={SECONDS}"]
    # What no signal ends is ended all the same, with a word on where it hung.
    command += ["-o", f"faulthandler_timeout={3 * SECONDS}"]
    command += ["-o", "faulthandler_exit_on_timeout=true"]
    # Plugins: ours, and no folder of caches among what was unpacked.
    command += ["-p", "in_place", "-p", "no:cacheprovider"]
    command += ["-m", "not onlycluster and not redismod and not replica"]
    command += [f"--deselect=tests/{test}" for test in verdict.left_out(int(major), mode)]
    with tempfile.TemporaryDirectory(prefix="redlatch-peers-") as scratch:
        with server.serve(CLI, Path(scratch)) as made:
            facts = {"host": made.host, "port": made.port, "ca_file": made.ca_file}
            code, output = bounded(
                [*command, "--redis-url", made.url, *MODES[mode], *(chosen or files(folder))],
                folder,
                {"REDLATCH_PEERS": json.dumps(facts | {"outcomes": str(outcomes)})},
            )
    if not outcomes.exists() or code in (2, 3, 4, 5):
        raise SystemExit(f"pytest has found no tests that it can run:\n{output}")
    return verdict.judge(outcomes, int(major), mode, output)


def bounded(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Runs pytest, and whatever it starts, for so many minutes at most. Gives its last words."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=sources.environment() | {"PYTHONPATH": str(HERE)} | environment,
            stdin=subprocess.DEVNULL,
            # No pipe: a child that is left behind would keep it open.
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(60 * MINUTES)
        except subprocess.TimeoutExpired:
            output.write(f"still at it after {MINUTES} minutes\n")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        return process.returncode, output.read()[-8000:]


def files(folder: Path) -> list[str]:
    """The modules that this version has."""
    names = [f"tests/{place}test_{name}.py" for place in ("", "test_asyncio/") for name in MODULES]
    return [name for name in names if (folder / name).exists()]


if __name__ == "__main__":
    sys.exit(main())
