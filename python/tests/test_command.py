"""The installed `redlatch` does what the program of the same name does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CLI

PROGRAM = [os.environ.get("REDLATCH_CLI", str(CLI))]
INSTALLED = [str(Path(sys.executable).with_name("redlatch"))]
MODULE = [sys.executable, "-m", "redlatch"]

both = pytest.mark.parametrize("command", [PROGRAM, INSTALLED], ids=["program", "installed"])


def ran(command: list[str], *words: str) -> tuple[int, str, str]:
    """Exit code, output and complaints."""
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["lab", "--help"],
        [],
        ["nonsense"],
        ["errors"],
        ["settings", "--json"],
        ["bundle", "show", "/does/not/exist"],
        ["bundle", "show", os.fsdecode(b"/not/utf-8/\xff")],
        ["ping", "rediss://127.0.0.1:1", "--ca-file", "/does/not/exist", "--json"],
    ],
    ids=lambda words: " ".join(words).encode("ascii", "replace").decode() or "nothing",
)
def test_output_and_exit_code_are_the_programs(words, tmp_path, monkeypatch):
    # From elsewhere, since a folder `redlatch` in the current one would be the module.
    monkeypatch.chdir(tmp_path)
    expected = ran(PROGRAM, *words)
    assert ran(INSTALLED, *words) == expected
    assert ran(MODULE, *words) == expected


def test_ping(lab):
    environment = lab.environment()
    done = subprocess.run(
        [*INSTALLED, "ping", "--from-env"], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"trusted through CN=redlatch lab CA" in done.stdout


@both
def test_ctrl_c_takes_a_lab_down(command, tmp_path):
    words = [*command, "lab", "up", "--dir", str(tmp_path / "lab")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as up:
        assert up.stdout and any(line.strip() == b"ready" for line in up.stdout)
        up.send_signal(signal.SIGINT)
        complaints = up.communicate(timeout=20)[1]
    assert (up.returncode, complaints) == (0, b"")


@both
def test_ctrl_c_ends_what_waits(command):
    with socket.create_server(("127.0.0.1", 0)) as server:
        words = [*command, "ping", f"rediss://127.0.0.1:{server.getsockname()[1]}"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ping:
            # It has begun a handshake that nobody will answer.
            peer, _ = server.accept()
            with peer:
                assert peer.recv(1)
                ping.send_signal(signal.SIGINT)
                complaints = ping.communicate(timeout=20)[1]
    assert (ping.returncode, complaints) == (-signal.SIGINT, b"")


@both
def test_a_reader_that_leaves_is_no_failure(command):
    words = [*command, "errors"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as errors:
        assert errors.stdout
        errors.stdout.close()
        complaints = errors.stderr.read() if errors.stderr else b""
    assert (errors.returncode, complaints) == (0, b"")
