"""One version of redis-py: its own tests, out of the sdist, and a venv that has it and redlatch."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
PEERS = ROOT / "target" / "peers"

#: Newest of each major version that is supported; the first is the one `make peers` runs in full.
VERSIONS = {"8": "8.1.0", "7": "7.4.1", "6": "6.4.0"}


def majors(text: str) -> list[str]:
    """Those of a list such as `8,7`."""
    return [it for it in text.split(",") if VERSIONS[it]]


def tests(version: str) -> Path:
    """The folder that holds ``tests`` of this version, downloaded the first time."""
    folder = PEERS / f"redis-{version}"
    if not (folder / "tests").is_dir():
        PEERS.mkdir(parents=True, exist_ok=True)
        archive = PEERS / f"redis-{version}.tar.gz"
        if not archive.exists():
            _pip(
                Path(sys.executable),
                *("download", "--no-deps", "--no-binary", "redis", "--dest", str(PEERS)),
                f"redis=={version}",
            )
        with tarfile.open(archive) as packed:
            # Only the tests: the library itself comes from the venv.
            wanted = (f"redis-{version}/tests/", f"redis-{version}/pyproject.toml")
            members = [it for it in packed.getmembers() if it.name.startswith(wanted)]
            packed.extractall(PEERS, members=members, filter="data")
    return folder


def python(version: str) -> Path:
    """The interpreter of a venv with this version of redis-py, and redlatch as built last."""
    folder = PEERS / f"venv-{version}"
    found = folder / "bin" / "python"
    requirements = Path(__file__).with_name("requirements.txt")
    stamp = folder / ".stamp"
    if not stamp.exists() or stamp.stat().st_mtime < requirements.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        _pip(found, "install", "-r", str(requirements), f"redis=={version}")
        stamp.touch()
    wheels = str(ROOT / "target" / "wheels")
    _pip(
        found,
        *("install", "--no-deps", "--force-reinstall", "--no-index", "--find-links", wheels),
        "redlatch",
    )
    return found


def environment() -> dict[str, str]:
    """The environment without what would configure a client."""
    return {name: value for name, value in os.environ.items() if not name.startswith("REDIS_")}


def _pip(interpreter: Path, *words: str) -> None:
    command = [str(interpreter), "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True)
