"""The report as people and programs read it."""

from __future__ import annotations

import os
import subprocess

import pytest

from authority import authority, issue
from examination import CLI, PASSWORD, STAGES, WRONG, Bench, at
from servers import free_port

CA = authority("Lab CA")
LEAF = issue("server", CA)
OTHER = authority("Another CA")


def test_all_is_well(bench: Bench) -> None:
    """Every step is ok, with what was seen of it."""
    words = [*bench.secure(LEAF, CA, "--requirepass", PASSWORD), *bench.password()]
    report = bench.examine(*words)
    assert report["ok"] and report["evidence"] == {}
    assert report["address"] == f"127.0.0.1:{words[words.index('--port') + 1]}"
    seen = {stage["stage"]: stage for stage in report["stages"]}
    assert {stage["status"] for stage in report["stages"]} == {"ok"}
    assert seen["dns"]["evidence"]["addresses"] == ["127.0.0.1"]
    assert seen["tcp"]["evidence"]["tried"][0]["outcome"] == "connected"
    assert seen["tls"]["evidence"]["version"] == "TLSv1.3"
    (leaf,) = seen["chain"]["evidence"]["chain"]
    assert (leaf["subject"], leaf["issuer"]) == ("CN=server", "CN=Lab CA")
    assert leaf["names"] == ["DNS:localhost", "IP:127.0.0.1"]
    assert seen["chain"]["evidence"]["anchor"]["subject"] == "CN=Lab CA"
    assert seen["client_certificate"]["evidence"] == {"given": False}
    assert seen["auth"]["evidence"]["username"] == "default"
    assert seen["server"]["evidence"]["asks_for_a_password"] is True
    assert seen["server"]["evidence"]["writable"] is True
    assert seen["latency"]["evidence"]["resumed"] is True


def test_nothing_is_left_behind(bench: Bench) -> None:
    """No key was written, and no connection is left."""
    server = bench.server("--requirepass", PASSWORD)
    assert bench.examine(*at(server), *bench.password())["ok"]
    assert server.ask("DBSIZE", password=PASSWORD) == 0
    assert server.ask("INFO", "clients")["connected_clients"] == 1


def test_unix_socket(bench: Bench) -> None:
    server = bench.server("--requirepass", PASSWORD)
    report = bench.examine("--path", str(server.socket), *bench.password())
    assert report["ok"] and report["address"] == str(server.socket)
    skipped = [stage["stage"] for stage in report["stages"] if stage["status"] == "skipped"]
    assert skipped == ["tls", "chain", "name", "client_certificate"]


def test_steps_of_tls_when_it_is_off(bench: Bench) -> None:
    """They are skipped, whatever comes after them."""
    server = bench.server("--requirepass", PASSWORD)
    report = bench.examine(*at(server))
    assert report["code"] == "auth.required"
    statuses = [stage["status"] for stage in report["stages"]]
    assert statuses == ["ok"] * 4 + ["skipped"] * 4 + ["failed"] + ["not_reached"] * 2
    assert {stage["reason"] for stage in report["stages"][4:8]} == {"TLS is off"}


def test_steps_before_a_server_turned_the_client_away(bench: Bench) -> None:
    """Nothing is claimed of a password that was not asked for."""
    server = bench.server("--maxclients", "1", "--requirepass", PASSWORD)
    server.ask("PING", password=PASSWORD)
    report = bench.examine(*at(server), *bench.password(WRONG))
    assert report["code"] == "server.max_clients"
    auth = report["stages"][STAGES.index("auth")]
    assert (auth["status"], auth["reason"]) == (
        "skipped",
        "the server turned the client away before",
    )


def test_words_of_a_success(bench: Bench) -> None:
    """A line for each step, and then the verdict."""
    words = [*bench.secure(LEAF, CA, "--requirepass", PASSWORD), *bench.password()]
    done = bench.run(*words)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and done.stderr == ""
    assert [line.split()[:2] for line in lines[: len(STAGES)]] == [["ok", it] for it in STAGES]
    assert "verify=full" in lines[0] and "a secret" in lines[1]
    assert "up to CN=Lab CA" in lines[STAGES.index("chain")]
    assert "as default" in lines[STAGES.index("auth")]
    assert "warnings" in lines and lines[-1] == "all is well"
    assert PASSWORD not in done.stdout


def test_words_of_a_failure(bench: Bench) -> None:
    """Steps up to the one that failed, the finding, what was seen, and what to do."""
    done = bench.run(*bench.secure(LEAF, OTHER))
    assert done.returncode == 15
    steps, _, rest = done.stdout.partition("\n\n")
    lines = [line.split()[:2] for line in steps.splitlines()]
    assert lines == [*(["ok", it] for it in STAGES[:5]), ["FAILED", "chain"]]
    assert rest.startswith("tls.untrusted: the server's certificate was issued by no trusted CA")
    seen, _, advice = rest.partition("what to do\n")
    assert "    subject: CN=server\n" in seen and "    names: DNS:localhost IP:127.0.0.1\n" in seen
    assert "  Add the issuing CA to the bundle" in advice
    assert max(map(len, advice.splitlines())) <= 100


def test_words_of_settings_that_contradict_each_other(bench: Bench) -> None:
    words = bench.environment(REDIS_URL="redis://localhost:1", REDIS_PORT="2")
    done = bench.run(*words)
    assert done.returncode == 11
    assert done.stdout.startswith("FAILED  config")
    assert "config.conflict" in done.stdout and "first: REDIS_PORT" in done.stdout


@pytest.mark.parametrize("words", [("--no-such-flag",), ("redis://a", "redis://b")])
def test_mistakes_in_the_command_line(bench: Bench, words: tuple[str, ...]) -> None:
    done = bench.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: redlatch doctor" in done.stderr


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["words", "json"])
def test_nobody_reads(bench: Bench, form: tuple[str, ...]) -> None:
    """Whoever stops reading has seen enough; the exit code is still the finding's."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [CLI, "doctor", *form, "--host", "127.0.0.1", "--port", str(free_port())],
            cwd=bench.folder,
            env={"PATH": os.environ["PATH"]},
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=30,
            check=False,
        )
    assert (done.returncode, done.stderr) == (16, b"")


def test_help_names_every_step(bench: Bench) -> None:
    words = bench.run("--help").stdout.replace("(CAs, client certificate, secret)", "")
    start = words.index("The steps:")
    named = words[start : words.index("The first that fails")].replace(",", " ").split()
    assert [word.rstrip(".") for word in named[2:]] == STAGES
