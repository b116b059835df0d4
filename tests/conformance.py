"""Runs every vector through every language's public API, and prints who passed how many.

Usage: conformance.py [--cli PROGRAM] [--json] [--face FACE ...] [PREFIX ...]
    PREFIX   only vectors whose name (FILE.ID) starts so
    --json   a line for each vector and face
    --face   this one; all but those of bindings/uniffi unless it is said
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "demo"), str(ROOT / "tests" / "vectors")]

from drive import Driver, Failed  # noqa: E402
from expand import Certificates  # noqa: E402
from lab import Lab  # noqa: E402
from peers import Peers  # noqa: E402
from perform import Vector  # noqa: E402

TARGET = ROOT / "target"
DRIVERS = ROOT / "tests" / "vectors" / "drivers"
PYTHON = [str(ROOT / ".venv" / "bin" / "python"), str(DRIVERS / "python.py")]
RUST = str(TARGET / "fast" / "vectors-rust")
KOTLIN = TARGET / "uniffi" / "kotlin"

#: A language's ways to use redlatch, and their drivers.
FACES: dict[str, list[str]] = {
    "python": [*PYTHON, "sync"],
    "asyncio": [*PYTHON, "asyncio"],
    "node": ["node", str(DRIVERS / "node.mjs")],
    "go": [str(TARGET / "vectors-go")],
    "rust": [RUST, "blocking"],
    "tokio": [RUST, "tokio"],
}

#: Those that `make build` does not build: only if they are asked for.
MORE: dict[str, list[str]] = {
    "wasm": ["node", str(DRIVERS / "node.mjs"), "wasm"],
    "kotlin": [
        *"java -Xshare:auto -XX:TieredStopAtLevel=1 -cp".split(),
        ":".join(
            str(KOTLIN / part) for part in ("maven/classes", "maven/test-classes", "libraries/*")
        ),
        "io.github.redlatch.vectors.DriverKt",
    ],
}

#: Steps that change the lab, so that the vector needs one of its own.
CHANGES = {"lab", "during"}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", default=os.environ.get("REDLATCH_CLI", TARGET / "fast/redlatch"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--face", action="append", choices=[*FACES, *MORE])
    parser.add_argument("prefix", nargs="*")
    options = parser.parse_args()
    files = vectors(options.prefix)
    with tempfile.TemporaryDirectory(prefix="redlatch-vectors-") as folder:
        world = World(str(options.cli), Path(folder))
        faces = options.face or list(FACES)
        with ThreadPoolExecutor(len(faces)) as pool:
            runs = {face: pool.submit(world.run, face, files) for face in faces}
            results = {face: run.result() for face, run in runs.items()}
        world.end()
    return report(files, results, options.json)


def vectors(prefixes: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The vectors of each file."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((ROOT / "tests" / "vectors").glob("*.json")):
        for vector in json.loads(path.read_text())["vectors"]:
            name = f"{path.stem}.{vector['id']}"
            if not prefixes or any(name.startswith(prefix) for prefix in prefixes):
                vector["name"] = name
                # A vector of one step is that step.
                vector["steps"] = vector.get("steps") or [dict(vector)]
                found.setdefault(path.stem, []).append(vector)
    names = [vector["name"] for group in found.values() for vector in group]
    assert len(names) == len(set(names)), "an id is given twice"
    assert all(vector["proves"] for group in found.values() for vector in group)
    return found


class World:
    """What all faces share: certificates, odd servers, the core's table, a stranger's CA."""

    def __init__(self, cli: str, folder: Path) -> None:
        self.cli, self.folder = cli, folder
        self.labs: list[Lab] = []
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("REDIS_")}
        self.certificates = Certificates(TARGET / "fast" / "vectors-certificates")
        table = subprocess.run(
            [cli, "errors", "--json"], capture_output=True, text=True, check=True
        )
        self.table = {row["code"]: row for row in json.loads(table.stdout)}
        stranger = self.lab("stranger")
        self.facts = self.certificates.facts() | Peers().facts()
        self.facts["stranger.ca_file"] = stranger.facts()["ca_file"]

    def end(self) -> None:
        for lab in self.labs:
            lab.down()

    def lab(self, name: str, *options: str) -> Lab:
        made = Lab(self.cli, self.folder / name, options=options)
        made.up()
        self.labs.append(made)
        return made

    def run(self, face: str, files: dict[str, list[dict[str, Any]]]) -> dict[str, str | None]:
        """Why each vector failed in this face, by name."""
        folder = self.folder / face
        folder.mkdir()
        driver = Driver((FACES | MORE)[face], self.environment)
        shared = self.lab(f"{face}-lab")
        results: dict[str, str | None] = {}
        for group in files.values():
            for vector in group:
                if not driver.alive:
                    driver.end()
                    driver = Driver((FACES | MORE)[face], self.environment)
                results[vector["name"]] = self._one(face, vector, driver, folder, shared)
        driver.end()
        return results

    def _one(
        self, face: str, vector: dict[str, Any], driver: Driver, folder: Path, shared: Lab
    ) -> str | None:
        folder = folder / vector["name"]
        folder.mkdir()
        changes = any(CHANGES & step.keys() for step in vector["steps"])
        own = changes or "up" in vector or vector.get("own")
        options = vector.get("up", [])
        lab = self.lab(f"{face}-{vector['name']}", *options) if own else shared
        facts, certificates, table = self.facts, self.certificates, self.table
        made = Vector(vector["steps"], face, driver, facts, folder, certificates, table, lab)
        try:
            made.run(vector.get("hidden", []))
        except Failed as failed:
            return str(failed)
        finally:
            if own:
                self.labs.remove(lab)
                lab.down()
            for finish in made.later:
                with suppress(SystemExit):
                    finish()
        return None


def report(
    files: dict[str, list[dict[str, Any]]],
    results: dict[str, dict[str, str | None]],
    lines: bool,
) -> int:
    """Prints failures, the table and the totals."""
    for face, outcome in results.items():
        for name, why in outcome.items():
            if lines:
                print(json.dumps({"vector": name, "face": face, "ok": why is None, "why": why}))
            elif why is not None:
                print(f"{name} in {face}: {why}")
    width = max(len(face) for face in results) + 3
    print(f"{'vectors':<12}" + "".join(f"{face:>{width}}" for face in results))
    for stem, group in [*files.items(), ("all", [one for it in files.values() for one in it])]:
        cells = []
        for face in results:
            good = sum(results[face][vector["name"]] is None for vector in group)
            cells.append(f"{f'{good}/{len(group)}':>{width}}")
        print(f"{stem:<12}" + "".join(cells))
    outcomes = [why for outcome in results.values() for why in outcome.values()]
    bad = sum(why is not None for why in outcomes)
    print(f"{bad} failed, {len(outcomes) - bad} passed" if bad else f"{len(outcomes)} passed")
    return 1 if bad or not outcomes else 0


if __name__ == "__main__":
    started = time.monotonic()
    status = main()
    print(f"in {time.monotonic() - started:.0f} s", file=sys.stderr)
    sys.exit(status)
