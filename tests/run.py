"""Runs every suite, shows its output only if it fails, and ends with one line of totals.

Usage: run.py [NAME ...]   all suites but the long ones, or those whose name starts with a NAME
       run.py --all        the long ones too
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENV = ROOT / ".venv" / "bin"

#: Each is a module of its own.
GO_MODULES = """
go go/goredis go/rueidis go/redigo go/otel deploy/app tests/demo/go tests/deploy/compose
tests/examples/go tests/examples/go_redis tests/vectors/drivers/go tests/peers/go_redis
""".split()

#: Name, folder, command. A suite without counts of its own counts as one.
SUITES: list[tuple[str, str, list[str]]] = [
    ("lint tree", ".", [sys.executable, "tests/tree.py"]),
    ("lint rust format", ".", ["cargo", "fmt", "--all", "--check"]),
    (
        "lint rust",
        ".",
        "cargo clippy --locked --workspace --all-targets --all-features -- -D warnings".split(),
    ),
    ("lint python format", ".", [str(VENV / "ruff"), "format", "--check", "."]),
    ("lint python", ".", [str(VENV / "ruff"), "check", "."]),
    # Both: users have either.
    ("lint python types", "python", [str(VENV / "mypy")]),
    (
        "lint python types, pyright",
        "python",
        [str(VENV / "pyright"), "--pythonpath", str(VENV / "python")],
    ),
    ("lint node", "node", ["npm", "run", "--silent", "lint"]),
    (
        "lint node examples",
        "node",
        [
            "sh",
            "-c",
            "node_modules/.bin/biome ci --config-path=.biome.json "
            "../tests/examples/node/*.mjs ../deploy/app/*.mjs",
        ],
    ),
    (
        "lint wasm",
        "bindings/wasm",
        [
            "sh",
            "-c",
            "cargo fmt --all --check && "
            "../../node/node_modules/.bin/biome ci --config-path=../../node/.biome.json "
            "host test inspector/*.ts inspector/*.mjs inspector/*.css build.mjs && "
            "../../node/node_modules/.bin/tsc --noEmit --project .",
        ],
    ),
    (
        "lint go format",
        ".",
        ["sh", "-c", 'test -z "$(gofmt -l go deploy tests | tee /dev/stderr)"'],
    ),
    *((f"lint go {module}", module, ["go", "vet", "./..."]) for module in GO_MODULES),
    (
        "lint go staticcheck",
        ".",
        [
            "sh",
            "-c",
            'for m; do (cd "$m" && go run $STATICCHECK -checks all ./...) || exit 1; done',
            "sh",
            *GO_MODULES,
        ],
    ),
    (
        "lint rust documentation",
        ".",
        "cargo doc --locked --no-deps -p redlatch-core -p redlatch --all-features".split(),
    ),
    ("rust", ".", "cargo test --locked --workspace --no-fail-fast".split()),
    (
        "rust core without files",
        ".",
        "cargo check --locked -p redlatch-core --no-default-features --features ring".split(),
    ),
    (
        "simulation",
        ".",
        "cargo test --locked --profile fast -p redlatch-core --test sim".split(),
    ),
    ("python", "python", [str(VENV / "pytest"), "-q", "-p", "no:cacheprovider"]),
    ("python stubs", ".", [str(VENV / "stubtest"), "redlatch._native", "redlatch.errors"]),
    ("node", "node", ["npm", "test", "--silent"]),
    ("node beside node-redis", ".", ["node", "tests/peers/node_redis/compare.mjs"]),
    ("go", "go", ["go", "test", "-count=1", "-v", "./..."]),
    ("go, go-redis on redlatch", "go/goredis", ["go", "test", "-count=1", "-v", "./..."]),
    ("go, rueidis on redlatch", "go/rueidis", ["go", "test", "-count=1", "-v", "./..."]),
    ("go, redigo on redlatch", "go/redigo", ["go", "test", "-count=1", "-v", "./..."]),
    ("go, opentelemetry", "go/otel", ["go", "test", "-count=1", "-v", "./..."]),
    # For the browser: builds the standard library too, in two minutes the first time.
    ("wasm core", "bindings/wasm", ["sh", "test/core.sh"]),
    ("go beside go-redis", "tests/peers/go_redis", ["go", "run", "."]),
    ("go with an installed library", ".", ["sh", "bindings/c/tests/installed.sh"]),
    ("go as it is published", ".", ["sh", "bindings/c/tests/vendored.sh"]),
    (
        "doctor",
        ".",
        [str(VENV / "pytest"), *"-q -p no:cacheprovider -p no:asyncio tests/doctor".split()],
    ),
    ("examples", "tests/examples", [str(VENV / "pytest"), "-q", "-p", "no:cacheprovider"]),
    ("deploy", "tests/deploy", [str(VENV / "pytest"), "-q", "-p", "no:cacheprovider"]),
    (
        "documents",
        "tests/docs",
        [str(VENV / "pytest"), *"-q -p no:cacheprovider -p no:asyncio".split()],
    ),
    ("conformance", ".", [str(VENV / "python"), "tests/conformance.py"]),
]

#: Those that take minutes.
LONG: list[tuple[str, str, list[str]]] = [
    ("long c memory", ".", ["sh", "bindings/c/tests/memory.sh"]),
    ("long go size", ".", ["sh", "bindings/c/tests/size.sh"]),
    # All of them would take half of the time there is; `make mutants` runs them.
    ("long mutants", ".", [sys.executable, "tests/mutants.py", "--share", "3"]),
    ("long python packages", ".", [str(VENV / "python"), "tests/packages.py"]),
    (
        "long redis-py",
        ".",
        [
            str(VENV / "python"),
            *"tests/peers/redis_py/run.py --redis 8 --mode 3,2 --jobs 2".split(),
        ],
    ),
    (
        "long kotlin",
        ".",
        [
            "sh",
            "-c",
            "sh bindings/uniffi/build.sh kotlin --test"
            " && $PYTHON tests/conformance.py --face kotlin",
        ],
    ),
    ("long ruby", ".", ["sh", "bindings/uniffi/build.sh", "ruby", "--test"]),
    # Where there is a compiler it compiles them.
    ("long swift", ".", ["sh", "bindings/uniffi/build.sh", "swift"]),
    ("long node packages", "node", ["node", "--test", "test/released.mjs"]),
    (
        "long lint wasm",
        "bindings/wasm",
        [
            "sh",
            "-c",
            "CARGO_TARGET_DIR=../../target/wasm"
            " cargo clippy --quiet --locked --workspace -- -D warnings",
        ],
    ),
    ("long wasm", "bindings/wasm", ["sh", "test/all.sh"]),
    ("long inspector", "bindings/wasm", ["sh", "test/inspector.sh"]),
    ("long soak", ".", ["make", "--no-print-directory", "soak", "MINUTES=1"]),
]

#: What a suite finds in its environment besides.
ENVIRONMENT = {
    "simulation": {"SEEDS": "1..20000"},
    "lint rust documentation": {"RUSTDOCFLAGS": "-D warnings"},
    # As the rest of what is tested.
    "long kotlin": {"PROFILE": "fast", "PYTHON": str(VENV / "python")},
    "long ruby": {"PROFILE": "fast"},
    "long swift": {"PROFILE": "fast"},
    # One that knows the newest Go; it is built once.
    "lint go staticcheck": {"STATICCHECK": "honnef.co/go/tools/cmd/staticcheck@v0.8.2"},
}

#: What each runner prints of passes and failures.
COUNTS = [
    (r"^test result: .*?(\d+) passed; (\d+) failed", (1, 2)),
    (r"^(?:(\d+) failed, )?(\d+) passed", (2, 1)),
    (r"^\d+ passed, (\d+) failed$", (None, 1)),
    (r"^(\d+) failed in", (None, 1)),
    (r"^(\d+) runs, \d+ assertions, 0 failures, 0 errors", (1, None)),
    (r"^\d+ runs, \d+ assertions, (\d+) failures", (None, 1)),
    (r"^\d+ runs, .* (\d+) errors", (None, 1)),
    (r"^(?:#|\u2139) pass (\d+)$", (1, None)),
    (r"^(?:#|\u2139) fail (\d+)$", (None, 1)),
    (r"^\s*--- (PASS)", ("one", None)),
    (r"^\s*--- (FAIL)", (None, "one")),
]


def main() -> int:
    everything = sys.argv[1:] == ["--all"]
    wanted = [] if everything else sys.argv[1:]
    passed = failed = 0
    for name, folder, command in SUITES + (LONG if everything or wanted else []):
        if wanted and not any(name.startswith(prefix) for prefix in wanted):
            continue
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT / folder,
            env=os.environ
            | {"NO_COLOR": "1", "CARGO_TERM_COLOR": "never"}
            | ENVIRONMENT.get(name, {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        good, bad = count(done.stdout)
        if good + bad == 0:
            good, bad = (1, 0) if done.returncode == 0 else (0, 1)
        # A runner that fails without a failed test did not even start.
        if done.returncode and not bad:
            bad = 1
        passed, failed = passed + good, failed + bad
        verdict = "ok" if not bad else "FAILED"
        print(f"{name}: {good} passed, {bad} failed ({time.monotonic() - started:.0f} s) {verdict}")
        if bad:
            print(done.stdout)
        sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def count(output: str) -> tuple[int, int]:
    """Passed and failed tests, as the runners print them."""
    totals = [0, 0]
    for pattern, groups in COUNTS:
        for match in re.finditer(pattern, output, re.MULTILINE):
            for at, group in enumerate(groups):
                if group == "one":
                    totals[at] += 1
                elif isinstance(group, int):
                    totals[at] += int(match.group(group) or 0)
    return totals[0], totals[1]


if __name__ == "__main__":
    sys.exit(main())
