"""redis-py's arguments, one by one: ARGUMENTS.md names each, and each does what it says there."""

from __future__ import annotations

import inspect
import re
import ssl
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.credentials import UsernamePasswordCredentialProvider
from redis.retry import Retry

import redlatch
from redlatch import errors
from redlatch._peer_arguments import ALL, REFUSED

MAJOR = int(redis.__version__.split(".")[0])

PAGE = Path(__file__).parents[1] / "ARGUMENTS.md"
TABLE = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", PAGE.read_text(), re.MULTILINE))

#: A value of each argument that asks for something.
ASKING = {
    "host": "127.0.0.1",
    "port": 6380,
    "db": 1,
    "username": "app",
    "password": "secret",
    "socket_timeout": 1,
    "socket_connect_timeout": 1.5,
    "socket_read_size": 4096,
    "socket_keepalive": False,
    "socket_keepalive_options": {4: 60},
    "unix_socket_path": "/run/redis.sock",
    "encoding": "latin-1",
    "encoding_errors": "ignore",
    "decode_responses": True,
    "retry_on_timeout": True,
    "retry": Retry(NoBackoff(), 1),
    "retry_on_error": [redis.ConnectionError],
    "ssl": True,
    "ssl_certfile": "/cert.pem",
    "ssl_keyfile": "/key.pem",
    "ssl_password": b"secret",
    "ssl_cert_reqs": ssl.CERT_OPTIONAL,
    "ssl_check_hostname": False,
    "ssl_include_verify_flags": [ssl.VERIFY_X509_PARTIAL_CHAIN],
    "ssl_exclude_verify_flags": [ssl.VERIFY_X509_STRICT],
    "ssl_ca_certs": "/ca.pem",
    "ssl_ca_path": "/cas",
    "ssl_ca_data": "-----BEGIN",
    "ssl_min_version": ssl.TLSVersion.TLSv1_3,
    "ssl_ciphers": "ECDHE-RSA-AES128-GCM-SHA256",
    "ssl_validate_ocsp": True,
    "ssl_validate_ocsp_stapled": True,
    "ssl_ocsp_context": object,
    "ssl_ocsp_expected_cert": "cert",
    "max_connections": 10,
    "single_connection_client": True,
    "health_check_interval": 30,
    "client_name": "worker",
    "lib_name": "celery",
    "lib_version": "5.4",
    "driver_info": None,
    "redis_connect_func": print,
    "credential_provider": UsernamePasswordCredentialProvider("app", "secret"),
    "protocol": 2,
    "legacy_responses": True,
    "cache": object(),
    "cache_config": object(),
    "event_dispatcher": object,
    "maint_notifications_config": None,
    "oss_cluster_maint_notifications_handler": print,
    "auto_close_connection_pool": True,
}

#: What some arguments make sense with.
COMPANY = {
    "username": {"password": "secret"},
    "ssl_keyfile": {"ssl_certfile": "/cert.pem"},
    "ssl_password": {"ssl_certfile": "/cert.pem"},
    "ssl_check_hostname": {"ssl_ca_certs": "/ca.pem"},
}


def both(**arguments: object) -> list[object]:
    return [redlatch.Redis(**arguments), redlatch.asyncio.Redis(**arguments)]


def test_the_page_names_each_argument_of_the_installed_redis_py():
    known = set(inspect.signature(redis.Redis.__init__).parameters)
    known |= set(inspect.signature(redis.asyncio.Redis.__init__).parameters)
    assert known - {"self"} <= set(TABLE)
    # A pool stands for all other arguments: see test_pools.
    assert set(TABLE) == ALL == set(ASKING) | {"connection_pool"}
    assert set(TABLE.values()) == {"honoured", "differs", "refused"}
    assert {name for name, verdict in TABLE.items() if verdict == "refused"} == set(REFUSED)


