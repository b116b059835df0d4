"""A pytest plugin that puts redlatch's classes in the place of redis-py's, before any test module
is imported, and writes down what became of each test.

`REDLATCH_PEERS` holds a JSON document with `host`, `port` and `ca_file` of the server and the path
`outcomes`.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import redis.asyncio

import redlatch

FACTS: dict[str, Any] = json.loads(os.environ["REDLATCH_PEERS"])


def secured(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Tests that name host and port alone mean a server without TLS: this one has nothing else."""
    kind = kwargs.pop("connection_class", None)
    # Another port belongs to a relay in front of the server.
    here = kwargs.get("host") in ("127.0.0.1", "localhost")
    if here or "SSL" in getattr(kind, "__name__", ""):
        kwargs.setdefault("ssl", True)
    if here:
        kwargs.setdefault("ssl_ca_certs", FACTS["ca_file"])
    url = kwargs.get("url")
    if isinstance(url, str) and url.startswith("redis://") and urlsplit(url).port == FACTS["port"]:
        kwargs["url"] = f"rediss{url.removeprefix('redis')}"
        kwargs.setdefault("ssl_ca_certs", FACTS["ca_file"])
    return kwargs


class OfTests:
    """Made of the arguments that redis-py's tests give."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("connection_pool") is None:
            if "path" in kwargs and "unix_socket_path" not in kwargs:
                kwargs["unix_socket_path"] = kwargs.pop("path")
            kwargs = secured(kwargs)
        super().__init__(*args, **kwargs)


class Pool(OfTests, redlatch.ConnectionPool):
    pass


class AsyncPool(OfTests, redlatch.asyncio.ConnectionPool):
    pass


class Redis(OfTests, redlatch.Redis):
    pass


class AsyncRedis(OfTests, redlatch.asyncio.Redis):
    pass


def substitute() -> None:
    """Whoever imports redis-py from here on finds redlatch in it."""
    keep_originals()
    for module in (redis, redis.client):
        module.Redis = module.StrictRedis = Redis
    for module in (redis.asyncio, redis.asyncio.client):
        module.Redis = module.StrictRedis = AsyncRedis
    redis.ConnectionPool = redis.connection.ConnectionPool = Pool
    redis.asyncio.ConnectionPool = redis.asyncio.connection.ConnectionPool = AsyncPool


def keep_originals() -> None:
    """redlatch itself goes on with redis-py's own classes, by which name ever it calls them."""
    copies: dict[str, ModuleType] = {}
    found = {
        name: module
        for name, module in sys.modules.items()
        if name.split(".")[0] == "redis" and isinstance(module, ModuleType)
    }
    for name, module in found.items():
        copies[name] = ModuleType(name)
        copies[name].__dict__.update(module.__dict__)
    originals = {id(module): copies[name] for name, module in found.items()}
    mine = [module for name, module in sys.modules.items() if name.split(".")[0] == "redlatch"]
    for module in [*copies.values(), *mine]:
        for name, value in list(vars(module).items()):
            if id(value) in originals:
                setattr(module, name, originals[id(value)])


class Outcomes:
    """One line for each phase of each test."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", buffering=1)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            text = "" if report.passed else str(report.longrepr)[-2000:]
            line = {"test": report.nodeid, "outcome": report.outcome, "text": text}
            self._file.write(json.dumps(line) + "\n")

    def pytest_sessionfinish(self) -> None:
        self._file.write(json.dumps({"finished": True}) + "\n")
        self._file.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """These tests have one port for all: another run must not be at them, too."""
    if "test_cwe_404" not in item.nodeid:
        return (yield)
    with Path(FACTS["outcomes"]).with_name("cwe_404.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return (yield)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Outcomes(Path(FACTS["outcomes"])))


substitute()
