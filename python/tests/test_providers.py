"""Callbacks give secrets and certificates, ahead of their end and one call at a time."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.credentials import CredentialProvider, UsernamePasswordCredentialProvider

import redlatch
from redlatch import Credentials, errors


class OfRedisPy(CredentialProvider):
    """One that is asked in the way of its client."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def get_credentials(self) -> tuple[str, str]:
        return "default", self._secret

    async def get_credentials_async(self) -> tuple[str, str]:
        return "default", self._secret


FORMS: dict[str, Callable[[str], object]] = {
    "text": lambda secret: secret,
    "bytes": lambda secret: secret.encode(),
    "line": lambda secret: f"{secret}\n",
    "one": lambda secret: (secret,),
    "pair": lambda secret: ("default", secret.encode()),
    "response": lambda secret: {"access_token": secret, "expires_in": 3600, "scope": ["all"]},
    "date": lambda secret: {
        "username": "default",
        "password": secret,
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
    },
    "object": lambda secret: Credentials(secret, expires_at=time.time() + 3600),
    "delta": lambda secret: Credentials(secret, "default", expires_in=timedelta(hours=1)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_provider_gives_the_secret_in_any_form(lab, bare, connect, form):
    password = lab.facts()["password"]
    caller = connect(**bare, credentials_provider=lambda: FORMS[form](password))
    caller.do("ping")
    left = caller.do("status")["credentials"]["expires_in"]
    if form in ("response", "date", "object", "delta"):
        assert 3590 <= left <= 3600
    else:
        assert left is None


@pytest.mark.parametrize("keyword", ["credential_provider", "credentials_provider"])
def test_redis_pys_providers_are_understood(lab, bare, connect, keyword):
    password = lab.facts()["password"]
    for provider in (OfRedisPy(password), UsernamePasswordCredentialProvider(None, password)):
        connect(**bare, **{keyword: provider}).do("ping")


async def test_coroutines_are_awaited_and_other_callables_may_block(lab, bare):
    password = lab.facts()["password"]
    loop, threads = asyncio.get_running_loop(), []

    async def coroutine() -> str:
        assert asyncio.get_running_loop() is loop
        return password

    def blocking() -> str:
        threads.append(threading.current_thread())
        # Would wait for ever on the loop's own thread.
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(20)
        return password

    for provider in (coroutine, blocking, lambda: coroutine()):
        client = redlatch.asyncio.Redis(**bare, credentials_provider=provider)
        assert await client.ping()
        await client.aclose()
    assert threads[0] is not threading.current_thread()


def test_a_token_is_replaced_ahead_of_its_end_on_live_connections(lab, bare, connect):
    asked, ends = [], []

    def provide() -> Credentials:
        asked.append(time.time())
        ends.append(time.time() + 4)
        return Credentials(lab.facts()["password"], expires_at=ends[-1])

    caller = connect(**bare, credentials_provider=provide)
    caller.do("ping")
    lab.verb("rotate-password")
    caller.until(lambda s: s["sessions"][0]["credentials_generation"] == 2)
    lab.verb("rotate-password", "--finish")
    caller.do("ping")
    assert asked[1] < ends[0]
    assert caller.do("status")["counters"]["connects"] == 1
    assert len(caller.events("reauthenticated")) == 1


def test_a_provider_that_raises_is_named_and_recovers(lab, bare, connect):
    sealed = True

    def provide() -> str:
        if sealed:
            raise RuntimeError("the vault is sealed")
        return lab.facts()["password"]

    caller = connect(**bare | {"socket_timeout": 0.3}, credentials_provider=provide)
    with pytest.raises(errors.AuthUnavailable, match="RuntimeError: the vault is sealed"):
        caller.do("ping")
    sealed = False
    limit = time.monotonic() + 20
    while caller.do("status")["state"] != "ready":
        assert time.monotonic() < limit
        try:
            caller.do("ping")
        except errors.AuthUnavailable:
            pass
    [refusal] = caller.events("rejected")
    assert refusal["code"] == "auth.unavailable"
    assert "the vault is sealed" in refusal["error"]


def test_a_refused_secret_is_asked_for_again_once(lab, bare, connect):
    given = iter(["stale", lab.facts()["password"]])
    caller = connect(**bare, credentials_provider=lambda: next(given))
    caller.do("ping")
    assert next(given, None) is None
    assert caller.do("status")["credentials"]["generation"] == 2


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
        return sum(top is not None and top.f_code.co_name == "execute_command" for top in tops)

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


def test_trust_and_identity_come_from_providers(bare, options, connect, key_pair):
    bundle = Path(bare.pop("ssl_ca_certs")).read_bytes()
    caller = connect(
        **bare,
        password_file=options["password_file"],
        trust_provider=lambda: [bundle.decode(), bundle],
        identity_provider=lambda: key_pair,
    )
    caller.do("ping")
    status = caller.do("status")
    assert len(status["trust"]["certificates"]) == 1
    assert status["identity"]["subject"] == "CN=worker"
    assert status["sessions"][0]["identity_generation"] == 1


def test_a_trust_provider_that_raises_is_named(options, connect):
    def provide() -> bytes:
        raise PermissionError

    options = options | {"socket_timeout": 0.3, "trust_provider": provide}
    del options["ssl_ca_certs"]
    with pytest.raises(errors.TrustUnreadable, match="PermissionError"):
        connect(**options).do("ping")


def test_what_is_no_provider_is_refused():
    async def coroutine() -> str:
        return ""

    for given, code in (("secret", "config.invalid"), (coroutine, "config.unsupported")):
        with pytest.raises(errors.ConfigError) as caught:
            redlatch.Redis(credentials_provider=given)
        assert caught.value.code == code
        assert caught.value.evidence == {"setting": "credentials_provider"}
    for other in ({"password": "x"}, {"credential_provider": coroutine}):
        with pytest.raises(errors.ConfigConflict):
            redlatch.asyncio.Redis(credentials_provider=coroutine, **other)
