"""The unit is valid and confined; with credentials a rotation takes a restart, with paths none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import unit
from conftest import DEPLOY, await_all
from traffic import Traffic

FOLDER = DEPLOY / "systemd"
UNIT = FOLDER / "app.service"
WATCHED = FOLDER / "app.service.d" / "watched.conf"


@pytest.mark.parametrize("files", [[UNIT], [UNIT, WATCHED]], ids=["credentials", "watched"])
def test_directives_are_known_and_confine(files):
    service = unit.read(*files)["Service"]
    for name in ("NoNewPrivileges", "PrivateTmp", "ProtectHome", "MemoryDenyWriteExecute"):
        assert service[name] == ["yes"]
    assert service["CapabilityBoundingSet"] == []
    assert service["ProtectSystem"] == ["strict"]
    assert "REDIS_PASSWORD=" not in " ".join(service["Environment"])


@pytest.mark.parametrize("files", [[UNIT], [UNIT, WATCHED]], ids=["credentials", "watched"])
def test_systemd_takes_it(files, tmp_path):
    if (analyze := shutil.which("systemd-analyze")) is None:
        # Where there is no systemd, its rules as far as they are known here.
        unit.read(*files)
        return
    # The program is not installed on this machine.
    text = UNIT.read_text().replace("/opt/app/venv/bin/python", sys.executable)
    (tmp_path / "app.service").write_text(text)
    if WATCHED in files:
        shutil.copytree(WATCHED.parent, tmp_path / "app.service.d")
    for command in (
        ["verify", "--man=no"],
        # Of 10, where 10 is not confined at all.
        ["security", "--offline=true", "--no-pager", "--threshold=20"],
    ):
        done = subprocess.run(
            [analyze, *command, tmp_path / "app.service"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        # What it does not understand it mentions, and goes on.
        assert not done.stderr, done.stderr


def here(lab):
    return {"REDIS_HOST": lab.facts()["host"], "REDIS_PORT": str(lab.port)}


def test_credentials_are_what_they_were_at_the_start(lab, run, tmp_path):
    service = unit.read(UNIT)["Service"]
    # As systemd copies them, each time the service starts.
    sources = {"/etc/redis-tls/ca.pem": "ca_file", "/etc/redis/password": "password_file"}
    folder = tmp_path / "credentials"

    def start():
        folder.mkdir(exist_ok=True)
        for credential in service["LoadCredential"]:
            name, _, source = credential.partition(":")
            (folder / name).write_bytes(Path(lab.facts()[sources[source]]).read_bytes())
        return run(unit.environment(service, str(folder)) | here(lab))

    app = start()
    assert app.ask("GET", "/readyz")[0] == 200
    lab.verb("add-ca")
    # It knows the first CA only, so it has to be restarted before the server changes over.
    assert len(app.status()["trust"]["certificates"]) == 1
    app.close()
    app = start()
    pid = app.program.process.pid
    with Traffic([app]) as traffic:
        traffic.goes_on()
        lab.verb("switch-leaf")
        lab.verb("drop-ca")
        lab.verb("rotate-password", "--overlap")
        traffic.goes_on()
    assert traffic.check() > 0
    # Its copies tell of the CA before, and of the password before, until the next start.
    status = app.status()
    assert (status["trust"]["generation"], status["credentials"]["generation"]) == (1, 1)
    assert status["pid"] == pid
    app.close()
    app = start()
    lab.verb("rotate-password", "--finish")
    assert app.ask("GET", "/readyz")[0] == 200
    app.close()


def test_watched_paths_take_no_restart(lab, run, replaced):
    service = unit.read(UNIT, WATCHED)["Service"]
    assert service["LoadCredential"] == []
    variables = unit.environment(service, "/none")
    variables = {name: lab.hosting(value) for name, value in variables.items()} | here(lab)
    app = run(variables)
    pid = app.program.process.pid
    with Traffic([app]) as traffic:
        traffic.goes_on()
        gone = replaced()
        for verb, generation in (("add-ca", 2), ("switch-leaf", 2), ("drop-ca", 3)):
            lab.verb(verb)
            await_all([app], lambda it, wanted=generation: it["trust"]["generation"] == wanted)
        traffic.goes_on(gone)
        lab.verb("rotate-password", "--overlap")
        await_all([app], lambda it: it["credentials"]["generation"] == 2)
        lab.verb("rotate-password", "--finish")
        traffic.goes_on()
    assert traffic.check() > 0
    assert app.status()["pid"] == pid
    app.close()
