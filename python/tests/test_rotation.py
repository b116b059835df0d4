"""Trust and passwords rotate under live traffic: no restart, no failed command."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

import redlatch


class Busy:
    """Threads, or tasks, that SET and GET until told to stop, and keep what went wrong."""

    def __init__(self, kind: str, options: dict[str, object]) -> None:
        self.problems: list[str] = []
        self.status: dict = {}
        self.rejected: list[dict] = []
        self._kind, self._options = kind, options
        self._over = threading.Event()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Busy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def until(self, reached: Callable[[dict], bool]) -> None:
        """Waits until the client's status says so."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: self.problems or (self.status and reached(self.status)), 20
            ), self.status
        assert self.problems == []

    def _tell(self, status: dict, events: list[dict]) -> None:
        with self._changed:
            self.status = status
            self.rejected += [event for event in events if event["kind"] == "rejected"]
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            if self._kind == "blocking":
                self._blocking()
            else:
                asyncio.run(self._tasks())
        except BaseException as error:
            self.problems.append(repr(error))
            with self._changed:
                self._changed.notify_all()

    def _blocking(self) -> None:
        with redlatch.Redis(**self._options) as client:
            number = 0
            while not self._over.is_set():
                number += 1
                try:
                    client.set("key", number)
                    assert client.get("key") == str(number).encode()
                except redlatch.errors.ClientInterrupted:
                    pass
                if number % 20 == 0:
                    self._tell(client.status(), client.events())

    async def _tasks(self) -> None:
        client = redlatch.asyncio.Redis(**self._options)

        async def work(at: int) -> None:
            number = 0
            while not self._over.is_set():
                number += 1
                try:
                    await client.set(f"key{at}", number)
                    assert await client.get(f"key{at}") == str(number).encode()
                except redlatch.errors.ClientInterrupted:
                    pass
                if number % 20 == 0 and at == 0:
                    self._tell(client.status(), client.events())

        await asyncio.gather(*(work(at) for at in range(16)))
        await client.aclose()


both = pytest.mark.parametrize("kind", ["blocking", "asyncio"])


def trust(status: dict) -> int:
    return status["trust"]["generation"]


@both
def test_a_ca_is_replaced(lab, options, kind):
    with Busy(kind, options) as busy:
        busy.until(lambda s: trust(s) == 1 and s["state"] == "ready")
        lab.verb("add-ca")
        busy.until(lambda s: trust(s) == 2)
        lab.verb("switch-leaf")
        lab.verb("drop-ca")
        busy.until(lambda s: trust(s) == 3 and s["counters"]["replacements"] == 1)
        busy.until(lambda s: s["sessions"][0]["distrusted"] is None)
    assert busy.problems == []


@both
def test_a_bad_bundle_is_refused_and_the_last_good_one_stays(lab, options, kind):
    with Busy(kind, options) as busy:
        busy.until(lambda s: s["state"] == "ready")
        for verb, code in (("empty", "trust.empty"), ("truncate", "trust.malformed")):
            lab.verb(verb)
            busy.until(lambda s, code=code: s["trust"]["refused"] == code)
            lab.verb("repair")
            busy.until(lambda s: s["trust"]["refused"] is None)
        assert trust(busy.status) == 1
    assert [event["code"] for event in busy.rejected] == ["trust.empty", "trust.malformed"]


@both
@pytest.mark.parametrize("order", ["--overlap", "--server-first", "--file-first"])
def test_a_password_is_replaced(lab, options, kind, order):
    with Busy(kind, options) as busy:
        busy.until(lambda s: s["state"] == "ready")
        lab.verb("rotate-password", order)
        if order == "--overlap":
            lab.verb("rotate-password", "--finish")
        busy.until(lambda s: s["sessions"][0]["credentials_generation"] == 2)
        assert busy.status["counters"]["connects"] == 1


@both
def test_a_restart_interrupts_at_most_what_was_under_way(lab, options, kind):
    with Busy(kind, options) as busy:
        busy.until(lambda s: s["state"] == "ready")
        lab.verb("kill")
        lab.verb("restart")
        busy.until(lambda s: s["counters"]["reconnects"] == 1 and s["state"] == "ready")


def test_an_idle_client_comes_back_to_another_ca(lab, options):
    with redlatch.Redis(**options) as client:
        client.set("key", "value")
        for verb in ("add-ca", "switch-leaf", "drop-ca", "kill", "restart"):
            lab.verb(verb)
        assert client.set("key", "again") is True
        assert client.get("key") == b"again"
        assert client.status()["trust"]["certificates"][0]["subject"] == "CN=redlatch lab CA B"