@pytest.mark.parametrize("name", sorted(ASKING))
def test_each_argument_is_accepted_or_refused(name):
    arguments = {name: ASKING[name]} | COMPANY.get(name, {})
    if name in REFUSED:
        for made in (redlatch.Redis, redlatch.asyncio.Redis):
            with pytest.raises(errors.ConfigUnsupported) as caught:
                made(**arguments)
            assert caught.value.evidence == {"setting": name}
        both(**{name: None})
    else:
        both(**arguments)
    if name.startswith("ssl_") and name not in REFUSED and "verify_flags" not in name:
        assert both(**arguments, ssl=True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"encoding": "klingon"}, "config.invalid"),
        ({"ssl_cert_reqs": "maybe"}, "config.invalid"),
        ({"ssl_password": lambda: "secret", "ssl_certfile": "/c"}, "config.invalid"),
        ({"password": b"\xff"}, "config.invalid"),
        ({"ssl_min_version": ssl.TLSVersion.TLSv1_1}, "config.unsupported"),
        ({"ssl_include_verify_flags": [ssl.VERIFY_CRL_CHECK_LEAF]}, "config.unsupported"),
        ({"ssl_exclude_verify_flags": [ssl.VERIFY_X509_PARTIAL_CHAIN]}, "config.unsupported"),
        ({"ssl_check_hostname": False, "ssl": True}, "config.insecure"),
        ({"ssl": False, "ssl_ca_certs": "/ca.pem"}, "config.conflict"),
        ({"ssl_ca_certs": "/ca.pem", "ssl_ca_data": "-----BEGIN"}, "config.conflict"),
        ({"ssl_keyfile": "/key.pem", "ssl": True}, "config.missing"),
        (
            {"credential_provider": ASKING["credential_provider"], "password": "x"},
            "config.conflict",
        ),
        ({"socket_connect_timeout": 0}, "config.invalid"),
        ({"ssl_context": ssl.create_default_context()}, "config.unknown"),
        ({"url": "redis://localhost?ssl_ciphers=AES"}, "config.unsupported"),
        ({"url": "redis://localhost?socket_timeout=soon"}, "config.invalid"),
        ({"url": "redis://localhost?socket_keepalive=perhaps"}, "config.invalid"),
        ({"url": "redis://localhost?nonsense=1"}, "config.unknown"),
    ],
)
def test_values_that_cannot_be_honoured_are_refused(arguments, code):
    for made in (redlatch.Redis, redlatch.asyncio.Redis):
        with pytest.raises(errors.ConfigError) as caught:
            made(**arguments)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("arguments", "timeout", "connect_timeout"),
    [
        ({}, 5, 5),
        ({"socket_timeout": None}, 0, 5),
        ({"socket_timeout": 0.5, "socket_connect_timeout": None}, 0.5, 0.5),
        ({"socket_timeout": 9}, 9, 9 if MAJOR < 8 else 5),
        ({"socket_timeout": None, "socket_connect_timeout": 2}, 0, 2),
        ({"socket_timeout": 1, "timeout": 7, "connect_timeout": 3}, 7, 3),
    ],
)
def test_timeouts(arguments, timeout, connect_timeout):
    for made in both(**arguments):
        assert (made.config["timeout"], made.config["connect_timeout"]) == (
            timeout,
            connect_timeout,
        )


def test_arguments_in_a_url_are_the_weaker_ones():
    url = "rediss://localhost?ssl_ca_certs=/a&socket_timeout=2&decode_responses=yes&protocol=3"
    for made in (redlatch.from_url(url), redlatch.asyncio.Redis.from_url(url)):
        assert (made.config["ca_file"], made.config["timeout"]) == ("/a", 2)
        assert made.get_encoder().decode_responses is True
        assert made.connection_pool.connection_kwargs["protocol"] == 3
    made = redlatch.from_url(
        url, ssl_ca_data="-----BEGIN", socket_timeout=1, decode_responses=False
    )
    assert (made.config["ca_file"], made.config["timeout"]) == (None, 1)
    assert made.get_encoder().decode_responses is False
    made = redlatch.from_url("rediss://localhost?ssl_cert_reqs=none&ssl_check_hostname=False")
    assert made.config["dangers"] == ["danger_accept_any_certificate"]


def test_redis_py_has_these_names_too():
    assert redlatch.StrictRedis is redlatch.Redis
    assert redlatch.asyncio.StrictRedis is redlatch.asyncio.Redis
    assert redlatch.exceptions.ConnectionError is redis.ConnectionError
    assert redlatch.exceptions.TlsUntrusted is errors.TlsUntrusted
    assert set(redlatch.exceptions.__all__) >= set(errors.__all__) | {"WatchError", "LockError"}
