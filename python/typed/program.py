"""A program as users write it: type checkers must know what everything is. It is never run."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, assert_type

import redis

import redlatch
import redlatch.asyncio
from redlatch import Credentials, errors


def token() -> Credentials:
    return Credentials("secret", username="app", expires_in=timedelta(hours=1))


async def fetched() -> Mapping[str, Any]:
    return {"token": "secret", "expires_in": 3600}


def blocking() -> redis.Redis:
    r = redlatch.Redis(
        host="cache.internal",
        port=6378,
        ssl=True,
        ssl_ca_certs=Path("/etc/redis-tls/ca.pem"),
        ssl_min_version=ssl.TLSVersion.TLSv1_3,
        poll_interval="500ms",
        distrust_grace=timedelta(seconds=10),
        recycle="always",
        credentials_provider=token,
    )
    assert_type(redlatch.from_env(decode_responses=True), redlatch.Redis)
    assert_type(redlatch.from_url("rediss://cache.internal"), redlatch.Redis)
    assert_type(redlatch.Redis.from_url("rediss://cache.internal"), redlatch.Redis)
    assert_type(r.get("key"), bytes | str | None)
    assert_type(r.incr("key"), int)
    with r.pipeline(transaction=False) as pipeline:
        pipeline.set("key", 1)
        assert_type(pipeline.execute(), list[Any])
    r.supply("trust", b"-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----")
    r.supply("credentials", token())
    assert_type(r.config, dict[str, Any])
    assert_type(r.status(), dict[str, Any])
    assert_type(r.events(), list[dict[str, Any]])
    return r


async def concurrent() -> bytes | str | None:
    r = redlatch.asyncio.Redis(host="cache.internal", credentials_provider=fetched)
    assert_type(redlatch.asyncio.Redis.from_env(), redlatch.asyncio.Redis)
    async with r:
        assert_type(await r.get("key"), bytes | str | None)
        pipeline = r.pipeline()
        pipeline.set("key", 1)
        assert_type(await pipeline.execute(), list[Any])
    return await r.get("key")


def caught() -> str | None:
    try:
        blocking().ping()
    except errors.TlsUntrusted as error:
        assert_type(error.code, str)
        assert_type(error.evidence, dict[str, str])
        assert_type(error.maybe_executed, bool)
        taken: redis.ConnectionError = error
        family: errors.TlsError = error
        return error.evidence.get("issuer", f"{taken} {family.remedy}")
    except (errors.ClientTimeout, errors.NetError) as either:
        if either.retry == "backoff":
            return either.remedy
        base: redlatch.RedlatchError = either
        return base.code
    except redis.AuthenticationError:
        return errors.BY_CODE["auth.rejected"].remedy
    return None


def bundle() -> int:
    found = redlatch.read_bundle(Path("ca.pem").read_bytes())
    assert_type(found, dict[str, Any])
    return len(found["certificates"])


def unknown() -> redlatch.Redis:
    # Names are checked: an `ignore` that nothing needs is an error too.
    return redlatch.Redis(ssl_ca_cert="ca.pem")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
