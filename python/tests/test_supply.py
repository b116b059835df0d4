"""Material that is handed in while the client runs, and what never shows a secret."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.auth.token import SimpleToken
from redis.credentials import StreamingCredentialProvider

import redlatch
from redlatch import Credentials, errors

SECRET = "hunter2-hunter2"


def test_trust_that_is_supplied_rotates_the_ca(lab, options, connect):
    published = Path(options.pop("ssl_ca_certs"))
    caller = connect(**options, ssl_ca_data=published.read_text())
    caller.do("ping")
    lab.verb("add-ca")
    caller.do("supply", "trust", published.read_bytes())
    caller.until(lambda s: s["sessions"][0]["distrusted"] is None and s["trust"]["generation"] == 2)
    assert len(caller.do("status")["trust"]["certificates"]) == 2
    lab.verb("switch-leaf")
    lab.verb("drop-ca")
    caller.do("supply", "trust", published.read_text())
    caller.until(lambda s: s["counters"]["replacements"] == 1)
    status = caller.do("status")
    assert status["sessions"][0]["trust_generation"] == status["trust"]["generation"] == 3
    assert len(caller.events("distrusted")) == len(caller.events("replaced")) == 1


async def test_an_idle_client_of_a_loop_notices(lab, bare):
    # Nothing else wakes it for some seconds.
    idle = bare | {"poll_interval": "1h", "socket_timeout": 60, "handshake_timeout": 60}
    client = redlatch.asyncio.Redis(**idle, liveness=0, password=lab.facts()["password"])
    await client.ping()
    lab.verb("rotate-password")
    client.supply("credentials", lab.facts()["password"])
    kinds: set[str] = set()
    limit = time.monotonic() + 4
    while "reauthenticated" not in kinds:
        assert time.monotonic() < limit
        await asyncio.to_thread(lab.connections)
        kinds |= {event["kind"] for event in client.events()}
    await client.aclose()


async def test_what_is_supplied_helps_while_a_provider_hangs(lab, bare):
    asked = asyncio.Event()

    async def never() -> str:
        asked.set()
        await asyncio.Event().wait()
        return ""

    client = redlatch.asyncio.Redis(**bare, credentials_provider=never)
    waiting = asyncio.create_task(client.ping())
    await asked.wait()
    client.supply("credentials", lab.facts()["password"])
    assert await waiting
    await client.aclose()


@pytest.mark.parametrize("form", ["one", "pair", "object"])
def test_a_secret_that_is_supplied_is_proven_in_place(lab, bare, connect, form):
    caller = connect(**bare, password=lab.facts()["password"])
    caller.do("ping")
    lab.verb("rotate-password")
    new = lab.facts()["password"]
    parts = {"one": (new,), "pair": ("default", new), "object": (Credentials(new),)}[form]
    caller.do("supply", "credentials", *parts)
    caller.until(lambda s: s["sessions"][0]["credentials_generation"] == 2)
    lab.verb("rotate-password", "--finish")
    caller.do("ping")
    assert caller.do("status")["counters"]["connects"] == 1
    assert len(caller.events("reauthenticated")) == 1


def test_what_is_supplied_outlives_close(lab, bare, connect):
    caller = connect(**bare, password="stale")
    caller.do("supply", "credentials", lab.facts()["password"])
    caller.do("ping")
    caller.do("aclose" if hasattr(caller.client, "aclose") else "close")
    caller.do("ping")


def test_an_identity_is_supplied(options, connect, key_pair, tmp_path):
    files = {"ssl_certfile": "cert.pem", "ssl_keyfile": "key.pem"}
    caller = connect(
        **options,
        **{name: tmp_path / file for name, file in files.items()},
        ssl_password="open-sesame",
    )
    caller.do("ping")
    # The same again, in other words: no news.
    caller.do("supply", "identity", *key_pair)
    assert caller.do("status")["identity"]["subject"] == "CN=worker"
    with pytest.raises(errors.IdentityMalformed):
        caller.do("supply", "identity", (key_pair[0], key_pair[1], SECRET))
    assert caller.do("status")["identity"]["refused"] == "identity.malformed"
    caller.do("ping")


def test_what_cannot_be_used_is_refused_and_what_was_good_stays(options, connect):
    caller = connect(**options)
    caller.do("ping")
    refused: list[tuple[type[Exception], tuple[Any, ...]]] = [
        (errors.TrustEmpty, ("trust", b"")),
        (errors.TrustMalformed, ("trust", "-----BEGIN CERTIFICATE-----\nMIIB")),
        (errors.AuthUnavailable, ("credentials", Credentials(SECRET, expires_at=1))),
        (errors.ClientMisuse, ("crl", "")),
        (errors.ClientMisuse, ("identity", "", "")),
        (errors.ClientMisuse, ("password", SECRET)),
        (TypeError, ("credentials", 1)),
        (TypeError, ("trust", {"pem": SECRET})),
        (ValueError, ("credentials", SECRET, SECRET, SECRET)),
    ]
    for error, arguments in refused:
        with pytest.raises(error) as caught:
            caller.do("supply", *arguments)
        assert SECRET not in str(caught.value)
    status = caller.do("status")
    assert status["trust"]["generation"] == status["credentials"]["generation"] == 1
    caller.do("ping")


class Streaming(StreamingCredentialProvider):
    """As redis-entraid's: asked once, then hands out tokens by itself."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.hand_out: Callable[[Any], Awaitable[None]]
        self.fail: Callable[[Exception], Awaitable[None]]

    def get_credentials(self) -> tuple[str, str]:
        return "default", self._secret

    def on_next(self, callback: Callable[[Any], Any]) -> None:
        self.hand_out = callback

    def on_error(self, callback: Callable[[Exception], Any]) -> None:
        self.fail = callback

    def is_streaming(self) -> bool:
        return True


