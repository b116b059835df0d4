"""Callbacks give secrets and certificates, ahead of their end and one call at a time."""

from __future__ import annotations

import asyncio
import threading
import time
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
