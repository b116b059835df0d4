"""Runs the package's own tests with each major version of redis-py that is supported.

Usage: own.py [--redis MAJOR,...] [PYTEST ARGUMENTS ...]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys

import sources


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--redis", type=sources.majors, default=list(sources.VERSIONS))
    options, chosen = parser.parse_known_args()
    passed = failed = 0
    for major in options.redis:
        version = sources.VERSIONS[major]
        # Not `python -m pytest`, which would import the package from its sources.
        pytest = sources.python(version).with_name("pytest")
        command = [str(pytest), "-q", "-p", "no:cacheprovider", *chosen]
        done = subprocess.run(command, cwd=sources.ROOT / "python", capture_output=True, text=True)
        lines = done.stdout.splitlines() or [done.stderr]
        print(f"redis-py {version}: {lines[-1].strip('= ')}", flush=True)
        good, bad = (_count(lines[-1], word) for word in ("passed", r"(?:failed|errors?)"))
        passed, failed = passed + good, failed + (bad or int(done.returncode != 0))
        if done.returncode:
            print(done.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _count(line: str, word: str) -> int:
    return sum(int(number) for number in re.findall(rf"(\d+) {word}", line))


if __name__ == "__main__":
    sys.exit(main())
