"""What a newcomer gets: wheel and sdist, each installed into an empty environment and used there.

Usage: packages.py [WHEEL | SDIST ...]   those, or else both as this tree makes them
"""

from __future__ import annotations

import collections
import hashlib
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "demo"))

from lab import Lab  # noqa: E402

LARGEST_WHEEL = 6_000_000
#: What `import` costs: each several times, in turns, since machines are busy.
IMPORTS = 11


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="redlatch-packages-") as folder:
        packages = [Path(name).resolve() for name in sys.argv[1:]] or built(Path(folder))
        for number, package in enumerate(packages):
            print(f"{package.name}, {package.stat().st_size / 1e6:.2f} MB")
            if package.suffix == ".whl":
                look_into(package)
            Installed(package, Path(folder) / f"environment-{number}").use()
    print(f"{len(packages)} passed")
    return 0


def built(folder: Path) -> list[Path]:
    """Wheel and sdist of this tree, as they are released."""
    maturin = Path(sys.executable).with_name("maturin")
    for words in (f"build --release --locked -i {sys.executable}", "sdist"):
        run([str(maturin), *words.split(), "--out", str(folder)], cwd=ROOT / "python")
    return [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]


def look_into(wheel: Path) -> None:
    """What is in it, and how often."""
    assert wheel.stat().st_size < LARGEST_WHEEL, f"{wheel.stat().st_size} bytes"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        digests = collections.Counter(
            hashlib.sha256(archive.read(name)).digest() for name in names if archive.read(name)
        )
    assert digests.most_common(1)[0][1] == 1, "a file is in the wheel twice"
    assert len([name for name in names if name.endswith((".so", ".pyd"))]) == 1, names
    wanted = {"py.typed", "_native.pyi", "errors.pyi", "LICENSE-MIT", "LICENSE-APACHE"}
    assert wanted <= {Path(name).name for name in names}, names
    tops = {name.split("/")[0] for name in names}
    assert all(top == "redlatch" or top.endswith(".dist-info") for top in tops), tops


class Installed:
    """A package in an environment of its own, outside the tree."""

    def __init__(self, package: Path, home: Path) -> None:
        self._home = home
        run([sys.executable, "-m", "venv", str(home)])
        self.python = str(home / "bin" / "python")
        self.command = str(home / "bin" / "redlatch")
        # An sdist is built apart, and from what Cargo.lock names.
        environment = os.environ | {"CARGO_TARGET_DIR": str(home / "target"), "LC_ALL": "C.UTF-8"}
        install = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*install, str(package)], env=environment)

    def use(self) -> None:
        """What the first page says."""
        assert self.says("--help").startswith("Secure Redis and Valkey connections")
        version = self.python_says("import redlatch; print(redlatch.__version__)")
        assert self.says("--version") == f"redlatch {version}"
        wrong = subprocess.run([self.command, "nonsense"], capture_output=True, check=False)
        assert wrong.returncode == 2 and not wrong.stdout and b"nonsense" in wrong.stderr, wrong
        lab = Lab(self.command, self._home / "lab")
        lab.up()
        try:
            self._connect(lab)
        finally:
            lab.down()
        self._interrupt()
        self._import_time()

    def says(self, *words: str, **environment: str) -> str:
        """Output of the command."""
        return run([self.command, *words], env=os.environ | environment, cwd=self._home).strip()

    def python_says(self, code: str) -> str:
        """Output of a program."""
        return run([self.python, "-c", code], cwd=self._home).strip()

    def _connect(self, lab: Lab) -> None:
        read = "from importlib.metadata import metadata; print(metadata('redlatch')['description'])"
        page = self.python_says(read)
        example = re.search(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        assert example, page
        code = lab.hosting(example[1]) + "print(r.get('key'))"
        assert self.python_says(code) == "b'value'"
        assert "1 trusted, 0 rejected" in self.says("bundle", "show", lab.facts()["ca_file"])
        assert "trusted through CN=redlatch lab CA" in self.says(
            "ping", "--from-env", **lab.environment()
        )

    def _interrupt(self) -> None:
        """Ctrl-C ends a lab as it ends a program: quietly, with nothing left behind."""
        words = [self.command, "lab", "up", "--dir", str(self._home / "interrupted")]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
        ) as up:
            assert up.stdout and any(line.strip() == "ready" for line in up.stdout)
            up.send_signal(signal.SIGINT)
            _, complaint = up.communicate(timeout=20)
        assert up.returncode == 0 and not complaint, (up.returncode, complaint)

    def _import_time(self) -> None:
        clock = "import time; a = time.perf_counter(); import {}; print(time.perf_counter() - a)"
        times: dict[str, list[float]] = {"redis": [], "redlatch": []}
        for _ in range(IMPORTS):
            for name, seen in times.items():
                seen.append(float(self.python_says(clock.format(name))) * 1000)
        # A figure, not a check: machines are busy.
        peer, ours = (statistics.median(seen) for seen in times.values())
        print(f"  import redis {peer:.0f} ms, import redlatch, with redis, {ours:.0f} ms")


def run(command: list[str], **options: object) -> str:
    """Output of a program that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}\n1 failed in packages")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
