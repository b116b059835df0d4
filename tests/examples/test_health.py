"""The services with probes and metrics, as they stand, in each language: ready, then not."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from lab import Lab

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CLI = os.environ.get("REDLATCH_CLI", str(ROOT / "target" / "fast" / "redlatch"))
#: Seconds; longer than anything takes.
LIMIT = 60


def fastapi(_: Path) -> list[str]:
    words = "-m uvicorn health_app:app --port 0 --no-access-log --app-dir".split()
    return [sys.executable, *words, str(HERE / "python")]


def express(folder: Path) -> list[str]:
    # As if the package had been installed.
    shutil.copy(HERE / "node" / "health_app.mjs", folder)
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "redlatch").symlink_to(ROOT / "node")
    (modules / "express").symlink_to(ROOT / "node" / "node_modules" / "express")
    return ["node", str(folder / "health_app.mjs")]


def net_http(folder: Path) -> list[str]:
    program = folder / "health"
    subprocess.run(["go", "build", "-o", program, "./health"], cwd=HERE / "go", check=True)
    return [str(program), "127.0.0.1:0"]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(CLI, tmp_path / "lab")
    made.up()
    yield made
    made.down()


@contextmanager
def serving(command: list[str], **environment: str) -> Iterator[str]:
    """Where a service listens."""
    environment |= {"PORT": "0", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout
            said = ""
            for line in process.stdout:
                said += line
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield found[0]
                    return
            raise AssertionError(said)
        finally:
            process.send_signal(signal.SIGTERM)
            # Nobody reads what it says besides.
            process.communicate(timeout=LIMIT)


def ask(url: str) -> tuple[int, str, str]:
    """Status, type and body."""
    try:
        with urllib.request.urlopen(url, timeout=LIMIT) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def until(url: str, status: int) -> dict[str, Any]:
    """Asks until a probe answers so; the answer."""
    end = time.monotonic() + LIMIT
    while (found := ask(url))[0] != status:
        assert time.monotonic() < end, found
    document: dict[str, Any] = json.loads(found[2])
    return document


def up(url: str) -> float:
    """The metric, as Prometheus reads it."""
    status, kind, text = ask(url)
    assert status == 200 and kind.startswith("text/plain") and "version=0.0.4" in kind
    values = {s.name: s.value for family in parse(text) for s in family.samples}
    return values["redlatch_up"]


@pytest.mark.parametrize("service", [fastapi, express, net_http])
def test_ready_and_then_not(lab: Lab, tmp_path: Path, service: Callable[[Path], list[str]]) -> None:
    bundle = tmp_path / "ca.pem"
    shutil.copy(lab.facts()["ca_file"], bundle)
    environment = lab.environment(poll_interval="50ms", distrust_grace="1")
    environment["REDIS_SSL_CA_CERTS"] = str(bundle)
    with serving(service(tmp_path), **environment) as place:
        assert until(f"{place}/readyz", 200)["ok"]
        assert up(f"{place}/metrics") == 1
        lab.verb("kill")
        health = until(f"{place}/readyz", 503)
        assert health["code"] == "net.refused" and health["remedy"]
        assert ask(f"{place}/healthz")[0] == 200
        assert up(f"{place}/metrics") == 0
        lab.verb("restart")
        until(f"{place}/readyz", 200)

        # Another CA takes the place of the server's.
        other = Lab(CLI, tmp_path / "other")
        other.up()
        shutil.copy(other.facts()["ca_file"], tmp_path / "next.pem")
        other.down()
        (tmp_path / "next.pem").rename(bundle)
        health = until(f"{place}/readyz", 503)
        assert (health["code"], health["trust"]) == ("tls.untrusted", "failing"), health
        assert ask(f"{place}/healthz")[0] == 200