@pytest.mark.parametrize("thread", [False, True])
def test_a_streaming_provider_hands_out_tokens(lab, bare, connect, thread):
    provider = Streaming(lab.facts()["password"])
    caller = connect(**bare, credential_provider=provider)
    caller.do("ping")
    lab.verb("rotate-password")
    now = time.time() * 1000
    token = SimpleToken(lab.facts()["password"], now + 3_600_000, now, {"oid": "default"})
    if thread:
        other = threading.Thread(target=provider.hand_out, args=(token,))
        other.start()
        other.join()
    else:
        assert inspect.isawaitable(provider.hand_out(token))
        asyncio.run(awaited(provider.hand_out(token)))
    caller.until(lambda s: s["sessions"][0]["credentials_generation"] == 2)
    assert 3590 <= caller.do("status")["credentials"]["expires_in"] <= 3600
    lab.verb("rotate-password", "--finish")
    caller.do("ping")
    assert caller.do("status")["counters"]["connects"] == 1
    # An event, no exception in the provider's thread.
    provider.hand_out(SimpleToken(SECRET, 1000, 0, {}))
    provider.fail(RuntimeError("no token"))
    assert caller.do("status")["credentials"]["refused"] == "auth.unavailable"


async def awaited(given: Awaitable[None]) -> None:
    await given


def test_no_secret_is_shown(lab, bare, connect):
    given = iter([[SECRET, 1], [SECRET] * 3, f"{SECRET}\n{SECRET}", f"{{{SECRET}}}", SECRET])
    secret = Credentials(SECRET, "worker", expires_in=60)
    assert SECRET not in repr(secret) + str(secret) + f"{secret}"
    assert "worker" in repr(secret)
    shown = []
    while True:
        content = next(given, None)
        if content is None:
            break
        caller = connect(
            **bare | {"socket_timeout": 0.2}, credentials_provider=lambda content=content: content
        )
        with pytest.raises(errors.AuthError) as caught:
            caller.do("ping")
        shown += traceback.format_exception(caught.value)
        shown.append(json.dumps([caller.do("status"), caller.do("events")]))
        shown += [repr(caller.client), repr(vars(caller.client)), str(caught.value.evidence)]
    assert SECRET not in "\n".join(shown)
    assert "credentials must be str or bytes, not int" in "\n".join(shown)


def test_names_that_users_import():
    assert redlatch.Credentials is Credentials
    for name in ("expires_at", "expires_in"):
        assert getattr(Credentials(SECRET, **{name: 5}), name) == 5
