"""The doctor's report, from Python: what it finds is the core's business and tested there."""

from __future__ import annotations

import asyncio
import inspect
import socket
from pathlib import Path
from typing import Any

import pytest
from test_signals import rung

import redlatch
from redlatch import errors


@pytest.fixture(params=["sync", "asyncio"])
def doctor(request):
    """Either function, called from a test that is no coroutine."""

    def call(*args: object, **kwargs: object) -> dict[str, Any]:
        if request.param == "sync":
            return redlatch.doctor(*args, **kwargs)
        return asyncio.run(redlatch.asyncio.doctor(*args, **kwargs))

    return call


def test_all_is_well(doctor, url):
    report = doctor(url())
    assert report["ok"], report
    assert report["code"] is report["stage"] is report["remedy"] is None
    assert {stage["status"] for stage in report["stages"]} == {"ok"}


def test_the_cause_is_named(doctor, options):
    report = doctor(**options, expected_name="cache.example")
    assert (report["ok"], report["code"], report["stage"]) == (False, "tls.name_mismatch", "name")
    assert report["evidence"]["expected"] == "cache.example"
    assert "cache.example" in report["remedy"]
    last = report["stages"][-1]
    assert (last["stage"], last["status"]) == ("latency", "not_reached")


def test_the_environment_counts_if_asked(doctor, lab, monkeypatch):
    for name, value in lab.environment().items():
        monkeypatch.setenv(name, value)
    assert doctor(from_env=True)["ok"]
    monkeypatch.setenv("REDIS_PORT", "many")
    assert doctor(from_env=True)["code"] == "config.invalid"


def test_providers_are_asked(doctor, bare, lab):
    secret = Path(lab.facts()["password_file"]).read_text().strip()
    assert doctor(**bare, credentials_provider=lambda: secret)["ok"]

    def sealed():
        raise OSError("the vault is sealed")

    report = doctor(**bare, credentials_provider=sealed)
    assert report["code"] == "auth.unavailable"
    assert "the vault is sealed" in report["message"]


def test_coroutines_provide_on_a_loop(bare, lab):
    secret = Path(lab.facts()["password_file"]).read_text().strip()

    async def provide():
        return redlatch.Credentials(secret)

    assert asyncio.run(redlatch.asyncio.doctor(**bare, credentials_provider=provide))["ok"]
    with pytest.raises(errors.ConfigUnsupported):
        redlatch.doctor(**bare, credentials_provider=provide)


def test_a_replica_will_do_if_it_may(doctor, options):
    with redlatch.Redis(**options) as client:
        client.replicaof("127.0.0.1", 1)
        found = [doctor(**options, read_only=ok)["code"] for ok in (False, True)]
        assert "server.readonly" in found[0] or "server.master_down" in found[0]
        assert found[1] in (None, "server.master_down")
        client.replicaof("NO", "ONE")


def test_a_mistake_in_the_arguments_is_an_error(doctor):
    with pytest.raises(errors.ConfigUnknown):
        doctor(hots="localhost")


def test_a_signal_ends_it():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with rung():
            redlatch.doctor(f"rediss://127.0.0.1:{port}?handshake_timeout=1h")


def test_both_take_the_same_arguments():
    one, other = inspect.signature(redlatch.doctor), inspect.signature(redlatch.asyncio.doctor)
    assert one.parameters == other.parameters
