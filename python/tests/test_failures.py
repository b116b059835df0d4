"""Every failure is a coded error with its remedy; nothing hangs."""

from __future__ import annotations

import asyncio
import json
import pickle
import ssl
from pathlib import Path

import pytest
import redis

import redlatch
from redlatch import _native, errors

SECRET = "hunter2-hunter2"


def ping(kind: str, options: dict[str, object]) -> None:
    """One PING through either client."""
    if kind == "blocking":
        with redlatch.Redis(**options) as client:
            client.ping()
        return

    async def run() -> None:
        client = redlatch.asyncio.Redis(**options)
        try:
            await client.ping()
        finally:
            await client.aclose()

    asyncio.run(run())


both = pytest.mark.parametrize("kind", ["blocking", "asyncio"])


@both
def test_a_wrong_password_fails_at_once(options, kind):
    options = {k: v for k, v in options.items() if k != "password_file"} | {"password": SECRET}
    with pytest.raises(errors.AuthRejected) as caught:
        ping(kind, options)
    assert isinstance(caught.value, redis.AuthenticationError)
    assert caught.value.retry == "after_rotation"
    assert SECRET not in str(caught.value)


@both
def test_no_password_where_one_is_wanted(options, kind):
    with pytest.raises(errors.AuthRequired):
        ping(kind, {k: v for k, v in options.items() if k != "password_file"})


@both
def test_an_untrusted_ca_shows_issuer_and_fingerprints(lab, options, kind, tmp_path):
    other = tmp_path / "other.pem"
    other.write_bytes(Path(options["ssl_ca_certs"]).read_bytes())
    lab.verb("add-ca")
    lab.verb("switch-leaf")
    with pytest.raises(errors.TlsUntrusted) as caught:
        ping(kind, options | {"ssl_ca_certs": str(other)})
    assert caught.value.evidence["issuer"] == "CN=redlatch lab CA B"
    assert len(caught.value.evidence["trusted_sha256"]) == 64
    assert isinstance(caught.value, redis.ConnectionError)


@both
def test_a_name_that_is_not_in_the_certificate(options, kind):
    with pytest.raises(errors.TlsNameMismatch) as caught:
        ping(kind, options | {"expected_name": "cache.example"})
    assert caught.value.evidence["expected"] == "cache.example"
    assert "localhost" in caught.value.evidence["presented"]
    ping(kind, options | {"expected_name": "cache.example", "verify": "ca"})


@both
def test_a_plaintext_port_is_recognised(options, silent_port, kind):
    with pytest.raises(errors.TlsTimeout, match="plaintext port"):
        ping(kind, options | {"port": silent_port, "handshake_timeout": "200ms"})


@both
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "trust.empty"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB", "trust.malformed"),
        (b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", "trust.private_key"),
    ],
)
def test_a_bad_ca_file(options, tmp_path, kind, content, code):
    path = tmp_path / "bad.pem"
    path.write_bytes(content)
    with pytest.raises(errors.TrustError) as caught:
        ping(kind, options | {"ssl_ca_certs": str(path)})
    assert caught.value.code == code


@both
def test_a_missing_ca_file_heals_when_it_appears(options, tmp_path, kind):
    path = tmp_path / "ca.pem"
    with pytest.raises(errors.TrustUnreadable):
        ping(kind, options | {"ssl_ca_certs": str(path)})
    path.write_bytes(Path(options["ssl_ca_certs"]).read_bytes())
    ping(kind, options | {"ssl_ca_certs": str(path)})


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"REDIS_URL": f"rediss://:{SECRET}@a:1", "REDIS_HOST": "b"}, "config.conflict"),
        ({"REDIS_CA_CERT": "/ca.pem", "REDIS_SSL_ENABLED": "false"}, "config.conflict"),
        ({"REDIS_PORT": "many", "REDIS_PASSWORD": SECRET}, "config.invalid"),
        ({"REDIS_HOST": "db.example", "REDIS_PASSWORD": SECRET}, "config.insecure"),
    ],
)
def test_bad_environments_never_show_a_secret(monkeypatch, environment, code):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for made in (redlatch.from_env, redlatch.asyncio.Redis.from_env):
        with pytest.raises(errors.ConfigError) as caught:
            made()
        assert caught.value.code == code
        assert SECRET not in str(caught.value) + repr(caught.value) + str(caught.value.evidence)


def test_arguments_that_cannot_be_honoured_are_refused():
    for argument in (
        {"ssl_ciphers": "AES"},
        {"ssl_validate_ocsp": True},
        {"ssl_min_version": ssl.TLSVersion.TLSv1_1},
    ):
        with pytest.raises(errors.ConfigUnsupported):
            redlatch.Redis(ssl=True, **argument)
    with pytest.raises(errors.ConfigUnknown):
        redlatch.Redis(ca_fil="x")


def test_every_code_has_a_class_and_survives_pickling():
    table = json.loads(_native.codes())
    assert {row["code"] for row in table} == set(errors.BY_CODE)
    for row in table:
        error = errors.BY_CODE[row["code"]]("text")
        error.evidence = {"name": "value"}
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert (again.code, again.number, again.evidence) == (
            row["code"],
            row["number"],
            {"name": "value"},
        )
        assert again.remedy == row["remedy"]


def test_a_family_is_caught_by_its_name():
    for code, made in redlatch.errors.BY_CODE.items():
        family = getattr(redlatch.errors, f"{code.split('.')[0].capitalize()}Error")
        assert issubclass(made, family), code


def test_an_interrupted_command_names_its_cause(options):
    with redlatch.Redis(**options) as client, client.pipeline(transaction=False) as pipeline:
        # Both are under way when the server hangs up.
        pipeline.execute_command("CLIENT KILL", "TYPE", "normal", "SKIPME", "no")
        pipeline.incr("counter")
        with pytest.raises(errors.ClientInterrupted) as caught:
            pipeline.execute()
    assert caught.value.maybe_executed
    assert isinstance(caught.value.__cause__, errors.NetClosed)
    assert caught.value.evidence["cause"] == caught.value.__cause__.code
