"""When providers are called, by whom, and what ends the call."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
import weakref
from collections import Counter

import pytest

import redlatch
from redlatch import errors


def test_threads_wait_for_one_provider(lab, bare):
    running, asked, gate = Counter(), Counter(), threading.Event()

    def provide() -> str:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        asked["times"] += 1
        assert gate.wait(20)
        running["now"] -= 1
        return lab.facts()["password"]

    def calling() -> int:
        tops = [sys._current_frames().get(thread.ident) for thread in threads]
        ours = redlatch.client.__file__
        return sum(top is not None and top.f_code.co_filename == ours for top in tops)

    with redlatch.Redis(**bare | {"socket_timeout": 20}, credentials_provider=provide) as client:
        replies: list[bool] = []
        threads = [
            threading.Thread(target=lambda: replies.append(client.ping())) for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        limit = time.monotonic() + 20
        while calling() < 19:
            assert time.monotonic() < limit
        gate.set()
        for thread in threads:
            thread.join()
    assert (replies, running["most"], asked["times"]) == ([True] * 20, 1, 1)


async def test_tasks_wait_for_one_provider(lab, bare):
    asked, started, gate = 0, asyncio.Event(), asyncio.Event()

    async def provide() -> str:
        nonlocal asked
        asked += 1
        started.set()
        await gate.wait()
        return lab.facts()["password"]

    client = redlatch.asyncio.Redis(**bare, credentials_provider=provide)
    tasks = [asyncio.create_task(client.ping()) for _ in range(50)]
    await started.wait()
    client.reload()
    gate.set()
    assert await asyncio.gather(*tasks) == [True] * 50
    assert asked == 1
    await client.aclose()


def test_a_provider_cannot_use_its_own_client(lab, bare, connect, options):
    codes = []
    vault = connect(**options)
    vault.do("set", "secret", lab.facts()["password"])

    def provide() -> bytes:
        try:
            caller.client.get("key")
        except errors.ClientMisuse as error:
            codes.append(error.code)
        return vault.client.get("secret")

    async def provide_async() -> bytes:
        # A task that it starts is part of it. Closing would wait for it.
        client = caller.client
        task = asyncio.create_task(client.get("key"))
        for used in (client.get("key"), task, client.aclose()):
            try:
                await used
            except errors.ClientMisuse as error:
                codes.append(error.code)
        with redlatch.Redis(**options) as other:
            return other.get("secret")

    on_loop = isinstance(vault.client, redlatch.asyncio.Redis)
    caller = connect(**bare, credentials_provider=provide_async if on_loop else provide)
    caller.do("ping")
    expected = ["client.misuse"] * (3 if on_loop else 1)
    assert codes == expected
    if not on_loop:
        # Nor another one of its connections.
        caller.do("reload")
        assert codes == expected * 2
    caller.do("ping")


async def test_close_cancels_a_provider(lab, bare):
    started, ended = asyncio.Event(), []

    async def provide() -> str:
        if started.is_set():
            return lab.facts()["password"]
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)
        return ""

    client = redlatch.asyncio.Redis(**bare, credentials_provider=provide)
    waiting = asyncio.create_task(client.ping())
    await started.wait()
    await client.aclose()
    assert ended == [True]
    with pytest.raises(errors.ClientClosed):
        await waiting
    assert await client.ping()
    await client.aclose()


def test_an_interrupt_within_a_provider_ends_the_call(lab, bare):
    given = iter([KeyboardInterrupt(), lab.facts()["password"]])

    def provide() -> str:
        found = next(given)
        if isinstance(found, BaseException):
            raise found
        return found

    with redlatch.Redis(**bare, credentials_provider=provide) as client:
        with pytest.raises(KeyboardInterrupt):
            client.ping()
        assert client.ping()


def test_a_child_does_not_wait_for_its_parents_provider(lab, bare):
    parent, asked, gate = os.getpid(), threading.Event(), threading.Event()

    def provide() -> str:
        if os.getpid() == parent:
            asked.set()
            assert gate.wait(20)
        return lab.facts()["password"]

    with redlatch.Redis(**bare, credentials_provider=provide) as client:
        thread = threading.Thread(target=client.ping)
        thread.start()
        assert asked.wait(20)
        child = os.fork()
        if child == 0:
            good = False
            try:
                good = client.ping()
            finally:
                os._exit(0 if good else 1)
        outcome = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        gate.set()
        thread.join()
    assert outcome == 0


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_a_provider_that_holds_its_client_is_collected(lab, bare, kind):
    class Service:
        def __init__(self) -> None:
            made = redlatch.Redis if kind == "blocking" else redlatch.asyncio.Redis
            self.client = made(**bare, credentials_provider=self.secret)

        def secret(self) -> str:
            return lab.facts()["password"]

    async def use() -> None:
        service = Service()
        await service.client.ping()
        await service.client.aclose()
        # An engine that is not closed when its loop ends.
        service.client._engine.status()
        found.append(weakref.ref(service))

    found: list[weakref.ref[Service]] = []
    if kind == "blocking":
        service = Service()
        service.client.ping()
        found.append(weakref.ref(service))
        del service
    else:
        asyncio.run(use())
    gc.collect()
    assert found[0]() is None
