"""Breaks policies of the core on purpose, one at a time, and requires that the simulator notices.

Usage: mutants.py [NAME ...]   all rows of mutants.toml, or those whose name contains one of NAMEs
       mutants.py --share N    one of N shares of them; the next commit has another one
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: A copy of the core alone, in the same place each time so that nothing else is built again. Its
#: builds stand apart: cargo would take those of a workspace elsewhere for its own.
COPY = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "mutants"
TARGET = COPY / "target"
SEEDS = "1..8000"
SEEDS_UNBROKEN = "1..1000"
LONGEST = 180
#: Its dependencies are built once.
LONGEST_BUILD = 1200
TEST = "cargo test --quiet --offline --profile fast -p redlatch-core --test sim".split()


def main() -> int:
    table = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text())["mutant"]
    match sys.argv[1:]:
        case ["--share", count]:
            commits = subprocess.run(
                ["git", "rev-list", "--count", "HEAD"],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                check=False,
            ).stdout
            first = int(commits or 0) % int(count)
            print(f"every one of {count} from {first + 1} on", flush=True)
            table = table[first :: int(count)]
        case [flag, *_] if flag.startswith("-"):
            print(__doc__)
            return 2
        case [*wanted] if wanted:
            table = [row for row in table if any(name in row["name"] for name in wanted)]
    passed = failed = 0
    for row in [{"name": "nothing is broken", "edit": []}, *table]:
        started = time.monotonic()
        verdict = judge(row["edit"])
        good = verdict.startswith("ok")
        passed, failed = passed + good, failed + (not good)
        print(f"{row['name']}: {verdict} ({time.monotonic() - started:.0f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def judge(edits: list[dict[str, str]]) -> str:
    """`ok` and why, or what is wrong with the simulator or with the table."""
    copy()
    for edit in edits:
        path = COPY / edit["file"]
        text = path.read_text()
        original = edit["original"].strip("\n")
        if text.count(original) != 1:
            return f"STALE: stands {text.count(original)} times in {edit['file']}: {original}"
        path.write_text(text.replace(original, edit["mutated"].strip("\n")))
    built = run([*TEST, "--no-run"], {}, LONGEST_BUILD)
    if built.returncode:
        return f"DOES NOT COMPILE\n{built.stdout}"
    seeds = SEEDS if edits else SEEDS_UNBROKEN
    try:
        done = run([*TEST, "worlds", "--", "--nocapture"], {"SEEDS": seeds}, LONGEST)
    except subprocess.TimeoutExpired:
        return "HANGS"
    if not edits:
        return "ok" if done.returncode == 0 else f"FAILS\n{done.stdout}"
    found = re.search(r"^seed (\d+): panicked at (\S+):\n(.*)", done.stdout, re.MULTILINE)
    if done.returncode and found and "/tests/sim/" in found[2]:
        return f"ok, seed {found[1]}: {found[3][:100]}"
    return f"NOT NOTICED\n{done.stdout[-2000:]}"


def copy() -> None:
    """The core as it is, with a workspace of its own. Unchanged files keep their times."""
    COPY.mkdir(parents=True, exist_ok=True)
    manifest = (ROOT / "Cargo.toml").read_text()
    manifest = re.sub(r"^members = .*$", 'members = ["core"]', manifest, flags=re.MULTILINE)
    manifest = re.sub(r"^redlatch(-lab)? = .*\n", "", manifest, flags=re.MULTILINE)
    files = {Path("Cargo.toml"): manifest.encode()}
    for path in [ROOT / "Cargo.lock", *(ROOT / "core").rglob("*")]:
        if path.is_file():
            files[path.relative_to(ROOT)] = path.read_bytes()
    lock = COPY / "Cargo.lock"
    # Cargo drops from it what the core does not need.
    if lock.exists() and lock.stat().st_mtime > (ROOT / "Cargo.lock").stat().st_mtime:
        del files[Path("Cargo.lock")]
    for old in COPY.rglob("*"):
        if TARGET in old.parents:
            continue
        if old.is_file() and old != lock and old.relative_to(COPY) not in files:
            old.unlink()
    for name, content in files.items():
        path = COPY / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def run(command: list[str], more: dict[str, str], longest: int) -> subprocess.CompletedProcess[str]:
    cargo = {"CARGO_TARGET_DIR": str(TARGET), "CARGO_INCREMENTAL": "1", "CARGO_TERM_COLOR": "never"}
    return subprocess.run(
        command,
        cwd=COPY,
        env=os.environ | cargo | more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=longest,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
