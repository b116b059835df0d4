"""Compose file and script, with redis-server where its container would be."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import CLI, DEPLOY, await_all
from mounts import translate
from traffic import Traffic

import redlatch
from program import LIMIT, Program

HERE = Path(__file__).parent


class Deployment:
    """A copy of the folder, and its services with the host's paths in place of the containers'."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(DEPLOY / "compose", folder, ignore=shutil.ignore_patterns("run", ".env"))
        shutil.copytree(DEPLOY / "app", folder.parent / "app", ignore=ignore_built)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.pki("init")
        done = subprocess.run(
            ["go", "run", ".", folder / "compose.yaml"],
            cwd=HERE / "compose",
            env=os.environ | settings(folder / ".env"),
            capture_output=True,
            text=True,
            check=True,
        )
        self.services = json.loads(done.stdout)["services"]
        programs = folder / "bin"
        programs.mkdir()
        # `docker compose exec -T SERVICE COMMAND` runs COMMAND here.
        (programs / "docker").write_text(
            f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "docker.py"}" "$@"\n'
        )
        (programs / "redis-cli").write_text(
            f'#!/bin/sh\nexec "{shutil.which("redis-cli")}" -p {self.port} "$@"\n'
        )
        for program in programs.iterdir():
            program.chmod(0o755)
        (folder / "services.json").write_text(json.dumps(self.services))

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "SERVICES": str(self.folder / "services.json"),
        }

    def pki(self, *words: str) -> str:
        """Runs a verb of the script."""
        command = [self.folder / "pki.sh", *words]
        done = subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def here(self, service: str, text: str) -> str:
        """What a container says, with the folders that are mounted there."""
        volumes = self.services[service]["volumes"]
        return translate(text, {volume["target"]: volume["source"] for volume in volumes})

    @contextmanager
    def redis(self):
        """The server, with the options of the compose file."""
        words = [self.here("redis", word) for word in self.services["redis"]["command"]]
        at = words.index("--tls-port") + 1
        assert words[at] == self.services["app"]["environment"]["REDIS_PORT"]
        words[at] = str(self.port)
        with Program(*words, "--bind", "127.0.0.1", environment=os.environ) as server:
            limit = time.monotonic() + LIMIT
            while not self.healthy():
                assert server.process.poll() is None, server.lines()
                assert time.monotonic() < limit, server.lines()
            yield server

    def healthy(self) -> bool:
        kind, command = self.services["redis"]["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        command = self.here("redis", command.replace("$$", "$"))
        done = subprocess.run(
            ["sh", "-c", command], env=self.environment(), capture_output=True, check=False
        )
        return done.returncode == 0

    def password(self) -> str:
        """The one that clients are given."""
        return (self.folder / "run/client/password").read_text()

    def accepts(self, password: str) -> bool:
        """Whether the server takes it."""
        settings = {"host": "127.0.0.1", "port": self.port, "password": password}
        with redlatch.Redis(**settings, ca_file=self.folder / "run/client/ca.pem") as client:
            try:
                return client.ping()
            except redlatch.errors.AuthRejected:
                return False

    def app(self) -> dict[str, str]:
        """The variables of the application."""
        variables = self.services["app"]["environment"]
        found = {name: self.here("app", value) for name, value in variables.items()}
        return found | {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(self.port)}


def ignore_built(_, names):
    return {"node_modules"} & set(names)


def settings(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().split())


@pytest.fixture
def deployment(tmp_path):
    return Deployment(tmp_path / "deploy" / "compose")


def test_it_is_what_it_says(deployment):
    redis, app = deployment.services["redis"], deployment.services["app"]
    words = redis["command"]
    options = dict(zip(words[1::2], words[2::2], strict=True))
    assert options["--port"] == "0"
    assert options["--tls-port"] == "6379"
    assert options["--tls-auth-clients"] == "no"
    assert options["--appendonly"] == "yes"
    assert "ports" not in redis
    for service in (redis, app):
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["user"] == f"{os.getuid()}:{os.getgid()}"
    # Neither key nor password is anywhere but in files, which are their owner's.
    password = (deployment.folder / "run/client/password").read_text()
    assert password not in json.dumps(deployment.services)
    for file in (deployment.folder / "run").rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, file
    assert {"run/", ".env"} <= set((DEPLOY / "compose" / ".gitignore").read_text().split())


def test_certificates_are_in_order(deployment):
    folder = deployment.folder / "run"
    shown = subprocess.run(
        [CLI, "bundle", "show", folder / "client/ca.pem"], capture_output=True, text=True
    )
    assert shown.returncode == 0 and "1 trusted, 0 rejected" in shown.stdout, shown
    command = "openssl verify -x509_strict -purpose sslserver -verify_ip 127.0.0.1"
    for name in ("redis", "localhost"):
        place = ["-verify_hostname", name, "-CAfile", folder / "client/ca.pem"]
        done = subprocess.run(
            [*command.split(), *place, folder / "redis/server.crt"], capture_output=True, text=True
        )
        assert done.returncode == 0, done


def test_the_application_follows_without_a_restart(deployment, run):
    with deployment.redis() as server:
        app = run(deployment.app())
        pids = app.program.process.pid, server.process.pid
        with Traffic([app]) as traffic:
            traffic.goes_on()
            deployment.pki("add-ca")
            await_all([app], lambda it: it["trust"]["generation"] == 2)
            deployment.pki("switch-leaf")
            deployment.pki("drop-ca")
            await_all([app], lambda it: it["trust"]["generation"] == 3)
            traffic.goes_on()
            before = deployment.password()
            deployment.pki("add-password")
            # Who has not looked yet comes in as well.
            assert deployment.accepts(before) and deployment.accepts(deployment.password())
            await_all([app], lambda it: it["credentials"]["generation"] == 2)
            deployment.pki("drop-password")
            assert deployment.accepts(deployment.password()) and not deployment.accepts(before)
            traffic.goes_on()
        assert traffic.check() > 0
        subjects = [subject for subject, _ in app.status()["trust"]["certificates"]]
        assert subjects == ["CN=Redis CA 2"]
        assert deployment.healthy()
        assert (app.status()["pid"], server.process.pid) == pids
        app.close()


def test_visits_outlive_the_server(deployment, run):
    with deployment.redis() as server:
        app = run(deployment.app())
        for at in range(1, 6):
            assert app.ask("POST", "/visits/kept") == (200, {"visits": at})
        server.process.kill()
        server.process.wait()
        assert not deployment.healthy()
        with deployment.redis():
            assert app.ask("POST", "/visits/kept") == (200, {"visits": 6})
            app.close()


def test_a_second_init_changes_nothing(deployment):
    before = (deployment.folder / "run/client/ca.pem").read_bytes()
    done = subprocess.run([deployment.folder / "pki.sh", "init"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "there is a run/ already\n")
    assert (deployment.folder / "run/client/ca.pem").read_bytes() == before
    assert "add-password" in deployment.pki("help")
