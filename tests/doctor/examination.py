"""One run of ``redlatch doctor`` in surroundings of its own, and what must hold of every report."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from authority import Pair
from servers import BlackHole, Peer, Server

CLI = os.environ.get("REDLATCH_CLI", str(Path(__file__).parents[2] / "target/fast/redlatch"))
#: No output may hold it.
PASSWORD = "open/sesame+K7mP9xQ2nL="
WRONG = "shut/sesame+K7mP9xQ2nL="

STAGES = ("config materials dns tcp tls chain name client_certificate auth server latency").split()
KEYS = ("ok code stage message remedy evidence address place service warnings stages").split()
FAMILIES = "config trust identity auth tls net protocol server client internal".split()


@dataclass(frozen=True)
class Case:
    """One row: how something is broken, and what the doctor has to say of it."""

    name: str
    #: Breaks it and gives the words of the command line.
    broken: Callable[[Bench], list[str]]
    #: "" if all is well.
    code: str = ""
    stage: str = ""
    #: Each of them is in the remedy.
    remedy: tuple[str, ...] = ()
    #: Each of them is in one of the warnings.
    warnings: tuple[str, ...] = ()
    #: What the report says besides, by name.
    says: dict[str, object] = field(default_factory=dict)


def table(*cases: Case) -> pytest.MarkDecorator:
    """The rows as tests."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases])


class Bench:
    """A folder, an environment and servers, for one examination."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables: dict[str, str] = {}
        self.secrets = [PASSWORD]
        self.limits = ["--connect-timeout", "1", "--handshake-timeout", "1"]
        self.privileged = True
        self._ends: list[Callable[[], None]] = []

    def file(self, name: str, content: bytes | str = b"") -> str:
        """A file of the working directory."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def environment(self, **variables: str) -> list[str]:
        """Settings by the environment."""
        self.variables |= variables
        return ["--env"]

    def server(self, *options: str, pair: Pair | None = None, **more) -> Server:
        made = Server(self.folder / f"server{len(self._ends)}", *options, pair=pair, **more)
        self._ends.append(made.end)
        return made

    def plain(self, *options: str) -> list[str]:
        """A server without TLS, and how to get there."""
        return at(self.server(*options))

    def secure(self, pair: Pair, trusted: Pair | bytes, *options: str) -> list[str]:
        """A server with TLS, and how to get there with this trust."""
        pem = trusted if isinstance(trusted, bytes) else trusted.pem
        return [*at(self.server(*options, pair=pair)), "--ca-file", self.file("ca.pem", pem)]

    def peer(self, behave: Callable) -> list[str]:
        """Something else, and how to get there."""
        made = Peer(behave)
        self._ends.append(made.end)
        return at(made)

    def black_hole(self) -> list[str]:
        made = BlackHole()
        self._ends.append(made.end)
        return at(made)

    def until_the_end(self, end: Callable[[], None]) -> None:
        """Something to be done when all is over, before what was made earlier ends."""
        self._ends.append(end)

    def password(self, secret: str = PASSWORD) -> list[str]:
        """A password by a file."""
        self.secrets.append(secret)
        return ["--password-file", self.file("secret", secret)]

    def run(self, *words: str, **more) -> subprocess.CompletedProcess[str]:
        """The command in this folder with this environment and no other."""
        return subprocess.run(
            [CLI, "doctor", *self.limits, *words],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"]} | self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            preexec_fn=None if self.privileged else obey_permissions,
            **more,
        )

    def examine(self, *words: str) -> dict:
        """The report, of which everything is checked that holds of every report."""
        done = self.run("--json", *words)
        for secret in self.secrets:
            for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
                assert form not in done.stdout + done.stderr
        report = json.loads(done.stdout)
        check_shape(report)
        family = (report["code"] or "").partition(".")[0]
        assert done.returncode == (11 + FAMILIES.index(family) if family else 0), done
        return report

    def end(self) -> None:
        while self._ends:
            self._ends.pop()()


def in_a_pod(broken: Callable[[Bench], list[str]]) -> Callable[[Bench], list[str]]:
    """The same where Kubernetes runs the program."""

    def with_variable(bench: Bench) -> list[str]:
        bench.variables["KUBERNETES_SERVICE_HOST"] = "10.0.0.1"
        return broken(bench)

    return with_variable


def at(place: Server | Peer | BlackHole) -> list[str]:
    return ["--host", "127.0.0.1", "--port", str(place.port)]


def check(bench: Bench, case: Case) -> None:
    """Breaks what the row breaks; the doctor must find it."""
    report = bench.examine(*case.broken(bench))
    shown = json.dumps({**report, "stages": "..."}, indent=1)
    found = (report["code"] or "", report["stage"] or "")
    assert found == (case.code, case.stage), shown
    for words in case.remedy:
        assert words in report["remedy"], shown
    for words in case.warnings:
        assert any(words in warning for warning in report["warnings"]), shown
    for name, value in case.says.items():
        assert report[name] == value, shown


def check_shape(report: dict) -> None:
    """Keys, order, and that nothing is claimed of steps behind the one that failed."""
    assert sorted(report) == sorted(KEYS)
    assert [stage["stage"] for stage in report["stages"]] == STAGES
    assert report["ok"] == (report["code"] is None) == (report["stage"] is None)
    assert report["ok"] == (report["message"] is None) == (report["remedy"] is None)
    for stage in report["stages"]:
        assert sorted(stage) == ["code", "evidence", "ms", "reason", "stage", "status"]
        assert (stage["code"] is not None) == (stage["status"] == "failed")
    statuses = [stage["status"] for stage in report["stages"]]
    if report["ok"]:
        assert set(statuses) <= {"ok", "skipped"}
        return
    failed = STAGES.index(report["stage"])
    assert set(statuses[:failed]) <= {"ok", "skipped"}, statuses
    assert statuses[failed] == "failed"
    assert report["stages"][failed]["evidence"] == report["evidence"]
    assert report["stages"][failed]["code"] == report["code"]
    assert set(statuses[failed + 1 :]) <= {"not_reached"}, statuses


def obey_permissions() -> None:
    """Root reads everything; without these capabilities it obeys the permissions of files."""
    import ctypes

    drop, override, search = 24, 1, 2
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (override, search):
            assert libc.prctl(drop, capability, 0, 0, 0) == 0
