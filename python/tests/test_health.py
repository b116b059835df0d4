"""Health for probes and metrics for Prometheus, of both clients."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

import redlatch


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """By name and labels other than ``client``, as Prometheus's own parser reads them."""
    found = {}
    for family in parse(text):
        assert family.documentation and family.type in {"gauge", "counter"}, family
        for name, labels, value, *_ in family.samples:
            key = (name, frozenset((k, v) for k, v in labels.items() if k != "client"))
            assert labels["client"] and key not in found, key
            found[key] = value
    return found


def value(text: str, name: str, **labels: str) -> float | None:
    return samples(text).get((name, frozenset(labels.items())))


def test_ready_until_the_server_is_gone(lab, options, connect):
    caller = connect(**options)
    health = caller.do("health")
    assert (health["ok"], health["live"], health["role"]) == (True, True, "primary"), health
    assert (health["code"], health["trust"]) == (None, "ok")
    assert value(caller.do("metrics"), "redlatch_up") == 1
    lab.verb("kill")
    health = caller.do("health")
    assert (health["ok"], health["live"], health["alive"]) == (False, True, False), health
    assert health["code"] == "net.refused" and health["remedy"]
    metrics = caller.do("metrics")
    assert value(metrics, "redlatch_up") == 0
    assert value(metrics, "redlatch_last_error_info", code="net.refused") == 1
    lab.verb("restart")
    # Until the pause before the next attempt to connect is over.
    assert any(caller.do("health")["ok"] for _ in range(30))


def test_a_ca_that_is_distrusted(lab, options, connect, tmp_path):
    bundle = tmp_path / "ca.pem"
    options["ssl_ca_certs"] = str(bundle)
    shutil.copy(lab.facts()["ca_file"], bundle)
    caller = connect(**options | {"distrust_grace": 0})
    assert caller.do("health")["ok"]
    bundle.write_text("cut off")
    caller.until(lambda status: status["trust"]["refused"])
    health = caller.do("health")
    assert (health["ok"], health["trust"], health["code"]) == (True, "warning", "trust.empty")
    metrics = caller.do("metrics")
    assert value(metrics, "redlatch_material_rejected", material="trust") == 1
    assert value(metrics, "redlatch_material_rejections_total", material="trust") == 1
    caller.do("supply", "trust", foreign_ca(tmp_path))
    health = caller.do("health")
    assert (health["ok"], health["trust"]) == (False, "failing"), health
    assert health["code"] == "tls.untrusted"


def foreign_ca(folder: Path) -> bytes:
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other -days 2"
    files = ["-keyout", str(folder / "other.key"), "-out", str(folder / "other.pem")]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    return (folder / "other.pem").read_bytes()


def test_a_wrong_password(lab, options, connect, tmp_path):
    (tmp_path / "password").write_text("wrong")
    caller = connect(**options | {"password_file": str(tmp_path / "password")})
    health = caller.do("health")
    assert (health["ok"], health["authenticated"]) == (False, False)
    assert health["code"] == "auth.rejected"
    metrics = caller.do("metrics")
    assert value(metrics, "redlatch_auth_failures_total") >= 1
    assert "wrong" not in metrics


def test_a_replica_is_enough_for_readers(options, connect):
    caller = connect(**options)
    caller.do("replicaof", "127.0.0.1", 1)
    assert caller.do("health")["code"] == "server.readonly"
    health = caller.do("health", 0.9, True)
    assert (health["ok"], health["role"], health["writable"]) == (True, "replica", False)


def test_a_server_that_does_not_answer(options, connect):
    caller = connect(**options | {"timeout": 60, "liveness": 0})
    caller.do("client_pause", 600_000)
    health = caller.do("health", 0.05)
    assert (health["alive"], health["code"]) == (False, "client.timeout")


def test_several_clients_in_one_exposition(options):
    with (
        redlatch.Redis(**options, client_name="first") as first,
        redlatch.Redis(**options) as second,
        redlatch.Redis(**options) as third,
    ):
        first.ping()
        place = f"{options['host']}:{options['port']}"
        text = redlatch.metrics(first, second, third)
        up = {
            sample.labels["client"]: sample.value
            for family in parse(text)
            for sample in family.samples
            if sample.name == "redlatch_up"
        }
        assert up == {"first": 1, place: 0, f"{place}-2": 0}


def test_all_connections_count(options):
    """Counters neither shrink nor jump, whichever connection was used last."""
    with redlatch.Redis(**options) as r:
        together = threading.Barrier(4)

        def work() -> None:
            together.wait()
            for _ in range(50):
                r.incr("n")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        metrics = r.metrics()
        assert value(metrics, "redlatch_commands_total") == 200
        assert value(metrics, "redlatch_replies_total") == 200
        connects = value(metrics, "redlatch_connects_total")
        assert value(metrics, "redlatch_sessions") == connects


async def test_a_probe_that_is_given_up(options):
    async with redlatch.asyncio.Redis(**options | {"liveness": 0}) as r:
        await r.client_pause(600_000)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await r.health(timeout=60)
        # Nobody waits for it any more, and nothing else is held up by it.
        assert r.status()["counters"]["failures"] == 0
        assert not (await r.health(timeout=0.05))["alive"]
